// What becomes of the exceptions of a series when the series itself changes: its zone, its title, whether it
// has whole days.
#include <algorithm>

#include "eas/items/event_exceptions.hpp"

namespace eas {

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

}  // namespace eas
