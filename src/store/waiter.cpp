#include "store/waiter.hpp"

#include <tuple>

#include <boost/asio/append.hpp>
#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace store {
namespace asio = boost::asio;
using boost::system::error_code;

/// The waiting side; lives in the waiting frame. The timer is only touched under the waiter's mutex.
class Wait {
public:
    Wait(std::shared_ptr<Waiter> waiter, const asio::any_io_executor& executor)
        : waiter_(std::move(waiter)), timer_(executor, asio::steady_timer::time_point::max()) {
        const std::lock_guard lock(waiter_->mutex_);
        waiter_->wait_ = this;
    }
    ~Wait() {
        const std::lock_guard lock(waiter_->mutex_);
        waiter_->wait_ = nullptr;
    }
    Wait(const Wait&) = delete;
    Wait& operator=(const Wait&) = delete;

    void cancel() noexcept { timer_.cancel(); }

    // A plain function: the initiation runs before the caller suspends and holds the lock while the timer
    // starts.
    asio::awaitable<std::tuple<error_code>> suspend() {
        auto initiate = [this](auto handler) {
            std::unique_lock lock(waiter_->mutex_);
            if (!waiter_->woken_) {
                timer_.async_wait(std::move(handler));
                return;
            }
            lock.unlock();
            asio::post(asio::append(std::move(handler), error_code()));
        };
        return asio::async_initiate<const asio::as_tuple_t<asio::use_awaitable_t<>>&, void(error_code)>(
            std::move(initiate), token_);
    }

private:
    static constexpr asio::as_tuple_t<asio::use_awaitable_t<>> token_{asio::use_awaitable_t<>{}};
    std::shared_ptr<Waiter> waiter_;
    asio::steady_timer timer_;
};

void Waiter::wake() noexcept {
    const std::lock_guard lock(mutex_);
    woken_ = true;
    if (wait_ != nullptr) wait_->cancel();
}

bool Waiter::woken() const {
    const std::lock_guard lock(mutex_);
    return woken_;
}

asio::awaitable<void> wait_for(std::shared_ptr<Waiter> waiter) {
    if (waiter->woken()) co_return;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    Wait wait(waiter, executor);
    // A cancelled coroutine comes out of suspend() early; the next co_await throws then, as Asio has it.
    while (!waiter->woken()) co_await wait.suspend();
}

asio::any_io_executor context_executor(const asio::any_io_executor& executor) {
    if (const auto* strand = executor.target<asio::strand<asio::io_context::executor_type>>())
        return strand->get_inner_executor();
    if (const auto* strand = executor.target<asio::strand<asio::any_io_executor>>())
        return context_executor(strand->get_inner_executor());
    return executor;
}

}  // namespace store
