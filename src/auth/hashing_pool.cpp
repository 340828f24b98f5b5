#include "auth/hashing_pool.hpp"

#include <algorithm>
#include <utility>

namespace auth {

HashingPool::HashingPool(std::uint32_t threads, std::uint32_t queue_max) : queue_max_(queue_max) {
    for (std::uint32_t i = 0; i < std::max(threads, 1U); ++i) threads_.emplace_back([this] { work_loop(); });
}

void HashingPool::stop() {
    {
        const std::lock_guard lock(mutex_);
        if (std::exchange(stopping_, true)) return;
    }
    wake_.notify_all();
    for (std::thread& thread : threads_) thread.join();
    std::deque<Job> left;
    {
        const std::lock_guard lock(mutex_);
        left.swap(queue_);
    }
    for (Job& job : left) job.done(false);
}

std::size_t HashingPool::waiting() const {
    const std::lock_guard lock(mutex_);
    return queue_.size();
}

void HashingPool::enqueue(std::function<void()> work, store::Completion<bool> done) {
    {
        const std::lock_guard lock(mutex_);
        if (!stopping_ && queue_.size() < queue_max_) {
            queue_.push_back(Job{std::move(work), std::move(done)});
        }
    }
    if (done) {
        done(false);
    } else {
        wake_.notify_one();
    }
}

boost::asio::awaitable<bool> HashingPool::run(std::function<void()> work) {
    auto start = [this, &work](store::Completion<bool> done) { enqueue(std::move(work), std::move(done)); };
    co_return co_await store::await_completion<bool>(start);
}

void HashingPool::work_loop() {
    for (;;) {
        Job job;
        {
            std::unique_lock lock(mutex_);
            wake_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
            if (stopping_) return;
            job = std::move(queue_.front());
            queue_.pop_front();
        }
        job.work();
        job.work = nullptr;  // what it holds of the caller's goes before the caller goes on
        job.done(true);
    }
}

}  // namespace auth
