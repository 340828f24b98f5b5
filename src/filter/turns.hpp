// Turns: so many at one time, so many more in line; who comes then is told that there is no room.
// Thread-safe.
#pragma once
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>

#include <boost/asio/awaitable.hpp>

#include "store/engine/completion.hpp"

namespace filter {

class Turns : public std::enable_shared_from_this<Turns> {
public:
    Turns(std::size_t running_max, std::size_t waiting_max)
        : running_max_(running_max), waiting_max_(waiting_max) {}

    /// Given back when it goes.
    class Turn {
    public:
        Turn() = default;
        explicit Turn(std::shared_ptr<Turns> owner) : owner_(std::move(owner)) {}
        Turn(Turn&&) noexcept = default;
        Turn& operator=(Turn&& other) noexcept {
            std::swap(owner_, other.owner_);
            return *this;
        }
        ~Turn() {
            if (owner_) owner_->leave();
        }
        explicit operator bool() const { return owner_ != nullptr; }

    private:
        std::shared_ptr<Turns> owner_;
    };
    /// Nobody waits any more, and nobody gets a turn: all are told that there is no room.
    void close() {
        std::deque<store::Completion<bool>> waiting;
        {
            const std::lock_guard lock(mutex_);
            closed_ = true;
            waiting.swap(waiting_);
        }
        for (store::Completion<bool>& one : waiting) one(false);
    }

    /// False: the line is full.
    boost::asio::awaitable<Turn> take() {
        bool granted = false, waits = false;
        {
            const std::lock_guard lock(mutex_);
            granted = !closed_ && running_ < running_max_;
            if (granted) ++running_;
            waits = !granted && !closed_ && waiting_.size() + coming_ < waiting_max_;
            if (waits) ++coming_;
        }
        if (waits) {
            auto start = [this](store::Completion<bool> done) { wait(std::move(done)); };
            granted = co_await store::await_completion<bool>(std::move(start));
        }
        if (!granted) co_return Turn();
        co_return Turn(shared_from_this());
    }

private:
    void wait(store::Completion<bool> done) {
        bool granted = false;
        {
            const std::lock_guard lock(mutex_);
            --coming_;
            if (!closed_ && running_ >= running_max_) {
                waiting_.push_back(std::move(done));
                return;
            }
            granted = !closed_;
            if (granted) ++running_;
        }
        done(granted);
    }
    void leave() {
        store::Completion<bool> next;
        {
            const std::lock_guard lock(mutex_);
            if (waiting_.empty()) {
                --running_;
                return;
            }
            next = std::move(waiting_.front());
            waiting_.pop_front();
        }
        next(true);
    }

    const std::size_t running_max_, waiting_max_;
    std::mutex mutex_;
    bool closed_ = false;
    std::size_t running_ = 0;
    std::size_t coming_ = 0;  // counted as waiting before their completion is there
    std::deque<store::Completion<bool>> waiting_;
};

}  // namespace filter
