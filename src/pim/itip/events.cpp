#include "pim/itip/events.hpp"

#include <algorithm>
#include <map>
#include <utility>

#include "pim/date_time.hpp"

namespace pim::itip {
namespace {

using Kind = DateTime::Kind;

constexpr std::string_view of_series[] = {"RRULE", "RDATE", "EXDATE", "EXRULE"};

constexpr std::size_t dates_walked_max = 10'000;   // of one series
constexpr std::size_t zones_walked_max = 64;       // that the times of one walk may name
constexpr std::int64_t year_seconds = 31'556'952;  // about

TimeZone zone_at(const Component& calendar, std::string_view id, std::int64_t at) {
    if (id.empty()) return {};
    if (const Component* known = find_zone(calendar, id))
        if (auto zone = read_time_zone(*known)) return std::move(*zone);
    return zone_named(id, at).value_or(TimeZone());
}

/// The moments of many times of one calendar: a zone is read once, and those past a limit are UTC. The
/// calendar outlives it, and no TZID changes meanwhile.
class Moments {
public:
    explicit Moments(const Component& calendar) : calendar_(calendar) {}

    std::optional<std::int64_t> read(const Property& time, std::string_view value) {
        const auto read = parse_date_time(value);
        if (!read) return std::nullopt;
        if (read->kind == Kind::date) return floor_day(read->seconds);
        if (read->kind == Kind::utc) return read->seconds;
        return zone(time.parameter("TZID"), read->seconds).to_utc(read->seconds);
    }

private:
    const TimeZone& zone(std::string_view id, std::int64_t at) {
        const std::pair key(id, at / year_seconds);  // a name means other rules in another year
        const auto known = zones_.find(key);
        if (known != zones_.end()) return known->second;
        if (zones_.size() >= zones_walked_max) return utc_;
        return zones_.emplace(key, zone_at(calendar_, id, at)).first->second;
    }

    const Component& calendar_;
    const TimeZone utc_;
    std::map<std::pair<std::string_view, std::int64_t>, TimeZone> zones_;
};

/// The values of a list as they stand, until one is answered with false.
template <class Visit>
bool for_each_value(std::string_view list, const Visit& visit) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (!visit(list.substr(0, end))) return false;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return true;
}

/// The moments of all EXDATEs, until one is answered with false.
template <class Visit>
void for_each_removed(const Component& calendar, const Component& master, const Visit& visit) {
    Moments moments(calendar);
    std::size_t walked = 0;
    for (const Property& one : master.properties) {
        if (one.name != "EXDATE") continue;
        const bool go_on = for_each_value(one.value, [&](std::string_view value) {
            if (++walked > dates_walked_max) return false;
            const auto moment = moments.read(one, value);
            return !moment || visit(*moment);
        });
        if (!go_on) return;
    }
}

bool is_removed(const Component& calendar, const Component& master, std::int64_t moment) {
    bool out = false;
    for_each_removed(calendar, master, [&](std::int64_t one) {
        out = one == moment;
        return !out;
    });
    return out;
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
        time = {zone_of(calendar, like).to_local(moment), Kind::local};
        out.set_parameter("TZID", like.parameter("TZID"));
    }
    out.value = write_date_time(time);
    return out;
}

bool has_occurrence(const Component& calendar, std::int64_t moment) {
    const Component* master = master_of(calendar);
    if (master == nullptr) return false;
    if (find_override(calendar, moment) != nullptr) return true;
    const EventTimes times = times_of(calendar, *master);
    const auto start = times.read(*master, "DTSTART");
    const auto rule = local_rule(*master, times);
    if (!start || !rule || is_removed(calendar, *master, moment)) return false;
    const std::int64_t local = times.local(moment);
    return moment == *start || !occurrences(*rule, times.local(*start), local, local + 1).empty();
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
    const std::int64_t start = moment_of(calendar, begin).value_or(moment);
    const std::int64_t length = times_of(calendar, master).read_end(master, start) - start;
    Component made = master;
    for (const std::string_view name : of_series) made.remove(name);
    made.remove("DTEND");
    made.remove("DURATION");
    *made.find("DTSTART") = moment_like(calendar, begin, "DTSTART", moment);
    made.properties.push_back(moment_like(calendar, begin, "DTEND", moment + length));
    made.properties.push_back(moment_like(calendar, begin, "RECURRENCE-ID", moment));
    // A thousand of them are still one item that can be kept.
    if ((octets_of(made) + 64) * static_cast<std::size_t>(overrides + 1) > ComponentLimits().text_bytes_max)
        return nullptr;
    return &calendar.components.emplace_back(std::move(made));
}

bool remove_occurrence(Component& calendar, std::int64_t moment) {
    Component* master = master_of(calendar);
    if (master == nullptr || master->find("DTSTART") == nullptr) return false;
    std::size_t removed = 0;
    for_each_removed(calendar, *master, [&](std::int64_t) { return ++removed < overrides_max; });
    if (removed >= overrides_max) return false;
    if (!is_removed(calendar, *master, moment)) {
        Property exdate = moment_like(calendar, *master->find("DTSTART"), "EXDATE", moment);
        master->properties.push_back(std::move(exdate));
    }
    if (const Component* own = find_override(calendar, moment))
        calendar.components.erase(calendar.components.begin() + (own - calendar.components.data()));
    return true;
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
