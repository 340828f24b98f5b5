// The times of an event between a device and iCalendar: its zone, whole days, occurrences. Pure.
#pragma once
#include <optional>
#include <string>

#include "eas/items/item.hpp"
#include "pim/rule.hpp"
#include "pim/time_zone.hpp"

namespace eas {

/// How an event's times are meant. A *value* is seconds in UTC, or of a whole day its date's midnight as if
/// that were in UTC.
struct EventFrame {
    pim::TimeZone zone;
    std::string zone_id;  ///< of a VTIMEZONE; empty: UTC
    bool all_day = false;
    std::uint16_t version = 161;

    /// What devices say is in UTC; of whole days up to 14.1 midnight at the place, from 16.0 on the date
    /// alone (MS-ASCAL section 2.2.2.1).
    std::int64_t from_device(std::int64_t sent) const;
    std::int64_t to_device(std::int64_t value) const;
    std::int64_t utc(std::int64_t value) const { return all_day ? zone.to_utc(value) : value; }
    std::int64_t local(std::int64_t value) const { return all_day ? value : zone.to_local(value); }
    std::int64_t value_of_local(std::int64_t local) const { return all_day ? local : zone.to_utc(local); }

    std::optional<std::int64_t> read(const pim::Component& event, std::string_view name) const;
    std::optional<std::int64_t> read(std::string_view text) const;
    /// DTEND, or what DURATION makes of it.
    std::int64_t read_end(const pim::Component& event, std::int64_t start) const;
    void write(pim::Component& event, std::string_view name, std::int64_t value) const;
    pim::Property property(std::string_view name, std::int64_t value) const;
};

/// Of a stored event.
EventFrame frame_of(const pim::Component& calendar, const pim::Component& event, std::uint16_t version);
/// Puts the zone that a device sent into the calendar, instead of that of before.
void set_zone(pim::Component& calendar, EventFrame& frame, const pim::TimeZone& zone, std::int64_t now);

/// The rule of a series with UNTIL in local time, as the walk over its occurrences wants it.
std::optional<pim::Rule> local_rule(const pim::Component& event, const EventFrame& frame);

}  // namespace eas
