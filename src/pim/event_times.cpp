#include "pim/event_times.hpp"

#include <algorithm>

#include "pim/date_time.hpp"

namespace pim {
namespace {

constexpr std::int64_t clock_change = 3'600;  // what summer time is, at most

/// What time the zone of an event is asked for. A series has one for all of its occurrences, and those that
/// are still to come count: a place may have given up summer time since it began.
std::int64_t zone_time(const Component& event, std::int64_t start) {
    const std::string_view text = event.raw("RRULE");
    if (text.empty()) return start;
    const auto rule = parse_rule(text);
    return rule && rule->until ? std::max(rule->until->seconds, start) : latest;
}

/// Nothing: neither the calendar nor anybody else knows it.
std::optional<TimeZone> known_zone(const Component& calendar, std::string_view id, std::int64_t at) {
    std::optional<TimeZone> out;
    if (const Component* component = find_zone(calendar, id)) out = read_time_zone(*component, at);
    return out ? std::move(out) : zone_named(id, at);
}

}  // namespace

std::int64_t floor_day(std::int64_t seconds) {
    const std::int64_t rest = seconds % day_seconds;
    return seconds - rest - (rest < 0 ? day_seconds : 0);
}

std::optional<std::int64_t> EventTimes::read(std::string_view text) const {
    const auto time = parse_date_time(text);
    if (!time) return std::nullopt;
    if (all_day)
        return floor_day(time->kind == DateTime::Kind::utc ? zone.to_local(time->seconds) : time->seconds);
    return time->kind == DateTime::Kind::utc ? time->seconds : zone.to_utc(time->seconds);
}

std::optional<std::int64_t> EventTimes::read(const Component& event, std::string_view name) const {
    return read(event.raw(name));
}

std::int64_t EventTimes::read_end(const Component& event, std::int64_t start) const {
    const std::int64_t least = all_day ? start + day_seconds : start;
    const Property* named = event.find("DTEND");
    auto end = named == nullptr ? std::nullopt : read(named->value);
    if (end && !end_zone_id.empty() && named->parameter("TZID") == end_zone_id &&
        !named->value.ends_with('Z'))
        end = end_zone.to_utc(parse_date_time(named->value)->seconds);
    const auto length = end ? std::nullopt : parse_duration(event.raw("DURATION"));
    if (length) end = start + *length;
    return std::max(end.value_or(least), least);
}

EventTimes times_of(const Component& calendar, const Component& event) {
    EventTimes out;
    const Property* start = event.find("DTSTART");
    if (start == nullptr) return out;
    const auto time = parse_date_time(start->value);
    out.all_day = time && time->kind == DateTime::Kind::date;
    std::string id = zone_id_of(calendar, event);
    const std::int64_t at = zone_time(event, time ? time->seconds : 0);
    const Property* end = event.find("DTEND");
    const std::string_view of_end = end == nullptr ? std::string_view() : end->parameter("TZID");
    if (!of_end.empty() && of_end != start->parameter("TZID")) {
        if (auto zone = known_zone(calendar, of_end, at)) {
            out.end_zone_id = of_end;
            out.end_zone = std::move(*zone);
        }
    }
    if (id.empty()) return out;
    auto zone = known_zone(calendar, id, at);
    if (!zone) return out;
    out.zone = std::move(*zone);
    if (out.all_day || !start->parameter("TZID").empty()) out.zone_id = std::move(id);
    return out;
}

std::string zone_id_of(const Component& calendar, const Component& event) {
    const Property* start = event.find("DTSTART");
    const std::string_view own = start == nullptr ? std::string_view() : start->parameter("TZID");
    if (!own.empty()) return std::string(own);
    std::string known = calendar.text(calendar_zone_property);
    // Who writes dates may tell his zone all the same.
    const bool is_date = start != nullptr && start->has_parameter("VALUE", "DATE");
    if (known.empty() && is_date &&
        std::ranges::count(calendar.components, "VTIMEZONE", &Component::name) == 1)
        known = calendar.find_component("VTIMEZONE")->text("TZID");
    return known;
}

const Component* find_zone(const Component& calendar, std::string_view id) {
    for (const Component& one : calendar.components)
        if (one.name == "VTIMEZONE" && one.text("TZID") == id) return &one;
    return nullptr;
}

std::optional<Rule> local_rule(const Component& event, const EventTimes& times) {
    auto rule = parse_rule(event.raw("RRULE"));
    if (!rule || !rule->until) return rule;
    // Beside dates a midnight of UTC is meant to be one.
    const bool is_date = times.all_day && rule->until->seconds % day_seconds == 0;
    if (rule->until->kind == DateTime::Kind::utc && !is_date)
        rule->until->seconds = times.zone.to_local(rule->until->seconds);
    // A date takes in all of its day (RFC 5545 section 3.3.10).
    if (rule->until->kind == DateTime::Kind::date) rule->until->seconds += day_seconds - 1;
    rule->until->kind = DateTime::Kind::local;
    return rule;
}

bool occurs_at(const Rule& rule, const EventTimes& times, std::int64_t start, std::int64_t value) {
    // An hour that no clock shows is another one of that day.
    const std::int64_t local = times.local(value);
    const auto near = occurrences(rule, times.local(start), local - clock_change, local + clock_change + 1);
    return std::ranges::any_of(near, [&](std::int64_t one) { return times.value_of_local(one) == value; });
}

bool is_override(const Component& one) {
    return one.name == "VEVENT" && one.find("RECURRENCE-ID") != nullptr;
}

const Component* master_of(const Component& calendar) {
    for (const Component& one : calendar.components)
        if (one.name == "VEVENT" && !is_override(one)) return &one;
    return nullptr;
}
Component* master_of(Component& calendar) {
    for (Component& one : calendar.components)
        if (one.name == "VEVENT" && !is_override(one)) return &one;
    return nullptr;
}

}  // namespace pim
