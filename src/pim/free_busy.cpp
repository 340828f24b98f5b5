#include "pim/free_busy.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/event_names.hpp"
#include "pim/event_times.hpp"
#include "pim/moments.hpp"
#include "pim/rule.hpp"
#include "pim/walk.hpp"

namespace pim {
namespace {

constexpr std::int64_t half_hour = 1'800;

bool says(const Component& event, std::string_view name, std::string_view value) {
    return base::equals_nocase(event.raw(name), value);
}

Busy busy_of(const Component& event) {
    if (says(event, "STATUS", "CANCELLED")) return Busy::free;
    if (says(event, busy_property, "OOF")) return Busy::away;
    if (says(event, busy_property, "BUSY")) return Busy::busy;
    if (says(event, busy_property, "TENTATIVE")) return Busy::tentative;
    // Who works elsewhere can be met.
    if (says(event, busy_property, "FREE") || says(event, busy_property, "WORKINGELSEWHERE"))
        return Busy::free;
    if (says(event, "TRANSP", "TRANSPARENT")) return Busy::free;
    return says(event, "STATUS", "TENTATIVE") ? Busy::tentative : Busy::busy;
}

class Collector {
public:
    explicit Collector(TimeSpan span) : span_(span) {}

    void add(const EventTimes& times, std::int64_t start, std::int64_t length, Busy kind) {
        // The last second of a whole day is that of its place, whatever the clock did meanwhile.
        const TimeSpan cut{std::max(times.utc(start), span_.from),
                           std::min(times.utc(start + length), span_.until)};
        if (kind != Busy::free && cut.from < cut.until) out_.push_back({cut, kind});
    }
    void add_series(const Component& calendar, const EventTimes& times, const Component& master,
                    const std::set<std::int64_t>& others) {
        const auto start = times.read(master, "DTSTART");
        if (!start) return;
        const std::int64_t length = times.read_end(master, *start) - *start;
        std::map<std::int64_t, std::int64_t> lengths{{*start, length}};  // by start
        if (master.find("RRULE") != nullptr) walk_rule(times, master, *start, lengths);
        // Beside whole days a time means the day of the place.
        const auto value_of = [&times](const ListedDate& one) {
            return times.all_day && !one.is_date ? floor_day(times.zone.to_local(one.moment)) : one.moment;
        };
        Moments moments(calendar, times.zone);
        for_each_date(moments, master, "RDATE", [&](const ListedDate& one) {
            lengths[value_of(one)] = one.length.value_or(length);
            return true;
        });
        for_each_date(moments, master, "EXDATE", [&](const ListedDate& one) {
            lengths.erase(value_of(one));
            return true;
        });
        for (const auto& [begin, seconds] : lengths)
            if (!others.contains(begin)) add(times, begin, seconds, busy_of(master));
    }
    /// Adds to `lengths` what the rule has in the span.
    void walk_rule(const EventTimes& times, const Component& master, std::int64_t start,
                   std::map<std::int64_t, std::int64_t>& lengths) {
        const auto rule = local_rule(master, times);
        if (!rule || !Walk::knows(*rule)) return unknown_from(times.utc(start));
        const std::int64_t length = lengths.at(start);
        // A day more on both sides: the span is in UTC, the rule's times are the place's.
        const std::int64_t from = span_.from - length - day_seconds, until = span_.until + day_seconds;
        Walk walk(*rule, times.local(start), {});
        walk.skip_to(from);
        std::int64_t last = std::max(from, times.local(start));
        while (const auto local = walk.next()) {
            if (*local >= until) break;
            last = *local;
            if (last >= from) lengths.emplace(times.value_of_local(last), length);
        }
        if (walk.cut()) unknown_from(times.utc(times.value_of_local(last)));
    }
    /// Nobody here knows when it occurs: never free.
    void unknown_from(std::int64_t start) {
        const TimeSpan cut{std::max(start, span_.from), span_.until};
        if (cut.from < cut.until) out_.push_back({cut, Busy::unknown});
    }
    std::vector<BusyTime> take() {
        std::ranges::sort(out_, {}, [](const BusyTime& one) { return one.span.from; });
        return std::move(out_);
    }

private:
    TimeSpan span_;
    std::vector<BusyTime> out_;
};

char digit_of(Busy kind) {
    constexpr std::array<char, 5> digits{'0', '4', '1', '2', '3'};
    return digits[static_cast<std::size_t>(kind)];
}

}  // namespace

std::vector<BusyTime> busy_times(const Component& calendar, TimeSpan span) {
    Collector out(span);
    const Component* master = master_of(calendar);
    std::optional<EventTimes> series;
    if (master != nullptr) series = times_of(calendar, *master);
    std::set<std::int64_t> others;
    for (const Component& one : calendar.components) {
        if (!is_override(one)) continue;
        const EventTimes own = times_of(calendar, one);
        if (const auto id = (series ? *series : own).read(one, "RECURRENCE-ID")) others.insert(*id);
        if (const auto start = own.read(one, "DTSTART"))
            out.add(own, *start, own.read_end(one, *start) - *start, busy_of(one));
    }
    if (master != nullptr) out.add_series(calendar, *series, *master, others);
    return out.take();
}

HalfHours::HalfHours(TimeSpan span, Busy kind) : span_(span) {
    const std::int64_t seconds = std::max<std::int64_t>(span.until - span.from, 0);
    pieces_.assign(static_cast<std::size_t>((seconds + half_hour - 1) / half_hour), kind);
}

void HalfHours::add(const BusyTime& time) {
    const std::int64_t from = std::max(time.span.from, span_.from) - span_.from;
    const std::int64_t until = std::min(time.span.until, span_.until) - span_.from;
    for (std::int64_t piece = from / half_hour; piece * half_hour < until; ++piece) {
        Busy& there = pieces_[static_cast<std::size_t>(piece)];
        there = std::max(there, time.kind);
    }
}

void HalfHours::merge(const HalfHours& other) {
    for (std::size_t i = 0; i < std::min(pieces_.size(), other.pieces_.size()); ++i)
        pieces_[i] = std::max(pieces_[i], other.pieces_[i]);
}

std::string HalfHours::digits() const {
    std::string out;
    for (const Busy kind : pieces_) out.push_back(digit_of(kind));
    return out;
}

}  // namespace pim
