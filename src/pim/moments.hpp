// Moments: the times of one calendar's properties, each in its zone, and the dates that a series has or has
// not besides its rule. Pure. All walks over lists of strangers end at a limit and copy nothing.
#pragma once
#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "pim/component.hpp"
#include "pim/time_zone.hpp"

namespace pim {

/// Seconds in UTC; of a date its midnight as if that were in UTC. A zone is read once, and those past a limit
/// are UTC. The calendar outlives it, and no TZID changes meanwhile.
class Moments {
public:
    /// `fallback`: of times that name no zone.
    explicit Moments(const Component& calendar, TimeZone fallback = {})
        : calendar_(calendar), fallback_(std::move(fallback)) {}
    /// `value` as it would stand in the property. Nothing: it is no time.
    std::optional<std::int64_t> read(const Property& time, std::string_view value);

private:
    const TimeZone& zone(std::string_view id, std::int64_t at);

    const Component& calendar_;
    const TimeZone fallback_, utc_;
    std::map<std::pair<std::string_view, std::int64_t>, TimeZone> zones_;  // by name and year
};

/// Of a TZID, by the calendar's VTIMEZONE or by its name. None: UTC.
TimeZone zone_at(const Component& calendar, std::string_view id, std::int64_t at);

/// The values of a list as they stand, until one is answered with false: then it is false too.
template <class Visit>
bool for_each_value(std::string_view list, const Visit& visit) {
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(','), list.size());
        if (!visit(list.substr(0, end))) return false;
        list.remove_prefix(std::min(end + 1, list.size()));
    }
    return true;
}

inline constexpr std::size_t dates_walked_max = 10'000;  ///< of one series, of one name

/// A date of RDATE or EXDATE.
struct ListedDate {
    std::int64_t moment = 0;
    bool is_date = false;
    std::optional<std::int64_t> length;  ///< in seconds, of a PERIOD: RFC 5545 section 3.3.9
};
std::optional<ListedDate> read_listed(Moments& moments, const Property& property, std::string_view value);

/// All dates of the properties of this name, until one is answered with false.
template <class Visit>
void for_each_date(Moments& moments, const Component& event, std::string_view name, const Visit& visit) {
    std::size_t walked = 0;
    for (const Property& one : event.properties) {
        if (one.name != name) continue;
        const bool go_on = for_each_value(one.value, [&](std::string_view value) {
            if (++walked > dates_walked_max) return false;
            const auto date = read_listed(moments, one, value);
            return !date || visit(*date);
        });
        if (!go_on) return;
    }
}

}  // namespace pim
