#include "pim/moments.hpp"

#include "pim/date_time.hpp"
#include "pim/event_times.hpp"

namespace pim {
namespace {

constexpr std::size_t zones_walked_max = 64;       // that the times of one walk may name
constexpr std::int64_t year_seconds = 31'556'952;  // about

}  // namespace

TimeZone zone_at(const Component& calendar, std::string_view id, std::int64_t at) {
    if (id.empty()) return {};
    if (const Component* known = find_zone(calendar, id))
        if (auto zone = read_time_zone(*known, at)) return std::move(*zone);
    return zone_named(id, at).value_or(TimeZone());
}

std::optional<std::int64_t> Moments::read(const Property& time, std::string_view value) {
    const auto read = parse_date_time(value);
    if (!read) return std::nullopt;
    if (read->kind == DateTime::Kind::date) return floor_day(read->seconds);
    if (read->kind == DateTime::Kind::utc) return read->seconds;
    return zone(time.parameter("TZID"), read->seconds).to_utc(read->seconds);
}

const TimeZone& Moments::zone(std::string_view id, std::int64_t at) {
    if (id.empty()) return fallback_;
    const std::pair key(id, at / year_seconds);  // a name means other rules in another year
    const auto known = zones_.find(key);
    if (known != zones_.end()) return known->second;
    if (zones_.size() >= zones_walked_max) return utc_;
    return zones_.emplace(key, zone_at(calendar_, id, at)).first->second;
}

std::optional<ListedDate> read_listed(Moments& moments, const Property& property, std::string_view value) {
    const std::size_t slash = value.find('/');
    const auto start = moments.read(property, value.substr(0, slash));
    if (!start) return std::nullopt;
    ListedDate out;
    out.moment = *start;
    out.is_date = value.substr(0, slash).find_first_of("Tt") == std::string_view::npos;
    if (slash == std::string_view::npos) return out;
    const std::string_view end = value.substr(slash + 1);
    if (const auto length = parse_duration(end)) {
        out.length = *length;
    } else if (const auto until = moments.read(property, end)) {
        out.length = *until - *start;
    }
    if (out.length && *out.length < 0) out.length.reset();  // of the event's own length then
    return out;
}

}  // namespace pim
