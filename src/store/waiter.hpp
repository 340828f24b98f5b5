// Waiter: one coroutine waits, anyone wakes it. The waiting frame stays owned by its own execution context
// (it waits on a timer that never ends), so that destroying the context destroys the frame, and nothing here
// outlives it.
#pragma once
#include <memory>
#include <mutex>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace store {

class Waiter {
public:
    Waiter() = default;
    Waiter(const Waiter&) = delete;
    Waiter& operator=(const Waiter&) = delete;

    /// Ends the wait, now or when it begins. Any thread; more than once does nothing more.
    void wake() noexcept;
    bool woken() const;

private:
    friend class Wait;
    mutable std::mutex mutex_;
    bool woken_ = false;
    class Wait* wait_ = nullptr;
};

/// Suspends until wake(), on the caller's executor. `owner` keeps the waiter alive. One wait at a time.
boost::asio::awaitable<void> wait_for(std::shared_ptr<Waiter> waiter);

/// The executor of the context behind a strand: work that serves many sessions must not queue behind one of
/// them.
boost::asio::any_io_executor context_executor(const boost::asio::any_io_executor& executor);

}  // namespace store
