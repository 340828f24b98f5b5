// Queue: the messages that wait for the message transfer agent. A message is one blob and one envelope; each
// of its recipients has a state, and a lane: the line of those that wait for the same next hop. What a lane
// is called is the agent's business; the store keeps the lines and says who is due.
//
// What is accepted is on the disk when accept() completes, in the same commit as its blob; what an attempt
// has changed is when update() completes, with the reports that it gives rise to in that commit. Nothing else
// may happen to a message twice but an attempt that a crash has cut short.
//
// Any thread may call anything. In memory are the lines alone (queue_index.hpp). docs/mta.md.
#pragma once
#include <cstdint>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "store/engine/engine.hpp"
#include "store/message.hpp"

namespace store {

using QueueId = base::Id<struct QueueTag, std::uint64_t>;  ///< grows with time: base::IdSource

struct QueueLimits {
    /// Of one entry: with addresses and answers as long as they may be its rows stay under a megabyte. The
    /// agent makes several entries, with one blob, of a message that has more.
    std::size_t recipients_max = 500;
    std::size_t words_bytes_max = 512;  ///< of an answer that is kept
    std::size_t prefix_bytes_max = 64U << 10;
    std::uint32_t lane_busy_first = 5;  ///< attempts at one time of a lane of which nothing is known yet
    std::uint32_t lane_busy_max = 20;   ///< of one that goes well; more would be taken for an attack
    unsigned open_readers = 4;          ///< shards that are read side by side at start
};

/// What MAIL said, and where the message came from. Never changes.
struct QueueEnvelope {
    std::string sender;  ///< empty: <>
    std::string envid;
    std::uint8_t ret = 0, body = 0;  ///< mta::Ret, mta::Body
    bool smtputf8 = false, require_tls = false, tls_optional = false;
    bool deliver_by_notify = false, deliver_by_trace = false;
    bool junk = false;            ///< mailboxes here put it into Junk
    std::int64_t deliver_by = 0;  ///< milliseconds since 1970; 0: none
    std::int64_t hold_until = 0;  ///< the same
    std::int8_t priority = 0;     ///< -9 to 9
    bool has_priority = false;
    std::string submitter, message_id;
    std::int64_t arrived = 0;  ///< milliseconds since 1970
    base::AccountId account;   ///< who submitted it; 0: nobody who proved who he is
    std::string user;          ///< as he logged in
    std::string peer;          ///< numeric address it came from
    std::string prefix;        ///< header fields in front of the blob's octets
    base::BlobId blob;
    std::uint64_t blob_bytes = 0;
    std::uint64_t size() const { return prefix.size() + blob_bytes; }
};

/// What RCPT said. Never changes.
struct QueueRecipient {
    std::string address;
    std::uint8_t notify = 0;
    std::string orcpt_type, orcpt_address;
    base::AccountId account;  ///< of a mailbox here
};

enum class QueueState : std::uint8_t { pending, deferred, delivered, relayed, failed };
constexpr bool is_open(QueueState state) { return state <= QueueState::deferred; }

/// What became of a recipient so far.
struct QueueProgress {
    QueueState state = QueueState::pending;
    bool delay_told = false;   ///< the sender had a report that it takes long
    bool from_remote = false;  ///< the last answer is the remote host's own
    std::string lane;
    std::int64_t due = 0;  ///< of an open one; milliseconds since 1970
    std::uint32_t attempts = 0;
    std::int64_t last_attempt = 0;  ///< milliseconds since 1970; 0: none
    std::uint16_t code = 0;
    std::string status, words;  ///< "4.4.1" and the last answer
    std::string host, address;  ///< who gave it
};

struct QueuedMessage {
    QueueId id;
    bool held = false;
    QueueEnvelope envelope;
    std::vector<QueueRecipient> recipients;
    std::vector<QueueProgress> progress;  ///< of recipients, in their order
};

/// A message on its way into the queue. `envelope.blob` is set where the blob is in the store already, by
/// another entry; else `content` is the message.
struct NewQueued {
    QueueEnvelope envelope;
    std::vector<QueueRecipient> recipients;
    std::vector<QueueProgress> progress;  ///< lane and due of each
    ContentPtr content;
    bool held = false;
    QueueId id;  ///< of new_id(); 0: it gets one
    QueueId
        keeper;  ///< of new_id(): the blob of `content` stays until let_go(), also when all entries are gone
};

struct QueueUpdate {
    std::size_t recipient = 0;  ///< place in QueuedMessage::recipients
    QueueProgress progress;
    QueueUpdate() = default;
    QueueUpdate(std::size_t place, QueueProgress now) : recipient(place), progress(std::move(now)) {}
};

/// One line, for the operator.
struct QueueLane {
    std::string name;
    std::uint64_t messages = 0;
    std::uint32_t busy = 0, busy_max = 0;
    std::int64_t next_due = 0;
    std::int64_t blocked_until = 0;  ///< 0: it is not
};

class Queue {
public:
    static constexpr std::int64_t never = std::numeric_limits<std::int64_t>::max();

    virtual ~Queue() = default;
    virtual const QueueLimits& limits() const = 0;

    /// Reads the lines from the store; before anything else. \errors unavailable
    virtual awaitable<Result<void>> open() = 0;

    virtual QueueId new_id() = 0;
    /// One commit for all, with their blobs. Returns when it is durable. \errors no_space, unavailable, limit
    awaitable<Result<std::vector<QueueId>>> accept(std::vector<NewQueued> messages) {
        return accept(std::move(messages), std::vector<engine::Patch>());
    }
    /// `along`: rows of others that change in the same commit: what the messages tell of is told once.
    virtual awaitable<Result<std::vector<QueueId>>> accept(std::vector<NewQueued> messages,
                                                           std::vector<engine::Patch> along) = 0;
    /// Whoever gives a content to folders behind accept() keeps it so long (NewQueued::keeper): an attempt
    /// may be quicker, and the blob would go with its last entry. Of one that never lets go the collector
    /// does.
    virtual awaitable<void> let_go(QueueId keeper, base::BlobId blob) = 0;
    /// \errors not_found
    virtual awaitable<Result<QueuedMessage>> read(QueueId id) = 0;
    /// Changes these recipients and accepts `also` (reports about them), in one commit. A message without
    /// open recipients is gone then: true. \errors not_found · unknown: it may have been done; nothing was
    /// done after any other one
    virtual awaitable<Result<bool>> update(QueueId id, std::vector<QueueUpdate> updates,
                                           std::vector<NewQueued> also) = 0;
    /// Whatever is left of it. Idempotent.
    virtual awaitable<Result<void>> remove(QueueId id) = 0;
    /// A held message is not due until it is released. \errors not_found
    virtual awaitable<Result<void>> hold(QueueId id, bool held) = 0;
    /// Octets of the message: prefix and blob.
    virtual awaitable<Result<std::string>> octets(const QueueEnvelope* envelope, std::uint64_t offset,
                                                  std::size_t length) = 0;
    /// The blob as a content that a folder may take, which then shares it. Reads it whole, in pieces.
    virtual awaitable<Result<ContentPtr>> content(base::BlobId blob) = 0;

    // The lines.

    struct Due {
        QueueId id;
        std::string lane;
    };
    /// The next message that is due, of the lanes in turn. It is busy, and its lane has one more to do, until
    /// give_back().
    virtual std::optional<Due> take(std::int64_t now) = 0;
    virtual void give_back(const Due& due) = 0;
    /// Whoever changes a message other than by an attempt takes it first, in all its lanes, due, held or not,
    /// each until give_back() (queue_claim.hpp). Nothing: some of it is taken, and nothing was done.
    virtual std::optional<std::vector<Due>> claim(QueueId id) = 0;
    /// When take() may have something; `never`: not until something is accepted or given back.
    virtual std::int64_t next_due() const = 0;
    /// The lane's next hop was spoken to: more may be tried at one time, and nothing keeps the lane from it.
    virtual void lane_good(const std::string& lane) = 0;
    /// Nobody is there: nothing of the lane is due before `until`, then one tries first.
    virtual void lane_blocked(const std::string& lane, std::int64_t until) = 0;
    virtual void unblock_lanes() = 0;
    /// How often lane_blocked() was told since lane_good().
    virtual std::uint32_t lane_failures(const std::string& lane) const = 0;
    /// Called, on any thread, when something may be due earlier than next_due() said. Null: nobody is.
    virtual void on_change(std::function<void()> handler) = 0;

    /// Messages after `after` in the order in which they came, at most `max`.
    virtual std::vector<QueueId> ids(QueueId after, std::size_t max) const = 0;
    virtual std::vector<QueueLane> lanes(std::size_t max) const = 0;
    virtual std::vector<std::pair<std::string, std::uint64_t>> figures() const = 0;
};

/// The blob of a content that is in the store already.
base::BlobId blob_of(const Content& content);

/// All must outlive it.
std::unique_ptr<Queue> make_queue(engine::Engine& engine, base::IdSource& ids, const base::Clock& clock,
                                  QueueLimits limits);

}  // namespace store
