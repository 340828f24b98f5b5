// Agent: takes messages from sessions, delivers what is for mailboxes here at once, queues the rest, and
// moves what is queued through connectors until every recipient's end is known.
//
// The queue is the truth: an attempt that a crash cuts short is made again, and nothing else is. Thread-safe;
// its own work runs on a strand and is over when stopped() completes. docs/mta.md tells the story.
#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <stop_token>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/random.hpp"
#include "mta/connector.hpp"
#include "mta/delivery_watcher.hpp"
#include "mta/reporter.hpp"
#include "mta/retry.hpp"
#include "mta/router.hpp"
#include "mta/signing.hpp"
#include "mta/trace.hpp"
#include "store/queue.hpp"
#include "store/store.hpp"

namespace mta {

struct AgentSettings {
    RetryRules retry;
    std::size_t attempts_max = 200;               ///< at one time: each has a piece of its message in memory
    std::chrono::milliseconds settle_pause{500};  ///< when the end of an attempt cannot be kept; then longer
};

struct AgentParts {
    store::Store& store;
    store::Queue& queue;
    Router& router;
    Trace& trace;
    Connector* remote = nullptr;   ///< null: what is for other hosts waits
    Reporter* reporter = nullptr;  ///< null: nobody is told
    Signing* signing = nullptr;    ///< of our own reports; null: they are not signed
    base::Clock& clock = base::Clock::system();
    base::Random& random = base::Random::system();
    Connector* reports = nullptr;              ///< reads what comes for report addresses
    std::vector<DeliveryWatcher*> watchers{};  ///< told of what mailboxes here get
};

/// A message whose last octet a session has read.
struct Arrival {
    store::QueueId id;  ///< of Agent::new_id(): in Received fields and traces
    Envelope envelope;
    base::AccountId account;  ///< of an authenticated submitter
    std::string user, peer, hello, listener;
    std::string verdict;  ///< of sender authentication and filters, for the trace
    struct To {
        Recipient recipient;
        std::vector<Target> targets;
        bool added = false;  ///< by a filter: its mail is sent on, since the sender did not name it
    };
    std::vector<To> recipients;
    /// Whom a filter took away. In the commit with the message it becomes certain that `refused_from`, the
    /// sender before filters changed him, hears of it.
    struct Refused {
        Recipient recipient;
        Status status;
        std::string words;
    };
    std::vector<Refused> refused;
    std::string refused_from;
    store::ContentPtr content;
    std::string fields;                     ///< Received and what the header lacked, each with its CRLF
    std::string seal;                       ///< ARC fields, of what is sent on to other hosts
    std::vector<std::string> delivered_to;  ///< what the message's own fields of that name say
    bool junk = false;                      ///< to the Junk folder of mailboxes here
    bool held = false;                      ///< waits for the operator, whoever it is for
    bool answer_each = false;  ///< LMTP: a mailbox that cannot take it now is the peer's to try again
};

/// What became of one recipient of an arrival.
struct Taken {
    enum class How : std::uint8_t { delivered, queued, refused };
    How how = How::refused;
    base::MessageId id;  ///< delivered
    store::Error error;  ///< refused; none: it goes in a circle
};

class Agent {
public:
    Agent(AgentParts parts, AgentSettings settings);
    ~Agent();
    Agent(const Agent&) = delete;
    Agent& operator=(const Agent&) = delete;

    /// Begins; the queue is open. `executor` is the pool's.
    void start(boost::asio::any_io_executor executor);
    /// No more attempts begin; those under way are asked to end.
    void stop();
    /// Completes when all have.
    awaitable<void> stopped();
    bool stopping() const;
    bool idle() const;  ///< stopped() would complete at once

    /// False: no connector leads to other hosts, so nothing for them may be taken.
    bool sends() const { return parts_.remote != nullptr; }
    store::QueueId new_id() { return parts_.queue.new_id(); }
    /// Where mail for this recipient would go, or why it is refused.
    awaitable<Resolved> resolve(RouteQuestion question) { return parts_.router.resolve(std::move(question)); }
    Router& router() { return parts_.router; }
    Trace& trace() { return parts_.trace; }
    store::Queue& queue() { return parts_.queue; }

    /// One answer for each recipient, in order; what is not refused is durable. The caller must not call it
    /// again for those. With recipients that were refused, or whose success is to be told, all of it is one
    /// commit or none.
    awaitable<std::vector<Taken>> take(Arrival arrival);
    /// Of a message that goes to nobody: what its sender is to hear is certain, or the error says why not.
    awaitable<store::Result<void>> tell(Arrival arrival);

    /// A message of this server's own, in CRLF lines; `sender` empty: <>. It is in the queue, or the error
    /// says why not. \errors invalid: nobody takes mail for `to`
    awaitable<store::Result<void>> send_own(std::string sender, std::string to, std::string text);
    /// Several, and rows of others that change in the same commit: all or nothing. Those that nobody takes
    /// mail for are left out, and so are those that cannot be made now, as long as another one can; the
    /// number of the others. \errors unavailable, no_space: nothing was done
    struct OwnMessage {
        std::string sender, to, text;
    };
    awaitable<store::Result<std::size_t>> send_own_with(std::vector<OwnMessage> messages,
                                                        std::vector<store::engine::Patch> along);

    // For the operator. \errors not_found; conflict: an attempt is under way
    awaitable<store::Result<void>> retry(store::QueueId id);
    awaitable<store::Result<void>> bounce(store::QueueId id, std::string words);
    awaitable<store::Result<void>> remove(store::QueueId id);
    awaitable<store::Result<void>> hold(store::QueueId id, bool held);

private:
    struct Local;
    struct Round;
    struct State;

    // intake.cpp
    void plan_copies(Local& local) const;
    static std::vector<Taken> answers(const Local& local, bool kept);
    awaitable<void> deliver_now(Local* local);
    awaitable<void> tell_watchers(const Local* local);
    bool tells_success(const Arrival& arrival, const Recipient& recipient) const;
    bool waits(const Arrival& arrival) const;
    std::vector<store::NewQueued> to_be_sent(const Local& local) const;
    store::NewQueued to_be_delivered(const Arrival& arrival, const Local& local) const;
    void trace_arrival(const Arrival& arrival, const std::vector<Taken>& taken);

    // agent.cpp
    static awaitable<void> run(std::shared_ptr<State> state);
    static bool begin_due(const std::shared_ptr<State>& state, std::int64_t now);
    static std::chrono::milliseconds time_to_sleep(State& state, std::int64_t now);
    static awaitable<void> attempt_one(std::shared_ptr<State> state, store::Queue::Due due);
    awaitable<void> attempt(store::Queue::Due due);
    awaitable<store::Result<store::QueuedMessage>> read(store::QueueId id);
    awaitable<void> find_way(Round* round);
    awaitable<void> try_now(Round* round);
    void note(Round& round, std::size_t place, const Outcome& outcome);
    void note_deferred(Round& round, std::size_t place, store::QueueProgress& now, const Outcome& outcome);
    void trace_outcome(const Round& round, std::size_t place, const Outcome& outcome);
    void trace_attempt(const Round& round, const Attempt& attempt);
    awaitable<void> pause(std::chrono::milliseconds time);
    std::int64_t now() const;
    double chance();

    // telling.cpp
    std::vector<store::NewQueued> to_be_told(const Local& local) const;
    void trace_telling(const Arrival& arrival, const std::vector<store::QueueId>& told);
    void note_report(Round& round, std::size_t place, ReportLine line);
    void recall(Round& round, std::size_t place, ReportLine::Action end);
    void leave_untold(Round& round, const store::Error& why);

    // reports.cpp
    awaitable<store::Result<std::vector<store::NewQueued>>> report(std::shared_ptr<const Envelope> envelope,
                                                                   std::vector<ReportLine> lines,
                                                                   std::shared_ptr<Message> message,
                                                                   std::string about);
    awaitable<store::Result<std::vector<store::NewQueued>>> write_report(ReportRequest request,
                                                                         Resolved where);
    awaitable<store::Result<std::vector<store::NewQueued>>> compose_own(std::string sender, std::string text,
                                                                        Resolved where);
    awaitable<void> settle_all(Round* round);
    awaitable<std::vector<store::NewQueued>> report_settled(Round* round);
    awaitable<store::Result<void>> keep(const Round* round, std::vector<store::NewQueued> reports);

    AgentParts parts_;
    const AgentSettings settings_;
    std::unique_ptr<Connector> post_office_;
    std::shared_ptr<State> state_;
};

/// Whether the sender wants to hear of this, by NOTIFY (RFC 3461 section 4.1).
bool wants_report(ReportLine::Action action, std::uint8_t notify, bool passed_on);

}  // namespace mta
