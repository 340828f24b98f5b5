// What the ActiveSync service is made of: the other parts of the server, its limits, and what its requests
// share. One Services for all HTTP listeners.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>

#include "auth/authenticator.hpp"
#include "base/clock.hpp"
#include "base/random.hpp"
#include "directory/device_policies.hpp"
#include "directory/directory.hpp"
#include "eas/body_room.hpp"
#include "eas/event_shelf.hpp"
#include "eas/outgoing.hpp"
#include "eas/state/live_devices.hpp"
#include "eas/state/meeting_debts.hpp"
#include "eas/state/moved_conversations.hpp"
#include "eas/state/sent_marks.hpp"
#include "eas/syntax/ping_request.hpp"
#include "eas/syntax/sync_request.hpp"
#include "relay/web_relay.hpp"
#include "store/store.hpp"

namespace eas {

/// When a request's work ends with what there is by then.
using Deadline = std::chrono::steady_clock::time_point;
inline bool is_past(Deadline deadline) { return std::chrono::steady_clock::now() > deadline; }

/// Every number that bounds a request, with its reason.
struct Limits {
    std::size_t request_bytes_max = 2U
                                    << 20;  ///< of a command that carries no message: 200 changes are 100 KB
    std::uint64_t message_bytes_max = 50ULL << 20;  ///< of one that does, as SMTP has it
    std::size_t request_tokens_max = 200'000;       ///< elements and texts: 200 changes are 100,000 at most
    std::size_t devices_max = 20;                   ///< of a mailbox: MS-ASCMD status 177; a person has five
    /// Items of an answer stop after so many octets or so much time: a phone on a bad network gives up after
    /// half a minute (eas.md section 1.6).
    std::size_t answer_bytes = 1U << 20;
    std::chrono::milliseconds answer_time{15'000};
    std::size_t steps_at_once = 64;             ///< items whose rows are read together
    std::uint64_t step_bytes_max = 8U << 20;    ///< of these, as they are stored: they are in memory together
    std::uint64_t deletes_unknown_max = 5'000;  ///< of a log that was cut: more, and the device starts anew
    std::uint8_t repeats_max = 4;  ///< of one request; then what it would get is told one by one, or left out
    std::size_t search_results_max = 100;
    std::size_t search_messages_max =
        20'000;  ///< that a search looks at, the newest; and no longer than answer_time
    std::size_t search_names_max = 20'000;      ///< people that a search for people looks at
    std::size_t availability_people_max = 100;  ///< whose calendars a request may look at are fewer
    std::size_t fetched_bytes_max = 64U << 20;  ///< of what one request fetches: one message and a bit
    /// Of attachments that one request reads: of each range of one all that is before it.
    std::uint64_t attachments_read_max = 512ULL << 20;
    std::uint64_t forwarded_bytes_max = 32U << 20;  ///< of attachments that SmartForward takes along, encoded
    /// Of files that stay in events while a request changes these, which writes them anew: seven changes of
    /// an event with all the files that it may have.
    std::uint64_t copied_bytes_max = 256ULL << 20;
    SyncLimits sync;
    PingLimits ping;
};

struct Services {
    Services(store::Store& the_store, directory::Directory& the_directory,
             auth::Authenticator& the_authenticator, Outgoing& the_outgoing,
             base::Clock& the_clock = base::Clock::system())
        : store(the_store),
          directory(the_directory),
          authenticator(the_authenticator),
          outgoing(the_outgoing),
          clock(the_clock),
          devices(the_store.engine()),
          policies(the_store.engine()),
          moved(the_store.engine()),
          events(the_store, clock, random),
          meeting_debts(the_store.engine(), random) {}

    store::Store& store;
    directory::Directory& directory;
    auth::Authenticator& authenticator;
    Outgoing& outgoing;
    base::Clock& clock;
    base::Random& random = base::Random::system();
    std::string hostname = "localhost";
    relay::WebRelay* relay = nullptr;  ///< null: all mailboxes are here
    Limits limits;
    mutable DeviceStore devices;
    mutable directory::DevicePolicies policies;
    mutable MovedConversations moved;
    mutable LiveDevices live;
    mutable BodyRoom bodies;
    mutable SentMarks sent;
    mutable EventShelf events;
    mutable MeetingDebts meeting_debts;
};
using ServicesPtr = std::shared_ptr<const Services>;

}  // namespace eas
