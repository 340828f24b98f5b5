// Walk: the starts of a series' occurrences, one after the other. RFC 5545 section 3.3.10. Pure; local times
// without a zone. It costs the days that it looks at, and it looks at so many and no more: a rule may name a
// day that never comes (30 February), or the fifth of a set of four.
#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "pim/rule.hpp"

namespace pim {

class Walk {
public:
    /// UNTIL is in local time too. The rule must live as long as the walk.
    Walk(const Rule& rule, std::int64_t start, const OccurrenceLimits& limits);
    Walk(Rule&&, std::int64_t, const OccurrenceLimits&) = delete;

    /// False: it repeats within a day, which no calendar of people does, or has parts that Rule has no words
    /// for.
    static bool knows(const Rule& rule);

    /// Before the first next(): leaves out what is before `from`. Of a series with COUNT nothing, since its
    /// members must be counted.
    void skip_to(std::int64_t from);
    /// Nothing: there is no other, or a limit was reached.
    std::optional<std::int64_t> next();
    /// Whether it was a limit.
    bool cut() const { return cut_; }
    std::uint64_t days_seen() const { return days_seen_; }

private:
    bool by_months() const { return rule_.frequency >= Rule::Frequency::monthly; }
    std::int64_t stride() const;
    void fill();
    void look_at_month(std::int64_t month);
    void look_at_day(std::int64_t midnight);
    bool has_weekday(const CivilTime& day) const;
    void choose_positions();

    const Rule& rule_;
    const OccurrenceLimits limits_;
    const std::int64_t start_;
    std::int64_t time_of_day_ = 0;
    std::int64_t until_;
    // What the rule leaves to its start.
    std::vector<int> months_, month_days_;
    std::vector<Rule::Day> days_;
    bool days_of_year_ = false;  ///< "the second Tuesday" is one of the year, not of the month

    std::int64_t period_ = 0;  ///< of days and weeks their first midnight, else the month, from year 0
    std::vector<std::int64_t> found_;  ///< in the period: midnights
    std::size_t next_found_ = 0;
    bool begun_ = false, done_ = false, cut_ = false;
    unsigned steps_ = 0;
    std::uint64_t days_seen_ = 0;
};

}  // namespace pim
