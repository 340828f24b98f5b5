#include "eas/items/calendar_text.hpp"

#include <algorithm>
#include <array>

#include "eas/syntax/elements.hpp"

namespace eas {
namespace {

using pim::Rule;

constexpr std::string_view calendar_type_property = "X-BARID-CALENDAR-TYPE";
constexpr std::string_view leap_month_property = "X-BARID-LEAP-MONTH";
constexpr std::int64_t every_day = 127, interval_max = 999, occurrences_max = 999;

/// Nothing: absent. A number that is out of bounds is -1.
std::int64_t number_of(wbxml::Element parent, wbxml::Tag tag, std::int64_t least, std::int64_t most,
                       std::int64_t otherwise) {
    const wbxml::Element child = parent.child(tag);
    if (!child) return otherwise;
    const auto number = child.number();
    return number && *number >= least && *number <= most ? *number : -1;
}

std::vector<Rule::Day> days_of(std::int64_t mask) {
    std::vector<Rule::Day> out;
    for (unsigned day = 0; day < 7; ++day)
        if ((mask >> day & 1) != 0) out.push_back({0, day});
    return out;
}

std::int64_t mask_of(const std::vector<Rule::Day>& days) {
    std::int64_t out = 0;
    for (const Rule::Day& day : days) out |= std::int64_t{1} << day.weekday;
    return out;
}

/// The week-th of these days: "the second Tuesday", "the last working day". 5 is the last.
void set_week(Rule& rule, std::int64_t week, std::int64_t mask) {
    const int place = week == 5 ? -1 : static_cast<int>(week);
    rule.by_day = days_of(mask);
    if (rule.by_day.size() == 1) {
        rule.by_day.front().week = place;
    } else {
        rule.by_position.push_back(place);
    }
}

struct Pattern {
    std::int64_t mask = 0, day = 0, week = 0, month = 0;  ///< 0: absent
};

/// MS-ASCAL section 2.2.2.43: each Type has numbers that it needs. False: one is missing.
bool set_pattern(Rule& rule, std::int64_t type, const Pattern& pattern) {
    const bool yearly = type == 5 || type == 6;
    if (type == 0) {
        rule.frequency = Rule::Frequency::daily;
        if (pattern.mask != 0 && pattern.mask != every_day) rule.by_day = days_of(pattern.mask);
        // Section 2.2.2.37.1: with days it is weeks that Interval counts.
        if (!rule.by_day.empty() && rule.interval > 1) rule.frequency = Rule::Frequency::weekly;
        return true;
    }
    if (type == 1) {
        rule.frequency = Rule::Frequency::weekly;
        rule.by_day = days_of(pattern.mask);
        return pattern.mask != 0;
    }
    rule.frequency = yearly ? Rule::Frequency::yearly : Rule::Frequency::monthly;
    if (yearly && pattern.month == 0) return false;
    if (yearly) rule.by_month.push_back(static_cast<int>(pattern.month));
    if (type == 2 || type == 5) {
        rule.by_month_day.push_back(static_cast<int>(pattern.day));
        return pattern.day != 0;
    }
    set_week(rule, pattern.week, pattern.mask);
    return (type == 3 || type == 6) && pattern.week != 0 && pattern.mask != 0;
}

/// Nothing: the rule has more than one place, or none of 1 to 5.
std::optional<int> week_of(const Rule& rule) {
    const bool any = std::ranges::any_of(rule.by_day, [](const Rule::Day& day) { return day.week != 0; });
    int place = 0;
    if (rule.by_position.size() == 1 && !any) place = rule.by_position.front();
    if (rule.by_position.empty() && rule.by_day.size() == 1) place = rule.by_day.front().week;
    if (place == -1) return 5;
    return place >= 1 && place <= 5 ? std::optional(place) : std::nullopt;
}

/// Several times a day, or by days of the year.
bool is_finer(const Rule& rule) {
    return !rule.by_second.empty() || !rule.by_minute.empty() || !rule.by_hour.empty() ||
           !rule.by_year_day.empty() || !rule.by_week_number.empty();
}

/// A rule as Recurrence has it.
struct Words {
    int type = 0;
    Pattern pattern;
};

/// By months and years.
std::optional<Words> words_by_months(const Rule& rule, const pim::CivilTime& start) {
    const bool yearly = rule.frequency == Rule::Frequency::yearly;
    // Without BYMONTH a year's days are counted from its beginning, or are those of each month.
    const bool of_year = rule.by_month.empty() && (!rule.by_day.empty() || !rule.by_month_day.empty());
    if (yearly ? of_year || rule.by_month.size() > 1 : !rule.by_month.empty()) return std::nullopt;
    Words out;
    if (yearly) out.pattern.month = rule.by_month.empty() ? start.month : rule.by_month.front();
    out.type = yearly ? 6 : 3;
    if (!rule.by_day.empty()) {
        const auto week = week_of(rule);
        if (!week || !rule.by_month_day.empty()) return std::nullopt;
        out.pattern.mask = mask_of(rule.by_day);
        out.pattern.week = *week;
        return out;
    }
    if (!rule.by_position.empty() || rule.by_month_day.size() > 1) return std::nullopt;
    const int day = rule.by_month_day.empty() ? static_cast<int>(start.day) : rule.by_month_day.front();
    if (day == -1) {  // MS-ASCAL section 2.2.2.15: the last of all days
        out.pattern.mask = every_day;
        out.pattern.week = 5;
        return out;
    }
    out.type = yearly ? 5 : 2;
    out.pattern.day = day;
    return day > 0 ? std::optional(out) : std::nullopt;
}

/// Nothing: the specification has no words for it, and it is not shown as another.
std::optional<Words> words_for(const Rule& rule, const pim::CivilTime& start) {
    if (is_finer(rule) || !rule.others.empty() || rule.interval > interval_max) return std::nullopt;
    if (rule.frequency >= Rule::Frequency::monthly) return words_by_months(rule, start);
    if (!rule.by_month.empty() || !rule.by_month_day.empty() || !rule.by_position.empty())
        return std::nullopt;
    Words out;
    out.pattern.mask = mask_of(rule.by_day);
    if (rule.frequency == Rule::Frequency::weekly) {
        out.type = 1;
        if (out.pattern.mask == 0) out.pattern.mask = std::int64_t{1} << start.weekday;
        return out;
    }
    // As set_pattern reads it.
    const bool counts_weeks = rule.interval > 1 && !rule.by_day.empty() && out.pattern.mask != every_day;
    const bool daily = rule.frequency == Rule::Frequency::daily && !counts_weeks;
    return daily ? std::optional(out) : std::nullopt;
}

}  // namespace

pim::Component empty_calendar() {
    pim::Component out("VCALENDAR");
    out.set_raw("PRODID", "-//Barid//Barid//EN");
    out.set_raw("VERSION", "2.0");
    return out;
}

pim::Component& main_component(pim::Component& calendar, std::string_view name) {
    if (pim::Component* known = calendar.find_component(name)) return *known;
    return calendar.components.emplace_back(name);
}

const pim::Component* find_main(const pim::Component& calendar, std::string_view name) {
    return calendar.find_component(name);
}

void set_sensitivity(pim::Component& component, std::int64_t value) {
    static constexpr std::string_view names[] = {"", "X-PERSONAL", "PRIVATE", "CONFIDENTIAL"};
    component.remove("CLASS");
    if (value >= 1 && value <= 3) component.set_raw("CLASS", names[value]);
}

int sensitivity_of(const pim::Component& component) {
    const std::string_view name = component.raw("CLASS");
    return name == "X-PERSONAL" ? 1 : name == "PRIVATE" ? 2 : name == "CONFIDENTIAL" ? 3 : 0;
}

bool is_sound_pattern(wbxml::Element element, const RecurrenceTags& tags) {
    // MS-ASCAL section 2.2.2.10: these numbers must not be used.
    constexpr std::array<std::int64_t, 8> no_calendars{13, 16, 17, 18, 19, 21, 22, 23};
    const auto type = element.child(tags.type).number().value_or(-1);
    const bool by_day = type == 2 || type == 5, by_place = type == 3 || type == 6;
    if (element.child(tags.day_of_month) && !by_day) return false;
    if (element.child(tags.day_of_week) && by_day) return false;
    if (element.child(tags.week_of_month) && !by_place) return false;
    if (element.child(tags.month_of_year) && type != 5 && type != 6) return false;
    const std::size_t calendars = count_children(element, tags.calendar_type);
    if (calendars == 0) return true;
    if (calendars > 1 && (by_day || by_place)) return false;
    const std::int64_t calendar = number_of(element, tags.calendar_type, 0, 23, 0);
    return calendar >= 0 && std::ranges::find(no_calendars, calendar) == no_calendars.end();
}

std::optional<Rule> read_recurrence(wbxml::Element element, const RecurrenceTags& tags) {
    const auto type = element.child(tags.type).number();
    Pattern pattern;
    pattern.mask = number_of(element, tags.day_of_week, 1, every_day, 0);
    pattern.day = number_of(element, tags.day_of_month, 1, 31, 0);
    pattern.week = number_of(element, tags.week_of_month, 1, 5, 0);
    pattern.month = number_of(element, tags.month_of_year, 1, 12, 0);
    const std::int64_t interval = number_of(element, tags.interval, 0, interval_max, 1);
    const std::int64_t count = number_of(element, tags.occurrences, 1, occurrences_max, 0);
    const std::int64_t first = number_of(element, tags.first_day_of_week, 0, 6, 7);
    const bool in_bounds =
        std::min({interval, pattern.mask, pattern.day, pattern.week, pattern.month, count, first}) >= 0;
    Rule out;
    out.interval = static_cast<unsigned>(std::max<std::int64_t>(interval, 1));
    if (!type || !in_bounds || !set_pattern(out, *type, pattern)) return std::nullopt;
    if (first <= 6) out.week_start = static_cast<unsigned>(first);
    // MS-ASCAL section 3.2.5.3: of both, Occurrences counts.
    if (count != 0) {
        out.count = static_cast<unsigned>(count);
    } else if (const wbxml::Element until = element.child(tags.until)) {
        out.until = pim::parse_date_time(until.text());
        if (!out.until) return std::nullopt;
    }
    return out;
}

bool write_recurrence(wbxml::Encoder& to, const Rule& rule, const RecurrenceTags& tags,
                      const RecurrenceView& view) {
    const auto words = words_for(rule, pim::civil(view.start));
    if (!words) return false;
    const auto& [type, pattern] = *words;
    // In the order that the schema of mail has; those of calendars and tasks have none.
    to.number(tags.type, type);
    to.number(tags.interval, rule.interval);
    if (!view.until.empty()) to.text(tags.until, view.until);
    if (rule.count) to.number(tags.occurrences, std::min<std::int64_t>(*rule.count, occurrences_max));
    if (pattern.week != 0) to.number(tags.week_of_month, pattern.week);
    if (pattern.day != 0) to.number(tags.day_of_month, pattern.day);
    if (pattern.mask != 0) to.number(tags.day_of_week, pattern.mask);
    if (pattern.month != 0) to.number(tags.month_of_year, pattern.month);
    // MS-ASCAL section 2.2.2.10, MS-ASEMAIL section 2.2.2.15: of what goes by months.
    if (view.version >= 140 && (type >= 2 || !view.calendar_type.empty()))
        to.text(tags.calendar_type, view.calendar_type.empty() ? "0" : view.calendar_type);
    if (view.version >= 140 && !view.leap_month.empty()) to.text(tags.is_leap_month, view.leap_month);
    // MS-ASCAL section 3.2.5: a weekly one has it always.
    if (view.version >= 141 && (type == 1 || rule.week_start))
        to.number(tags.first_day_of_week, static_cast<std::int64_t>(rule.week_start.value_or(1)));
    return true;
}

void take_calendar_type(wbxml::Element element, const RecurrenceTags& tags, pim::Component& component) {
    const std::int64_t type = number_of(element, tags.calendar_type, 0, 23, 0);
    const std::int64_t leap = number_of(element, tags.is_leap_month, 0, 1, 0);
    component.remove(calendar_type_property);
    component.remove(leap_month_property);
    if (type > 0) component.set_raw(calendar_type_property, std::to_string(type));
    if (leap > 0) component.set_raw(leap_month_property, "1");
}

void show_calendar_type(RecurrenceView& view, const pim::Component& component) {
    view.calendar_type = component.raw(calendar_type_property);
    view.leap_month = component.raw(leap_month_property);
}

}  // namespace eas
