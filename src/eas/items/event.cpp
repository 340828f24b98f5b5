#include "eas/items/event.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "eas/items/calendar_text.hpp"
#include "eas/items/series_end.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::calendar;
using pim::day_seconds;

constexpr std::int64_t half_hour = 1'800;
constexpr RecurrenceTags recurrence_tags{tags::type,          tags::occurrences,      tags::interval,
                                         tags::week_of_month, tags::day_of_week,      tags::month_of_year,
                                         tags::until,         tags::day_of_month,     tags::calendar_type,
                                         tags::is_leap_month, tags::first_day_of_week};

/// What a device sent in place of a date: nothing when there is none. False: it is no date.
bool take_moment(wbxml::Element element, std::optional<std::int64_t>& out) {
    if (!element) return true;
    const auto time = pim::parse_date_time(element.text());
    if (time) out = time->seconds;
    return time.has_value();
}

/// MS-ASCAL section 3.2.4.4: what is missing in a new event. False: status 6.
bool complete_times(std::optional<std::int64_t>& start, std::optional<std::int64_t>& end, std::int64_t now) {
    if (start && end) return true;
    const std::int64_t rounded = (now + half_hour - 1) / half_hour * half_hour;
    if (!start && !end) end = rounded + half_hour;
    if (!start) start = rounded;
    if (!end) {
        if (*start > now) return false;
        end = rounded + half_hour;
    }
    return *end >= rounded;
}

/// The zone of the request, or that of before.
bool take_zone(wbxml::Element data, pim::Component& calendar, EventFrame& frame, const ItemContext& context) {
    const wbxml::Element element = data.child(tags::timezone);
    if (!element) return true;
    const auto octets = element.is_opaque() ? std::optional(std::string(element.text()))
                                            : base::base64_decode(element.text());
    if (!octets) return false;
    const auto zone = read_time_zone_blob(*octets);
    if (zone) set_zone(calendar, frame, *zone, context.now);
    return zone.has_value();
}

bool take_times(wbxml::Element data, const Times* before, const EventFrame& frame, const ItemContext& context,
                Times& out) {
    std::optional<std::int64_t> start, end;
    if (!take_moment(data.child(tags::start_time), start) || !take_moment(data.child(tags::end_time), end))
        return false;
    if (before == nullptr && !complete_times(start, end, context.now)) return false;
    if (!start && end) return false;  // MS-ASCAL section 3.2.5.3
    const bool moves = before != nullptr && start && !end;
    out.start = start ? frame.from_device(*start) : before->start;
    out.end = end ? frame.from_device(*end) : moves ? out.start + before->end - before->start : before->end;
    if (frame.all_day && out.end <= out.start) out.end = out.start + day_seconds;
    return can_be_kept(out);
}

/// The rule as a device has it that was told of it and sends it back: with all that RRULE leaves to DTSTART,
/// which is `start`, and without UNTIL. Nothing: the device is not told of it.
std::optional<pim::Rule> as_sent_back(const pim::Rule& rule, std::int64_t start, std::uint16_t version) {
    std::string octets;
    wbxml::Encoder to(octets);
    RecurrenceView view;
    view.start = start;
    view.version = version;
    to.open(tags::recurrence);
    if (!write_recurrence(to, rule, recurrence_tags, view)) return std::nullopt;
    to.close();
    const wbxml::Document document(octets);
    auto out = read_recurrence(document.root(), recurrence_tags);
    // Only where weeks are counted does it matter when they begin.
    if (out && (out->frequency != pim::Rule::Frequency::weekly || out->interval == 1))
        out->week_start.reset();
    return out;
}

/// Whether the pattern is another than the one that the device was told of.
bool is_other_pattern(const pim::Component& before, const EventFrame& former_frame,
                      const pim::Component& event, const EventFrame& frame) {
    if (before.raw("RRULE") == event.raw("RRULE")) return false;
    const auto was = pim::parse_rule(before.raw("RRULE")), now = pim::parse_rule(event.raw("RRULE"));
    if (!was || !now) return true;
    const std::int64_t start = former_frame.local(former_frame.read(before, "DTSTART").value_or(0));
    pim::Rule others = *was;  // but for UNTIL
    others.until = now->until;
    const auto told = as_sent_back(*was, start, frame.version);
    if (others != *now && (!told || told != as_sent_back(*now, start, frame.version))) return true;
    // MS-ASCAL section 3.2.5.3: of both, Occurrences counts, which is compared with the rest.
    return !was->count && !now->count && is_other_end(before, former_frame, event, frame);
}

/// Whether a device of this version was told how the series recurs.
bool is_told(const pim::Component& event, const EventFrame& frame) {
    const auto rule = pim::parse_rule(event.raw("RRULE"));
    const std::int64_t start = frame.local(frame.read(event, "DTSTART").value_or(0));
    return rule && as_sent_back(*rule, start, frame.version);
}

/// False: it is none. The event's start is written.
bool take_recurrence(wbxml::Element data, pim::Component& event, const EventFrame& frame,
                     const ItemContext& context, const SeriesBefore& before) {
    const wbxml::Element recurrence = data.child(tags::recurrence);
    const bool unknown = before.master && !is_told(*before.master, before.frame);
    if (!recurrence && (unknown || context.keeps(tags::recurrence))) {
        if (before.master) move_end(*before.master, before.frame, event, frame);
        return true;
    }
    event.remove("RRULE");
    take_calendar_type(recurrence, recurrence_tags, event);
    if (!recurrence.has_children()) return true;
    if (!is_sound_pattern(recurrence, recurrence_tags)) return false;
    auto rule = read_recurrence(recurrence, recurrence_tags);
    if (!rule) return false;
    take_end(*rule, event, frame);
    event.set_raw("RRULE", pim::write_rule(*rule));
    return true;
}

/// What becomes of a series' exceptions when the series changes. `moved`: it begins at another time.
bool change_exceptions(wbxml::Element data, pim::Component& calendar, const SeriesBefore& before,
                       const EventFrame& frame, const ItemContext& context, bool moved) {
    const pim::Component& event = *master_of(calendar);
    if (event.find("RRULE") == nullptr) {
        forget_exceptions(calendar);
        return true;
    }
    if (before.master && (moved || is_other_pattern(*before.master, before.frame, event, frame))) {
        forget_exceptions(calendar);  // there are no such occurrences any more
    } else if (before.master) {
        move_exceptions(calendar, before, frame);
        if (!carry_over(calendar, *before.master)) return false;
    }
    // From 16.0 on exceptions are changed one by one.
    const bool told = context.version < 160 && data.child(tags::exceptions);
    return !told || take_exceptions(data, calendar, before, frame, context);
}

/// False: the specification has no words for it.
bool show_recurrence(wbxml::Encoder& to, const pim::Component& event, const EventFrame& frame,
                     const ItemView& view) {
    const auto rule = pim::parse_rule(event.raw("RRULE"));
    const auto start = frame.read(event, "DTSTART");
    if (!rule || !start) return false;
    RecurrenceView shown;
    shown.start = frame.local(*start);
    shown.version = view.version;
    if (const auto last = last_start(event, frame)) shown.until = write_compact(frame.to_device(*last));
    show_calendar_type(shown, event);
    const wbxml::Encoder::Mark before = to.mark();
    to.open(tags::recurrence);
    if (!write_recurrence(to, *rule, recurrence_tags, shown)) {
        to.back_to(before);
        return false;
    }
    to.close();
    return true;
}

/// MS-ASCAL section 2.2.2.46, and 2.2.2.9 of ClientUid.
void take_uid(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    if (!event.raw("UID").empty()) return;
    std::string_view uid =
        context.version >= 160 ? data.child(tags::client_uid).text() : data.child(tags::uid).text();
    if (uid.empty() || uid.size() > 300) uid = context.fresh_uid;
    event.set_text("UID", uid);
}

}  // namespace

bool apply_event(wbxml::Element data, pim::Component& calendar, const ItemContext& context) {
    if (context.is_new) calendar.components.emplace_back("VEVENT");
    const pim::Component* known = master_of(calendar);
    if (known == nullptr) return false;
    SeriesBefore before;
    if (!context.is_new) before = series_before(calendar, context.version);
    EventFrame frame = frame_of(calendar, *known, context.version);
    if (!take_zone(data, calendar, frame, context)) return false;
    const wbxml::Element all_day = data.child(tags::all_day_event);
    if (all_day || !context.keeps(tags::all_day_event)) frame.all_day = all_day.text() == "1";
    // Dates name no zone; up to 14.1 they have one, and they may become hours again.
    const bool unnamed = calendar.text(pim::calendar_zone_property).empty();
    if (frame.all_day && unnamed && !frame.zone_id.empty())
        calendar.set_text(pim::calendar_zone_property, frame.zone_id);
    const Times was = times_in(before.times, before.frame, frame);
    Times now;
    if (!take_times(data, context.is_new ? nullptr : &was, frame, context, now)) return false;
    pim::Component& event = *master_of(calendar);
    frame.write(event, "DTSTART", now.start);
    frame.write(event, "DTEND", now.end);
    event.remove("DURATION");
    if (!take_recurrence(data, event, frame, context, before)) return false;
    if (!take_details(data, event, context)) return false;
    take_uid(data, event, context);
    const auto stamp = pim::parse_date_time(data.child(tags::dt_stamp).text());
    const bool sent = stamp && context.version < 160;
    event.set_raw("DTSTAMP", write_compact(sent ? stamp->seconds : context.now));
    event.set_raw("LAST-MODIFIED", write_compact(context.now));
    // From 16.0 on exceptions go also when the series' occurrences become longer.
    const bool moved = context.version >= 160 ? !(was == now) || frame.all_day != before.frame.all_day
                                              : was.start != now.start;
    if (!change_exceptions(data, calendar, before, frame, context, moved)) return false;
    if (data.child(tags::timezone)) forget_unused_zones(calendar);
    return true;
}

void write_event(wbxml::Encoder& to, const pim::Component& calendar, const ItemView& view) {
    const pim::Component* event = master_of(calendar);
    if (event == nullptr) return;
    const EventFrame frame = frame_of(calendar, *event, view.version);
    const std::int64_t start = frame.read(*event, "DTSTART").value_or(0);
    // MS-ASCAL section 2.2.2.1: whole days are dates without a zone from 16.0 on.
    if (!(frame.all_day && view.version >= 160)) {
        pim::TimeZone zone = frame.zone;
        if (zone.standard_name.empty() && zone == pim::TimeZone()) zone.standard_name = "UTC";
        to.text(tags::timezone, base::base64_encode(write_time_zone_blob(zone)));
    }
    const auto stamp = pim::parse_date_time(event->raw("DTSTAMP"));
    to.text(tags::dt_stamp, write_compact(stamp ? stamp->seconds : 0));
    to.text(tags::start_time, write_compact(frame.to_device(start)));
    to.text(tags::end_time, write_compact(frame.to_device(frame.read_end(*event, start))));
    to.number(tags::all_day_event, frame.all_day ? 1 : 0);
    to.text(tags::uid, cut_utf8(event->text("UID"), 300));
    // MS-ASAIRS section 2.2.2.25: which occurrence it is of a series that is not here.
    const auto orphan = pim::itip::moment_of(calendar, *event, pim::itip::orphan_property);
    if (orphan && view.version >= 160)
        to.text(wbxml::airsyncbase::instance_id, write_compact(frame.to_device(*orphan)));
    write_details(to, *event, nullptr, view);
    // Of a series that devices do not know they do not hear of exceptions.
    if (show_recurrence(to, *event, frame, view)) write_exceptions(to, calendar, frame, view);
}

ItemFacts event_facts(const pim::Component& calendar) {
    ItemFacts out;
    out.date = no_end;
    const pim::Component* event = master_of(calendar);
    if (event == nullptr) return out;
    out.subject = event->text("SUMMARY");
    out.uid = event->text("UID");
    const EventFrame frame = frame_of(calendar, *event, 161);
    const auto start = frame.read(*event, "DTSTART");
    if (!start || event->find("RDATE") != nullptr) return out;
    const std::int64_t length = frame.read_end(*event, *start) - *start;
    std::int64_t last = *start;
    if (const auto rule = local_rule(*event, frame)) {
        const auto found = pim::last_occurrence(*rule, frame.local(*start));
        if (!found) return out;
        last = frame.value_of_local(*found);
    }
    out.date = frame.utc(last + length);
    for (const pim::Component& one : calendar.components) {
        if (one.name != "VEVENT" || one.find("RECURRENCE-ID") == nullptr) continue;
        const EventFrame own = frame_of(calendar, one, 161);
        const auto begins = own.read(one, "DTSTART");
        if (begins) out.date = std::max(out.date, own.utc(own.read_end(one, *begins)));
    }
    return out;
}

bool is_over(const pim::Component& calendar, std::int64_t now) { return event_facts(calendar).date < now; }

}  // namespace eas
