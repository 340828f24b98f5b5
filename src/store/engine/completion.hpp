// Completion: how work on a foreign thread wakes the coroutine that waits for it. Include it in .cpp files
// only.
#pragma once
#include <memory>
#include <utility>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/execution/outstanding_work.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace store {

/// The other end of a wait. Called once, from any thread; the coroutine goes on on its own executor.
template <class T>
class Completion {
public:
    class Waiter {
    public:
        virtual ~Waiter() = default;
        virtual void complete(T value) = 0;
    };

    Completion() = default;
    explicit Completion(std::unique_ptr<Waiter> waiter) : waiter_(std::move(waiter)) {}

    void operator()(T value) {
        const auto waiter = std::move(waiter_);
        waiter->complete(std::move(value));
    }
    explicit operator bool() const { return waiter_ != nullptr; }

private:
    std::unique_ptr<Waiter> waiter_;
};

namespace detail {

template <class T, class Handler>
class HandlerWaiter final : public Completion<T>::Waiter {
public:
    explicit HandlerWaiter(Handler handler)
        : home_(boost::asio::get_associated_executor(handler)),
          keep_(boost::asio::prefer(home_, boost::asio::execution::outstanding_work.tracked)),
          handler_(std::move(handler)) {}

    void complete(T value) override {
        // The guard travels with the handler: released here it could be the last thing that the io_context
        // waits for, and touch it while its owner destroys it.
        boost::asio::post(home_,
                          [handler = std::move(handler_), keep = std::move(keep_),
                           value = std::move(value)]() mutable { std::move(handler)(std::move(value)); });
    }

private:
    boost::asio::any_io_executor home_, keep_;
    Handler handler_;
};

}  // namespace detail

/// Suspends the caller and calls `start(Completion<T>)` on its thread; goes on when the completion is called.
/// A plain function, not a coroutine, so that `start` is never a temporary of a co_await expression.
template <class T, class Start>
boost::asio::awaitable<T> await_completion(Start start) {
    auto initiate = [](auto handler, Start begin) {
        using Handler = decltype(handler);
        begin(Completion<T>(std::make_unique<detail::HandlerWaiter<T, Handler>>(std::move(handler))));
    };
    return boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(T)>(
        std::move(initiate), boost::asio::use_awaitable, std::move(start));
}

}  // namespace store
