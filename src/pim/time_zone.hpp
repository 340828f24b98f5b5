// TimeZone: offsets from UTC that change twice a year, or never: what devices send, and what a VTIMEZONE says
// of a time. Pure; the zones that have names are ICU's.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pim/component.hpp"
#include "pim/date_time.hpp"

namespace pim {

/// When an offset begins, in the local time that holds until then.
struct ZoneRule {
    unsigned month = 0;  ///< 1 to 12; 0: never
    unsigned week = 1;   ///< of that weekday in the month; 5: the last
    unsigned weekday = 0;
    unsigned hour = 0, minute = 0;
    bool operator==(const ZoneRule&) const = default;
};

struct TimeZone {
    int bias = 0;  ///< minutes: UTC is local time + bias + one of the two below
    int standard_bias = 0, daylight_bias = 0;
    ZoneRule standard, daylight;
    std::string standard_name, daylight_name;

    bool changes() const { return standard.month != 0 && daylight.month != 0; }
    /// Offsets and rules alike; names do not count.
    bool same_times(const TimeZone& other) const;
    std::int64_t to_utc(std::int64_t local) const;
    std::int64_t to_local(std::int64_t utc) const;
    bool operator==(const TimeZone&) const = default;
};

Component write_time_zone(const TimeZone& zone, std::string_view id);
/// The rules of a VTIMEZONE that hold at a time (in UTC or of the place; past all: those that never end).
/// Nothing: it has none that can be read.
std::optional<TimeZone> read_time_zone(const Component& component, std::int64_t at = latest);

/// "Europe/Berlin", or as Windows says it. As of `at`. Nothing: nobody knows it.
std::optional<TimeZone> zone_named(std::string_view id, std::int64_t at);
/// The name that iCalendar has for a zone of this name, if it exists and has these times; else empty.
std::string known_id(const TimeZone& zone, std::int64_t at);

}  // namespace pim
