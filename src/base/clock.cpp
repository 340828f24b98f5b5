#include "base/clock.hpp"

namespace base {
namespace {
class SystemClock final : public Clock {
public:
    SystemTime now() const noexcept override { return std::chrono::system_clock::now(); }
};
}  // namespace

Clock& Clock::system() noexcept {
    static SystemClock clock;
    return clock;
}

SystemTime ManualClock::now() const noexcept {
    const std::scoped_lock lock(mutex_);
    return now_;
}

void ManualClock::advance(std::chrono::milliseconds by) {
    const std::scoped_lock lock(mutex_);
    now_ += by;
}

}  // namespace base
