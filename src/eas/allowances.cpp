#include "eas/allowances.hpp"

#include "base/fingerprint.hpp"

namespace eas {

bool Allowances::take(std::string_view who, std::uint64_t amount, std::uint64_t most) {
    const std::int64_t now = base::unix_seconds(clock_.now()) / period_.count();
    const std::lock_guard lock(mutex_);
    Slot& slot = slots_[base::fingerprint(who, seed_) % slots_.size()];
    if (slot.period != now) slot = {now, 0};
    const bool fits = slot.amount == 0 || (slot.amount <= most && amount <= most - slot.amount);
    if (fits) slot.amount += amount;
    return fits;
}

}  // namespace eas
