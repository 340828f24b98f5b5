// IncomingMeetings: mail about meetings, when it is delivered: a request goes into the calendar of who is
// asked, a cancellation marks it there, an answer is noted in the organizer's event.
// docs/decisions/0016-meetings.md says why here.
#pragma once
#include <string>
#include <vector>

#include "directory/directory.hpp"
#include "eas/event_shelf.hpp"
#include "eas/mail/mail_reader.hpp"
#include "pim/itip/message.hpp"
#include "pim/itip/people.hpp"
#include "store/delivery_watch.hpp"

namespace eas {

struct IncomingMeetingsSettings {
    bool process = true;       ///< look at such mail at all
    bool add_requests = true;  ///< as tentative events; else only what is there already is changed
};

class IncomingMeetings final : public store::DeliveryWatch {
public:
    /// All of it outlives this.
    IncomingMeetings(store::Store& store, directory::Directory& directory, EventShelf& events,
                     IncomingMeetingsSettings settings)
        : store_(store), directory_(directory), events_(events), settings_(settings) {}

    bool wants(const mime::Tree& tree) const noexcept override;
    awaitable<void> delivered(base::AccountId account, base::FolderId folder, base::Uid uid) override;

private:
    awaitable<void> take(base::AccountId account, base::FolderId folder, base::Uid uid);
    awaitable<void> apply(store::AccountPtr account, const pim::itip::Message* message, std::string sender);
    awaitable<store::Error> apply_once(store::AccountPtr account, const pim::itip::Message* message,
                                       const pim::itip::Owner* owner, const std::string* sender);
    awaitable<store::Error> apply_piece(store::AccountPtr account, const pim::itip::Message* message,
                                        const pim::itip::Owner* owner, const std::string* sender,
                                        std::vector<ShelvedEvent>* known);
    awaitable<pim::itip::Owner> owner_of(base::AccountId account);

    store::Store& store_;
    directory::Directory& directory_;
    EventShelf& events_;
    const IncomingMeetingsSettings settings_;
};

/// Whether a message holds what a calendar says.
bool is_meeting_mail(const mime::Tree& tree) noexcept;

/// The author of a message, as far as is known that it is from him: by what this server has found about it
/// and written in `prefix` (RFC 8601). Empty: nobody, several, or it is forged.
std::string proven_author(std::string_view prefix, std::string_view header);

}  // namespace eas
