// LoginTimes: when each account logged in last, for LOGIN-DELAY (RFC 2449 section 6.5). Thread-safe.
#pragma once
#include <chrono>
#include <mutex>
#include <unordered_map>

#include "base/ids.hpp"

namespace pop3 {

class LoginTimes {
public:
    using Time = std::chrono::steady_clock::time_point;
    explicit LoginTimes(std::chrono::seconds delay) : delay_(delay) {}
    /// True: this login is long enough after the last one, and is noted.
    bool enter(base::AccountId account, Time now);

private:
    static constexpr std::size_t accounts_max = 100'000;  // then those that no longer matter are forgotten
    const std::chrono::seconds delay_;
    std::mutex mutex_;
    std::unordered_map<base::AccountId, Time> last_;
};

}  // namespace pop3
