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

    /// False: it has parts that Rule has no words for.
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
    bool within_day() const { return rule_.frequency < Rule::Frequency::daily; }
    std::int64_t unit() const;
    std::int64_t stride() const { return unit() * rule_.interval; }
    void take_defaults(const CivilTime& start);
    void fill();
    void look_within_day();
    void look_at_month(std::int64_t month);
    void look_at_day(std::int64_t midnight);
    bool has_day(const CivilTime& day, std::int64_t midnight) const;
    bool has_weekday(const CivilTime& day, int of_year) const;
    std::size_t times_a_day() const { return hours_.size() * minutes_.size() * seconds_.size(); }
    std::int64_t at(std::size_t place) const;
    void choose_places();

    const Rule& rule_;
    const OccurrenceLimits limits_;
    const std::int64_t start_;
    std::int64_t least_;  ///< what is before is left out
    std::int64_t until_;
    // What the rule leaves to its start.
    std::vector<int> months_, month_days_;
    std::vector<Rule::Day> weekdays_;
    std::vector<int> hours_, minutes_, seconds_;  ///< of a period within a day those that it has
    bool needs_day_of_year_ = false;
    bool days_of_year_ = false;  ///< "the second Tuesday" is one of the year, not of the month

    std::int64_t period_ = 0;  ///< when it begins; of months and years the month, from year 0
    // What is found in the period: each time of each day, of which BYSETPOS leaves some places.
    std::vector<std::int64_t> days_;  ///< midnights
    std::vector<std::size_t> places_;
    std::size_t next_ = 0, end_ = 0;  ///< among the places, or the times if the rule has no BYSETPOS
    bool begun_ = false, done_ = false, cut_ = false;
    unsigned steps_ = 0;
    std::uint64_t days_seen_ = 0;
};

}  // namespace pim
