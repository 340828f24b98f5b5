#include "eas/items/forwarded_meeting.hpp"

#include <algorithm>

#include "eas/items/event.hpp"
#include "eas/items/meeting_text.hpp"
#include "eas/syntax/meeting_answer.hpp"
#include "eas/syntax/status.hpp"
#include "mime/address.hpp"
#include "mime/codec.hpp"
#include "mime/decode.hpp"
#include "mime/header.hpp"
#include "pim/date_time.hpp"
#include "pim/event_names.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/message.hpp"
#include "pim/itip/write.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;

bool ask_in(pim::Component& event, const std::vector<Forwardee>& people) {
    bool any = false;
    for (const Forwardee& one : people) {
        if (itip::find_attendee(event, one.address) != nullptr || itip::is_organizer(event, one.address))
            continue;
        pim::Property& made = event.properties.emplace_back("ATTENDEE", "mailto:" + one.address);
        made.set_parameter("CN", one.name);
        made.set_parameter("ROLE", "REQ-PARTICIPANT");
        made.set_parameter("PARTSTAT", itip::name_of(itip::Answer::none));
        made.set_parameter("RSVP", "TRUE");
        any = true;
    }
    return any;
}

std::string shown(const pim::Property& person) {
    const std::string address(itip::address_of(person)), name(person.parameter("CN"));
    return name.empty() || name == address ? address : name + " <" + address + ">";
}

}  // namespace

NamedOccurrence named_occurrence(const pim::Component& calendar, std::optional<std::string_view> instance,
                                 std::uint16_t version) {
    NamedOccurrence out;
    if (!instance) return out;
    const auto time = pim::parse_date_time(*instance);
    const pim::Component* series = master_of(calendar);
    if (!time || !is_instance_text(*instance, version)) {
        out.status = status::invalid_time;
    } else if (series == nullptr || series->find("RRULE") == nullptr) {
        out.status = status::no_recurrence;
    } else {
        const std::int64_t moment = frame_of(calendar, *series, version).from_device(time->seconds);
        if (itip::has_occurrence(calendar, moment)) out.moment = moment;
        if (!out.moment) out.status = status::item_not_found;
    }
    return out;
}

bool ask_too(pim::Component& calendar, std::optional<std::int64_t> occurrence,
             const std::vector<Forwardee>& people) {
    if (occurrence) {
        pim::Component* own = itip::own_occurrence(calendar, *occurrence);
        return own != nullptr && ask_in(*own, people);
    }
    bool any = false;
    for (pim::Component& one : calendar.components)
        if (itip::is_event(one) && ask_in(one, people)) any = true;
    return any;
}

std::optional<pim::Component> forwarded_object(const pim::Component& calendar,
                                               std::optional<std::int64_t> occurrence,
                                               const itip::Owner& user) {
    const pim::Component* event = itip::main_event(calendar);
    if (event == nullptr) return std::nullopt;
    // What its organizer said, and when: his next word is newer than this one.
    auto out = itip::make_request(calendar, occurrence, itip::revision_of(*event).stamp);
    if (!out) return std::nullopt;
    const std::string intended(event->raw(pim::intended_property));
    const bool own = user.organizes(*event);
    for (pim::Component& one : out->components) {
        if (!itip::is_event(one)) continue;
        one.components.clear();  // reminders are the user's own
        // How he shows the time to others is his own too.
        if (!own) one.remove(pim::intended_property);
        if (!own && !intended.empty()) one.set_raw(pim::intended_property, intended);
    }
    if (event->find("ORGANIZER") == nullptr) out->remove("METHOD");
    return out;
}

Original original_of(const pim::Component& object) {
    Original out;
    const pim::Component* event = itip::main_event(object);
    if (event == nullptr) return out;
    out.subject = event->text("SUMMARY");
    out.sent = rfc5322_date(itip::revision_of(*event).stamp);
    for (const pim::Property& one : event->properties) {
        if (one.name == "ORGANIZER") out.from = shown(one);
        if (one.name == "ATTENDEE") out.to += (out.to.empty() ? "" : ", ") + shown(one);
    }
    out.plain = readable_meeting(object);
    return out;
}

std::string meeting_part(const pim::Component& object) {
    const std::string_view method = object.raw("METHOD");
    std::string out = "Content-Type: text/calendar; charset=utf-8";
    if (method.empty()) {
        out += "; name=event.ics\r\nContent-Disposition: attachment; filename=event.ics";
    } else {
        out += "; method=" + std::string(method);
    }
    return out + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + mime::base64_encode(pim::write(object));
}

std::string organizer_of(const pim::Component& calendar) {
    const pim::Component* event = itip::main_event(calendar);
    const pim::Property* organizer = event == nullptr ? nullptr : event->find("ORGANIZER");
    const std::string address(organizer == nullptr ? std::string_view() : itip::address_of(*organizer));
    return is_forwardee(address) ? address : std::string();
}

std::vector<Forwardee> people_in(std::string_view message) {
    std::vector<Forwardee> out;
    const std::string_view header = message.substr(0, message.find("\r\n\r\n"));
    mime::FieldReader fields(header);
    for (mime::Field field; fields.next(field);) {
        if (!mime::same_name(field.name, "To") && !mime::same_name(field.name, "Cc")) continue;
        for (const mime::Address& one : mime::parse_addresses(mime::unfold(field.value), forwardees_max)) {
            Forwardee made{one.mailbox + "@" + one.host, forwardee_name(mime::decode_text(one.name))};
            const bool fine = one.kind == mime::Address::Kind::mailbox && is_forwardee(made.address);
            if (fine && out.size() < forwardees_max) out.push_back(std::move(made));
        }
    }
    return out;
}

}  // namespace eas
