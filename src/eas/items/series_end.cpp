#include "eas/items/series_end.hpp"

#include <algorithm>

namespace eas {
namespace {

using pim::DateTime;
using pim::day_seconds;
using pim::floor_day;

/// In local time.
std::int64_t start_of(const pim::Component& event, const EventFrame& frame) {
    return frame.local(frame.read(event, "DTSTART").value_or(0));
}

/// The occurrence of a day, by its midnight. A value of the frame.
std::int64_t on_day(std::int64_t day, std::int64_t start, const EventFrame& frame) {
    return frame.value_of_local(day + time_of_day(start));
}

/// UNTIL has the start's type: RFC 5545 section 3.3.10.
DateTime until_on(std::int64_t day, std::int64_t start, const EventFrame& frame) {
    day = std::clamp(day, floor_day(start), std::max(floor_day(start), floor_day(last_kept)));
    return {on_day(day, start, frame), frame.all_day ? DateTime::Kind::date : DateTime::Kind::utc};
}

/// The midnight of the last day that may have an occurrence. Nothing: there is no UNTIL.
std::optional<std::int64_t> last_day(const pim::Component& event, const EventFrame& frame) {
    const auto rule = pim::local_rule(event, frame);
    if (!rule || !rule->until) return std::nullopt;
    const std::int64_t start = start_of(event, frame), until = rule->until->seconds;
    std::int64_t day = floor_day(until);
    if (time_of_day(until) < time_of_day(start)) day -= day_seconds;
    return std::max(day, floor_day(start));
}

}  // namespace

void take_end(pim::Rule& rule, const pim::Component& event, const EventFrame& frame) {
    if (!rule.until) return;
    const std::int64_t sent = rule.until->seconds, start = start_of(event, frame);
    // The last second of a day is in it; whole days else by the nearest midnight.
    const bool to_midnight = frame.all_day && sent % 60 != 59;
    std::int64_t day = floor_day(to_midnight ? frame.from_device(sent) : frame.zone.to_local(sent));
    // quirk: Android names a day by its midnight in UTC, which west of Greenwich is in the one before.
    const bool is_date = frame.all_day || floor_day(on_day(sent, start, frame)) == sent;
    if (sent == floor_day(sent) && is_date) day = sent;
    rule.until = until_on(day, start, frame);
}

std::optional<std::int64_t> last_start(const pim::Component& event, const EventFrame& frame) {
    const auto day = last_day(event, frame);
    return day ? std::optional(on_day(*day, start_of(event, frame), frame)) : std::nullopt;
}

void move_end(const pim::Component& before, const EventFrame& former_frame, pim::Component& event,
              const EventFrame& frame) {
    auto day = last_day(before, former_frame);
    auto rule = pim::parse_rule(event.raw("RRULE"));
    if (!day || !rule || !rule->until) return;
    const std::int64_t was = start_of(before, former_frame), now = start_of(event, frame);
    if (was == now && former_frame.all_day == frame.all_day && former_frame.zone.same_times(frame.zone))
        return;
    // In another zone the same moments may be those of another day.
    const bool same_moment =
        former_frame.utc(former_frame.value_of_local(was)) == frame.utc(frame.value_of_local(now));
    if (same_moment) *day += floor_day(now) - floor_day(was);
    rule->until = until_on(*day, now, frame);
    event.set_raw("RRULE", pim::write_rule(*rule));
}

bool is_other_end(const pim::Component& before, const EventFrame& former_frame, const pim::Component& event,
                  const EventFrame& frame) {
    const auto was = last_day(before, former_frame), now = last_day(event, frame);
    if (!was || !now || *was == *now) return was.has_value() != now.has_value();
    // Of other days, where the zone has made others of all.
    return *was - floor_day(start_of(before, former_frame)) != *now - floor_day(start_of(event, frame));
}

}  // namespace eas
