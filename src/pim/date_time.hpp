// DateTime: a date or a moment as iCalendar and vCard write it. Local times are seconds since 1970 as if the
// place were in UTC. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pim/component.hpp"

namespace pim {

struct DateTime {
    enum class Kind : std::uint8_t { utc, local, date };
    std::int64_t seconds = 0;  ///< of a date: its midnight
    Kind kind = Kind::utc;
    bool operator==(const DateTime&) const = default;
};

inline constexpr std::int64_t day_seconds = 86'400;
/// Years 1600 to 9999: what devices can say, and what sums of cannot overflow.
inline constexpr std::int64_t earliest = -11'676'096'000, latest = 253'402'300'799;

/// "20261122", "20261122T120000", with Z, also with separators. Nothing: no date, or out of the years above.
std::optional<DateTime> parse_date_time(std::string_view text);
std::string write_date_time(const DateTime& time);

struct CivilTime {
    int year = 1970;
    unsigned month = 1, day = 1;  ///< from 1
    unsigned hour = 0, minute = 0, second = 0;
    unsigned weekday = 0;  ///< 0: Sunday
};
CivilTime civil(std::int64_t seconds);
std::int64_t from_civil(const CivilTime& time);
unsigned days_in_month(int year, unsigned month);

/// "P1DT2H", "-PT15M", "P2W". Seconds. RFC 5545 section 3.3.6
std::optional<std::int64_t> parse_duration(std::string_view text);
std::string write_duration(std::int64_t seconds);

}  // namespace pim
