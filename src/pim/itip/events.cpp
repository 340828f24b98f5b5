#include "pim/itip/events.hpp"

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

#include "pim/date_time.hpp"
#include "pim/moments.hpp"

namespace pim::itip {
namespace {

using Kind = DateTime::Kind;

constexpr std::string_view of_series[] = {"RRULE", "RDATE", "EXDATE", "EXRULE"};

bool is_removed(const Component& calendar, const Component& master, std::int64_t moment) {
    bool out = false;
    Moments moments(calendar);
    for_each_date(moments, master, "EXDATE", [&](const ListedDate& one) {
        out = one.moment == moment;
        return !out;
    });
    return out;
}

/// Nothing: it is none of RDATE.
std::optional<ListedDate> added_at(const Component& calendar, const Component& master, std::int64_t moment) {
    std::optional<ListedDate> out;
    Moments moments(calendar);
    for_each_date(moments, master, "RDATE", [&](const ListedDate& one) {
        if (one.moment == moment) out = one;
        return !out;
    });
    return out;
}

template <class Visit>
void for_each_override(const Component& calendar, const Visit& visit) {
    Moments moments(calendar);
    for (const Component& one : calendar.components) {
        const Property* time = is_override(one) ? one.find("RECURRENCE-ID") : nullptr;
        const auto moment = time == nullptr ? std::nullopt : moments.read(*time, time->value);
        if (moment) visit(one, *moment);
    }
}

struct Count {
    std::size_t properties = 0, components = 1;
};
// NOLINTNEXTLINE(misc-no-recursion): as deep as parse() allows
Count count_of(const Component& component) {
    Count out;
    out.properties = component.properties.size();
    for (const Component& inner : component.components) {
        const Count more = count_of(inner);
        out.properties += more.properties;
        out.components += more.components;
    }
    return out;
}

/// With one more occurrence of its own it is still an item that can be kept: the text of all of them is taken
/// to be as long as this one's.
bool has_room(const Component& calendar, const Component& made, std::size_t overrides) {
    const ComponentLimits limits;
    const Count there = count_of(calendar), more = count_of(made);
    return (octets_of(made) + 64) * (overrides + 1) <= limits.text_bytes_max &&
           there.properties + more.properties <= limits.properties_max &&
           there.components + more.components <= limits.components_max;
}

}  // namespace

bool is_event(const Component& component) { return component.name == "VEVENT"; }
const Component* main_event(const Component& calendar) {
    const Component* master = master_of(calendar);
    return master != nullptr ? master : calendar.find_component("VEVENT");
}

TimeZone zone_of(const Component& calendar, const Property& time) {
    const auto read = parse_date_time(time.value);
    return zone_at(calendar, time.parameter("TZID"), read ? read->seconds : 0);
}

std::optional<std::int64_t> moment_of(const Component& calendar, const Property& time) {
    return Moments(calendar).read(time, time.value);
}

std::optional<std::int64_t> moment_of(const Component& calendar, const Component& event,
                                      std::string_view name) {
    const Property* time = event.find(name);
    return time == nullptr ? std::nullopt : moment_of(calendar, *time);
}

Property moment_like(const Component& calendar, const Property& like, std::string_view name,
                     std::int64_t moment) {
    Property out(name, "");
    const auto read = parse_date_time(like.value);
    DateTime time{moment, Kind::utc};
    if (read && read->kind == Kind::date) {
        time = {floor_day(moment), Kind::date};
        out.set_parameter("VALUE", "DATE");
    } else if (read && read->kind == Kind::local) {
        // As it will be read: the zone may have had other rules when `like` was.
        time = {zone_at(calendar, like.parameter("TZID"), moment).to_local(moment), Kind::local};
        out.set_parameter("TZID", like.parameter("TZID"));
    }
    out.value = write_date_time(time);
    return out;
}

bool has_occurrence(const Component& calendar, std::int64_t moment) {
    const Component* master = master_of(calendar);
    if (master == nullptr) return false;
    if (find_override(calendar, moment) != nullptr || has_by_rule(calendar, moment)) return true;
    const bool added = moment_of(calendar, *master, "DTSTART") && added_at(calendar, *master, moment);
    return added && !is_removed(calendar, *master, moment);
}

bool has_by_rule(const Component& calendar, std::int64_t moment) {
    const Component* master = master_of(calendar);
    if (master == nullptr) return false;
    const EventTimes times = times_of(calendar, *master);
    const auto start = times.read(*master, "DTSTART");
    const auto rule = local_rule(*master, times);
    const bool recurs = rule || master->find("RDATE") != nullptr;
    if (!start || !recurs || is_removed(calendar, *master, moment)) return false;
    if (moment == *start) return true;
    return rule && occurs_at(*rule, times, *start, moment);
}

const Component* find_override(const Component& calendar, std::int64_t moment) {
    Moments moments(calendar);
    for (const Component& one : calendar.components) {
        const Property* time = is_override(one) ? one.find("RECURRENCE-ID") : nullptr;
        if (time != nullptr && moments.read(*time, time->value) == moment) return &one;
    }
    return nullptr;
}
Component* find_override(Component& calendar, std::int64_t moment) {
    return const_cast<Component*>(find_override(std::as_const(calendar), moment));
}

Component* own_occurrence(Component& calendar, std::int64_t moment) {
    if (Component* known = find_override(calendar, moment)) return known;
    const auto overrides = std::ranges::count_if(calendar.components, is_override);
    if (static_cast<std::size_t>(overrides) >= overrides_max || !has_occurrence(calendar, moment))
        return nullptr;
    const Component& master = *master_of(calendar);
    const Property begin = *master.find("DTSTART");
    const EventTimes times = times_of(calendar, master);
    const std::int64_t start = times.read(master, "DTSTART").value_or(moment);
    std::int64_t length = times.read_end(master, start) - start;
    if (const auto added = added_at(calendar, master, moment); added && added->length)
        length = *added->length;
    Component made = master;
    for (const std::string_view name : of_series) made.remove(name);
    made.remove("DTEND");
    made.remove("DURATION");
    *made.find("DTSTART") = moment_like(calendar, begin, "DTSTART", moment);
    made.properties.push_back(moment_like(calendar, begin, "DTEND", moment + length));
    made.properties.push_back(moment_like(calendar, begin, "RECURRENCE-ID", moment));
    if (!has_room(calendar, made, static_cast<std::size_t>(overrides))) return nullptr;
    return &calendar.components.emplace_back(std::move(made));
}

bool remove_occurrence(Component& calendar, std::int64_t moment) {
    Component* master = master_of(calendar);
    if (master == nullptr || master->find("DTSTART") == nullptr) return false;
    std::size_t removed = 0;
    Moments moments(calendar);
    for_each_date(moments, *master, "EXDATE", [&](const ListedDate&) { return ++removed < overrides_max; });
    if (removed >= overrides_max) return false;
    if (!is_removed(calendar, *master, moment)) {
        Property exdate = moment_like(calendar, *master->find("DTSTART"), "EXDATE", moment);
        master->properties.push_back(std::move(exdate));
    }
    if (const Component* own = find_override(calendar, moment))
        calendar.components.erase(calendar.components.begin() + (own - calendar.components.data()));
    return true;
}

void keep_removed(Component& calendar, const Component& before) {
    Component& master = *master_of(calendar);
    std::set<std::int64_t> removed;
    Moments moments(calendar), moments_before(before);
    for_each_date(moments, master, "EXDATE", [&removed](const ListedDate& one) {
        removed.insert(one.moment);
        return removed.size() < overrides_max;
    });
    std::size_t walked = 0;
    const Component& master_before = *master_of(before);
    for (const Property& one : master_before.properties) {
        if (one.name != "EXDATE") continue;
        std::string kept;
        const bool go_on = for_each_value(one.value, [&](std::string_view value) {
            if (removed.size() >= overrides_max || ++walked > dates_walked_max) return false;
            const auto date = read_listed(moments_before, one, value);
            if (!date || !removed.insert(date->moment).second) return true;
            if (!kept.empty()) kept.push_back(',');
            kept += value;
            return true;
        });
        if (!kept.empty()) {
            Property& made = master.properties.emplace_back(one);
            made.value = std::move(kept);
        }
        if (!go_on) return;
    }
}

void keep_overrides(Component& calendar, const Component& before) {
    std::set<std::int64_t> known;
    std::size_t count = 0;
    for_each_override(calendar, [&](const Component&, std::int64_t moment) {
        known.insert(moment);
        ++count;
    });
    std::vector<Component> kept;
    for_each_override(before, [&](const Component& one, std::int64_t moment) {
        if (count >= overrides_max || !known.insert(moment).second) return;
        kept.push_back(one);
        ++count;
    });
    std::ranges::move(kept, std::back_inserter(calendar.components));
}

bool is_readable(const Component& calendar) {
    const ComponentLimits limits;
    const Count count = count_of(calendar);
    return octets_of(calendar) <= limits.text_bytes_max && count.properties <= limits.properties_max &&
           count.components <= limits.components_max;
}

void restore_occurrence(Component& calendar, std::int64_t moment) {
    Component* master = master_of(calendar);
    if (master == nullptr || !is_removed(calendar, *master, moment)) return;
    Moments moments(calendar);
    std::size_t walked = 0;
    for (Property& one : master->properties) {
        if (one.name != "EXDATE" || walked >= dates_walked_max) continue;
        std::string kept;
        for_each_value(one.value, [&](std::string_view value) {
            if (++walked <= dates_walked_max && moments.read(one, value) == moment) return true;
            if (!kept.empty()) kept.push_back(',');
            kept += value;
            return true;
        });
        one.value = std::move(kept);
    }
    std::erase_if(master->properties,
                  [](const Property& one) { return one.name == "EXDATE" && one.value.empty(); });
}

void take_zones(Component& calendar, const Component& from) {
    for (const Component& zone : from.components) {
        if (zone.name != "VTIMEZONE") continue;
        if (find_zone(calendar, zone.text("TZID")) == nullptr)
            calendar.components.insert(calendar.components.begin(), zone);
    }
}

}  // namespace pim::itip
