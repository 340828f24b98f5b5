#include "eas/items/event_times.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/base64.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "pim/date_time.hpp"

namespace eas {
namespace {

using pim::DateTime;
using pim::day_seconds;

constexpr std::string_view blob_property = "X-BARID-TIMEZONE";  // the octets that the device sent
constexpr std::string_view calendar_zone = "X-WR-TIMEZONE";     // of whole days, which name none themselves

std::int64_t floor_day(std::int64_t seconds) {
    const std::int64_t rest = seconds % day_seconds;
    return seconds - rest - (rest < 0 ? day_seconds : 0);
}

const pim::Component* find_zone(const pim::Component& calendar, std::string_view id) {
    for (const pim::Component& one : calendar.components)
        if (one.name == "VTIMEZONE" && one.text("TZID") == id) return &one;
    return nullptr;
}

std::optional<pim::TimeZone> zone_in(const pim::Component& component) {
    const auto octets = base::base64_decode(component.raw(blob_property));
    if (octets)
        if (auto zone = read_time_zone_blob(*octets)) return zone;
    return pim::read_time_zone(component);
}

/// "Custom +01:00": a zone that nobody has a name for.
std::string made_up_id(const pim::TimeZone& zone) {
    const int east = -(zone.bias + zone.standard_bias);
    return fmt::format("Custom {}{:02}:{:02}{}", east < 0 ? '-' : '+', (east < 0 ? -east : east) / 60,
                       (east < 0 ? -east : east) % 60, zone.changes() ? " with summer" : "");
}

}  // namespace

std::int64_t EventFrame::from_device(std::int64_t sent) const {
    if (!all_day) return sent;
    if (version >= 160) return floor_day(sent);
    // The nearest midnight: a device whose zone is not that of its blob is off by hours.
    return floor_day(zone.to_local(sent) + day_seconds / 2);
}

std::int64_t EventFrame::to_device(std::int64_t value) const {
    return all_day && version < 160 ? zone.to_utc(value) : value;
}

std::optional<std::int64_t> EventFrame::read(std::string_view text) const {
    const auto time = pim::parse_date_time(text);
    if (!time) return std::nullopt;
    if (all_day)
        return floor_day(time->kind == DateTime::Kind::utc ? zone.to_local(time->seconds) : time->seconds);
    return time->kind == DateTime::Kind::utc ? time->seconds : zone.to_utc(time->seconds);
}

std::optional<std::int64_t> EventFrame::read(const pim::Component& event, std::string_view name) const {
    return read(event.raw(name));
}

std::int64_t EventFrame::read_end(const pim::Component& event, std::int64_t start) const {
    if (const auto end = read(event, "DTEND")) return std::max(*end, start);
    if (const auto length = pim::parse_duration(event.raw("DURATION")); length && *length >= 0)
        return start + *length;
    return all_day ? start + day_seconds : start;
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

EventFrame frame_of(const pim::Component& calendar, const pim::Component& event, std::uint16_t version) {
    EventFrame out;
    out.version = version;
    const pim::Property* start = event.find("DTSTART");
    if (start == nullptr) return out;
    const auto time = pim::parse_date_time(start->value);
    out.all_day = time && time->kind == DateTime::Kind::date;
    std::string id(start->parameter("TZID"));
    const bool has_own = !id.empty();
    if (id.empty()) id = calendar.text(calendar_zone);
    if (id.empty()) return out;
    std::optional<pim::TimeZone> zone;
    if (const pim::Component* component = find_zone(calendar, id)) zone = zone_in(*component);
    if (!zone) zone = pim::zone_named(id, time ? time->seconds : 0);
    if (!zone) return out;
    out.zone = std::move(*zone);
    if (has_own || out.all_day) out.zone_id = std::move(id);
    return out;
}

void set_zone(pim::Component& calendar, EventFrame& frame, const pim::TimeZone& zone, std::int64_t now) {
    frame.zone = zone;
    std::erase_if(calendar.components, [](const pim::Component& one) { return one.name == "VTIMEZONE"; });
    calendar.remove(calendar_zone);
    frame.zone_id = pim::known_id(zone, now);
    if (frame.zone_id.empty()) frame.zone_id = zone.standard_name;
    if (frame.zone_id.empty()) frame.zone_id = made_up_id(zone);
    pim::Component component = pim::write_time_zone(zone, frame.zone_id);
    component.set_raw(blob_property, base::base64_encode(write_time_zone_blob(zone)));
    calendar.components.insert(calendar.components.begin(), std::move(component));
    calendar.set_text(calendar_zone, frame.zone_id);
}

std::optional<pim::Rule> local_rule(const pim::Component& event, const EventFrame& frame) {
    auto rule = pim::parse_rule(event.raw("RRULE"));
    if (!rule || !rule->until) return rule;
    if (rule->until->kind == DateTime::Kind::utc)
        rule->until->seconds = frame.zone.to_local(rule->until->seconds);
    // A date takes in all of its day (RFC 5545 section 3.3.10).
    if (rule->until->kind == DateTime::Kind::date) rule->until->seconds += day_seconds - 1;
    rule->until->kind = DateTime::Kind::local;
    return rule;
}

}  // namespace eas
