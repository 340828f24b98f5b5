#include "pim/walk.hpp"

#include <algorithm>

namespace pim {
namespace {

using Frequency = Rule::Frequency;

constexpr unsigned monday = 1;

std::int64_t midnight_of(std::int64_t month, int day) {
    CivilTime out;
    out.year = static_cast<int>(month / 12);
    out.month = static_cast<unsigned>(month % 12 + 1);
    out.day = static_cast<unsigned>(day);
    return from_civil(out);
}

std::int64_t month_of(const CivilTime& time) { return std::int64_t{time.year} * 12 + time.month - 1; }

bool holds(const std::vector<int>& list, int value) { return std::ranges::find(list, value) != list.end(); }

/// The place-th of its weekday among `length` days, from their beginning or, below 0, from their end.
bool is_place(int place, int day, int length) {
    return place > 0 ? (day - 1) / 7 + 1 == place : (length - day) / 7 + 1 == -place;
}

}  // namespace

bool Walk::knows(const Rule& rule) { return rule.frequency >= Frequency::daily && rule.others.empty(); }

Walk::Walk(const Rule& rule, std::int64_t start, const OccurrenceLimits& limits)
    : rule_(rule),
      limits_(limits),
      start_(start),
      until_(latest),
      months_(rule.by_month),
      month_days_(rule.by_month_day),
      days_(rule.by_day),
      done_(!knows(rule)) {
    const CivilTime at = civil(start);
    time_of_day_ = at.hour * 3'600 + at.minute * 60 + at.second;
    if (rule.until)
        until_ = rule.until->seconds + (rule.until->kind == DateTime::Kind::date ? day_seconds - 1 : 0);
    until_ = std::min(until_, latest);
    const bool yearly = rule.frequency == Frequency::yearly;
    days_of_year_ = yearly && months_.empty() && month_days_.empty();
    if (by_months() && days_.empty() && month_days_.empty()) {
        month_days_.push_back(static_cast<int>(at.day));
        if (yearly && months_.empty()) months_.push_back(static_cast<int>(at.month));
    }
    if (rule.frequency == Frequency::weekly && days_.empty()) days_.push_back({0, at.weekday});
    std::ranges::sort(months_);
    period_ = start - time_of_day_;
    if (rule.frequency == Frequency::weekly)
        period_ -= (at.weekday + 7 - rule.week_start.value_or(monday)) % 7 * day_seconds;
    if (by_months()) period_ = month_of(at);
    if (yearly) period_ -= period_ % 12;
}

/// From one period to the next, in the unit of period_.
std::int64_t Walk::stride() const {
    const std::int64_t unit = rule_.frequency == Frequency::daily    ? day_seconds
                              : rule_.frequency == Frequency::weekly ? 7 * day_seconds
                              : rule_.frequency == Frequency::yearly ? 12
                                                                     : 1;
    return unit * rule_.interval;
}

void Walk::skip_to(std::int64_t from) {
    if (rule_.count || begun_ || from <= start_ || from > latest) return;
    const std::int64_t there = by_months() ? month_of(civil(from)) : from;
    // One period less: what `from` is in may have begun before.
    const std::int64_t periods = (there - period_) / stride() - 1;
    if (periods > 0) period_ += periods * stride();
}

/// "The second Tuesday", of the month or of the year.
bool Walk::has_weekday(const CivilTime& day) const {
    if (days_.empty()) return true;
    return std::ranges::any_of(days_, [&](const Rule::Day& one) {
        if (one.weekday != day.weekday) return false;
        if (one.week == 0 || !by_months()) return true;
        if (!days_of_year_)
            return is_place(one.week, static_cast<int>(day.day),
                            static_cast<int>(days_in_month(day.year, day.month)));
        const std::int64_t first = midnight_of(std::int64_t{day.year} * 12, 1);
        const std::int64_t after = midnight_of(std::int64_t{day.year} * 12 + 12, 1);
        const std::int64_t place =
            (midnight_of(month_of(day), static_cast<int>(day.day)) - first) / day_seconds;
        return is_place(one.week, static_cast<int>(place) + 1,
                        static_cast<int>((after - first) / day_seconds));
    });
}

void Walk::look_at_month(std::int64_t month) {
    ++days_seen_;
    const int number = static_cast<int>(month % 12 + 1);
    if (!months_.empty() && !holds(months_, number)) return;
    const int length =
        static_cast<int>(days_in_month(static_cast<int>(month / 12), static_cast<unsigned>(number)));
    std::vector<int> days;
    for (const int day : month_days_) days.push_back(day > 0 ? day : length + 1 + day);
    std::ranges::sort(days);
    days.erase(std::ranges::unique(days).begin(), days.end());
    for (int day = 1; month_days_.empty() && day <= length; ++day) days.push_back(day);
    for (const int day : days) {
        ++days_seen_;
        if (day < 1 || day > length) continue;
        const std::int64_t midnight = midnight_of(month, day);
        if (has_weekday(civil(midnight))) found_.push_back(midnight);
    }
}

void Walk::look_at_day(std::int64_t midnight) {
    ++days_seen_;
    const CivilTime day = civil(midnight);
    if (!has_weekday(day) || (!months_.empty() && !holds(months_, static_cast<int>(day.month)))) return;
    const int number = static_cast<int>(day.day);
    const int from_the_end = number - 1 - static_cast<int>(days_in_month(day.year, day.month));
    if (month_days_.empty() || holds(month_days_, number) || holds(month_days_, from_the_end))
        found_.push_back(midnight);
}

/// BYSETPOS: of what the period has, these alone.
void Walk::choose_positions() {
    if (rule_.by_position.empty()) return;
    const auto count = static_cast<int>(found_.size());
    std::vector<std::int64_t> chosen;
    for (int place = 0; place < count; ++place)
        if (holds(rule_.by_position, place + 1) || holds(rule_.by_position, place - count))
            chosen.push_back(found_[static_cast<std::size_t>(place)]);
    found_ = std::move(chosen);
}

/// The next period, with all that it has.
void Walk::fill() {
    if (begun_) period_ += stride();
    begun_ = true;
    found_.clear();
    next_found_ = 0;
    done_ = by_months() ? period_ > month_of(civil(until_)) : period_ > until_;
    cut_ = !done_ && days_seen_ >= limits_.days_max;
    if (done_ || cut_) return;
    if (rule_.frequency == Frequency::yearly) {
        for (int month = 0; month < 12; ++month)
            if (months_.empty() || holds(months_, month + 1)) look_at_month(period_ + month);
    } else if (rule_.frequency == Frequency::monthly) {
        look_at_month(period_);
    } else {
        const int days = rule_.frequency == Frequency::weekly ? 7 : 1;
        for (int day = 0; day < days; ++day) look_at_day(period_ + day * day_seconds);
    }
    choose_positions();
}

std::optional<std::int64_t> Walk::next() {
    while (!done_ && !cut_) {
        if (next_found_ == found_.size()) {
            fill();
            continue;
        }
        const std::int64_t at = found_[next_found_++] + time_of_day_;
        if (at < start_) continue;
        done_ = at > until_ || (rule_.count && steps_ == *rule_.count);
        cut_ = !done_ && steps_ == limits_.steps_max;
        if (done_ || cut_) break;
        ++steps_;
        return at;
    }
    return std::nullopt;
}

}  // namespace pim
