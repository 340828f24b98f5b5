#include "pim/walk.hpp"

#include <algorithm>
#include <ranges>

namespace pim {
namespace {

using Frequency = Rule::Frequency;

constexpr unsigned monday = 1;
constexpr std::int64_t minute_seconds = 60, hour_seconds = 3'600;

std::int64_t midnight_of(std::int64_t month, int day) {
    CivilTime out;
    out.year = static_cast<int>(month / 12);
    out.month = static_cast<unsigned>(month % 12 + 1);
    out.day = static_cast<unsigned>(day);
    return from_civil(out);
}

std::int64_t month_of(const CivilTime& time) { return std::int64_t{time.year} * 12 + time.month - 1; }

bool holds(const std::vector<int>& list, int value) { return std::ranges::find(list, value) != list.end(); }
/// Of a part that may be left out: then everything is.
bool allows(const std::vector<int>& list, int value) { return list.empty() || holds(list, value); }
/// The place-th of `length`, also as it counts from the end.
bool allows(const std::vector<int>& list, int place, int length) {
    return allows(list, place) || holds(list, place - 1 - length);
}

/// The place-th of its weekday among `length` days, from their beginning or, below 0, from their end.
bool is_place(int place, int day, int length) {
    return place > 0 ? (day - 1) / 7 + 1 == place : (length - day) / 7 + 1 == -place;
}

int days_in_year(int year) { return days_in_month(year, 2) == 29 ? 366 : 365; }

int day_of_year(const CivilTime& day, std::int64_t midnight) {
    return static_cast<int>((midnight - midnight_of(std::int64_t{day.year} * 12, 1)) / day_seconds) + 1;
}

/// A week belongs to the year that has its fourth day; both may begin or end in another one.
bool has_week(const std::vector<int>& list, const CivilTime& day, int number, unsigned week_start) {
    int fourth = number + 3 - static_cast<int>((day.weekday + 7 - week_start) % 7);
    int year = day.year;
    if (fourth < 1) {
        --year;
        fourth += days_in_year(year);
    } else if (fourth > days_in_year(year)) {
        fourth -= days_in_year(year);
        ++year;
    }
    const int after = days_in_year(year) - fourth;
    const int week = (fourth - 1) / 7 + 1;
    return allows(list, week, week + after / 7);
}

std::vector<int> in_order(std::vector<int> list) {
    std::ranges::sort(list);
    list.erase(std::ranges::unique(list).begin(), list.end());
    return list;
}

/// A part of the time of day: the rule's, or the start's. The second 60 is 59 where there are no leap seconds
/// (RFC 5545 section 3.3.12).
std::vector<int> part_of_time(const std::vector<int>& of_rule, unsigned of_start) {
    std::vector<int> out = of_rule;
    if (out.empty()) out.push_back(static_cast<int>(of_start));
    for (int& one : out) one = std::min(one, 59);
    return in_order(std::move(out));
}

}  // namespace

bool Walk::knows(const Rule& rule) { return rule.others.empty(); }

Walk::Walk(const Rule& rule, std::int64_t start, const OccurrenceLimits& limits)
    : rule_(rule),
      limits_(limits),
      start_(start),
      least_(start),
      until_(latest),
      months_(in_order(rule.by_month)),
      month_days_(rule.by_month_day),
      weekdays_(rule.by_day),
      done_(!knows(rule)) {
    const CivilTime at = civil(start);
    if (rule.until)
        until_ = rule.until->seconds + (rule.until->kind == DateTime::Kind::date ? day_seconds - 1 : 0);
    until_ = std::min(until_, latest);
    take_defaults(at);
    const std::int64_t midnight = start - at.hour * hour_seconds - at.minute * minute_seconds - at.second;
    period_ = midnight;
    if (within_day()) period_ = midnight + (start - midnight) / unit() * unit();
    if (rule.frequency == Frequency::weekly)
        period_ -= (at.weekday + 7 - rule.week_start.value_or(monday)) % 7 * day_seconds;
    if (by_months()) period_ = month_of(at);
    if (rule.frequency == Frequency::yearly) period_ -= period_ % 12;
}

void Walk::take_defaults(const CivilTime& start) {
    hours_ = part_of_time(rule_.by_hour, start.hour);
    minutes_ = part_of_time(rule_.by_minute, start.minute);
    seconds_ = part_of_time(rule_.by_second, start.second);
    const bool yearly = rule_.frequency == Frequency::yearly;
    days_of_year_ = yearly && months_.empty();
    needs_day_of_year_ = (days_of_year_ && !rule_.by_day.empty()) || !rule_.by_year_day.empty() ||
                         !rule_.by_week_number.empty();
    const bool has_days = !weekdays_.empty() || !month_days_.empty() || !rule_.by_year_day.empty();
    if (has_days || within_day() || rule_.frequency == Frequency::daily) return;
    // A week's day is that of the start, as it is of a rule by weeks.
    if (rule_.frequency == Frequency::weekly || !rule_.by_week_number.empty()) {
        weekdays_.push_back({0, start.weekday});
        return;
    }
    month_days_.push_back(static_cast<int>(start.day));
    if (yearly && months_.empty()) months_.push_back(static_cast<int>(start.month));
}

/// Of what an interval counts: seconds, or months.
std::int64_t Walk::unit() const {
    switch (rule_.frequency) {
        case Frequency::minutely:
            return minute_seconds;
        case Frequency::hourly:
            return hour_seconds;
        case Frequency::daily:
            return day_seconds;
        case Frequency::weekly:
            return 7 * day_seconds;
        case Frequency::yearly:
            return 12;
        default:
            return 1;
    }
}

void Walk::skip_to(std::int64_t from) {
    if (rule_.count || begun_ || from <= start_ || from > latest) return;
    least_ = from;
    const std::int64_t there = by_months() ? month_of(civil(from)) : from;
    // One period less: what `from` is in may have begun before.
    const std::int64_t periods = (there - period_) / stride() - 1;
    if (periods > 0) period_ += periods * stride();
}

/// "The second Tuesday", of the month or of the year.
bool Walk::has_weekday(const CivilTime& day, int of_year) const {
    if (weekdays_.empty()) return true;
    return std::ranges::any_of(weekdays_, [&](const Rule::Day& one) {
        if (one.weekday != day.weekday) return false;
        if (one.week == 0 || !by_months()) return true;
        if (days_of_year_) return is_place(one.week, of_year, days_in_year(day.year));
        return is_place(one.week, static_cast<int>(day.day),
                        static_cast<int>(days_in_month(day.year, day.month)));
    });
}

/// All parts of the rule that name days: each leaves fewer of them.
bool Walk::has_day(const CivilTime& day, std::int64_t midnight) const {
    const int number = static_cast<int>(day.day);
    const int of_year = needs_day_of_year_ ? day_of_year(day, midnight) : 0;
    if (!allows(months_, static_cast<int>(day.month)) || !has_weekday(day, of_year)) return false;
    if (!allows(month_days_, number, static_cast<int>(days_in_month(day.year, day.month)))) return false;
    if (!allows(rule_.by_year_day, of_year, days_in_year(day.year))) return false;
    return rule_.by_week_number.empty() ||
           has_week(rule_.by_week_number, day, of_year, rule_.week_start.value_or(monday));
}

void Walk::look_at_day(std::int64_t midnight) {
    ++days_seen_;
    if (has_day(civil(midnight), midnight)) days_.push_back(midnight);
}

/// Of the days that BYMONTHDAY names these alone are looked at.
void Walk::look_at_month(std::int64_t month) {
    ++days_seen_;
    const int number = static_cast<int>(month % 12 + 1);
    if (!allows(months_, number)) return;
    const int length =
        static_cast<int>(days_in_month(static_cast<int>(month / 12), static_cast<unsigned>(number)));
    if (month_days_.empty()) {
        for (int day = 1; day <= length; ++day) look_at_day(midnight_of(month, day));
        return;
    }
    std::vector<int> days;
    for (const int day : month_days_) days.push_back(day > 0 ? day : length + 1 + day);
    for (const int day : in_order(std::move(days))) {
        if (day < 1 || day > length) {
            ++days_seen_;
        } else {
            look_at_day(midnight_of(month, day));
        }
    }
}

/// A period of an hour, a minute or a second. Where its day, hour or minute is none of the rule's, all others
/// of that are passed over.
void Walk::look_within_day() {
    const CivilTime time = civil(period_);
    const auto hour = static_cast<int>(time.hour), minute = static_cast<int>(time.minute),
               second = static_cast<int>(time.second);
    // As part_of_time() has it.
    const bool fits_second = allows(rule_.by_second, second) || (second == 59 && holds(rule_.by_second, 60));
    const std::int64_t since = hour * hour_seconds + minute * minute_seconds + second;
    look_at_day(period_ - since);
    std::int64_t passed = 0;  // the length of what the period is in, and none of which is the rule's
    std::int64_t in_it = since;
    if (days_.empty()) {
        passed = day_seconds;
    } else if (!allows(rule_.by_hour, hour)) {
        passed = hour_seconds;
        in_it = since % hour_seconds;
    } else if (rule_.frequency < Frequency::hourly && !allows(rule_.by_minute, minute)) {
        passed = minute_seconds;
        in_it = second;
    } else if (rule_.frequency == Frequency::secondly && !fits_second) {
        passed = 1;
        in_it = 0;
    }
    hours_ = {hour};
    if (rule_.frequency < Frequency::hourly) minutes_ = {minute};
    if (rule_.frequency == Frequency::secondly) seconds_ = {second};
    if (passed == 0) return;
    days_.clear();
    const std::int64_t left = passed - in_it;  // until it ends
    period_ += (std::max<std::int64_t>(left, 1) - 1) / stride() * stride();
}

std::int64_t Walk::at(std::size_t place) const {
    const std::size_t time = place % times_a_day();
    const int hour = hours_[time / (minutes_.size() * seconds_.size())];
    const int minute = minutes_[time / seconds_.size() % minutes_.size()];
    return days_[place / times_a_day()] + hour * hour_seconds + minute * minute_seconds +
           seconds_[time % seconds_.size()];
}

/// BYSETPOS: of what the period has, these alone. What is to be left out at its beginning is found, not
/// walked.
void Walk::choose_places() {
    end_ = days_.size() * times_a_day();
    next_ = 0;
    places_.clear();
    if (rule_.by_position.empty()) {
        const auto all = std::views::iota(std::size_t{0}, end_);
        next_ = static_cast<std::size_t>(
            std::ranges::partition_point(all, [this](std::size_t place) { return at(place) < least_; }) -
            all.begin());
        return;
    }
    const auto count = static_cast<std::int64_t>(end_);
    for (const int position : rule_.by_position) {
        const std::int64_t place = position > 0 ? position - 1 : count + position;
        if (place >= 0 && place < count) places_.push_back(static_cast<std::size_t>(place));
    }
    std::ranges::sort(places_);
    places_.erase(std::ranges::unique(places_).begin(), places_.end());
    end_ = places_.size();
}

/// The next period, with all that it has.
void Walk::fill() {
    if (begun_) period_ += stride();
    begun_ = true;
    days_.clear();
    done_ = by_months() ? period_ > month_of(civil(until_)) : period_ > until_;
    cut_ = !done_ && days_seen_ >= limits_.days_max;
    if (done_ || cut_) return;
    if (rule_.frequency == Frequency::yearly) {
        for (int month = 0; month < 12; ++month)
            if (allows(months_, month + 1)) look_at_month(period_ + month);
    } else if (rule_.frequency == Frequency::monthly) {
        look_at_month(period_);
    } else if (within_day()) {
        look_within_day();
    } else {
        const int days = rule_.frequency == Frequency::weekly ? 7 : 1;
        for (int day = 0; day < days; ++day) look_at_day(period_ + day * day_seconds);
    }
    choose_places();
}

std::optional<std::int64_t> Walk::next() {
    while (!done_ && !cut_) {
        if (next_ == end_) {
            fill();
            continue;
        }
        const std::int64_t found = at(places_.empty() ? next_ : places_[next_]);
        ++next_;
        if (found < least_) continue;
        done_ = found > until_ || (rule_.count && steps_ == *rule_.count);
        cut_ = !done_ && steps_ == limits_.steps_max;
        if (done_ || cut_) break;
        ++steps_;
        return found;
    }
    return std::nullopt;
}

}  // namespace pim
