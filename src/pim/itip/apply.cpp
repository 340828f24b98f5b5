#include "pim/itip/apply.hpp"

#include <algorithm>
#include <map>
#include <set>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"

namespace pim::itip {
namespace {

constexpr std::string_view busy_property = "X-MICROSOFT-CDO-BUSYSTATUS";
constexpr std::string_view intended_property = "X-MICROSOFT-CDO-INTENDEDSTATUS";
constexpr std::string_view reply_time_property = "X-BARID-REPLY-TIME";
constexpr std::string_view status_property = "X-BARID-MEETING-STATUS";
constexpr std::size_t occurrences_files_max = 2'000;  // named anew: an object has 20 000 properties
constexpr std::string_view replied_parameter = "X-BARID-REPLIED";  // DTSTAMP of the answer that counts

/// What the calendar shows of the time: nothing is sure before it is accepted.
void show_busy(Component& event, Answer answer) {
    const bool free = event.raw("TRANSP") == "TRANSPARENT";
    std::string intended(event.raw(intended_property));
    if (intended.empty()) intended = free ? "FREE" : "BUSY";
    std::string shown = intended;
    if (answer == Answer::declined) shown = "FREE";
    if ((answer == Answer::none || answer == Answer::tentative) && intended != "FREE") shown = "TENTATIVE";
    event.set_raw(busy_property, shown);
}

/// Alarms of a stranger that would do more than show themselves are left out.
void keep_displays(Component& event) {
    std::erase_if(event.components, [](const Component& one) {
        return one.name != "VALARM" || !base::equals_nocase(one.raw("ACTION"), "DISPLAY");
    });
    for (Component& alarm : event.components) {
        alarm.remove("ATTACH");
        alarm.components.clear();
    }
}

/// An event as the organizer sent it becomes one of this calendar.
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
    for (Component& one : calendar.components)
        if (is_event(one)) receive(one, owner);
}

/// RFC 5546 section 2.1.4: what makes people look at their calendars again.
bool same_times(const Component& a, const Component& in_a, const Component& b, const Component& in_b) {
    const auto start_a = moment_of(a, in_a, "DTSTART"), start_b = moment_of(b, in_b, "DTSTART");
    if (!start_a || !start_b || *start_a != *start_b) return false;
    if (times_of(a, in_a).read_end(in_a, *start_a) != times_of(b, in_b).read_end(in_b, *start_b))
        return false;
    return parse_rule(in_a.raw("RRULE")) == parse_rule(in_b.raw("RRULE"));
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

/// The same of occurrences that are sent with their series: those of what each was.
void keep_files_of_occurrences(Component& made, const Component& before) {
    std::map<std::int64_t, const Component*> known;
    for (const Component& one : before.components)
        if (const auto moment = moment_of(before, one, "RECURRENCE-ID")) known.emplace(*moment, &one);
    std::size_t room = occurrences_files_max;
    for (Component& one : made.components) {
        if (!is_override(one)) continue;
        const auto moment = moment_of(made, one, "RECURRENCE-ID");
        const auto was = moment ? known.find(*moment) : known.end();
        keep_files(one, was == known.end() ? *master_of(before) : *was->second, room);
    }
}

/// What the user has made of the event: his answer where it still counts, his alarms, categories and files.
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

bool same_organizer(const Component& a, const Component& b) {
    const Property* organizer = a.find("ORGANIZER");
    return organizer != nullptr && is_organizer(b, address_of(*organizer));
}

/// The series is sent anew: occurrences of their own stay if the pattern did.
Applied replace_series(Component& calendar, const Message& request, const Owner& owner) {
    const Component before = *master_of(calendar);
    Component made = request.calendar;
    receive_all(made, owner);
    Component& event = *master_of(made);
    const bool same = same_times(calendar, before, made, event);
    keep_own(event, before, same, owner);
    keep_files_of_occurrences(made, calendar);
    take_zones(made, calendar);
    if (same) {
        std::set<std::int64_t> sent;
        for (const Component& one : made.components)
            if (const auto moment = moment_of(made, one, "RECURRENCE-ID")) sent.insert(*moment);
        for (const Property& one : before.properties)
            if (one.name == "EXDATE" && std::ranges::find(event.properties, one) == event.properties.end())
                event.properties.push_back(one);
        for (const Component& one : calendar.components) {
            const auto moment = moment_of(calendar, one, "RECURRENCE-ID");
            if (is_override(one) && moment && !sent.contains(*moment)) made.components.push_back(one);
        }
    }
    calendar = std::move(made);
    return Applied::done;
}

/// One occurrence is sent: beside the series, or in the place of what it was.
Applied put_occurrence(Component& calendar, const Component& sent, const Message& request,
                       const Owner& owner) {
    const auto moment = moment_of(request.calendar, sent, "RECURRENCE-ID");
    if (!moment) return Applied::refused;
    restore_occurrence(calendar, *moment);  // it was declined, and is proposed again
    Component* known = own_occurrence(calendar, *moment);
    if (known == nullptr) return Applied::refused;
    if (revision_of(sent) <= revision_of(*known)) return Applied::nothing;
    Component made = sent;
    receive(made, owner);
    keep_own(made, *known, same_times(calendar, *known, request.calendar, made), owner);
    const Property* begin = master_of(calendar)->find("DTSTART");
    *made.find("RECURRENCE-ID") = moment_like(calendar, *begin, "RECURRENCE-ID", *moment);
    *known = std::move(made);
    take_zones(calendar, request.calendar);
    return Applied::done;
}

/// RECURRENCE-ID under another name: the event then stands for itself.
void orphan(Component& event) {
    for (Property& one : event.properties)
        if (one.name == "RECURRENCE-ID") one.name = orphan_property;
}

bool is_orphan_of(const Component& calendar, const Message& message, const Component& sent) {
    const auto moment = moment_of(calendar, *master_of(calendar), orphan_property);
    return moment && moment == moment_of(message.calendar, sent, "RECURRENCE-ID");
}

void call_off(Component& event, const Revision& revision) {
    event.set_raw("STATUS", "CANCELLED");
    event.remove(status_property);
    event.set_raw(busy_property, "FREE");
    event.set_raw("SEQUENCE", std::to_string(revision.sequence));
    if (revision.stamp != 0) event.set_raw("DTSTAMP", write_date_time(DateTime{revision.stamp}));
}

/// Newer than what counted till now. RFC 5546 section 2.1.5.
bool is_news(const Property& attendee, std::int64_t stamp) {
    const auto before = parse_date_time(attendee.parameter(replied_parameter));
    return !before || stamp > before->seconds;
}

/// Whether it is another answer: the same once more is not worth writing an event and its files anew.
bool take_answer(Component& event, const Property& given, std::int64_t stamp) {
    Property* attendee = find_attendee(event, address_of(given));
    if (attendee == nullptr || !is_news(*attendee, stamp)) return false;
    const bool differs = answer_of(*attendee) != answer_of(given);
    attendee->set_parameter("PARTSTAT", name_of(answer_of(given)));
    attendee->set_parameter(replied_parameter, write_date_time(DateTime{stamp}));
    return differs;
}

Applied reply_to(Component& calendar, const Component& sent, const Message& reply, std::string_view sender) {
    const Property* found = find_attendee(sent, sender);
    if (found == nullptr) return Applied::refused;
    Property given = *found;
    if (reply.method == Method::counter && answer_of(given) == Answer::none)
        given.set_parameter("PARTSTAT", name_of(Answer::tentative));
    if (answer_of(given) == Answer::none) return Applied::nothing;  // also DELEGATED, which nobody tracks
    Component* master = master_of(calendar);
    if (master == nullptr || find_attendee(*master, sender) == nullptr) return Applied::refused;
    const Revision revision = revision_of(sent);
    if (!is_override(sent)) {
        if (revision.sequence < revision_of(*master).sequence) return Applied::nothing;
        bool any = false;
        for (Component& one : calendar.components)
            if (is_event(one)) any = take_answer(one, given, revision.stamp) || any;
        return any ? Applied::done : Applied::nothing;
    }
    const auto moment = moment_of(reply.calendar, sent, "RECURRENCE-ID");
    Component* occurrence = moment ? own_occurrence(calendar, *moment) : nullptr;
    if (occurrence == nullptr) return Applied::refused;
    if (revision.sequence < revision_of(*occurrence).sequence) return Applied::nothing;
    return take_answer(*occurrence, given, revision.stamp) ? Applied::done : Applied::nothing;
}

/// What would make the text longer than others may make it is none of it.
Applied within_room(Applied applied, const Component& calendar, std::size_t before) {
    const bool too_long =
        applied == Applied::done && octets_of(calendar) > std::max(before, received_octets_max);
    return too_long ? Applied::refused : applied;
}

/// The best of several.
Applied both(Applied a, Applied b) { return std::min(a, b); }

void answer_event(Component& event, const OwnAnswer& answer, const Owner& owner) {
    Property* own = owner.attendee_of(event);
    if (own == nullptr) return;
    own->set_parameter("PARTSTAT", name_of(answer.answer));
    own->set_parameter("RSVP", "");
    event.set_raw(reply_time_property, write_date_time(DateTime{answer.now}));
    show_busy(event, answer.answer);
}

}  // namespace

Component adopt(const Message& request, const Owner& owner) {
    Component out = request.calendar;
    if (master_of(out) == nullptr) {
        const Component first = *main_event(out);
        std::erase_if(out.components, is_event);
        orphan(out.components.emplace_back(first));
    }
    receive_all(out, owner);
    return out;
}

namespace {

Applied request_to(Component& calendar, const Message& request, const Owner& owner) {
    const Component* master = master_of(calendar);
    if (master == nullptr || owner.organizes(*master) || !same_organizer(*master, request.event()))
        return Applied::refused;
    const Component* series = master_of(request.calendar);
    if (series != nullptr) {
        if (revision_of(*series) <= revision_of(*master)) return Applied::nothing;
        return replace_series(calendar, request, owner);
    }
    Applied out = Applied::refused;
    for (const Component& sent : request.calendar.components) {
        if (!is_override(sent)) continue;
        if (master->find(orphan_property) == nullptr) {
            out = both(out, put_occurrence(calendar, sent, request, owner));
            master = master_of(calendar);
            continue;
        }
        if (!is_orphan_of(calendar, request, sent)) continue;
        if (revision_of(sent) <= revision_of(*master)) return Applied::nothing;
        Component made = sent;
        orphan(made);
        receive(made, owner);
        keep_own(made, *master, same_times(calendar, *master, request.calendar, made), owner);
        *master_of(calendar) = std::move(made);
        take_zones(calendar, request.calendar);
        return Applied::done;
    }
    return out;
}

Applied cancel_in(Component& calendar, const Message& cancel, const Owner& owner) {
    const Component* master = master_of(calendar);
    if (master == nullptr || owner.organizes(*master) || !same_organizer(*master, cancel.event()))
        return Applied::refused;
    const bool orphaned = master->find(orphan_property) != nullptr;
    Applied out = Applied::refused;
    for (const Component& sent : cancel.calendar.components) {
        if (!is_event(sent)) continue;
        const bool all = !is_override(sent) || is_orphan_of(calendar, cancel, sent);
        if (orphaned && !all) continue;
        // Whoever is asked no more is named; that somebody else is not says nothing here.
        const bool others = sent.find("ATTENDEE") != nullptr && owner.attendee_of(sent) == nullptr;
        if (others && !base::equals_nocase(sent.raw("STATUS"), "CANCELLED")) {
            out = both(out, Applied::nothing);
            continue;
        }
        const Revision revision = revision_of(sent);
        if (all) {
            out = both(out, Applied::nothing);
            if (revision.sequence < revision_of(*master_of(calendar)).sequence) continue;
            for (Component& one : calendar.components)
                if (is_event(one)) call_off(one, revision);
            out = Applied::done;
            continue;
        }
        const auto moment = moment_of(cancel.calendar, sent, "RECURRENCE-ID");
        Component* occurrence = moment ? own_occurrence(calendar, *moment) : nullptr;
        if (occurrence == nullptr) continue;
        out = both(out, Applied::nothing);
        if (revision.sequence < revision_of(*occurrence).sequence) continue;
        call_off(*occurrence, revision);
        out = Applied::done;
    }
    return out;
}

}  // namespace

Applied apply_request(Component& calendar, const Message& request, const Owner& owner) {
    const std::size_t before = octets_of(calendar);
    return within_room(request_to(calendar, request, owner), calendar, before);
}

Applied apply_cancel(Component& calendar, const Message& cancel, const Owner& owner) {
    const std::size_t before = octets_of(calendar);
    return within_room(cancel_in(calendar, cancel, owner), calendar, before);
}

Applied apply_reply(Component& calendar, const Message& reply, std::string_view sender) {
    Applied out = Applied::refused;
    for (const Component& sent : reply.calendar.components)
        if (is_event(sent)) out = both(out, reply_to(calendar, sent, reply, sender));
    return out;
}

bool apply_answer(Component& calendar, const OwnAnswer& answer, const Owner& owner) {
    if (!answer.occurrence) {
        for (Component& one : calendar.components)
            if (is_event(one)) answer_event(one, answer, owner);
        return true;
    }
    if (!has_occurrence(calendar, *answer.occurrence)) return false;
    if (answer.answer == Answer::declined) return remove_occurrence(calendar, *answer.occurrence);
    Component* occurrence = own_occurrence(calendar, *answer.occurrence);
    if (occurrence == nullptr) return false;
    answer_event(*occurrence, answer, owner);
    return true;
}

}  // namespace pim::itip
