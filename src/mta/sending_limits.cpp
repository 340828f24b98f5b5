#include "mta/sending_limits.hpp"

namespace mta {
namespace {

constexpr std::int64_t hour = 3'600, day = 24 * hour;

}  // namespace

double SendingLimits::Window::used(std::int64_t second, std::int64_t length) {
    const std::int64_t current = second / length;
    if (current != number) {
        before = current == number + 1 ? now : 0;
        now = 0;
        number = current;
    }
    const double gone = static_cast<double>(second % length) / static_cast<double>(length);
    return before * (1 - gone) + now;
}

bool SendingLimits::take(base::AccountId account, std::uint32_t recipients) {
    if (settings_.per_hour == 0 && settings_.per_day == 0) return true;
    const std::int64_t second = base::unix_seconds(clock_.now());
    const std::lock_guard lock(mutex_);
    if (accounts_.size() >= settings_.accounts_max && !accounts_.contains(account)) make_room(second);
    Account& known = accounts_[account];
    const double in_hour = known.hour.used(second, hour), in_day = known.day.used(second, day);
    if (settings_.per_hour != 0 && in_hour + recipients > settings_.per_hour) return false;
    if (settings_.per_day != 0 && in_day + recipients > settings_.per_day) return false;
    known.hour.now += recipients;
    known.day.now += recipients;
    return true;
}

void SendingLimits::make_room(std::int64_t second) {
    for (auto at = accounts_.begin(); at != accounts_.end();)
        at = at->second.day.used(second, day) < 1 ? accounts_.erase(at) : std::next(at);
    if (accounts_.size() >= settings_.accounts_max) accounts_.clear();
}

}  // namespace mta
