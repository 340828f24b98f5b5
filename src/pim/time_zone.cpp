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
#include "pim/moments.hpp"
#include "pim/rule.hpp"

namespace pim {
namespace {

constexpr int offset_max = 18 * 60;  // minutes
constexpr int common_year = 2025;    // without 29 February
constexpr int no_year = 10'000;      // past all
// Looked at of one VTIMEZONE, which is read for each occurrence of an event: two centuries have 400.
constexpr std::size_t onsets_max = 1'000;

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

/// The week of a rule's weekday. "BYMONTHDAY=8,9,10,11,12,13,14;BYDAY=SU" is the second Sunday, "-7,…,-1" and
/// in March "25,…,31" the last.
unsigned week_of(const Rule& rule) {
    int week = rule.by_day.front().week;
    if (week == 0 && rule.by_position.size() == 1) week = rule.by_position.front();
    if (week == 0 && !rule.by_month_day.empty()) {
        const auto [first, last] = std::ranges::minmax(rule.by_month_day);
        const auto length =
            static_cast<int>(days_in_month(common_year, static_cast<unsigned>(rule.by_month.front())));
        week = (first - 1) / 7 + 1;
        if (last >= length) week = -1;
        if (last < 0) week = (last + 1) / 7 - 1;
    }
    return static_cast<unsigned>(std::clamp(week < 0 ? 6 + week : week, 1, 5));
}

/// One STANDARD or DAYLIGHT. Times are the place's own.
struct Observance {
    int to = 0;
    std::string name;
    ZoneRule rule;           ///< month 0: it does not come every year
    bool strange = false;    ///< it does come again, by a rule that ZoneRule has no words for
    std::int64_t onset = 0;  ///< the last one until the time that is asked for
    bool lasts = false;      ///< the rule has a next onset
};

/// The year of a rule's last onset. RFC 5545 section 3.6.5: it ends with UNTIL.
int last_year(const Rule& rule, const ZoneRule& yearly, const CivilTime& start) {
    if (rule.until) {
        const int year = civil(rule.until->seconds).year;
        // UNTIL is in UTC, and may be the last onset itself.
        return transition(yearly, year) <= rule.until->seconds + day_seconds ? year : year - 1;
    }
    if (!rule.count) return no_year;
    return static_cast<int>(
        std::min(start.year + (std::int64_t{*rule.count} - 1) * rule.interval, std::int64_t{no_year}));
}

/// The last of DTSTART and RDATE until `at`. Nothing: it begins later.
std::optional<std::int64_t> last_date(const Component& component, std::int64_t start, std::int64_t at,
                                      std::size_t& left) {
    std::optional<std::int64_t> out;
    if (start <= at) out = start;
    for (const Property& one : component.properties) {
        if (one.name != "RDATE") continue;
        const bool go_on = for_each_value(one.value, [&](std::string_view value) {
            if (left == 0) return false;
            --left;
            const auto date = parse_date_time(value);
            if (date && date->seconds <= at) out = std::max(out.value_or(date->seconds), date->seconds);
            return true;
        });
        if (!go_on) break;
    }
    return out;
}

/// As of `at`; of what begins later its beginning.
std::optional<Observance> read_observance(const Component& component, std::int64_t at, std::size_t& left) {
    const auto to = parse_offset(component.raw("TZOFFSETTO"));
    const auto start = parse_date_time(component.raw("DTSTART"));
    if (!to || !start) return std::nullopt;
    Observance out;
    out.to = *to;
    out.name = component.text("TZNAME");
    out.onset = last_date(component, start->seconds, at, left).value_or(start->seconds);
    const auto rule = parse_rule(component.raw("RRULE"));
    if (!rule) return out;
    out.strange =
        rule->frequency != Rule::Frequency::yearly || rule->by_day.size() != 1 || rule->by_month.size() != 1;
    if (out.strange) return out;
    const CivilTime first = civil(start->seconds);
    out.rule.month = static_cast<unsigned>(rule->by_month.front());
    out.rule.weekday = rule->by_day.front().weekday;
    out.rule.week = week_of(*rule);
    out.rule.hour = first.hour;
    out.rule.minute = first.minute;
    const int last = last_year(*rule, out.rule, first);
    const int now = std::min(civil(at).year, last);
    out.lasts = last == no_year || at < transition(out.rule, last + 1);
    const std::int64_t this_year = transition(out.rule, now);
    out.onset = std::max(out.onset, this_year <= at ? this_year : transition(out.rule, now - 1));
    return out;
}

/// The one that began last, or of those that all begin later the first: older rules are history.
std::optional<Observance> observance_at(const Component& zone, std::string_view name, std::int64_t at,
                                        std::size_t& left) {
    std::optional<Observance> out;
    for (const Component& one : zone.components) {
        if (one.name != name) continue;
        if (left == 0) break;
        --left;
        auto read = read_observance(one, at, left);
        if (!read) continue;
        const bool later = read->onset > at, known_later = out && out->onset > at;
        const bool better =
            !out || (later == known_later ? (read->onset >= out->onset) != later : known_later);
        if (better) out = std::move(read);
    }
    return out;
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
        // What no clock shows is read as before the change, what it shows twice as the first: RFC 5545
        // section 3.3.5.
        const std::int64_t gap = std::int64_t{standard_bias - daylight_bias} * 60;
        const std::int64_t begins = transition(daylight, year) + std::max<std::int64_t>(gap, 0);
        const std::int64_t ends = transition(standard, year) + std::max<std::int64_t>(-gap, 0);
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

std::optional<TimeZone> read_time_zone(const Component& component, std::int64_t at) {
    std::size_t left = onsets_max;
    auto standard = observance_at(component, "STANDARD", at, left);
    auto daylight = observance_at(component, "DAYLIGHT", at, left);
    if (!standard && !daylight) return std::nullopt;
    TimeZone out;
    const bool changes = standard && daylight && standard->lasts && daylight->lasts &&
                         standard->to != daylight->to && standard->rule != daylight->rule;
    if (!changes) {
        // A place may have kept its summer: what began last holds. It is winter where that has no rule that
        // can be read, but summer has.
        const bool by_date = standard && daylight && !standard->strange && !daylight->strange &&
                             (standard->rule.month != 0 || !daylight->lasts);
        const bool summer =
            !standard || (by_date && daylight->onset > standard->onset && daylight->onset <= at);
        const Observance& holds = summer ? *daylight : *standard;
        out.bias = -holds.to;
        out.standard_name = holds.name;
        return out;
    }
    // Devices know summers alone: where it is winter that differs (Ireland), its rules change places.
    if (daylight->to < standard->to) std::swap(standard, daylight);
    out.bias = -standard->to;
    out.standard_name = standard->name;
    out.standard = standard->rule;
    out.daylight = daylight->rule;
    out.daylight_bias = standard->to - daylight->to;
    out.daylight_name = daylight->name;
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
