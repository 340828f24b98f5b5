// EventTimes: what the times of a stored event mean: its zone, whole days, the rule of its series. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "pim/component.hpp"
#include "pim/rule.hpp"
#include "pim/time_zone.hpp"

namespace pim {

/// A *value* is seconds in UTC, or of a whole day its date's midnight as if that were in UTC.
struct EventTimes {
    TimeZone zone;
    std::string zone_id;  ///< of a VTIMEZONE; empty: UTC
    bool all_day = false;
    std::string end_zone_id;  ///< of DTEND, where that names another one: flights do
    TimeZone end_zone;

    std::int64_t utc(std::int64_t value) const { return all_day ? zone.to_utc(value) : value; }
    std::int64_t local(std::int64_t value) const { return all_day ? value : zone.to_local(value); }
    std::int64_t value_of_local(std::int64_t local) const { return all_day ? local : zone.to_utc(local); }

    std::optional<std::int64_t> read(const Component& event, std::string_view name) const;
    std::optional<std::int64_t> read(std::string_view text) const;
    /// DTEND, or what DURATION makes of it. A whole day has one at least.
    std::int64_t read_end(const Component& event, std::int64_t start) const;
};

/// The zone of a calendar's whole days, which name none themselves.
inline constexpr std::string_view calendar_zone_property = "X-WR-TIMEZONE";

EventTimes times_of(const Component& calendar, const Component& event);
/// That of DTSTART, or else the calendar's; of dates the only one that the calendar has. Empty: there is
/// none.
std::string zone_id_of(const Component& calendar, const Component& event);
/// Null: the calendar holds none of this id.
const Component* find_zone(const Component& calendar, std::string_view id);
/// The rule of a series with UNTIL in local time, as the walk over its occurrences wants it.
std::optional<Rule> local_rule(const Component& event, const EventTimes& times);
/// Whether the rule, as local_rule() has it, makes an occurrence of this value. `start`: the series' own.
bool occurs_at(const Rule& rule, const EventTimes& times, std::int64_t start, std::int64_t value);
/// The event itself: the one without RECURRENCE-ID. Null: there is none.
const Component* master_of(const Component& calendar);
Component* master_of(Component& calendar);
/// One occurrence of a series with properties of its own.
bool is_override(const Component& one);
/// The midnight of a time's day.
std::int64_t floor_day(std::int64_t seconds);

}  // namespace pim
