// Rule: an RRULE as a value, and back. RFC 5545 section 3.3.10. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "pim/date_time.hpp"

namespace pim {

struct Rule {
    enum class Frequency : std::uint8_t { secondly, minutely, hourly, daily, weekly, monthly, yearly };
    struct Day {
        int week = 0;  ///< of the month or year; 0: each; -1: the last
        unsigned weekday = 0;
        bool operator==(const Day&) const = default;
    };
    Frequency frequency = Frequency::daily;
    unsigned interval = 1;
    std::optional<unsigned> count;
    std::optional<DateTime> until;
    std::vector<Day> by_day;
    std::vector<int> by_second, by_minute, by_hour, by_month_day, by_year_day, by_week_number, by_month,
        by_position;
    std::optional<unsigned> week_start;
    std::vector<std::pair<std::string, std::string>>
        others;  ///< parts that only a calendar's own programs use
    bool operator==(const Rule&) const = default;
};
std::optional<Rule> parse_rule(std::string_view text);
std::string write_rule(const Rule& rule);
/// "SU" for 0.
std::string_view weekday_name(unsigned weekday);

struct OccurrenceLimits {
    unsigned steps_max = 10'000;  ///< of one series: 27 years of days
    /// Looked at, and of rules that repeat within a day hours, minutes or seconds: a thousand years of days,
    /// some milliseconds.
    std::uint64_t days_max = 400'000;
};
/// The start of the last occurrence of a series that begins at `start`, in its local time, with UNTIL in
/// local time too. Nothing: it has no end, or none that is found within the limits.
std::optional<std::int64_t> last_occurrence(const Rule& rule, std::int64_t start,
                                            const OccurrenceLimits& limits = {});
/// Starts from `from` on, before `until`; as many as there are within the limits.
std::vector<std::int64_t> occurrences(const Rule& rule, std::int64_t start, std::int64_t from,
                                      std::int64_t until, const OccurrenceLimits& limits = {});

}  // namespace pim
