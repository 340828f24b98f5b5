// What devices say of occurrences of a series that are different, or not there: overrides with RECURRENCE-ID,
// and EXDATE. MS-ASCAL sections 2.2.2.21 and 3.1.5.4.
#include "eas/items/event_exceptions.hpp"

#include <algorithm>
#include <map>

#include "pim/date_time.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::calendar;

/// What makes a series of an event, and what names one occurrence.
constexpr std::string_view of_series[] = {"RRULE", "RDATE", "EXDATE", "EXRULE"};
/// What is written of each occurrence when it is made.
constexpr std::string_view of_occurrence[] = {"UID",      "RECURRENCE-ID", "DTSTART",      "DTEND",
                                              "DURATION", "DTSTAMP",       "LAST-MODIFIED"};

constexpr std::string_view text_properties[] = {"DESCRIPTION", "X-ALT-DESC"};

/// The occurrence as the series has it.
pim::Component occurrence_of(const pim::Component& master, const EventFrame& frame, std::int64_t id) {
    pim::Component out = master;
    for (const std::string_view name : of_series) out.remove(name);
    const std::int64_t start = frame.read(master, "DTSTART").value_or(0);
    const std::int64_t length = frame.read_end(master, start) - start;
    out.properties.push_back(frame.property("RECURRENCE-ID", id));
    frame.write(out, "DTSTART", id);
    frame.write(out, "DTEND", id + length);
    return out;
}

pim::Component* find_override(pim::Component& calendar, const EventFrame& frame, std::int64_t id) {
    for (pim::Component& one : calendar.components)
        if (is_override(one) && frame.read(one, "RECURRENCE-ID") == id) return &one;
    return nullptr;
}

/// When a device says that an occurrence is, which is of its own frame (its zone may be another than that of
/// its series) until now.
Times times_said(wbxml::Element data, const pim::Component& occurrence, EventFrame own,
                 const EventFrame& frame) {
    Times was;
    was.start = own.read(occurrence, "DTSTART").value_or(0);
    was.end = own.read_end(occurrence, was.start);
    const auto start = pim::parse_date_time(data.child(tags::start_time).text());
    const auto end = pim::parse_date_time(data.child(tags::end_time).text());
    own.all_day = frame.all_day;
    Times out;
    out.start = start ? frame.from_device(start->seconds) : own.read(occurrence, "DTSTART").value_or(0);
    out.end = end ? frame.from_device(end->seconds) : out.start + was.end - was.start;
    if (frame.all_day && out.end <= out.start) out.end = out.start + pim::day_seconds;
    return out;
}

/// What a device says of one occurrence. What it leaves out stays.
bool apply_to(wbxml::Element data, pim::Component& occurrence, const EventFrame& own, EventFrame frame,
              const ItemContext& context) {
    ItemContext of_one = context;
    of_one.is_new = false;
    of_one.ghosts.all = true;
    const wbxml::Element all_day = data.child(tags::all_day_event);
    frame.all_day = all_day ? all_day.text() == "1" : own.all_day;
    const Times times = times_said(data, occurrence, own, frame);
    if (!can_be_kept(times)) return false;
    if (data.child(tags::start_time) || data.child(tags::end_time) || frame.all_day != own.all_day) {
        frame.write(occurrence, "DTSTART", times.start);
        frame.write(occurrence, "DTEND", times.end);
        occurrence.remove("DURATION");
    }
    occurrence.set_raw("LAST-MODIFIED", write_compact(context.now));
    return take_details(data, occurrence, of_one);
}

std::optional<std::int64_t> id_of(wbxml::Element exception, const EventFrame& frame) {
    std::string_view text = exception.child(tags::exception_start_time).text();
    if (text.empty()) text = exception.child(wbxml::airsyncbase::instance_id).text();
    const auto time = pim::parse_date_time(text);
    if (!time) return std::nullopt;
    const std::int64_t id = frame.from_device(time->seconds);
    return can_be_kept({id, id}) ? std::optional(id) : std::nullopt;
}

/// What this server does not understand of an override stays when the override is made anew, instead of what
/// the series has of that name.
void keep_unknown(const pim::Component& from, pim::Component& to) {
    const auto is_made = [](const std::string& name) {
        return std::ranges::find(inherited, name) != std::end(inherited) ||
               std::ranges::find(of_series, name) != std::end(of_series) ||
               std::ranges::find(of_occurrence, name) != std::end(of_occurrence);
    };
    std::set<std::string> names{"ATTACH"};  // those who send all exceptions have no word for it
    for (const pim::Property& one : from.properties)
        if (!is_made(one.name)) names.insert(one.name);
    for (const std::string& name : names) to.remove(name);
    for (const pim::Property& one : from.properties)
        if (names.contains(one.name)) to.properties.push_back(one);
}

/// So does its own text, where the device leaves Body out: MS-ASCMD section 2.2.3.24.
void keep_text(const pim::Component& from, const pim::Component& master_before, pim::Component& to) {
    const auto differs = [&](std::string_view name) {
        return all_of(from, name) != all_of(master_before, name);
    };
    if (std::ranges::none_of(text_properties, differs)) return;
    for (const std::string_view name : text_properties) {
        to.remove(name);
        for (pim::Property& one : all_of(from, name)) to.properties.push_back(std::move(one));
    }
}

/// MS-ASCAL section 3.2.5.3.1: exceptions of which a device says nothing stay. Takes them out of the series.
void take_others(pim::Component& calendar, const EventFrame& frame, const std::set<std::int64_t>& named,
                 std::set<std::int64_t>& removed, std::map<std::int64_t, pim::Component>& made) {
    for (const std::int64_t id : removed_dates(*master_of(calendar), frame))
        if (!named.contains(id)) removed.insert(id);
    for (const pim::Component& one : calendar.components) {
        const std::int64_t id = frame.read(one, "RECURRENCE-ID").value_or(0);
        if (is_override(one) && !named.contains(id)) made.insert_or_assign(id, one);
    }
    forget_exceptions(calendar);
}

}  // namespace

bool take_exceptions(wbxml::Element data, pim::Component& calendar, const SeriesBefore& before,
                     const EventFrame& frame, const ItemContext& context) {
    const wbxml::Element exceptions = data.child(tags::exceptions);
    std::set<std::int64_t> named;
    for (const wbxml::Element exception : exceptions) {
        const auto id = id_of(exception, frame);
        if (exception.tag() == tags::exception && !id) return false;
        if (id) named.insert(*id);
        if (named.size() > exceptions_max) return false;
    }
    const std::int64_t start = frame.read(*master_of(calendar), "DTSTART").value_or(0);
    std::map<std::int64_t, const pim::Component*> former;
    for (const SeriesBefore::Override& one : before.overrides)
        former.emplace(moved_id(one.id, before.frame, frame, start), &one.event);
    Room room;
    std::set<std::int64_t> removed;
    std::map<std::int64_t, pim::Component> made;
    take_others(calendar, frame, named, removed, made);
    for (const auto& [id, one] : made)
        if (!room.takes(one)) return false;
    for (const wbxml::Element exception : exceptions) {
        if (exception.tag() != tags::exception) continue;
        const std::int64_t id = *id_of(exception, frame);
        if (exception.child(tags::deleted).text() == "1") {
            removed.insert(id);
            continue;
        }
        pim::Component one = occurrence_of(*master_of(calendar), frame, id);
        if (const auto old = former.find(id); old != former.end()) {
            keep_unknown(*old->second, one);
            keep_text(*old->second, *before.master, one);
        }
        if (!apply_to(exception, one, frame, frame, context)) return false;
        if (!room.takes(one)) return false;
        made.insert_or_assign(id, std::move(one));
    }
    if (removed.size() + made.size() > exceptions_max) return false;
    write_removed(*master_of(calendar), frame, removed);
    for (auto& [id, one] : made) calendar.components.push_back(std::move(one));
    return true;
}

bool apply_occurrence(wbxml::Element data, std::string_view instance, bool remove, pim::Component& calendar,
                      const ItemContext& context) {
    pim::Component* master = master_of(calendar);
    const auto time = pim::parse_date_time(instance);
    if (master == nullptr || master->find("RRULE") == nullptr || !time) return false;
    const EventFrame frame = frame_of(calendar, *master, context.version);
    const std::int64_t id = frame.from_device(time->seconds);
    std::set<std::int64_t> removed = removed_dates(*master, frame);
    pim::Component* known = find_override(calendar, frame, id);
    if (known == nullptr) {
        // Only what the series has, or had: what was taken out is gone.
        const auto rule = local_rule(*master, frame);
        const auto start = frame.read(*master, "DTSTART");
        if (!rule || !start || removed.contains(id)) return false;
        if (id != *start && !pim::occurs_at(*rule, frame, *start, id)) return false;
    }
    if (remove) {
        if (removed.size() == exceptions_max) return false;
        removed.insert(id);
        std::erase_if(calendar.components, [&](const pim::Component& one) {
            return is_override(one) && frame.read(one, "RECURRENCE-ID") == id;
        });
        write_removed(*master_of(calendar), frame, removed);
        return true;
    }
    if (known != nullptr) {
        const EventFrame own = frame_of(calendar, *known, context.version);
        return apply_to(data, *known, own, frame, context);
    }
    const auto overrides = std::ranges::count_if(calendar.components, is_override);
    if (static_cast<std::size_t>(overrides) >= exceptions_max) return false;
    pim::Component made = occurrence_of(*master, frame, id);
    if (!apply_to(data, made, frame, frame, context)) return false;
    calendar.components.push_back(std::move(made));
    return true;
}

}  // namespace eas
