#include "pim/itip/write.hpp"

#include <algorithm>
#include <set>
#include <tuple>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/event_names.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/files.hpp"
#include "pim/itip/received.hpp"
#include "pim/moments.hpp"

namespace pim::itip {
namespace {

/// Of an answer: what names the event, and what people read.
constexpr std::string_view named_by[] = {"UID",   "SEQUENCE", "ORGANIZER", "RECURRENCE-ID", "DTSTART",
                                         "DTEND", "DURATION", "SUMMARY",   "LOCATION",      "PRIORITY"};

std::string utc_text(std::int64_t seconds) { return write_date_time(DateTime{seconds}); }

/// Without what is this server's and its user's own.
void make_public(Component& event) {
    const bool no_answer = event.raw(responses_property) == "FALSE";
    const std::string intended(event.raw(busy_property));
    std::erase_if(event.properties, [](const Property& one) {
        return one.name.starts_with(own_prefix) || one.name == "CATEGORIES";
    });
    for (Property& property : event.properties) {
        std::erase_if(property.parameters,
                      [](const Parameter& one) { return one.name.starts_with(own_prefix); });
        // Names of files are this server's own: RFC 8607 section 4.2.
        property.set_parameter(file_name_parameter, "");
        if (property.name == "ATTENDEE") property.set_parameter("RSVP", no_answer ? "FALSE" : "TRUE");
    }
    if (intended.empty()) return;
    event.set_raw(intended_property, intended);
    event.set_raw(busy_property, "TENTATIVE");
}

/// An object around the events of `calendar`, which are to be added.
Component envelope(const Component& calendar, Method method) {
    Component out("VCALENDAR");
    out.set_raw("PRODID", "-//Barid//Barid//EN");
    out.set_raw("VERSION", "2.0");
    out.set_raw("METHOD", name_of(method));
    take_zones(out, calendar);
    for (Component& zone : out.components)
        std::erase_if(zone.properties, [](const Property& one) { return one.name.starts_with(own_prefix); });
    return out;
}

/// The event itself, or one occurrence of it as it is or would be.
std::optional<Component> event_of(const Component& calendar, std::optional<std::int64_t> occurrence) {
    if (!occurrence) {
        const Component* master = master_of(calendar);
        if (master == nullptr) return std::nullopt;
        Component out = *master;
        for (Property& one : out.properties)
            if (one.name == orphan_property) one.name = "RECURRENCE-ID";
        return out;
    }
    Component copy = calendar;
    const Component* own = own_occurrence(copy, *occurrence);
    return own == nullptr ? std::nullopt : std::optional(*own);
}

std::vector<std::string> others_in(const Component& event, const Owner& owner) {
    std::vector<std::string> out;
    for (const Property& one : event.properties) {
        if (one.name != "ATTENDEE") continue;
        std::string address = base::lowered(address_of(one));
        const bool known = std::ranges::find(out, address) != out.end();
        if (address.find('@') != std::string::npos && !known && !owner.is(address))
            out.push_back(std::move(address));
    }
    return out;
}

/// What those who were asked can see of an event, whoever they are.
Component visible(const Component& event) {
    Component out = event;
    make_public(out);
    for (const std::string_view name :
         {"ATTENDEE", "EXDATE", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED", "CREATED"})
        out.remove(name);
    out.components.clear();
    std::ranges::sort(out.properties, {}, [](const Property& one) { return one.name + "\n" + one.value; });
    return out;
}

bool is_called_off(const Component& event) { return event.raw("STATUS") == "CANCELLED"; }

/// Of RDATE: when, whether whole days, and how long if that is said.
std::set<std::tuple<std::int64_t, bool, std::int64_t>> dates_added(const Component& calendar,
                                                                   const Component& event) {
    std::set<std::tuple<std::int64_t, bool, std::int64_t>> out;
    Moments moments(calendar, times_of(calendar, event).zone);
    for_each_date(moments, event, "RDATE", [&out](const ListedDate& one) {
        out.emplace(one.moment, one.is_date, one.length.value_or(-1));
        return true;
    });
    return out;
}

/// One event, or one occurrence, as it was and as it is, each in its object, whose zones count.
struct Change {
    const Component& calendar_before;
    const Component& before;
    const Component& calendar_after;
    Component& after;
};

/// RFC 5546 section 2.1.4.
bool times_differ(const Change& change) {
    return !same_times(change.calendar_before, change.before, change.calendar_after, change.after) ||
           dates_added(change.calendar_before, change.before) !=
               dates_added(change.calendar_after, change.after);
}

void raise_sequence(Component& event) {
    event.set_raw("SEQUENCE", std::to_string(revision_of(event).sequence + 1));
}

/// What the event is called by, for a message that is not about what it is like.
Component named(const Component& event, std::int64_t now) {
    Component out("VEVENT");
    for (const Property& one : event.properties)
        if (std::ranges::find(named_by, one.name) != std::end(named_by)) out.properties.push_back(one);
    out.set_raw("DTSTAMP", utc_text(now));
    return out;
}

void forget_answers(Component& event, const Owner& owner) {
    for (Property& one : event.properties) {
        if (one.name != "ATTENDEE" || owner.is(address_of(one))) continue;
        one.set_parameter("PARTSTAT", name_of(Answer::none));
        std::erase_if(one.parameters, [](const Parameter& p) { return p.name.starts_with(own_prefix); });
    }
}

std::vector<std::string> without(const std::vector<std::string>& all, const std::vector<std::string>& some) {
    std::vector<std::string> out;
    for (const std::string& one : all)
        if (std::ranges::find(some, one) == some.end()) out.push_back(one);
    return out;
}

/// An answer of who is taken off may be on its way. Who they are.
std::vector<std::string> note_unasked(const Component& before, Component& event, const Owner& owner) {
    constexpr std::size_t most = 100;  // the latest: whose answers come are few
    const std::vector<std::string> asked = others_in(event, owner),
                                   gone = without(others_in(before, owner), asked);
    std::erase_if(event.properties, [&](const Property& one) {
        return one.name == unasked_property && (std::ranges::find(asked, one.value) != asked.end() ||
                                                std::ranges::find(gone, one.value) != gone.end());
    });
    for (const std::string& address : gone) event.properties.emplace_back(unasked_property, address);
    auto noted =
        static_cast<std::size_t>(std::ranges::count(event.properties, unasked_property, &Property::name));
    std::erase_if(event.properties,
                  [&noted](const Property& one) { return one.name == unasked_property && noted-- > most; });
    return gone;
}

void add_notice(std::vector<Notice>& out, Method method, std::optional<std::int64_t> occurrence,
                std::vector<std::string> attendees) {
    if (!attendees.empty()) out.push_back({method, occurrence, std::move(attendees)});
}

void compare(const Change& change, std::optional<std::int64_t> occurrence, const Owner& owner,
             std::vector<Notice>& out) {
    const Component& before = change.before;
    Component& after = change.after;
    const std::vector<std::string> asked = others_in(before, owner), now = others_in(after, owner);
    if (is_called_off(after)) {
        if (is_called_off(before)) return;
        raise_sequence(after);
        return add_notice(out, Method::cancel, occurrence, asked);
    }
    const bool moved = times_differ(change);
    const bool differs = moved || visible(before) != visible(after);
    if (moved || is_called_off(before)) {
        raise_sequence(after);
        forget_answers(after, owner);
    }
    add_notice(out, Method::cancel, occurrence, note_unasked(before, after, owner));
    add_notice(out, Method::request, occurrence, differs ? now : without(now, asked));
}

/// Of each occurrence that is another than it was: its moment, what it was, and what it is.
template <class Visit>
void for_each_changed(const Component& before, Component& after, Visit visit) {
    Component known = before;
    for (Component& one : after.components) {
        if (!is_override(one) || std::ranges::find(before.components, one) != before.components.end())
            continue;
        const auto moment = moment_of(after, one, "RECURRENCE-ID");
        if (!moment) continue;
        if (const Component* was = own_occurrence(known, *moment))
            visit(*moment, Change{known, *was, after, one});
    }
}

/// Occurrences that were taken out of the series, and those that are other than they were.
void compare_occurrences(const Component& before, Component& after, const Owner& owner,
                         std::vector<Notice>& out) {
    for_each_changed(before, after,
                     [&](std::int64_t moment, const Change& change) { compare(change, moment, owner, out); });
    Moments moments(after);
    for_each_date(moments, *master_of(after), "EXDATE", [&](const ListedDate& removed) {
        if (!has_occurrence(before, removed.moment)) return true;
        const Component* was = find_override(before, removed.moment);
        if (was == nullptr || !is_called_off(*was))
            add_notice(out, Method::cancel, removed.moment,
                       others_in(was != nullptr ? *was : *master_of(before), owner));
        return true;
    });
}

}  // namespace

Method method_of(const OutgoingReply& reply) {
    return reply.proposed_start && reply.proposed_end ? Method::counter : Method::reply;
}

std::optional<Component> make_reply(const Component& calendar, const OutgoingReply& reply,
                                    const Owner& owner) {
    const auto event = event_of(calendar, reply.occurrence);
    const Property* own = event ? owner.attendee_of(*event) : nullptr;
    if (own == nullptr) return std::nullopt;
    Component out = envelope(calendar, method_of(reply));
    Component& made = out.components.emplace_back(named(*event, reply.now));
    Property& attendee = made.properties.emplace_back("ATTENDEE", own->value);
    attendee.set_parameter(
        "CN", own->parameter("CN").empty() ? std::string_view(owner.name) : own->parameter("CN"));
    attendee.set_parameter("PARTSTAT", name_of(reply.answer));
    made.set_text("COMMENT", reply.comment);
    if (method_of(reply) == Method::counter && made.find("DTSTART") != nullptr) {
        const Property like = *made.find("DTSTART");
        made.remove("DURATION");
        made.remove("DTEND");
        *made.find("DTSTART") = moment_like(calendar, like, "DTSTART", *reply.proposed_start);
        made.properties.push_back(moment_like(calendar, like, "DTEND", *reply.proposed_end));
    }
    return out;
}

std::optional<Component> make_request(const Component& calendar, std::optional<std::int64_t> occurrence,
                                      std::int64_t now) {
    Component out = envelope(calendar, Method::request);
    if (occurrence) {
        auto one = event_of(calendar, occurrence);
        if (!one) return std::nullopt;
        out.components.push_back(std::move(*one));
    } else {
        for (const Component& one : calendar.components)
            if (is_event(one)) out.components.push_back(one);
    }
    if (main_event(out) == nullptr) return std::nullopt;
    for (Component& one : out.components) {
        if (!is_event(one)) continue;
        make_public(one);
        one.set_raw("DTSTAMP", utc_text(now));
        if (one.find("SEQUENCE") == nullptr) one.set_raw("SEQUENCE", "0");
        if (one.find("STATUS") == nullptr) one.set_raw("STATUS", "CONFIRMED");
    }
    return out;
}

std::optional<Component> make_cancel(const Component& calendar, const std::vector<std::string>& attendees,
                                     std::optional<std::int64_t> occurrence, std::int64_t now) {
    auto event = event_of(calendar, occurrence);
    if (!event) return std::nullopt;
    make_public(*event);
    event->components.clear();
    std::erase_if(event->properties, [&attendees](const Property& one) {
        return one.name == "ATTENDEE" &&
               std::ranges::find(attendees, base::lowered(address_of(one))) == attendees.end();
    });
    for (const std::string_view name : {busy_property, intended_property, std::string_view("ATTACH")})
        event->remove(name);
    event->set_raw("STATUS", "CANCELLED");
    event->set_raw("DTSTAMP", utc_text(now));
    raise_sequence(*event);
    Component out = envelope(calendar, Method::cancel);
    out.components.push_back(std::move(*event));
    return out;
}

std::optional<Component> make_decline_counter(const Component& calendar,
                                              const std::vector<std::string>& attendees,
                                              std::optional<std::int64_t> occurrence, std::int64_t now) {
    const auto event = event_of(calendar, occurrence);
    if (!event) return std::nullopt;
    Component out = envelope(calendar, Method::decline_counter);
    Component& made = out.components.emplace_back(named(*event, now));
    for (const std::string& address : attendees)
        made.properties.emplace_back("ATTENDEE", "mailto:" + address);
    return out;
}

std::vector<Notice> organize(const Component* before, Component& after, const Owner& owner) {
    std::vector<Notice> out;
    Component* event = master_of(after);
    if (event == nullptr || !owner.organizes(*event)) return out;
    const Component* was = before == nullptr ? nullptr : master_of(*before);
    if (was == nullptr) {
        if (event->find("SEQUENCE") == nullptr) event->set_raw("SEQUENCE", "0");
        if (!is_called_off(*event)) add_notice(out, Method::request, {}, others_in(*event, owner));
        return out;
    }
    compare({*before, *was, after, *event}, {}, owner, out);
    const bool all_told = std::ranges::any_of(out, [&](const Notice& one) {
        return one.method == Method::request && one.attendees == others_in(*event, owner);
    });
    if (!all_told && !is_called_off(*event)) compare_occurrences(*before, after, owner, out);
    return out;
}

void note_taken_off(const Component& before, Component& after, const Owner& owner) {
    const Component* was = master_of(before);
    Component* event = master_of(after);
    if (was == nullptr || event == nullptr || !owner.organizes(*event)) return;
    note_unasked(*was, *event, owner);
    for_each_changed(before, after, [&](std::int64_t, const Change& change) {
        note_unasked(change.before, change.after, owner);
    });
}

std::vector<Notice> still_to_tell(std::vector<Notice> notices, const Component* now_there) {
    std::vector<Notice> out;
    for (Notice& one : notices) {
        const auto event = now_there == nullptr ? std::nullopt : event_of(*now_there, one.occurrence);
        const bool takes_place = event && !is_called_off(*event);
        std::vector<std::string> asked;
        if (takes_place) asked = others_in(*event, Owner());
        std::erase_if(one.attendees, [&](const std::string& address) {
            const bool is_asked = std::ranges::find(asked, address) != asked.end();
            return is_asked == (one.method == Method::cancel);
        });
        if (!one.attendees.empty()) out.push_back(std::move(one));
    }
    return out;
}

std::vector<Notice> without_told(std::vector<Notice> notices, const std::vector<Notice>& told) {
    std::set<std::tuple<Method, std::optional<std::int64_t>, std::string_view>> known;
    for (const Notice& one : told)
        for (const std::string& address : one.attendees) known.emplace(one.method, one.occurrence, address);
    for (Notice& one : notices)
        std::erase_if(one.attendees, [&](const std::string& address) {
            return known.contains({one.method, std::nullopt, address}) ||
                   known.contains({one.method, one.occurrence, address});
        });
    std::erase_if(notices, [](const Notice& one) { return one.attendees.empty(); });
    return notices;
}

std::optional<Notice> answer_to(const Component& calendar, const Message& message, const Owner& owner,
                                std::string_view sender) {
    const Component* master = master_of(calendar);
    if (master == nullptr || !owner.organizes(*master)) return std::nullopt;
    Notice out;
    const Property* named = message.event().find("RECURRENCE-ID");
    if (named != nullptr) {
        out.occurrence = moment_of(message.calendar, *named);
        if (!out.occurrence) return std::nullopt;
    }
    const auto event = event_of(calendar, out.occurrence);
    const Property* asks = event ? find_attendee(*event, sender) : nullptr;
    // Who has put himself there by his answer hears of it from the organizer alone.
    if (asks == nullptr || owner.is(sender) || !asks->parameter(guest_parameter).empty()) return std::nullopt;
    if (message.method == Method::refresh) {
        out.method = is_called_off(*event) ? Method::cancel : Method::request;
    } else if (message.method == Method::counter && event->raw(no_counter_property) == "TRUE") {
        out.method = Method::decline_counter;
    } else {
        return std::nullopt;
    }
    out.attendees.push_back(base::lowered(sender));
    return out;
}

std::vector<Notice> call_off_all(const Component& calendar, const Owner& owner) {
    std::vector<Notice> out;
    const Component* event = master_of(calendar);
    if (event == nullptr || !owner.organizes(*event) || is_called_off(*event)) return out;
    std::vector<std::string> asked;
    for (const Component& one : calendar.components)
        if (is_event(one))
            for (std::string& address : others_in(one, owner))
                if (std::ranges::find(asked, address) == asked.end()) asked.push_back(std::move(address));
    add_notice(out, Method::cancel, {}, std::move(asked));
    return out;
}

}  // namespace pim::itip
