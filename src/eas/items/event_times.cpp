#include "eas/items/event_times.hpp"

#include <algorithm>
#include <functional>
#include <set>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "pim/date_time.hpp"

namespace eas {
namespace {

using pim::DateTime;
using pim::day_seconds;
using pim::floor_day;

constexpr std::string_view blob_property = "X-BARID-TIMEZONE";  // the octets that the device sent

/// "Custom +01:00": a zone that nobody has a name for.
std::string made_up_id(const pim::TimeZone& zone) {
    const int east = -(zone.bias + zone.standard_bias);
    return fmt::format("Custom {}{:02}:{:02}{}", east < 0 ? '-' : '+', (east < 0 ? -east : east) / 60,
                       (east < 0 ? -east : east) % 60, zone.changes() ? " with summer" : "");
}

}  // namespace

std::int64_t EventFrame::from_device(std::int64_t sent) const {
    if (!all_day) return sent;
    // A date is a midnight of UTC; who sends another time means a midnight all the same.
    if (version >= 160 && sent == floor_day(sent)) return sent;
    // The nearest midnight: a device whose zone is not that of its blob is off by hours.
    return floor_day(zone.to_local(sent) + day_seconds / 2);
}

std::int64_t EventFrame::to_device(std::int64_t value) const {
    return all_day && version < 160 ? zone.to_utc(value) : value;
}

pim::Property EventFrame::property(std::string_view name, std::int64_t value) const {
    pim::Property out(name, "");
    DateTime time;
    if (all_day) {
        time = {value, DateTime::Kind::date};
        out.set_parameter("VALUE", "DATE");
    } else if (zone_id.empty()) {
        time = {value, DateTime::Kind::utc};
    } else {
        time = {zone.to_local(value), DateTime::Kind::local};
        out.set_parameter("TZID", zone_id);
    }
    out.value = pim::write_date_time(time);
    return out;
}

void EventFrame::write(pim::Component& event, std::string_view name, std::int64_t value) const {
    pim::Property made = property(name, value);
    if (pim::Property* known = event.find(name)) {
        *known = std::move(made);
    } else {
        event.properties.push_back(std::move(made));
    }
}

std::int64_t time_of_day(std::int64_t local) { return local - floor_day(local); }

bool can_be_kept(const Times& times) {
    return times.start >= first_kept && times.start <= times.end && times.end <= last_kept;
}

Times times_in(const Times& times, const EventFrame& from, const EventFrame& to) {
    if (from.all_day == to.all_day) return times;
    if (!to.all_day) return {from.zone.to_utc(times.start), from.zone.to_utc(times.end)};
    return {floor_day(to.zone.to_local(times.start)), floor_day(to.zone.to_local(times.end))};
}

EventFrame frame_of(const pim::Component& calendar, const pim::Component& event, std::uint16_t version) {
    EventFrame out;
    static_cast<pim::EventTimes&>(out) = pim::times_of(calendar, event);
    out.version = version;
    // The device's own octets say more than a VTIMEZONE can.
    const pim::Component* zone = pim::find_zone(calendar, pim::zone_id_of(calendar, event));
    const auto octets = base::base64_decode(zone == nullptr ? std::string_view() : zone->raw(blob_property));
    if (!octets) return out;
    if (auto sent = read_time_zone_blob(*octets)) out.zone = std::move(*sent);
    return out;
}

void set_zone(pim::Component& calendar, EventFrame& frame, const pim::TimeZone& zone, std::int64_t now) {
    frame.zone = zone;
    frame.zone_id = pim::known_id(zone, now);
    if (frame.zone_id.empty()) frame.zone_id = zone.standard_name;
    if (frame.zone_id.empty()) frame.zone_id = made_up_id(zone);
    std::erase_if(calendar.components, [&](const pim::Component& one) {
        return one.name == "VTIMEZONE" && one.text("TZID") == frame.zone_id;
    });
    pim::Component component = pim::write_time_zone(zone, frame.zone_id);
    component.set_raw(blob_property, base::base64_encode(write_time_zone_blob(zone)));
    calendar.components.insert(calendar.components.begin(), std::move(component));
    calendar.set_text(pim::calendar_zone_property, frame.zone_id);
}

void forget_unused_zones(pim::Component& calendar) {
    std::set<std::string, std::less<>> used{calendar.text(pim::calendar_zone_property)};
    for (const pim::Component& one : calendar.components)
        for (const pim::Property& property : one.properties)
            if (const std::string_view id = property.parameter("TZID"); !id.empty()) used.emplace(id);
    std::erase_if(calendar.components, [&](const pim::Component& one) {
        return one.name == "VTIMEZONE" && !used.contains(one.text("TZID"));
    });
}

}  // namespace eas
