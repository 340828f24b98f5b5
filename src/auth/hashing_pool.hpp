// HashingPool: a few threads of its own for password hashes, with a short queue, so that a flood of logins
// takes neither the pool's threads nor the memory.
#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <thread>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "store/engine/completion.hpp"

namespace auth {

class HashingPool {
public:
    HashingPool(std::uint32_t threads, std::uint32_t queue_max);
    ~HashingPool() { stop(); }
    HashingPool(const HashingPool&) = delete;
    HashingPool& operator=(const HashingPool&) = delete;

    /// Runs `work` on a thread of the pool; true when it has run. False at once when the queue is full.
    boost::asio::awaitable<bool> run(std::function<void()> work);

    /// Waits for the hashes under way; those in the queue, and all that come later, are answered `false`.
    void stop();

    std::size_t waiting() const;

private:
    struct Job {
        std::function<void()> work;
        store::Completion<bool> done;
    };
    void work_loop();
    void enqueue(std::function<void()> work, store::Completion<bool> done);

    std::uint32_t queue_max_;
    mutable std::mutex mutex_;
    std::condition_variable wake_;
    std::deque<Job> queue_;
    bool stopping_ = false;
    std::vector<std::thread> threads_;
};

}  // namespace auth
