// The queue's start, its lines, and its figures.
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "store/keys.hpp"
#include "store/local_queue.hpp"

namespace store {

/// The shards that are still to be read, shared by the readers.
struct LocalQueue::Opening {
    std::mutex mutex;
    std::size_t next = 0, running = 0;
    Error failed;
    std::shared_ptr<Waiter> done = std::make_shared<Waiter>();
};

awaitable<Result<void>> LocalQueue::open() {
    const auto executor = co_await boost::asio::this_coro::executor;
    const auto context = context_executor(executor);
    auto opening = std::make_shared<Opening>();
    opening->running = limits_.open_readers;
    for (unsigned i = 0; i < limits_.open_readers; ++i)
        boost::asio::co_spawn(context, open_some(this, opening), [opening](const std::exception_ptr& thrown) {
            const std::lock_guard lock(opening->mutex);
            if (thrown) opening->failed = Error(Errc::unavailable, "the queue cannot be read");
            if (--opening->running == 0) opening->done->wake();
        });
    std::shared_ptr<Waiter> done = opening->done;
    co_await wait_for(std::move(done));
    if (!opening->failed.is(Errc::none)) co_return opening->failed;
    {
        const std::lock_guard lock(mutex_);
        index_.loaded();
    }
    changed();
    co_return Result<void>();
}

awaitable<void> LocalQueue::open_some(LocalQueue* self, std::shared_ptr<Opening> opening) {
    for (;;) {
        std::size_t shard = 0;
        {
            const std::lock_guard lock(opening->mutex);
            if (opening->next == self->shards_.size() || !opening->failed.is(Errc::none)) co_return;
            shard = opening->next++;
        }
        std::string partition = keys::queue_partition(shard);
        const auto read = co_await self->open_shard(std::move(partition));
        if (read) continue;
        const std::lock_guard lock(opening->mutex);
        opening->failed = read.error();
    }
}

/// A damaged row costs its message the attempts, not the others theirs; `store check` tells of it.
awaitable<Result<void>> LocalQueue::open_shard(std::string partition) {
    std::string after;
    for (bool more = true; more;) {
        const auto rows = co_await engine_.scan(partition, after, "i", 0, 0);
        if (!rows) co_return rows.error();
        const std::lock_guard lock(mutex_);
        for (const engine::Row& row : rows->rows) {
            const auto id = keys::number_in(row.key, 'i');
            auto place = decode_queue_place(row.value);
            if (!id || !place) {
                base::log::error("store", "a row of the queue is damaged",
                                 {{"partition", partition}, {"row", row.key}});
                continue;
            }
            ids_.skip_past(*id);
            std::vector<QueueIndex::Place> places;
            places.reserve(place->places.size());
            for (QueuePlaceRow::Place& one : place->places) {
                QueueIndex::Place here;
                here.lane = std::move(one.lane);
                here.due = one.due;
                places.push_back(std::move(here));
            }
            index_.load(QueueId(*id), place->priority, place->held, places);
        }
        more = rows->more;
        if (!rows->rows.empty()) after = rows->rows.back().key;
    }
    co_return Result<void>();
}

std::optional<Queue::Due> LocalQueue::take(std::int64_t now) {
    const std::lock_guard lock(mutex_);
    return index_.take(now);
}

void LocalQueue::give_back(const Due& due) {
    {
        const std::lock_guard lock(mutex_);
        index_.give_back(due.id, due.lane);
    }
    changed();
}

std::optional<std::vector<Queue::Due>> LocalQueue::claim(QueueId id) {
    const std::lock_guard lock(mutex_);
    return index_.claim(id);
}

std::int64_t LocalQueue::next_due() const {
    const std::lock_guard lock(mutex_);
    return index_.next_due();
}

void LocalQueue::lane_good(const std::string& lane) {
    const std::lock_guard lock(mutex_);
    index_.lane_good(lane);
}

void LocalQueue::lane_blocked(const std::string& lane, std::int64_t until) {
    const std::lock_guard lock(mutex_);
    index_.lane_blocked(lane, until);
}

void LocalQueue::unblock_lanes() {
    {
        const std::lock_guard lock(mutex_);
        index_.unblock();
    }
    changed();
}

std::uint32_t LocalQueue::lane_failures(const std::string& lane) const {
    const std::lock_guard lock(mutex_);
    return index_.lane_failures(lane);
}

void LocalQueue::on_change(std::function<void()> handler) {
    const std::lock_guard lock(mutex_);
    handler_ = std::move(handler);
}

std::vector<QueueId> LocalQueue::ids(QueueId after, std::size_t max) const {
    const std::lock_guard lock(mutex_);
    return index_.ids(after, max);
}

std::vector<QueueLane> LocalQueue::lanes(std::size_t max) const {
    const std::lock_guard lock(mutex_);
    return index_.list_lanes(max);
}

std::vector<std::pair<std::string, std::uint64_t>> LocalQueue::figures() const {
    const std::lock_guard lock(mutex_);
    return {{"queue_messages", index_.messages()}, {"queue_busy", index_.busy_items()},
            {"queue_held", index_.held()},         {"queue_lanes", index_.lanes()},
            {"queue_accepted", accepted_},         {"queue_finished", finished_}};
}

}  // namespace store
