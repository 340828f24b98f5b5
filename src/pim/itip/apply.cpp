#include "pim/itip/apply.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/received.hpp"

namespace pim::itip {
namespace {

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
    join_texts(event, before);
    keep_of_occurrences(made, calendar);
    take_zones(made, calendar);
    if (same) {
        keep_removed(made, calendar);
        keep_overrides(made, calendar);
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
    const std::string name = text_name(sent);
    if (!counts_over(*known, sent, name)) return Applied::nothing;
    Component made = sent;
    receive(made, owner);
    note_text(made, name);
    join_texts(made, *known);
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
    event.remove(meeting_status_property);
    event.remove(texts_property);  // a request of the same second does not undo it
    event.set_raw(busy_property, "FREE");
    event.set_raw("SEQUENCE", std::to_string(revision.sequence));
    if (revision.stamp != 0) event.set_raw("DTSTAMP", write_date_time(DateTime{revision.stamp}));
}

/// More than others may make of a text, or than can be read again.
bool is_too_much(const Component& calendar, const Component& before) {
    return octets_of(calendar) > std::max(octets_of(before), received_octets_max) || !is_readable(calendar);
}

/// Whoever is asked no more is named; that somebody else is not says nothing here.
bool calls_off(const Component& sent, const Owner& owner) {
    const bool others = sent.find("ATTENDEE") != nullptr && owner.attendee_of(sent) == nullptr;
    return !others || base::equals_nocase(sent.raw("STATUS"), "CANCELLED");
}

/// Where there is no room to show that they do not take place.
Applied take_dates_out(Component& calendar, const Message& cancel, const Owner& owner) {
    Applied out = Applied::nothing;
    for (const Component& sent : cancel.calendar.components) {
        const auto moment = moment_of(cancel.calendar, sent, "RECURRENCE-ID");
        if (!is_override(sent) || !moment || !calls_off(sent, owner)) continue;
        const Component* known = find_override(calendar, *moment);
        if (known == nullptr) known = master_of(calendar);
        if (revision_of(sent).sequence < revision_of(*known).sequence) continue;
        if (remove_occurrence(calendar, *moment)) out = Applied::done;
    }
    return out;
}

Applied request_to(Component& calendar, const Message& request, const Owner& owner) {
    const Component* master = master_of(calendar);
    if (master == nullptr || owner.organizes(*master) || !same_organizer(*master, request.event()))
        return Applied::refused;
    const Component* series = master_of(request.calendar);
    if (series != nullptr) {
        if (!counts_over(*master, *series, text_name(request.calendar))) return Applied::nothing;
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
        const std::string name = text_name(sent);
        if (!counts_over(*master, sent, name)) return Applied::nothing;
        Component made = sent;
        orphan(made);
        receive(made, owner);
        note_text(made, name);
        join_texts(made, *master);
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
        if (!calls_off(sent, owner)) {
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

Component adopt(const Message& request, const Owner& owner) {
    Component out = request.calendar;
    if (master_of(out) != nullptr) {
        receive_all(out, owner);
        return out;
    }
    Component first = *main_event(out);
    const std::string name = text_name(first);
    orphan(first);
    receive(first, owner);
    note_text(first, name);
    std::erase_if(out.components, is_event);
    out.components.push_back(std::move(first));
    return out;
}

Applied apply_request(Component& calendar, const Message& request, const Owner& owner) {
    Component before = calendar;
    const Applied applied = request_to(calendar, request, owner);
    if (applied != Applied::done || !is_too_much(calendar, before)) return applied;
    calendar = std::move(before);
    return Applied::nothing;
}

Followed follow_series(Component& beside, const Message& request, const Owner& owner) {
    const Component* master = master_of(beside);
    const Component* series = master_of(request.calendar);
    if (master == nullptr || series == nullptr || owner.organizes(*master) ||
        !same_organizer(*master, *series))
        return Followed::stays;
    const auto moment = moment_of(beside, *master, orphan_property);
    if (!moment || revision_of(*series) <= revision_of(*master)) return Followed::stays;
    if (has_by_rule(request.calendar, *moment) || !has_occurrence(request.calendar, *moment))
        return Followed::gone;
    Component sent = request.calendar;
    const Component* own = own_occurrence(sent, *moment);
    if (own == nullptr) return Followed::stays;  // of which the message has no room
    Component made = *own;
    const std::string name = text_name(made);
    orphan(made);
    receive(made, owner);
    note_text(made, name);
    keep_own(made, *master, same_times(beside, *master, sent, made), owner);
    *master_of(beside) = std::move(made);
    take_zones(beside, sent);
    return Followed::changed;
}

Applied apply_cancel(Component& calendar, const Message& cancel, const Owner& owner) {
    Component before = calendar;
    const Applied applied = cancel_in(calendar, cancel, owner);
    if (applied != Applied::done || !is_too_much(calendar, before)) return applied;
    calendar = std::move(before);
    return take_dates_out(calendar, cancel, owner);
}

}  // namespace pim::itip
