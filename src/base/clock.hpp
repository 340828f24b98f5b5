// Clock: time as a dependency, so that tests choose it. The steady clock for deadlines is not injected here:
// sessions take theirs from net.
#pragma once
#include <chrono>
#include <mutex>

namespace base {

using SystemTime = std::chrono::system_clock::time_point;

class Clock {
public:
    virtual ~Clock() = default;
    virtual SystemTime now() const noexcept = 0;
    /// The process's real clock.
    static Clock& system() noexcept;
};

/// A clock that stands still until a test moves it. Thread-safe.
class ManualClock final : public Clock {
public:
    explicit ManualClock(SystemTime start) : now_(start) {}
    SystemTime now() const noexcept override;
    void advance(std::chrono::milliseconds by);

private:
    mutable std::mutex mutex_;
    SystemTime now_;
};

inline std::int64_t unix_seconds(SystemTime time) {
    return std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
}
inline std::int64_t unix_milliseconds(SystemTime time) {
    return std::chrono::floor<std::chrono::milliseconds>(time).time_since_epoch().count();
}

}  // namespace base
