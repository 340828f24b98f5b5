// Turnstile: lets one coroutine at a time change the directory; the others wait in order without holding a
// thread.
#pragma once
#include <deque>
#include <mutex>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "store/engine/completion.hpp"

namespace directory {

class Turnstile {
public:
    /// The turn; the next one goes when it ends.
    class Pass {
    public:
        explicit Pass(Turnstile* turnstile) : turnstile_(turnstile) {}
        Pass(Pass&& other) noexcept : turnstile_(std::exchange(other.turnstile_, nullptr)) {}
        Pass& operator=(Pass&&) = delete;
        ~Pass() {
            if (turnstile_ != nullptr) turnstile_->leave();
        }

    private:
        Turnstile* turnstile_;
    };

    boost::asio::awaitable<Pass> enter();

private:
    void leave();
    std::mutex mutex_;
    bool taken_ = false;
    std::deque<store::Completion<bool>> waiting_;
};

}  // namespace directory
