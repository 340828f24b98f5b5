#include "pim/itip/received.hpp"

#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"
#include "pim/moments.hpp"

namespace pim::itip {
namespace {

constexpr std::size_t texts_max = 8;
constexpr std::size_t occurrences_files_max = 2'000;  // named anew: an object has 20 000 properties

/// Alarms of a stranger that would do more than show themselves are left out.
void keep_displays(Component& event) {
    std::erase_if(event.components, [](const Component& one) {
        return one.name != "VALARM" || !base::equals_nocase(one.raw("ACTION"), "DISPLAY");
    });
    for (Component& alarm : event.components) alarm.components.clear();
}

/// The organizer's next message names none of the files that the user has added, and all of its own. No more
/// than `room`.
void keep_files(Component& event, const Component& before, std::size_t& room) {
    for (const Property& one : before.properties) {
        if (room == 0 || file_name_in(one).empty() || !one.parameter(mailed_file_parameter).empty()) continue;
        event.properties.push_back(one);
        --room;
    }
}

/// When an event is, whatever zone it is written in.
struct When {
    bool all_day = false;
    std::optional<std::int64_t> start, end;
    bool operator==(const When&) const = default;
};

When when_of(const Component& calendar, const Component& event, const EventTimes& times) {
    When out;
    out.all_day = times.all_day;
    Moments moments(calendar, times.zone);
    const auto read = [&](std::string_view name) {
        const Property* time = event.find(name);
        return time == nullptr ? std::nullopt : moments.read(*time, time->value);
    };
    out.start = read("DTSTART");
    if (!out.start) return out;
    out.end = read("DTEND");
    if (!out.end) out.end = times.read_end(event, *out.start);
    out.end = std::max(*out.end, *out.start);
    return out;
}

/// With what it leaves to the start, and without what makes no difference: devices write all of it, and other
/// programs what is needed.
std::optional<Rule> whole_rule(const Component& event, const EventTimes& times) {
    auto rule = local_rule(event, times);
    const auto start = times.read(event, "DTSTART");
    if (!rule || !start) return rule;
    const CivilTime first = civil(times.local(*start));
    const bool weekly = rule->frequency == Rule::Frequency::weekly;
    const bool by_months =
        rule->frequency == Rule::Frequency::monthly || rule->frequency == Rule::Frequency::yearly;
    const bool no_days = rule->by_day.empty() && rule->by_month_day.empty() && rule->by_year_day.empty() &&
                         rule->by_week_number.empty();
    if (weekly && rule->by_day.empty()) rule->by_day.push_back({0, first.weekday});
    if (by_months && no_days) {
        rule->by_month_day.push_back(static_cast<int>(first.day));
        if (rule->frequency == Rule::Frequency::yearly && rule->by_month.empty())
            rule->by_month.push_back(static_cast<int>(first.month));
    }
    std::ranges::sort(rule->by_day, {},
                      [](const Rule::Day& one) { return std::pair(one.weekday, one.week); });
    // RFC 5545 section 3.3.10: where it counts, weeks begin on Mondays unless something else is said.
    const bool counts = (weekly && rule->interval > 1) || !rule->by_week_number.empty();
    rule->week_start = counts ? std::optional(rule->week_start.value_or(1)) : std::nullopt;
    return rule;
}

/// UNTIL is a moment, too.
bool same_rule(const Component& a, const EventTimes& in_a, const Component& b, const EventTimes& in_b) {
    const auto rule_a = whole_rule(a, in_a), rule_b = whole_rule(b, in_b);
    if (!rule_a && !rule_b) return a.raw("RRULE") == b.raw("RRULE");
    if (rule_a != rule_b) return false;
    // Its later dates move with the summer time of its zone.
    return in_a.all_day || in_a.zone.same_times(in_b.zone);
}

}  // namespace

void show_busy(Component& event, Answer answer) {
    const bool free = event.raw("TRANSP") == "TRANSPARENT";
    std::string intended(event.raw(intended_property));
    if (intended.empty()) intended = free ? "FREE" : "BUSY";
    std::string shown = intended;
    if (answer == Answer::declined) shown = "FREE";
    if ((answer == Answer::none || answer == Answer::tentative) && intended != "FREE") shown = "TENTATIVE";
    event.set_raw(busy_property, shown);
}

void receive(Component& event, const Owner& owner) {
    keep_displays(event);
    std::erase_if(event.properties, holds_octets);  // nobody has taken them
    const std::string_view busy = event.raw(busy_property);
    if (event.raw(intended_property).empty() && !busy.empty() && busy != "TENTATIVE")
        event.set_raw(intended_property, std::string(busy));
    Property* own = owner.attendee_of(event);
    if (own == nullptr && !owner.addresses.empty()) {  // asked by a list, or by somebody who passed it on
        own = &event.properties.emplace_back("ATTENDEE", "mailto:" + owner.addresses.front());
        own->set_parameter("ROLE", "REQ-PARTICIPANT");
    }
    if (own == nullptr) return;
    if (own->parameter("PARTSTAT").empty()) own->set_parameter("PARTSTAT", name_of(Answer::none));
    show_busy(event, answer_of(*own));
}

void receive_all(Component& calendar, const Owner& owner) {
    const std::string whole = text_name(calendar);
    for (Component& one : calendar.components) {
        if (!is_event(one)) continue;
        const std::string name = is_override(one) ? text_name(one) : whole;
        receive(one, owner);
        note_text(one, name);
    }
    name_alike(calendar);
}

std::string text_name(const Component& sent) { return std::to_string(base::fingerprint(write(sent))); }

bool counts_over(const Component& known, const Component& sent, const std::string& name) {
    const Revision there = revision_of(known), now = revision_of(sent);
    if (now != there) return now > there;
    const std::vector<std::string> came = split(known.raw(texts_property), ',');
    return !came.empty() && came.size() < texts_max && std::ranges::find(came, name) == came.end();
}

void note_text(Component& event, const std::string& name) { event.set_raw(texts_property, name); }

void join_texts(Component& event, const Component& before) {
    if (revision_of(event) != revision_of(before)) return;
    std::vector<std::string> came = split(before.raw(texts_property), ',');
    for (const std::string& name : split(event.raw(texts_property), ','))
        if (std::ranges::find(came, name) == came.end()) came.push_back(name);
    if (came.size() > texts_max)
        came.erase(came.begin(), came.end() - static_cast<std::ptrdiff_t>(texts_max));
    event.set_raw(texts_property, join(came, ','));
}

bool same_times(const Component& a, const Component& in_a, const Component& b, const Component& in_b) {
    const EventTimes times_a = times_of(a, in_a), times_b = times_of(b, in_b);
    return when_of(a, in_a, times_a) == when_of(b, in_b, times_b) && same_rule(in_a, times_a, in_b, times_b);
}

void keep_own(Component& event, const Component& before, bool same, const Owner& owner) {
    event.components = before.components;
    event.remove("CATEGORIES");
    for (const Property& one : before.properties) {
        const bool answered = one.name == reply_time_property && same;
        if (answered || one.name == "CATEGORIES") event.properties.push_back(one);
    }
    std::size_t room = files_max;
    keep_files(event, before, room);
    // Together no more than an event may have; those of the user first.
    std::erase_if(event.properties, [&room](const Property& one) {
        if (file_name_in(one).empty() || one.parameter(mailed_file_parameter).empty()) return false;
        if (room == 0) return true;
        --room;
        return false;
    });
    const Property* answered = owner.attendee_of(before);
    Property* asked = owner.attendee_of(event);
    if (asked == nullptr) return;
    const Answer answer = same && answered != nullptr ? answer_of(*answered) : Answer::none;
    asked->set_parameter("PARTSTAT", name_of(answer));
    show_busy(event, answer);
}

void keep_of_occurrences(Component& made, const Component& before) {
    std::map<std::int64_t, const Component*> known;
    for (const Component& one : before.components)
        if (const auto moment = moment_of(before, one, "RECURRENCE-ID")) known.emplace(*moment, &one);
    std::size_t room = occurrences_files_max;
    for (Component& one : made.components) {
        if (!is_override(one)) continue;
        const auto moment = moment_of(made, one, "RECURRENCE-ID");
        const auto was = moment ? known.find(*moment) : known.end();
        keep_files(one, was == known.end() ? *master_of(before) : *was->second, room);
        if (was != known.end()) join_texts(one, *was->second);
    }
}

}  // namespace pim::itip
