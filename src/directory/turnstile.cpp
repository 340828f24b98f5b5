#include "directory/turnstile.hpp"

namespace directory {

boost::asio::awaitable<Turnstile::Pass> Turnstile::enter() {
    auto join = [this](store::Completion<bool> go) {
        {
            const std::lock_guard lock(mutex_);
            if (taken_) {
                waiting_.push_back(std::move(go));
                return;
            }
            taken_ = true;
        }
        go(true);
    };
    co_await store::await_completion<bool>(join);
    co_return Pass(this);
}

void Turnstile::leave() {
    store::Completion<bool> next;
    {
        const std::lock_guard lock(mutex_);
        if (waiting_.empty()) {
            taken_ = false;
            return;
        }
        next = std::move(waiting_.front());
        waiting_.pop_front();
    }
    next(true);
}

}  // namespace directory
