// Answers to meetings: those of attendees in the organizer's event, and the user's own.
#include <algorithm>

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
