#include "store/local_queue.hpp"

#include <map>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "store/content.hpp"
#include "store/keys.hpp"

namespace store {
namespace {

std::vector<QueueIndex::Place> index_places(QueuePlaceRow row) {
    std::vector<QueueIndex::Place> out;
    for (QueuePlaceRow::Place& place : row.places) {
        QueueIndex::Place one;
        one.lane = std::move(place.lane);
        one.due = place.due;
        out.push_back(std::move(one));
    }
    return out;
}

/// Of an entry that was never tried and waits in one line, the place says all.
bool untouched(const std::vector<QueueProgress>& progress) {
    for (const QueueProgress& one : progress)
        if (one.state != QueueState::pending || one.attempts != 0 || one.lane != progress.front().lane ||
            one.due != progress.front().due)
            return false;
    return true;
}

engine::Patch& patch_of(engine::Prelude& prelude, const std::string& partition) {
    for (engine::Patch& patch : prelude.patches)
        if (patch.partition == partition) return patch;
    prelude.patches.emplace_back();
    prelude.patches.back().partition = partition;
    return prelude.patches.back();
}

void put_states(engine::Patch& patch, QueueId id, const QueuePlaceRow& place,
                const std::vector<QueueProgress>& progress) {
    patch.put.push_back({keys::queue_row('i', id.value), encode(place)});
    if (!untouched(progress)) patch.put.push_back({keys::queue_row('r', id.value), encode(progress)});
}

using Holds = std::vector<std::unique_ptr<MessageContent::Hold>>;
/// A blob may be on its way into a folder too: one commit at a time finishes it. Entries may share one.
awaitable<Holds> hold_contents(const std::vector<NewQueued>* messages) {
    Holds holds;
    std::vector<ContentPtr> held;
    for (const NewQueued& message : *messages) {
        if (!message.content || std::find(held.begin(), held.end(), message.content) != held.end()) continue;
        held.push_back(message.content);
        auto content = std::static_pointer_cast<const MessageContent>(message.content);
        auto hold = co_await MessageContent::hold(std::move(content));
        if (hold) holds.push_back(std::move(hold));
    }
    co_return holds;
}

}  // namespace

/// Holds a shard until it is dropped.
class LocalQueue::Hold {
public:
    explicit Hold(Shard& shard) : shard_(shard) {}
    Hold(const Hold&) = delete;
    Hold& operator=(const Hold&) = delete;
    ~Hold() {
        std::deque<std::shared_ptr<Waiter>> waiting;
        {
            const std::lock_guard lock(shard_.mutex);
            shard_.held = false;
            waiting.swap(shard_.waiting);  // all: some of them may have gone away
        }
        for (const auto& waiter : waiting) waiter->wake();
    }

private:
    Shard& shard_;
};

LocalQueue::LocalQueue(engine::Engine& engine, base::IdSource& ids, const base::Clock& clock,
                       QueueLimits limits)
    : engine_(engine), ids_(ids), clock_(clock), limits_(limits), index_(limits) {}

awaitable<std::unique_ptr<LocalQueue::Hold>> LocalQueue::hold_shard(QueueId id) {
    Shard& shard = shards_[keys::queue_shard(id.value)];
    for (;;) {
        auto waiter = std::make_shared<Waiter>();
        {
            const std::lock_guard lock(shard.mutex);
            if (!shard.held) {
                shard.held = true;
                break;
            }
            shard.waiting.push_back(waiter);
        }
        co_await wait_for(std::move(waiter));
    }
    co_return std::make_unique<Hold>(shard);
}

Result<void> LocalQueue::plan(std::vector<NewQueued>& messages, Plan& plan) {
    std::map<MessageContentPtr, std::vector<std::string>> tags;
    for (NewQueued& message : messages) {
        if (message.recipients.empty() || message.recipients.size() > limits_.recipients_max ||
            message.progress.size() != message.recipients.size() ||
            message.envelope.prefix.size() > limits_.prefix_bytes_max)
            return Error(Errc::limit, "more recipients or header fields than an entry may have");
        if (!message.id) message.id = new_id();
        std::string tag = keys::queue_tag(message.id.value);
        if (message.content) {
            const auto content = std::static_pointer_cast<const MessageContent>(message.content);
            message.envelope.blob = content->record().blob;
            message.envelope.blob_bytes = content->size();
            tags[content].push_back(std::move(tag));
            if (message.keeper) tags[content].push_back(keys::queue_tag(message.keeper.value));
        } else {
            plan.prelude.tags.push_back({message.envelope.blob, std::move(tag)});
        }
        QueuePlaceRow place = place_of(message.envelope, message.progress, message.held);
        engine::Patch& patch = patch_of(plan.prelude, keys::queue(message.id.value));
        patch.put.push_back({keys::queue_row('m', message.id.value),
                             encode_queue_message(message.envelope, message.recipients)});
        put_states(patch, message.id, place, message.progress);
        plan.places.emplace_back(message.id, std::move(place));
    }
    for (auto& [content, names] : tags) {
        plan.contents.push_back(content);
        content->join(plan.prelude, std::move(names));
    }
    return {};
}

/// Rows and blobs in one write; what the index learns comes after. Repeated when it is not known whether it
/// was done, since doing it twice is doing it once.
awaitable<Result<void>> LocalQueue::write(Plan plan) {
    engine::Prelude again = plan.prelude;
    auto written = co_await engine_.apply(std::move(plan.prelude));
    const Result<void> first = written;
    for (unsigned tries = 0; tries < 3 && !written && written.error().is(Errc::unknown); ++tries) {
        engine::Prelude next = again;
        written = co_await engine_.apply(std::move(next));
    }
    // What refuses it now says nothing of the first time.
    if (!written && !first && first.error().is(Errc::unknown)) co_return first;
    if (!written) co_return written;
    for (const auto& content : plan.contents) content->stored();
    index(plan.places);
    co_return written;
}

void LocalQueue::index(const std::vector<std::pair<QueueId, QueuePlaceRow>>& places) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, row] : places) index_.put(id, row.priority, row.held, index_places(row));
}

void LocalQueue::changed() {
    std::function<void()> handler;
    {
        const std::lock_guard lock(mutex_);
        handler = handler_;
    }
    if (handler) handler();
}

awaitable<Result<std::vector<QueueId>>> LocalQueue::accept(std::vector<NewQueued> messages,
                                                           std::vector<engine::Patch> along) {
    const auto holds = co_await hold_contents(&messages);
    Plan planned;
    const Result<void> good = plan(messages, planned);
    if (!good) co_return good.error();
    for (engine::Patch& patch : along) planned.prelude.patches.push_back(std::move(patch));
    std::vector<QueueId> out;
    for (const NewQueued& message : messages) out.push_back(message.id);
    const auto written = co_await write(std::move(planned));
    if (!written) co_return written.error();
    {
        const std::lock_guard lock(mutex_);
        accepted_ += out.size();
    }
    changed();
    co_return out;
}

awaitable<void> LocalQueue::let_go(QueueId keeper, base::BlobId blob) { co_await untag(keeper, blob); }

awaitable<Result<QueuedMessage>> LocalQueue::read(QueueId id) {
    std::vector<std::string> wanted{keys::queue_row('i', id.value), keys::queue_row('m', id.value),
                                    keys::queue_row('r', id.value)};
    std::string partition = keys::queue(id.value);
    const auto rows = co_await engine_.get(std::move(partition), std::move(wanted));
    if (!rows) co_return rows.error();
    std::optional<QueuePlaceRow> place;
    std::optional<QueueMessageRow> message;
    std::optional<std::vector<QueueProgress>> progress;
    bool has_progress = false;
    for (const engine::Row& row : rows->rows) {
        if (row.key.front() == 'i') place = decode_queue_place(row.value);
        if (row.key.front() == 'm') message = decode_queue_message(row.value);
        has_progress |= row.key.front() == 'r';
        if (row.key.front() == 'r') progress = decode_queue_progress(row.value);
    }
    if (rows->rows.empty()) co_return Error(Errc::not_found, "no such message in the queue");
    if (message && !has_progress && place) progress = first_progress(*place, message->recipients.size());
    if (!message || !progress || !place || progress->size() != message->recipients.size())
        co_return Error(Errc::corrupt, "a damaged row of the queue");
    QueuedMessage out;
    out.id = id;
    out.held = place->held;
    out.envelope = std::move(message->envelope);
    out.recipients = std::move(message->recipients);
    out.progress = std::move(*progress);
    co_return out;
}

awaitable<Result<bool>> LocalQueue::update(QueueId id, std::vector<QueueUpdate> updates,
                                           std::vector<NewQueued> also) {
    const auto turn = co_await hold_shard(id);
    auto known = co_await read(id);
    if (!known) co_return known.error();
    for (QueueUpdate& change : updates) {
        if (change.recipient >= known->progress.size()) co_return Error(Errc::invalid, "no such recipient");
        known->progress[change.recipient] = std::move(change.progress);
    }
    const auto holds = co_await hold_contents(&also);
    Plan planned;
    const Result<void> good = plan(also, planned);
    if (!good) co_return good.error();
    QueuePlaceRow place = place_of(known->envelope, known->progress, known->held);
    const bool gone = place.places.empty();
    engine::Patch& patch = patch_of(planned.prelude, keys::queue(id.value));
    if (gone) {
        for (const char kind : {'i', 'm', 'r'}) patch.erase.push_back(keys::queue_row(kind, id.value));
    } else {
        patch.put.push_back({keys::queue_row('i', id.value), encode(place)});
        patch.put.push_back({keys::queue_row('r', id.value), encode(known->progress)});
    }
    planned.places.emplace_back(id, std::move(place));
    const std::size_t more = also.size();
    const auto written = co_await write(std::move(planned));
    if (!written) co_return written.error();
    {
        const std::lock_guard lock(mutex_);
        accepted_ += more;
        finished_ += gone ? 1 : 0;
    }
    if (gone) co_await untag(id, known->envelope.blob);
    changed();
    co_return gone;
}

/// The collector finds what a crash leaves.
awaitable<void> LocalQueue::untag(QueueId id, base::BlobId blob) {
    std::vector<engine::Tag> tags;
    tags.push_back({blob, keys::queue_tag(id.value)});
    const auto done = co_await engine_.untag(std::move(tags));
    if (!done) base::log::debug("store", "the blob of a finished message stays for the collector");
}

awaitable<Result<void>> LocalQueue::remove(QueueId id) {
    const auto turn = co_await hold_shard(id);
    const auto known = co_await read(id);
    if (!known && known.error().is(Errc::not_found)) co_return Result<void>();
    if (!known && !known.error().is(Errc::corrupt)) co_return known.error();
    Plan planned;
    engine::Patch& patch = patch_of(planned.prelude, keys::queue(id.value));
    for (const char kind : {'i', 'm', 'r'}) patch.erase.push_back(keys::queue_row(kind, id.value));
    planned.places.emplace_back(id, QueuePlaceRow());
    const auto written = co_await write(std::move(planned));
    if (!written) co_return written;
    {
        const std::lock_guard lock(mutex_);
        ++finished_;
    }
    if (known) co_await untag(id, known->envelope.blob);
    co_return Result<void>();
}

awaitable<Result<void>> LocalQueue::hold(QueueId id, bool held) {
    const auto turn = co_await hold_shard(id);
    const auto known = co_await read(id);
    if (!known) co_return known.error();
    Plan planned;
    QueuePlaceRow place = place_of(known->envelope, known->progress, held);
    put_states(patch_of(planned.prelude, keys::queue(id.value)), id, place, known->progress);
    planned.places.emplace_back(id, std::move(place));
    const auto written = co_await write(std::move(planned));
    if (!written) co_return written;
    changed();
    co_return Result<void>();
}

awaitable<Result<std::string>> LocalQueue::octets(const QueueEnvelope* envelope, std::uint64_t offset,
                                                  std::size_t length) {
    const std::size_t before = envelope->prefix.size();
    std::string out;
    if (offset < before) {
        out = envelope->prefix.substr(static_cast<std::size_t>(offset), length);
        length -= out.size();
        offset = before;
    }
    if (length == 0) co_return out;
    auto rest = co_await engine_.blob_read(envelope->blob, offset - before, length);
    if (!rest) co_return rest.error();
    if (out.empty()) co_return std::move(*rest);
    out += *rest;
    co_return out;
}

awaitable<Result<ContentPtr>> LocalQueue::content(base::BlobId blob) {
    constexpr std::size_t piece_bytes = 256U << 10;
    mime::Indexer indexer;
    for (std::uint64_t at = 0;;) {
        const auto piece = co_await engine_.blob_read(blob, at, piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        indexer.feed(*piece);
        at += piece->size();
    }
    const mime::Index facts = indexer.finish();
    StaticRecord record = describe(facts, described_bytes_max(engine_.limits()));
    record.blob = blob;
    auto content = std::make_shared<MessageContent>(nullptr, std::move(record), facts.received_fields,
                                                    facts.keys.message_id);
    if (facts.keys.in_reply_to != 0) content->ancestors.push_back(facts.keys.in_reply_to);
    content->ancestors.insert(content->ancestors.end(), facts.keys.references.rbegin(),
                              facts.keys.references.rend());
    content->stored();
    ContentPtr out = std::move(content);
    co_return out;
}

base::BlobId blob_of(const Content& content) {
    return static_cast<const MessageContent&>(content).record().blob;
}

std::unique_ptr<Queue> make_queue(engine::Engine& engine, base::IdSource& ids, const base::Clock& clock,
                                  QueueLimits limits) {
    return std::make_unique<LocalQueue>(engine, ids, clock, limits);
}

}  // namespace store
