// What the agent's own coroutines share. Private to the agent's files.
#pragma once
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "mta/agent.hpp"
#include "mta/queue_message.hpp"
#include "store/waiter.hpp"

namespace mta {

/// Lives as long as the agent or the last coroutine that holds it. `executor` and `timer` are there only
/// while run() is: nothing here may outlive the io_context.
struct Agent::State : std::enable_shared_from_this<Agent::State> {
    explicit State(Agent& owner) : agent(owner) {}
    Agent& agent;
    std::stop_source stop;
    std::shared_ptr<store::Waiter> over = std::make_shared<store::Waiter>();

    std::mutex mutex;  // what follows
    std::optional<boost::asio::any_io_executor> strand, pool;
    boost::asio::steady_timer* timer = nullptr;  // used on the strand alone
    bool woken = false, stopping = false, started = false;
    std::size_t active = 0;

    void wake();
};

/// A mailbox's copy of an arrival, and the recipients that it is for.
struct Agent::Local {
    struct Copy {
        base::AccountId account;
        std::vector<std::size_t> recipients;  ///< places in Arrival::recipients
        std::vector<std::string> names;       ///< for Delivered-To
        bool in_circle = false;
        bool waits = false;  ///< it is made by an attempt
        store::Error error;
        base::MessageId id;
        base::FolderId folder;
        base::Uid uid;
    };
    const Arrival* arrival = nullptr;
    std::vector<Copy> copies;
    std::set<base::AccountId> waiting;  ///< of copies that do

    bool waits_for(const Target& target) const { return waiting.contains(target.account); }
};

/// One attempt: the recipients of one message that wait in one lane.
struct Agent::Round {
    store::Queue::Due due;
    store::QueuedMessage message;
    std::shared_ptr<const Envelope> envelope;
    std::shared_ptr<QueueMessage> octets;
    std::vector<std::size_t> places;  ///< recipients to be tried now
    std::shared_ptr<const NextHop> hop;
    std::vector<store::QueueUpdate> updates;
    std::vector<ReportLine> reports;
    std::vector<std::size_t> reported;  ///< recipients whom `reports` are about, in their order
    bool tells = false;                 ///< of ends that are certain: nobody is tried
    bool untold = false;                ///< some of `reports` could not be made
    std::int64_t now = 0;
    double chance = 0;  ///< one for all: names of one mailbox come back in one attempt, which makes one copy
    bool down = false;
    std::chrono::seconds retry_after{0};
};

/// As entries that have no more recipients than one may, with one blob; those of one mailbox stand in one,
/// which makes one copy, as long as they fit. None has an id.
std::vector<store::NewQueued> in_parts(store::NewQueued whole, std::size_t most);
/// With nobody for it yet.
store::NewQueued new_entry(const Arrival& arrival);
std::vector<store::QueueId> ids_of(const std::vector<store::NewQueued>& entries);
/// A group, or a redirection.
bool stands_for_others(const Arrival::To& to);
/// The lane of those who have ended and of whose end the sender does not know yet: "tell:failed:far.test".
/// The senders of each domain have their own: those who cannot be told keep nobody else waiting.
std::string telling_lane(ReportLine::Action end, std::string_view sender);
/// Nothing: it is another kind of lane.
std::optional<ReportLine::Action> told_by(std::string_view lane);

}  // namespace mta
