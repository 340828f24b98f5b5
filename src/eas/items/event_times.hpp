// The times of an event between a device and iCalendar: its zone, whole days, occurrences. Pure.
#pragma once
#include <optional>
#include <string>

#include "eas/items/item.hpp"
#include "pim/date_time.hpp"
#include "pim/event_times.hpp"

namespace eas {

/// An event's times with the device that hears of them.
struct EventFrame : pim::EventTimes {
    std::uint16_t version = 161;

    /// What devices say is in UTC; of whole days up to 14.1 midnight at the place, from 16.0 on the date
    /// alone (MS-ASCAL section 2.2.2.1).
    std::int64_t from_device(std::int64_t sent) const;
    std::int64_t to_device(std::int64_t value) const;
    void write(pim::Component& event, std::string_view name, std::int64_t value) const;
    pim::Property property(std::string_view name, std::int64_t value) const;
};

/// A zone moves what is said by less than two days.
inline constexpr std::int64_t first_kept = pim::earliest + 2 * pim::day_seconds,
                              last_kept = pim::latest - 2 * pim::day_seconds;

struct Times {
    std::int64_t start = 0, end = 0;  ///< values of a frame
    bool operator==(const Times&) const = default;
};
/// The same event in the values of another frame.
Times times_in(const Times& times, const EventFrame& from, const EventFrame& to);
std::int64_t time_of_day(std::int64_t local);
/// Whether they can be written in any zone and read again: not before the year 1600 and after 9999. An end is
/// not before its start.
bool can_be_kept(const Times& times);

/// Of a stored event.
EventFrame frame_of(const pim::Component& calendar, const pim::Component& event, std::uint16_t version);
/// Puts the zone that a device sent into the calendar, for the frame. Others stay as long as times name them.
void set_zone(pim::Component& calendar, EventFrame& frame, const pim::TimeZone& zone, std::int64_t now);
/// VTIMEZONEs that nothing names.
void forget_unused_zones(pim::Component& calendar);

}  // namespace eas
