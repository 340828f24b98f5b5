#include "pim/free_busy.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <set>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/event_times.hpp"
#include "pim/rule.hpp"
#include "pim/walk.hpp"

namespace pim {
namespace {

constexpr std::int64_t half_hour = 1'800;
constexpr std::size_t dates_max = 10'000;  // of RDATE and EXDATE: as many as a series has steps

bool says(const Component& event, std::string_view name, std::string_view value) {
    return base::equals_nocase(event.raw(name), value);
}

Busy busy_of(const Component& event) {
    if (says(event, "STATUS", "CANCELLED")) return Busy::free;
    constexpr std::string_view outlook = "X-MICROSOFT-CDO-BUSYSTATUS";
    if (says(event, outlook, "OOF")) return Busy::away;
    if (says(event, outlook, "BUSY")) return Busy::busy;
    if (says(event, outlook, "TENTATIVE")) return Busy::tentative;
    // Who works elsewhere can be met.
    if (says(event, outlook, "FREE") || says(event, outlook, "WORKINGELSEWHERE")) return Busy::free;
    if (says(event, "TRANSP", "TRANSPARENT")) return Busy::free;
    return says(event, "STATUS", "TENTATIVE") ? Busy::tentative : Busy::busy;
}

/// The dates of EXDATE or RDATE; of a period its start.
std::vector<std::int64_t> dates_of(const Component& event, std::string_view name, const EventTimes& times) {
    std::vector<std::int64_t> out;
    for (const Property& one : event.properties) {
        if (one.name != name) continue;
        for (const std::string& text : split(one.value, ',')) {
            const auto value = times.read(std::string_view(text).substr(0, text.find('/')));
            if (value && out.size() < dates_max) out.push_back(*value);
        }
    }
    return out;
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
    void add_series(const EventTimes& times, const Component& master, const std::set<std::int64_t>& others) {
        const auto start = times.read(master, "DTSTART");
        if (!start) return;
        const std::int64_t length = times.read_end(master, *start) - *start;
        std::set<std::int64_t> starts{*start};
        if (const auto rule = local_rule(master, times)) {
            if (!Walk::knows(*rule)) unknown_from(times.utc(*start));
            // A day more on both sides: the span is in UTC, the rule's times are the place's.
            const std::int64_t from = span_.from - length - day_seconds;
            for (const std::int64_t local :
                 occurrences(*rule, times.local(*start), from, span_.until + day_seconds))
                starts.insert(times.value_of_local(local));
        }
        for (const std::int64_t date : dates_of(master, "RDATE", times)) starts.insert(date);
        for (const std::int64_t date : dates_of(master, "EXDATE", times)) starts.erase(date);
        for (const std::int64_t one : starts)
            if (!others.contains(one)) add(times, one, length, busy_of(master));
    }
    /// A series of which only its own program knows when it occurs: never free.
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
    if (master != nullptr) out.add_series(*series, *master, others);
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
