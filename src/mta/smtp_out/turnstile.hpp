// Turnstile: at most so many at one time for each name, the others wait in order. Thread-safe.
#pragma once
#include <chrono>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <stop_token>
#include <string>
#include <unordered_map>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

namespace mta::smtp_out {

class Turnstile : public std::enable_shared_from_this<Turnstile> {
public:
    /// A place inside, until it is destroyed. Shared with the turnstile: places may outlive their connector.
    class Turn {
    public:
        Turn() = default;
        Turn(std::shared_ptr<Turnstile> owner, std::string name)
            : owner_(std::move(owner)), name_(std::move(name)) {}
        Turn(Turn&& other) noexcept : owner_(std::move(other.owner_)), name_(std::move(other.name_)) {}
        Turn& operator=(Turn&& other) noexcept {
            std::swap(owner_, other.owner_);
            std::swap(name_, other.name_);
            return *this;
        }
        ~Turn() {
            if (owner_) owner_->leave(name_);
        }

    private:
        std::shared_ptr<Turnstile> owner_;
        std::string name_;
    };

    /// Waits for a place; `most` may differ from call to call, the newest counts. Nothing: not in time, or
    /// stopped.
    boost::asio::awaitable<std::optional<Turn>> enter(std::string name, std::uint32_t most,
                                                      std::chrono::milliseconds patience,
                                                      std::stop_token stop);
    /// A place at once, or nothing.
    std::optional<Turn> try_enter(const std::string& name, std::uint32_t most);
    /// Inside and waiting.
    std::size_t busy(const std::string& name) const;

private:
    struct Waiter {
        explicit Waiter(const boost::asio::any_io_executor& executor) : timer(executor) {}
        boost::asio::steady_timer timer;
        bool granted = false;
    };
    struct Gate {
        std::uint32_t inside = 0, most = 0;
        std::deque<std::shared_ptr<Waiter>> waiting;
    };
    void leave(const std::string& name);

    mutable std::mutex mutex_;
    std::unordered_map<std::string, Gate> gates_;
};

}  // namespace mta::smtp_out
