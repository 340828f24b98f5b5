// The events of one iCalendar object: a series and its occurrences of their own, found and made by the moment
// that names them. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

#include "pim/event_times.hpp"

namespace pim::itip {

inline constexpr std::size_t overrides_max = 1'000;  ///< of one series

/// Where RECURRENCE-ID is kept of an occurrence that somebody was asked to without its series.
inline constexpr std::string_view orphan_property = "X-BARID-ORPHAN";
/// What this server alone writes, and nobody else may tell it.
inline constexpr std::string_view own_prefix = "X-BARID-";

bool is_event(const Component& component);
/// The series, or the first occurrence.
const Component* main_event(const Component& calendar);

/// Of a time with TZID, by the object's VTIMEZONE or by its name.
TimeZone zone_of(const Component& calendar, const Property& time);
/// Seconds in UTC; of a date its midnight as if that were in UTC. Nothing: it is no time.
std::optional<std::int64_t> moment_of(const Component& calendar, const Property& time);
std::optional<std::int64_t> moment_of(const Component& calendar, const Component& event,
                                      std::string_view name);
/// The same moment written as `like` is: a date, in UTC, or in its zone.
Property moment_like(const Component& calendar, const Property& like, std::string_view name,
                     std::int64_t moment);
/// Whether the series has an occurrence there, or had one before that was changed; not one taken out of it.
bool has_occurrence(const Component& calendar, std::int64_t moment);

/// As one that its rule makes, or as its start: devices show it. Not as a date of RDATE, nor as a change of
/// one, which they have no words for.
bool has_by_rule(const Component& calendar, std::int64_t moment);

Component* find_override(Component& calendar, std::int64_t moment);
const Component* find_override(const Component& calendar, std::int64_t moment);
/// That occurrence as one of its own; made if it is none yet. Null: the series has none there.
Component* own_occurrence(Component& calendar, std::int64_t moment);
/// Undoes remove_occurrence().
void restore_occurrence(Component& calendar, std::int64_t moment);
/// Takes it out of the series. False: there are too many.
bool remove_occurrence(Component& calendar, std::int64_t moment);
/// What was taken out of the same series as it was `before` is not in it now either, as far as there is room.
void keep_removed(Component& calendar, const Component& before);
/// Those of their own that the same series had `before`, as far as there is room.
void keep_overrides(Component& calendar, const Component& before);
/// Whether what is written of it can be read again: parse() counts more than octets.
bool is_readable(const Component& calendar);
/// RECURRENCE-ID and EXDATE as DTSTART of the series is written: a date, in UTC or in its zone. Others may
/// name the same occurrences in a zone of their own, or by their days.
void name_alike(Component& calendar);
/// The VTIMEZONEs that `calendar` has not.
void take_zones(Component& calendar, const Component& from);

}  // namespace pim::itip
