// The names of a series' occurrences, as whoever sent the series wrote them.
#include <utility>
#include <vector>

#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/moments.hpp"

namespace pim::itip {
namespace {

using Kind = DateTime::Kind;

/// How a series writes its start.
struct Series {
    Property start;
    EventTimes times;
    Kind kind = Kind::utc;
    std::int64_t time_of_day = 0;

    bool writes_so(const Property& time, Kind other) const {
        return other == kind && time.parameter("TZID") == start.parameter("TZID");
    }
    DateTime like(std::int64_t value) const {
        return {kind == Kind::local ? times.local(value) : value, kind};
    }
    void mark(Property& time) const {
        time.set_parameter("TZID", kind == Kind::local ? start.parameter("TZID") : std::string_view());
        time.set_parameter("VALUE", kind == Kind::date ? "DATE" : "");
    }
};

/// The occurrence that is meant: a value of the series' times.
std::int64_t value_of(const Series& series, Moments& moments, const Property& time, std::string_view text,
                      const DateTime& read) {
    const bool is_midnight = read.seconds == floor_day(read.seconds);
    if (series.times.all_day) {  // whose day it is in the place's eyes
        if (read.kind != Kind::utc || is_midnight) return floor_day(read.seconds);
        return floor_day(series.times.zone.to_local(read.seconds));
    }
    if (read.kind == Kind::date) return series.times.value_of_local(read.seconds + series.time_of_day);
    const bool floats = read.kind == Kind::local && time.parameter("TZID").empty();
    return floats ? series.times.zone.to_utc(read.seconds) : moments.read(time, text).value_or(read.seconds);
}

/// The same as the series would write it. Nothing: it does so already, or it is no list of times, or a too
/// long one.
std::optional<std::string> rewritten(const Series& series, Moments& moments, const Property& time,
                                     std::size_t& walked) {
    std::string out;
    bool differs = false;
    const bool all = for_each_value(time.value, [&](std::string_view text) {
        const auto read = parse_date_time(text);
        if (!read || ++walked > dates_walked_max) return false;
        // One in UTC is understood wherever hours are.
        const bool plain = read->kind == Kind::utc && !series.times.all_day;
        differs = differs || !(plain || series.writes_so(time, read->kind));
        if (!out.empty()) out.push_back(',');
        out += write_date_time(series.like(value_of(series, moments, time, text, *read)));
        return true;
    });
    return all && differs ? std::optional(std::move(out)) : std::nullopt;
}

std::optional<Series> series_of(const Component& calendar) {
    const Component* master = master_of(calendar);
    const Property* start = master == nullptr ? nullptr : master->find("DTSTART");
    const auto read = start == nullptr ? std::nullopt : parse_date_time(start->value);
    if (!read) return std::nullopt;
    Series out;
    out.start = *start;
    out.times = times_of(calendar, *master);
    out.kind = read->kind;
    const std::int64_t local = out.times.local(out.times.read(*master, "DTSTART").value_or(0));
    out.time_of_day = local - floor_day(local);
    return out;
}

}  // namespace

void name_alike(Component& calendar) {
    const auto series = series_of(calendar);
    if (!series) return;
    std::vector<std::pair<Property*, std::string>> others;
    Moments moments(calendar, series->times.zone);
    std::size_t walked = 0;
    for (Component& one : calendar.components) {
        if (!is_event(one)) continue;
        for (Property& time : one.properties) {
            if (time.name != "RECURRENCE-ID" && time.name != "EXDATE") continue;
            if (auto text = rewritten(*series, moments, time, walked))
                others.emplace_back(&time, std::move(*text));
        }
    }
    // Only now: `moments` knows zones by the names that stand there.
    for (auto& [time, text] : others) {
        time->value = std::move(text);
        series->mark(*time);
    }
}

}  // namespace pim::itip
