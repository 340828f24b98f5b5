// Answers to meetings: those of attendees in the organizer's event, and the user's own.
#include <algorithm>
#include <set>

#include "base/ascii.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/received.hpp"

namespace pim::itip {
namespace {

constexpr std::string_view replied_parameter = "X-BARID-REPLIED";  // DTSTAMP of the answer that counts

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

/// Of all its dates.
std::set<std::string> guests_of(const Component& calendar) {
    std::set<std::string> out;
    for (const Component& event : calendar.components)
        for (const Property& one : event.properties)
            if (one.name == "ATTENDEE" && !one.parameter(guest_parameter).empty())
                out.insert(base::lowered(address_of(one)));
    return out;
}

/// Not to what nobody was asked to, nor if the organizer has taken him off.
bool may_join(const Component& calendar, const Component& event, std::string_view sender) {
    std::size_t asked = 0, guests = 0;
    for (const Property& one : event.properties) {
        if (one.name == unasked_property && base::equals_nocase(one.value, sender)) return false;
        if (one.name != "ATTENDEE" || is_organizer(event, address_of(one))) continue;
        ++(one.parameter(guest_parameter).empty() ? asked : guests);
    }
    const std::set<std::string> all = guests_of(calendar);
    const bool room = (all.size() < guests_max || all.contains(base::lowered(sender))) &&
                      asked + guests < MessageLimits().attendees_max;
    return asked > 0 && room && event.raw("STATUS") != "CANCELLED" && !is_organizer(event, sender);
}

/// For another date that stands by itself.
bool has_room_for_guests(const Component& calendar) {
    const auto dates = std::ranges::count_if(calendar.components, is_override);
    return dates < static_cast<std::ptrdiff_t>(guests_dates_max) &&
           octets_of(calendar) + octets_of(*master_of(calendar)) <= received_octets_max;
}

/// Whom another has sent in his place is named so: RFC 5546 section 3.2.2.3.
void join(Component& event, const Property& given) {
    constexpr std::size_t name_octets_max = 200;
    Property made("ATTENDEE", "mailto:" + std::string(address_of(given)));
    if (given.parameter("CN").size() <= name_octets_max) made.set_parameter("CN", given.parameter("CN"));
    made.set_parameter("ROLE", "OPT-PARTICIPANT");
    made.set_parameter(guest_parameter, "1");
    const Property delegator("ATTENDEE", given.parameter("DELEGATED-FROM"));
    if (find_attendee(event, address_of(delegator)) != nullptr)
        made.set_parameter("DELEGATED-FROM", delegator.value);
    event.properties.push_back(std::move(made));
}

/// He is asked to the event, or joins it.
bool takes_part(const Component& calendar, Component& event, const Property& given, Method method) {
    const std::string_view sender = address_of(given);
    if (find_attendee(event, sender) != nullptr) return true;
    if (method != Method::reply || !may_join(calendar, event, sender)) return false;
    join(event, given);
    return true;
}

Applied reply_to(Component& calendar, const Component& sent, const Message& reply, std::string_view sender) {
    const Property* found = find_attendee(sent, sender);
    if (found == nullptr) return Applied::refused;
    Property given = *found;
    if (reply.method == Method::counter && answer_of(given) == Answer::none)
        given.set_parameter("PARTSTAT", name_of(Answer::tentative));
    if (answer_of(given) == Answer::none) return Applied::nothing;  // also DELEGATED, which nobody tracks
    Component* master = master_of(calendar);
    if (master == nullptr) return Applied::refused;
    const Revision revision = revision_of(sent);
    const bool was_asked = find_attendee(*master, sender) != nullptr;
    if (!is_override(sent)) {
        if (revision.sequence < revision_of(*master).sequence) return Applied::nothing;
        if (!takes_part(calendar, *master, given, reply.method)) return Applied::refused;
        bool any = false;
        for (Component& one : calendar.components) {
            if (!is_event(one)) continue;
            // Of an occurrence that he was taken off he says nothing.
            if (!was_asked) (void)takes_part(calendar, one, given, reply.method);
            any = take_answer(one, given, revision.stamp) || any;
        }
        return any ? Applied::done : Applied::nothing;
    }
    const auto moment = moment_of(reply.calendar, sent, "RECURRENCE-ID");
    const bool is_new = moment && find_override(calendar, *moment) == nullptr;
    if (is_new && is_guest(*master, sender) && !has_room_for_guests(calendar)) return Applied::refused;
    Component* occurrence = moment ? own_occurrence(calendar, *moment) : nullptr;
    if (occurrence == nullptr) return Applied::refused;
    if (revision.sequence < revision_of(*occurrence).sequence) return Applied::nothing;
    const bool taken_off = was_asked && find_attendee(*occurrence, sender) == nullptr;
    if (taken_off || !takes_part(calendar, *occurrence, given, reply.method)) return Applied::refused;
    return take_answer(*occurrence, given, revision.stamp) ? Applied::done : Applied::nothing;
}

void answer_event(Component& event, const OwnAnswer& answer, const Owner& owner) {
    Property* own = owner.attendee_of(event);
    if (own == nullptr) return;
    own->set_parameter("PARTSTAT", name_of(answer.answer));
    own->set_parameter("RSVP", "");
    event.set_raw(reply_time_property, write_date_time(DateTime{answer.now}));
    show_busy(event, answer.answer);
}

}  // namespace

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
