#include "pop3/login_times.hpp"

namespace pop3 {

bool LoginTimes::enter(base::AccountId account, Time now) {
    if (delay_.count() == 0) return true;
    const std::lock_guard lock(mutex_);
    if (last_.size() >= accounts_max) {
        std::erase_if(last_, [&](const auto& entry) { return now - entry.second >= delay_; });
    }
    const auto [entry, fresh] = last_.emplace(account, now);
    if (fresh) return true;
    if (now - entry->second < delay_) return false;
    entry->second = now;
    return true;
}

}  // namespace pop3
