#include "pim/time_zone.hpp"

#include <algorithm>
#include <cstdlib>
#include <memory>

#include <fmt/format.h>
#include <unicode/basictz.h>
#include <unicode/dtrule.h>
#include <unicode/timezone.h>
#include <unicode/tzrule.h>

#include "pim/date_time.hpp"
#include "pim/rule.hpp"

namespace pim {
namespace {

constexpr int offset_max = 18 * 60;  // minutes

std::int64_t transition(const ZoneRule& rule, int year) {
    CivilTime at;
    at.year = year;
    at.month = rule.month;
    const unsigned first = civil(from_civil(at)).weekday;
    unsigned day = 1 + (rule.weekday + 7 - first) % 7 + (rule.week - 1) * 7;
    while (day > days_in_month(year, rule.month)) day -= 7;
    at.day = day;
    at.hour = rule.hour;
    at.minute = rule.minute;
    return from_civil(at);
}

/// "+0130": minutes east of Greenwich.
std::optional<int> parse_offset(std::string_view text) {
    if (text.size() != 5 && text.size() != 7) return std::nullopt;
    if (text[0] != '+' && text[0] != '-') return std::nullopt;
    for (const char c : text.substr(1))
        if (c < '0' || c > '9') return std::nullopt;
    const int minutes =
        ((text[1] - '0') * 10 + (text[2] - '0')) * 60 + (text[3] - '0') * 10 + (text[4] - '0');
    if (minutes > offset_max) return std::nullopt;
    return text[0] == '-' ? -minutes : minutes;
}

std::string write_offset(int minutes) {
    return fmt::format("{}{:02}{:02}", minutes < 0 ? '-' : '+', std::abs(minutes) / 60,
                       std::abs(minutes) % 60);
}

Component observance(const TimeZone& zone, bool daylight) {
    Component out(daylight ? "DAYLIGHT" : "STANDARD");
    const ZoneRule& rule = daylight ? zone.daylight : zone.standard;
    const int to = -(zone.bias + (daylight ? zone.daylight_bias : zone.standard_bias));
    const int from = -(zone.bias + (daylight ? zone.standard_bias : zone.daylight_bias));
    DateTime start;
    start.kind = DateTime::Kind::local;
    if (zone.changes()) start.seconds = transition(rule, 1970);
    out.set_raw("DTSTART", write_date_time(start));
    out.set_raw("TZOFFSETFROM", write_offset(zone.changes() ? from : to));
    out.set_raw("TZOFFSETTO", write_offset(to));
    const std::string& name = daylight ? zone.daylight_name : zone.standard_name;
    out.set_text("TZNAME", name);
    if (zone.changes()) {
        const int week = rule.week == 5 ? -1 : static_cast<int>(rule.week);
        out.set_raw("RRULE", fmt::format("FREQ=YEARLY;BYMONTH={};BYDAY={}{}", rule.month, week,
                                         weekday_name(rule.weekday)));
    }
    return out;
}

struct Observance {
    int to = 0;
    ZoneRule rule;
    std::string name;
};

std::optional<Observance> read_observance(const Component& component) {
    Observance out;
    const auto to = parse_offset(component.raw("TZOFFSETTO"));
    const auto start = parse_date_time(component.raw("DTSTART"));
    if (!to || !start) return std::nullopt;
    out.to = *to;
    out.name = component.text("TZNAME");
    const auto rule = parse_rule(component.raw("RRULE"));
    if (!rule || rule->frequency != Rule::Frequency::yearly || rule->by_day.size() != 1 ||
        rule->by_month.size() != 1)
        return out;
    const CivilTime at = civil(start->seconds);
    out.rule.month = static_cast<unsigned>(rule->by_month.front());
    out.rule.weekday = rule->by_day.front().weekday;
    int week = rule->by_day.front().week;
    if (week == 0 && !rule->by_month_day.empty()) week = (rule->by_month_day.front() - 1) / 7 + 1;
    out.rule.week = week < 0 || week > 5 ? 5U : static_cast<unsigned>(std::max(week, 1));
    out.rule.hour = at.hour;
    out.rule.minute = at.minute;
    return out;
}

/// The one that begins last: older rules are history.
std::optional<Observance> last_observance(const Component& zone, std::string_view name) {
    const Component* last = nullptr;
    std::int64_t begins = INT64_MIN;
    for (const Component& one : zone.components) {
        const auto start = parse_date_time(one.raw("DTSTART"));
        if (one.name != name || !start || start->seconds < begins) continue;
        last = &one;
        begins = start->seconds;
    }
    return last == nullptr ? std::nullopt : read_observance(*last);
}

std::optional<ZoneRule> rule_of(const icu::AnnualTimeZoneRule& annual, int offset_before, int raw_offset) {
    const icu::DateTimeRule& rule = *annual.getRule();
    ZoneRule out;
    out.month = static_cast<unsigned>(rule.getRuleMonth()) + 1;
    out.weekday = static_cast<unsigned>(rule.getRuleDayOfWeek()) - 1;
    const int day = rule.getRuleDayOfMonth();
    switch (rule.getDateRuleType()) {
        case icu::DateTimeRule::DOW: {
            const int week = rule.getRuleWeekInMonth();
            out.week = week < 0 ? 5U : static_cast<unsigned>(std::clamp(week, 1, 5));
            break;
        }
        case icu::DateTimeRule::DOW_GEQ_DOM:
            out.week = static_cast<unsigned>(std::clamp((day - 1) / 7 + 1, 1, 5));
            break;
        case icu::DateTimeRule::DOW_LEQ_DOM:
            out.week = day >= 28 ? 5U : static_cast<unsigned>(std::clamp((day - 1) / 7, 1, 5));
            break;
        default:
            return std::nullopt;
    }
    int millis = rule.getRuleMillisInDay();
    if (rule.getTimeRuleType() == icu::DateTimeRule::UTC_TIME) millis += offset_before;
    if (rule.getTimeRuleType() == icu::DateTimeRule::STANDARD_TIME) millis += offset_before - raw_offset;
    const int minutes = std::clamp(millis / 60'000, 0, 24 * 60 - 1);
    out.hour = static_cast<unsigned>(minutes) / 60;
    out.minute = static_cast<unsigned>(minutes) % 60;
    return out;
}

/// The zone of ICU; null: it knows none.
std::unique_ptr<icu::TimeZone> icu_zone(std::string_view id, std::string& canonical) {
    const icu::UnicodeString wanted =
        icu::UnicodeString::fromUTF8(icu::StringPiece(id.data(), static_cast<int32_t>(id.size())));
    UErrorCode fault = U_ZERO_ERROR;
    icu::UnicodeString name;
    icu::TimeZone::getIDForWindowsID(wanted, nullptr, name, fault);
    if (U_FAILURE(fault) || name.isEmpty()) name = wanted;
    std::unique_ptr<icu::TimeZone> zone(icu::TimeZone::createTimeZone(name));
    if (!zone || *zone == icu::TimeZone::getUnknown()) return nullptr;
    canonical.clear();
    name.toUTF8String(canonical);
    return zone;
}

}  // namespace

bool TimeZone::same_times(const TimeZone& other) const {
    if (changes() != other.changes()) return false;
    if (!changes()) return bias + standard_bias == other.bias + other.standard_bias;
    return bias + standard_bias == other.bias + other.standard_bias &&
           bias + daylight_bias == other.bias + other.daylight_bias && standard == other.standard &&
           daylight == other.daylight;
}

std::int64_t TimeZone::to_utc(std::int64_t local) const {
    bool summer = false;
    if (changes()) {
        const int year = civil(local).year;
        const std::int64_t begins = transition(daylight, year), ends = transition(standard, year);
        summer = begins < ends ? local >= begins && local < ends : local >= begins || local < ends;
    }
    return local + std::int64_t{bias + (summer ? daylight_bias : standard_bias)} * 60;
}

std::int64_t TimeZone::to_local(std::int64_t utc) const {
    bool summer = false;
    if (changes()) {
        const int year = civil(utc - std::int64_t{bias} * 60).year;
        const std::int64_t begins = transition(daylight, year) + std::int64_t{bias + standard_bias} * 60;
        const std::int64_t ends = transition(standard, year) + std::int64_t{bias + daylight_bias} * 60;
        summer = begins < ends ? utc >= begins && utc < ends : utc >= begins || utc < ends;
    }
    return utc - std::int64_t{bias + (summer ? daylight_bias : standard_bias)} * 60;
}

Component write_time_zone(const TimeZone& zone, std::string_view id) {
    Component out("VTIMEZONE");
    out.set_text("TZID", id);
    out.components.push_back(observance(zone, false));
    if (zone.changes()) out.components.push_back(observance(zone, true));
    return out;
}

std::optional<TimeZone> read_time_zone(const Component& component) {
    const auto standard = last_observance(component, "STANDARD");
    const auto daylight = last_observance(component, "DAYLIGHT");
    if (!standard) return std::nullopt;
    TimeZone out;
    out.bias = -standard->to;
    out.standard_name = standard->name;
    if (daylight && standard->rule.month != 0 && daylight->rule.month != 0) {
        out.standard = standard->rule;
        out.daylight = daylight->rule;
        out.daylight_bias = standard->to - daylight->to;
        out.daylight_name = daylight->name;
    }
    return out;
}

std::optional<TimeZone> zone_named(std::string_view id, std::int64_t at) {
    if (id.empty() || id.size() > 128) return std::nullopt;
    std::string canonical;
    const std::unique_ptr<icu::TimeZone> zone = icu_zone(id, canonical);
    const auto* basic = dynamic_cast<const icu::BasicTimeZone*>(zone.get());
    if (basic == nullptr) return std::nullopt;
    UErrorCode fault = U_ZERO_ERROR;
    icu::InitialTimeZoneRule* initial = nullptr;
    icu::AnnualTimeZoneRule *standard = nullptr, *daylight = nullptr;
    basic->getSimpleRulesNear(static_cast<UDate>(at) * 1000, initial, standard, daylight, fault);
    const std::unique_ptr<icu::InitialTimeZoneRule> first(initial);
    const std::unique_ptr<icu::AnnualTimeZoneRule> winter(standard), summer(daylight);
    if (U_FAILURE(fault) || !first) return std::nullopt;
    TimeZone out;
    icu::UnicodeString windows;
    UErrorCode unnamed = U_ZERO_ERROR;
    icu::TimeZone::getWindowsID(icu::UnicodeString::fromUTF8(canonical), windows, unnamed);
    if (U_SUCCESS(unnamed)) windows.toUTF8String(out.standard_name);
    if (out.standard_name.empty()) out.standard_name = canonical;
    out.bias = -(first->getRawOffset() + first->getDSTSavings()) / 60'000;
    if (!winter || !summer) return out;
    out.bias = -(winter->getRawOffset() + winter->getDSTSavings()) / 60'000;
    const int winter_offset = winter->getRawOffset() + winter->getDSTSavings();
    const int summer_offset = summer->getRawOffset() + summer->getDSTSavings();
    const auto ends = rule_of(*winter, summer_offset, winter->getRawOffset());
    const auto begins = rule_of(*summer, winter_offset, winter->getRawOffset());
    if (!ends || !begins) return out;
    out.standard = *ends;
    out.daylight = *begins;
    out.daylight_bias = (winter_offset - summer_offset) / 60'000;
    out.daylight_name = out.standard_name;
    if (const std::size_t word = out.daylight_name.find("Standard"); word != std::string::npos)
        out.daylight_name.replace(word, 8, "Daylight");
    return out;
}

std::string known_id(const TimeZone& zone, std::int64_t at) {
    std::string canonical;
    if (zone.standard_name.empty() || zone.standard_name.size() > 128 ||
        !icu_zone(zone.standard_name, canonical))
        return {};
    const auto known = zone_named(canonical, at);
    return known && known->same_times(zone) ? canonical : std::string();
}

}  // namespace pim
