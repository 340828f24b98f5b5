// LocalQueue: the queue's rows and its index, kept in step. Changes of one message follow one another:
// whoever changes rows holds the shard from reading them until they are durable.
#pragma once
#include <array>
#include <deque>
#include <memory>
#include <mutex>

#include "store/queue_index.hpp"
#include "store/queue_records.hpp"
#include "store/waiter.hpp"

namespace store {

class LocalQueue final : public Queue {
public:
    LocalQueue(engine::Engine& engine, base::IdSource& ids, const base::Clock& clock, QueueLimits limits);

    const QueueLimits& limits() const override { return limits_; }
    awaitable<Result<void>> open() override;
    QueueId new_id() override { return QueueId(ids_.next()); }
    using Queue::accept;
    awaitable<Result<std::vector<QueueId>>> accept(std::vector<NewQueued> messages,
                                                   std::vector<engine::Patch> along) override;
    awaitable<void> let_go(QueueId keeper, base::BlobId blob) override;
    awaitable<Result<QueuedMessage>> read(QueueId id) override;
    awaitable<Result<bool>> update(QueueId id, std::vector<QueueUpdate> updates,
                                   std::vector<NewQueued> also) override;
    awaitable<Result<void>> remove(QueueId id) override;
    awaitable<Result<void>> hold(QueueId id, bool held) override;
    awaitable<Result<std::string>> octets(const QueueEnvelope* envelope, std::uint64_t offset,
                                          std::size_t length) override;
    awaitable<Result<ContentPtr>> content(base::BlobId blob) override;

    std::optional<Due> take(std::int64_t now) override;
    void give_back(const Due& due) override;
    std::optional<std::vector<Due>> claim(QueueId id) override;
    std::int64_t next_due() const override;
    void lane_good(const std::string& lane) override;
    void lane_blocked(const std::string& lane, std::int64_t until) override;
    void unblock_lanes() override;
    std::uint32_t lane_failures(const std::string& lane) const override;
    void on_change(std::function<void()> handler) override;

    std::vector<QueueId> ids(QueueId after, std::size_t max) const override;
    std::vector<QueueLane> lanes(std::size_t max) const override;
    std::vector<std::pair<std::string, std::uint64_t>> figures() const override;

private:
    /// One coroutine at a time may change the rows of a shard.
    struct Shard {
        std::mutex mutex;
        bool held = false;
        std::deque<std::shared_ptr<Waiter>> waiting;
    };
    class Hold;
    struct Opening;
    /// What accept() will have written: rows, and the index's copy of them.
    struct Plan {
        engine::Prelude prelude;
        std::vector<std::shared_ptr<const class MessageContent>> contents;
        std::vector<std::pair<QueueId, QueuePlaceRow>> places;
    };

    awaitable<std::unique_ptr<Hold>> hold_shard(QueueId id);
    static awaitable<void> open_some(LocalQueue* self, std::shared_ptr<Opening> opening);
    awaitable<Result<void>> open_shard(std::string partition);
    Result<void> plan(std::vector<NewQueued>& messages, Plan& plan);
    awaitable<Result<void>> write(Plan plan);
    awaitable<void> untag(QueueId id, base::BlobId blob);
    void index(const std::vector<std::pair<QueueId, QueuePlaceRow>>& places);
    void changed();

    engine::Engine& engine_;
    base::IdSource& ids_;
    const base::Clock& clock_;
    const QueueLimits limits_;
    std::array<Shard, 64> shards_;

    mutable std::mutex mutex_;  // index_, handler_, figures
    QueueIndex index_;
    std::function<void()> handler_;
    std::uint64_t accepted_ = 0, finished_ = 0;
};

}  // namespace store
