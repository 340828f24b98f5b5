#include "store/commit_queue.hpp"

#include <exception>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"

namespace store {
namespace asio = boost::asio;

/// Ends a run however it ends: also when the frame is destroyed in the middle of a commit.
class CommitQueue::Run {
public:
    explicit Run(CommitQueue& queue) : queue_(queue) {}
    Run(const Run&) = delete;
    Run& operator=(const Run&) = delete;
    ~Run() {
        if (ended_) return;
        queue_.round_lost();
        finish(Error(Errc::unavailable, "the server is stopping"));
        const std::lock_guard lock(queue_.mutex_);
        queue_.running_ = false;  // those that wait go with the next request
    }

    /// False: nothing waits, the run is over.
    bool next() {
        changes_ = queue_.take();
        ended_ = changes_.empty();
        return !ended_;
    }
    const std::vector<ChangePtr>& changes() const { return changes_; }
    void finish(Error otherwise = {}) {
        for (const ChangePtr& change : changes_) {
            if (!otherwise.is(Errc::none)) change->error = otherwise;
            change->waiter.wake();
        }
        changes_.clear();
    }

private:
    CommitQueue& queue_;
    std::vector<ChangePtr> changes_;
    bool ended_ = false;
};

void CommitQueue::enqueue(ChangePtr change, const asio::any_io_executor& executor) {
    {
        const std::lock_guard lock(mutex_);
        waiting_.push_back(std::move(change));
        if (std::exchange(running_, true)) return;
    }
    asio::co_spawn(context_executor(executor), run(shared_from_this()),
                   [](const std::exception_ptr& failure) {
                       if (failure) base::log::error("store", "a commit round ended with an exception");
                   });
}

asio::awaitable<void> CommitQueue::submit(ChangePtr change) {
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    enqueue(change, executor);
    std::shared_ptr<Waiter> waiter(change, &change->waiter);
    co_await wait_for(std::move(waiter));
}

std::vector<ChangePtr> CommitQueue::take() {
    const std::lock_guard lock(mutex_);
    std::vector<ChangePtr> changes;
    if (waiting_.empty()) {
        running_ = false;
        return changes;
    }
    for (std::size_t left = round_size(waiting_); left > 0 && !waiting_.empty(); --left) {
        changes.push_back(std::move(waiting_.front()));
        waiting_.pop_front();
    }
    return changes;
}

asio::awaitable<void> CommitQueue::run(std::shared_ptr<CommitQueue> self) {
    Run run(*self);
    while (run.next()) {
        bool thrown = false;
        try {
            std::vector<ChangePtr> changes = run.changes();
            co_await self->round(std::move(changes));
        } catch (const std::exception& failure) {
            base::log::error("store", "a commit round failed", {{"what", failure.what()}});
            thrown = true;
        }
        if (thrown) {
            self->round_lost();
            run.finish(Error(Errc::unavailable, "internal error"));
        } else {
            run.finish();
        }
    }
}

}  // namespace store
