#include "eas/items/meeting_text.hpp"

#include <fmt/format.h>

#include "eas/items/event.hpp"
#include "eas/items/event_times.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"

namespace eas {
namespace {

std::string day_of(const pim::CivilTime& time) {
    return fmt::format("{:04}-{:02}-{:02}", time.year, time.month, time.day);
}
std::string hour_of(const pim::CivilTime& time) { return fmt::format("{:02}:{:02}", time.hour, time.minute); }

}  // namespace

std::string readable_time(const pim::Component& calendar) {
    const pim::Component* event = pim::itip::main_event(calendar);
    if (event == nullptr) return {};
    const EventFrame frame = frame_of(calendar, *event, 161);
    const auto start = frame.read(*event, "DTSTART");
    if (!start) return {};
    const pim::CivilTime begin = pim::civil(frame.local(*start));
    if (frame.all_day) return day_of(begin);
    const pim::CivilTime end = pim::civil(frame.local(frame.read_end(*event, *start)));
    std::string last = hour_of(end);
    if (day_of(end) != day_of(begin)) last = day_of(end) + " " + last;
    return fmt::format("{} {} - {} {}", day_of(begin), hour_of(begin), last,
                       frame.zone_id.empty() ? "UTC" : frame.zone_id);
}

std::string readable_meeting(const pim::Component& calendar) {
    const pim::Component* event = pim::itip::main_event(calendar);
    if (event == nullptr) return {};
    std::string out;
    const std::string time = readable_time(calendar);
    const std::string place = event->text("LOCATION"), text = event->text("DESCRIPTION");
    if (!time.empty()) out += "When: " + time + "\r\n";
    if (!place.empty()) out += "Where: " + place + "\r\n";
    if (!text.empty()) out += "\r\n" + text + "\r\n";
    return out;
}

}  // namespace eas
