// Free and busy: when the events of a calendar take somebody's time. It tells nothing else of them, so that
// others may see it. RFC 5545 section 3.6.4, MS-ASCMD section 2.2.3.101. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "pim/component.hpp"

namespace pim {

/// In order of what counts where several meet: somebody of whom nothing is known may be free.
enum class Busy : std::uint8_t { free, unknown, tentative, busy, away };

/// From the first second on, before the last. UTC.
struct TimeSpan {
    std::int64_t from = 0, until = 0;
    bool operator==(const TimeSpan&) const = default;
};

struct BusyTime {
    TimeSpan span;
    Busy kind = Busy::busy;
    bool operator==(const BusyTime&) const = default;
};

/// What of the span an event takes, with its occurrences and exceptions: in order of time, cut to the span.
/// The calendar is one event with its exceptions, as events are stored. Free and cancelled ones take nothing.
std::vector<BusyTime> busy_times(const Component& calendar, TimeSpan span);

/// A span in pieces of half an hour, the last may be shorter, each as busy as its busiest second.
class HalfHours {
public:
    /// `kind`: of all that nothing is added to. `span` is as long as the caller allows.
    explicit HalfHours(TimeSpan span, Busy kind = Busy::free);
    void add(const BusyTime& time);
    /// What others of the same span do: "busy" is when one of them is.
    void merge(const HalfHours& other);
    /// 0 free, 1 tentative, 2 busy, 3 away, 4 nothing is known.
    std::string digits() const;

private:
    TimeSpan span_;
    std::vector<Busy> pieces_;
};

}  // namespace pim
