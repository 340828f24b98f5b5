// Occurrences of a series that are different, or not there: overrides with RECURRENCE-ID, and EXDATE.
// MS-ASCAL section 2.2.2.21 and 3.1.5.4.
#include <algorithm>
#include <limits>
#include <map>
#include <set>

#include "eas/items/event.hpp"
#include "pim/date_time.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::calendar;

constexpr std::size_t exceptions_max = 1'000;  // of one series, as the schema has it
constexpr std::size_t shown_max = 256;         // to a device: MS-ASCAL section 2.2.2.21

/// What makes a series of an event, and what names one occurrence.
constexpr std::string_view of_series[] = {"RRULE", "RDATE", "EXDATE", "EXRULE"};
/// What occurrences take from their series unless they have their own.
constexpr std::string_view inherited[] = {"SUMMARY",
                                          "LOCATION",
                                          "CATEGORIES",
                                          "CLASS",
                                          "TRANSP",
                                          "ATTENDEE",
                                          "ORGANIZER",
                                          "DESCRIPTION",
                                          "ATTACH",
                                          "X-ALT-DESC",
                                          "STATUS",
                                          "X-MICROSOFT-CDO-BUSYSTATUS",
                                          "X-BARID-MEETING-STATUS",
                                          "X-BARID-PLACE"};

/// What is written of each occurrence when it is made.
constexpr std::string_view of_occurrence[] = {"UID",      "RECURRENCE-ID", "DTSTART",      "DTEND",
                                              "DURATION", "DTSTAMP",       "LAST-MODIFIED"};

constexpr std::string_view text_properties[] = {"DESCRIPTION", "X-ALT-DESC"};

std::vector<pim::Property> all_of(const pim::Component& event, std::string_view name) {
    std::vector<pim::Property> out;
    for (const pim::Property& one : event.properties)
        if (one.name == name) out.push_back(one);
    return out;
}

std::set<std::int64_t> removed_dates(const pim::Component& master, const EventFrame& frame) {
    std::set<std::int64_t> out;
    for (const pim::Property& one : master.properties) {
        if (one.name != "EXDATE") continue;
        for (const std::string& text : pim::split(one.value, ','))
            if (const auto value = frame.read(text); value && out.size() < exceptions_max) out.insert(*value);
    }
    return out;
}

void write_removed(pim::Component& master, const EventFrame& frame, const std::set<std::int64_t>& dates) {
    master.remove("EXDATE");
    for (const std::int64_t date : dates) master.properties.push_back(frame.property("EXDATE", date));
}

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

/// Each occurrence of its own holds what it has of the series: together they must stay an item that can be
/// kept, and not a thousand times its text.
class Room {
public:
    /// False: that is too much.
    bool takes(const pim::Component& one) {
        const std::size_t octets = pim::octets_of(one), properties = one.properties.size();
        if (octets > octets_ || properties > properties_) return false;
        octets_ -= octets;
        properties_ -= properties;
        return true;
    }

private:
    std::size_t octets_ = pim::ComponentLimits().text_bytes_max;
    std::size_t properties_ = pim::ComponentLimits().properties_max;
};

pim::Component* find_override(pim::Component& calendar, const EventFrame& frame, std::int64_t id) {
    for (pim::Component& one : calendar.components)
        if (is_override(one) && frame.read(one, "RECURRENCE-ID") == id) return &one;
    return nullptr;
}

/// What a device says of one occurrence. What it leaves out stays.
bool apply_to(wbxml::Element data, pim::Component& occurrence, EventFrame frame, const ItemContext& context) {
    ItemContext own = context;
    own.is_new = false;
    own.ghosts.all = true;
    const pim::Property* was = occurrence.find("DTSTART");
    const bool was_all_day = was != nullptr && was->has_parameter("VALUE", "DATE");
    frame.all_day = was_all_day;
    const std::int64_t old_start = frame.read(occurrence, "DTSTART").value_or(0);
    const std::int64_t length = frame.read_end(occurrence, old_start) - old_start;
    if (const wbxml::Element all_day = data.child(tags::all_day_event)) frame.all_day = all_day.text() == "1";
    const auto start = pim::parse_date_time(data.child(tags::start_time).text());
    const auto end = pim::parse_date_time(data.child(tags::end_time).text());
    if (start || end || frame.all_day != was_all_day) {
        const std::int64_t begins =
            start ? frame.from_device(start->seconds) : frame.read(occurrence, "DTSTART").value_or(0);
        std::int64_t ends = end ? frame.from_device(end->seconds) : begins + length;
        if (frame.all_day && ends <= begins) ends = begins + pim::day_seconds;
        if (ends < begins) return false;
        frame.write(occurrence, "DTSTART", begins);
        frame.write(occurrence, "DTEND", ends);
    }
    occurrence.set_raw("LAST-MODIFIED", write_compact(context.now));
    return take_details(data, occurrence, own);
}

std::optional<std::int64_t> id_of(wbxml::Element exception, const EventFrame& frame) {
    std::string_view text = exception.child(tags::exception_start_time).text();
    if (text.empty()) text = exception.child(wbxml::airsyncbase::instance_id).text();
    const auto time = pim::parse_date_time(text);
    if (!time) return std::nullopt;
    return frame.from_device(time->seconds);
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

/// The name of an occurrence in the series' new frame: it is that of the same day, whose time of day is the
/// series'.
std::int64_t moved_id(std::int64_t id, const EventFrame& from, const EventFrame& to, std::int64_t start) {
    if (from.all_day == to.all_day && from.zone.same_times(to.zone)) return id;
    if (to.all_day) return times_in({id, id}, from, to).start;
    const std::int64_t at = from.all_day ? id + time_of_day(to.local(start)) : to.local(from.utc(id));
    const std::int64_t that_day = at - time_of_day(at) + time_of_day(to.local(start));
    std::int64_t nearest = that_day;
    for (const std::int64_t other : {that_day - pim::day_seconds, that_day + pim::day_seconds})
        if (std::abs(other - at) < std::abs(nearest - at)) nearest = other;
    return to.value_of_local(nearest);
}

void write_id(wbxml::Encoder& to, const EventFrame& frame, std::int64_t id, const ItemView& view) {
    const std::string text = write_compact(frame.to_device(id));
    if (view.version >= 160)
        to.text(wbxml::airsyncbase::instance_id, text);
    else
        to.text(tags::exception_start_time, text);
}

/// Of too many exceptions those that lie farthest back are not told.
std::int64_t first_shown(const pim::Component& calendar, const EventFrame& frame,
                         const std::set<std::int64_t>& removed) {
    std::vector<std::int64_t> ids(removed.begin(), removed.end());
    for (const pim::Component& one : calendar.components)
        if (is_override(one)) ids.push_back(frame.read(one, "RECURRENCE-ID").value_or(0));
    if (ids.size() <= shown_max) return std::numeric_limits<std::int64_t>::min();
    std::ranges::nth_element(ids, ids.end() - shown_max);
    return *(ids.end() - shown_max);
}

void show_override(wbxml::Encoder& to, const pim::Component& calendar, const pim::Component& one,
                   const ItemView& view) {
    const pim::Component& master = *master_of(calendar);
    const EventFrame series = frame_of(calendar, master, view.version);
    const EventFrame own = frame_of(calendar, one, view.version);
    const auto id = series.read(one, "RECURRENCE-ID");
    const auto start = own.read(one, "DTSTART");
    if (!id || !start) return;
    to.open(tags::exception);
    write_id(to, series, *id, view);
    to.text(tags::start_time, write_compact(own.to_device(*start)));
    to.text(tags::end_time, write_compact(own.to_device(own.read_end(one, *start))));
    if (own.all_day != series.all_day) to.number(tags::all_day_event, own.all_day ? 1 : 0);
    if (const auto stamp = pim::parse_date_time(one.raw("DTSTAMP")))
        to.text(tags::dt_stamp, write_compact(stamp->seconds));
    write_details(to, one, &master, view);
    to.close();
}

}  // namespace

void forget_exceptions(pim::Component& calendar) {
    std::erase_if(calendar.components, is_override);
    if (pim::Component* master = master_of(calendar)) master->remove("EXDATE");
}

SeriesBefore series_before(const pim::Component& calendar, std::uint16_t version) {
    SeriesBefore out;
    out.master = *master_of(calendar);
    out.frame = frame_of(calendar, *out.master, version);
    out.times.start = out.frame.read(*out.master, "DTSTART").value_or(0);
    out.times.end = out.frame.read_end(*out.master, out.times.start);
    out.removed = removed_dates(*out.master, out.frame);
    for (const pim::Component& one : calendar.components) {
        if (!is_override(one)) continue;
        SeriesBefore::Override known;
        known.event = one;
        known.frame = frame_of(calendar, one, version);
        known.id = out.frame.read(one, "RECURRENCE-ID").value_or(0);
        known.times.start = known.frame.read(one, "DTSTART").value_or(0);
        known.times.end = known.frame.read_end(one, known.times.start);
        out.overrides.push_back(std::move(known));
    }
    return out;
}

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
        if (!apply_to(exception, one, frame, context)) return false;
        if (!room.takes(one)) return false;
        made.insert_or_assign(id, std::move(one));
    }
    if (removed.size() + made.size() > exceptions_max) return false;
    write_removed(*master_of(calendar), frame, removed);
    for (auto& [id, one] : made) calendar.components.push_back(std::move(one));
    return true;
}

void move_exceptions(pim::Component& calendar, const SeriesBefore& before, const EventFrame& frame) {
    if (before.removed.empty() && before.overrides.empty()) return;
    const pim::Component& master = *master_of(calendar);
    const std::int64_t start = frame.read(master, "DTSTART").value_or(0);
    const std::int64_t length = frame.read_end(master, start) - start;
    std::set<std::int64_t> removed;
    for (const std::int64_t id : before.removed) removed.insert(moved_id(id, before.frame, frame, start));
    forget_exceptions(calendar);
    for (const SeriesBefore::Override& known : before.overrides) {
        pim::Component one = known.event;
        EventFrame own = frame;
        own.all_day = known.frame.all_day == before.frame.all_day ? frame.all_day : known.frame.all_day;
        const std::int64_t id = moved_id(known.id, before.frame, frame, start);
        const bool at_its_place =
            known.frame.all_day == before.frame.all_day && known.times.start == known.id &&
            known.times.end - known.times.start == before.times.end - before.times.start;
        Times times = times_in(known.times, known.frame, own);
        if (at_its_place) times = {id, id + length};
        if (own.all_day && times.end <= times.start) times.end = times.start + pim::day_seconds;
        frame.write(one, "RECURRENCE-ID", id);
        own.write(one, "DTSTART", times.start);
        own.write(one, "DTEND", times.end);
        one.remove("DURATION");
        calendar.components.push_back(std::move(one));
    }
    write_removed(*master_of(calendar), frame, removed);
}

bool carry_over(pim::Component& calendar, const pim::Component& before) {
    const pim::Component master = *master_of(calendar);
    Room room;
    for (pim::Component& one : calendar.components) {
        if (!is_override(one)) continue;
        for (const std::string_view name : inherited) {
            if (all_of(one, name) != all_of(before, name)) continue;  // its own
            one.remove(name);
            for (const pim::Property& property : master.properties)
                if (property.name == name) one.properties.push_back(property);
        }
        if (one.components == before.components) one.components = master.components;
        if (!room.takes(one)) return false;
    }
    return true;
}

void write_exceptions(wbxml::Encoder& to, const pim::Component& calendar, const EventFrame& frame,
                      const ItemView& view) {
    const pim::Component& master = *master_of(calendar);
    const std::set<std::int64_t> removed = removed_dates(master, frame);
    const bool any = !removed.empty() || std::ranges::any_of(calendar.components, is_override);
    if (!any || master.find("RRULE") == nullptr) return;
    const std::int64_t first = first_shown(calendar, frame, removed);
    to.open(tags::exceptions);
    for (const std::int64_t id : removed) {
        if (id < first) continue;
        to.open(tags::exception);
        to.number(tags::deleted, 1);
        write_id(to, frame, id, view);
        to.close();
    }
    for (const pim::Component& one : calendar.components)
        if (is_override(one) && frame.read(one, "RECURRENCE-ID").value_or(0) >= first)
            show_override(to, calendar, one, view);
    to.close();
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
        const std::int64_t local = frame.local(id);
        if (pim::occurrences(*rule, frame.local(*start), local, local + 1).empty() && id != *start)
            return false;
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
    if (known != nullptr) return apply_to(data, *known, frame, context);
    const auto overrides = std::ranges::count_if(calendar.components, is_override);
    if (static_cast<std::size_t>(overrides) >= exceptions_max) return false;
    pim::Component made = occurrence_of(*master, frame, id);
    if (!apply_to(data, made, frame, context)) return false;
    calendar.components.push_back(std::move(made));
    return true;
}

}  // namespace eas
