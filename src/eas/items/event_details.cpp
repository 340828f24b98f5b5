// What an event says besides its times: MS-ASCAL section 2.2.2.
#include <algorithm>
#include <array>

#include "base/ascii.hpp"
#include "eas/items/calendar_text.hpp"
#include "eas/items/event.hpp"
#include "eas/items/event_attachments.hpp"
#include "eas/syntax/elements.hpp"
#include "pim/date_time.hpp"
#include "pim/event_names.hpp"
#include "pim/itip/people.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::calendar;
namespace base_tags = wbxml::airsyncbase;
using pim::busy_property;
using pim::meeting_status_property;
using pim::no_counter_property;
using pim::place_property;
using pim::reply_time_property;
using pim::responses_property;
using pim::itip::address_of;
using pim::itip::is_organizer;

constexpr CategoryTags categories{tags::categories, tags::category};
/// Where Exchange, and Teams, put into invitations how to join them.
constexpr std::string_view conference_property = "X-MICROSOFT-ONLINEMEETINGCONFLINK";
constexpr std::array<std::string_view, 2> conference_urls{"X-MICROSOFT-ONLINEMEETINGEXTERNALLINK",
                                                          "X-MICROSOFT-SKYPETEAMSMEETINGURL"};
constexpr std::size_t attendees_max = 2'000;  // an invitation to more is a newsletter
constexpr std::array<std::string_view, 5> busy_names{"FREE", "TENTATIVE", "BUSY", "OOF", "WORKINGELSEWHERE"};
constexpr std::array place_tags{base_tags::annotation,
                                base_tags::street,
                                base_tags::city,
                                base_tags::state,
                                base_tags::country,
                                base_tags::postal_code,
                                base_tags::latitude,
                                base_tags::longitude,
                                base_tags::accuracy,
                                base_tags::altitude,
                                base_tags::altitude_accuracy,
                                base_tags::location_uri};

void take_location(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    if (context.version < 160) {
        // MS-ASCAL section 2.2.2.27: it cannot be ghosted; an occurrence has that of its series.
        const wbxml::Element text = data.child(tags::location);
        if (text || !context.ghosts.all) event.set_text("LOCATION", text.text());
        return;
    }
    const wbxml::Element place = data.child(base_tags::location);
    if (!place && context.keeps(base_tags::location)) return;
    event.set_text("LOCATION", place.child(base_tags::display_name).text());
    std::vector<std::string> pieces;
    for (const wbxml::Tag tag : place_tags) pieces.emplace_back(place.child(tag).text());
    const bool any = std::ranges::any_of(pieces, [](const std::string& piece) { return !piece.empty(); });
    event.remove(place_property);
    if (any) event.set_raw(place_property, pim::join(pieces, ';'));
}

void show_location(wbxml::Encoder& to, const pim::Component& event, const ItemView& view) {
    const std::string name = event.text("LOCATION");
    if (view.version < 160) return text_if(to, tags::location, name);
    const std::vector<std::string> pieces = pim::split(event.raw(place_property), ';');
    if (name.empty() && pieces.empty()) return;
    to.open(base_tags::location);
    to.text(base_tags::display_name, name);
    for (std::size_t i = 0; i < place_tags.size() && i < pieces.size(); ++i)
        text_if(to, place_tags[i], pieces[i]);
    to.close();
}

void take_busy(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    const wbxml::Element busy = data.child(tags::busy_status);
    if (!busy && context.keeps(tags::busy_status)) return;
    const auto value = busy.number().value_or(2);
    const auto place = static_cast<std::size_t>(value >= 0 && value <= 4 ? value : 2);
    event.set_raw(busy_property, busy_names[place]);
    event.set_raw("TRANSP", place == 0 ? "TRANSPARENT" : "OPAQUE");
}

/// The alarm that a Reminder is: so many minutes before the start.
pim::Component* reminder_in(pim::Component& event) {
    for (pim::Component& one : event.components) {
        const auto before = pim::parse_duration(one.raw("TRIGGER"));
        const pim::Property* trigger = one.find("TRIGGER");
        if (one.name == "VALARM" && before && *before <= 0 && !trigger->has_parameter("RELATED", "END"))
            return &one;
    }
    return nullptr;
}

void take_reminder(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    const wbxml::Element reminder = data.child(tags::reminder);
    if (!reminder && context.keeps(tags::reminder)) return;
    const auto minutes = reminder.number();
    pim::Component* alarm = reminder_in(event);
    if (!minutes || *minutes < 0 || *minutes > 400LL * 24 * 60) {
        if (alarm != nullptr)
            event.components.erase(event.components.begin() + (alarm - event.components.data()));
        return;
    }
    if (alarm == nullptr) {
        alarm = &event.components.emplace_back("VALARM");
        alarm->set_raw("ACTION", "DISPLAY");
        alarm->set_raw("DESCRIPTION", "Reminder");
    }
    alarm->set_raw("TRIGGER", pim::write_duration(-*minutes * 60));
}

/// 0 unknown, 2 tentative, 3 accepted, 4 declined, 5 not responded.
std::string_view answer_name(std::int64_t status) {
    return status == 2 ? "TENTATIVE" : status == 3 ? "ACCEPTED" : status == 4 ? "DECLINED" : "NEEDS-ACTION";
}
int answer_of(const pim::Property& attendee) {
    const std::string_view answer = attendee.parameter("PARTSTAT");
    return answer == "TENTATIVE" ? 2 : answer == "ACCEPTED" ? 3 : answer == "DECLINED" ? 4 : 5;
}

pim::Property attendee_from(wbxml::Element element, const pim::Component& event, const ItemContext& context) {
    const std::string_view address = element.child(tags::email).text();
    pim::Property out("ATTENDEE", "mailto:" + std::string(address));
    for (const pim::Property& known : event.properties)
        if (known.name == "ATTENDEE" && base::equals_nocase(address_of(known), address)) out = known;
    if (const std::string_view name = element.child(tags::name).text(); !name.empty())
        out.set_parameter("CN", name);
    const auto type = element.child(tags::attendee_type).number().value_or(1);
    out.set_parameter("ROLE", type == 2   ? "OPT-PARTICIPANT"
                              : type == 3 ? "NON-PARTICIPANT"
                                          : "REQ-PARTICIPANT");
    out.set_parameter("CUTYPE", type == 3 ? "RESOURCE" : "INDIVIDUAL");
    // From 16.0 on devices do not say who has answered what: MS-ASCAL section 2.2.2.5.
    const auto status = element.child(tags::attendee_status).number();
    if (status && context.version < 160) out.set_parameter("PARTSTAT", answer_name(*status));
    if (out.parameter("PARTSTAT").empty()) out.set_parameter("PARTSTAT", "NEEDS-ACTION");
    return out;
}

void take_attendees(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    const wbxml::Element attendees = data.child(tags::attendees);
    if (!attendees && context.keeps(tags::attendees)) return;
    std::vector<pim::Property> made;
    for (const wbxml::Element one : attendees)
        if (one.tag() == tags::attendee && !one.child(tags::email).text().empty() &&
            made.size() < attendees_max)
            made.push_back(attendee_from(one, event, context));
    event.remove("ATTENDEE");
    for (pim::Property& one : made) event.properties.push_back(std::move(one));
}

void show_attendees(wbxml::Encoder& to, const pim::Component& event) {
    if (event.find("ATTENDEE") == nullptr) return;
    to.open(tags::attendees);
    for (const pim::Property& one : event.properties) {
        if (one.name != "ATTENDEE") continue;
        const std::string_view address = address_of(one), name = one.parameter("CN");
        to.open(tags::attendee);
        to.text(tags::email, address);
        to.text(tags::name, name.empty() ? address : name);
        to.number(tags::attendee_status, answer_of(one));
        const bool resource = one.parameter("CUTYPE") == "RESOURCE" || one.parameter("CUTYPE") == "ROOM";
        to.number(tags::attendee_type, resource ? 3 : one.parameter("ROLE") == "OPT-PARTICIPANT" ? 2 : 1);
        to.close();
    }
    to.close();
}

/// From 16.0 on it is whose calendar this is: MS-ASCAL sections 2.2.2.35 and 2.2.2.36. iOS leaves it out in
/// all versions.
void take_organizer(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    std::string email(data.child(tags::organizer_email).text()),
        name(data.child(tags::organizer_name).text());
    if (context.version >= 160) email.clear();
    if (email.empty()) {
        if (event.find("ORGANIZER") != nullptr) return;
        if (event.find("ATTENDEE") == nullptr) return;
        email = context.user;
        name = context.user_name == context.user ? std::string() : context.user_name;
    }
    pim::Property& organizer = event.set_raw("ORGANIZER", "mailto:" + email);
    organizer.set_parameter("CN", name);
}

void take_status(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    const wbxml::Element status = data.child(tags::meeting_status);
    if (!status && context.keeps(tags::meeting_status)) return;
    const auto value = status.number().value_or(0);
    const bool known = value >= 0 && value <= 15 && (value == 0 || value % 2 == 1);
    event.remove(meeting_status_property);
    if (status && known) event.set_raw(meeting_status_property, std::to_string(value));
    if (event.raw("STATUS") == "CANCELLED") event.remove("STATUS");
    if (known && (value & 4) != 0) event.set_raw("STATUS", "CANCELLED");
}

/// MS-ASCAL section 2.2.2.28: 1 a meeting, 2 received, 4 cancelled.
std::string status_of(const pim::Component& event, const ItemView& view) {
    const std::string_view kept = event.raw(meeting_status_property);
    if (!kept.empty()) return std::string(kept);
    if (event.find("ATTENDEE") == nullptr) return "0";
    const int received = is_organizer(event, view.user) ? 0 : 2;
    return std::to_string(1 + received + (event.raw("STATUS") == "CANCELLED" ? 4 : 0));
}

void take_flag(wbxml::Element data, wbxml::Tag tag, pim::Component& event, std::string_view property,
               const ItemContext& context) {
    const wbxml::Element flag = data.child(tag);
    if (!flag && context.keeps(tag)) return;
    event.remove(property);
    if (flag) event.set_raw(property, flag.text() == "1" ? "TRUE" : "FALSE");
}

/// MS-ASCAL section 2.2.2.40: 0 none, 1 organizer, 2 tentative, 3 accepted, 4 declined, 5 not responded.
void show_response(wbxml::Encoder& to, const pim::Component& event, const ItemView& view) {
    if (view.version < 140) return;
    int response = is_organizer(event, view.user) ? 1 : 0;
    for (const pim::Property& one : event.properties)
        if (response != 1 && one.name == "ATTENDEE" && base::equals_nocase(address_of(one), view.user))
            response = answer_of(one);
    const auto replied = pim::parse_date_time(event.raw(reply_time_property));
    if (replied && response >= 2 && response <= 4)
        to.text(tags::appointment_reply_time, write_compact(replied->seconds));
    if (event.find("ATTENDEE") != nullptr) to.number(tags::response_type, response);
}

std::vector<const pim::Property*> all_of(const pim::Component& event, std::string_view name) {
    std::vector<const pim::Property*> out;
    for (const pim::Property& one : event.properties)
        if (one.name == name) out.push_back(&one);
    return out;
}

bool alike(const pim::Component& a, const pim::Component& b, std::string_view name) {
    return std::ranges::equal(all_of(a, name), all_of(b, name),
                              [](const pim::Property* x, const pim::Property* y) { return *x == *y; });
}

/// An event, and what it is an exception of: null where it is none.
struct Shown {
    const pim::Component& event;
    const pim::Component* than;
    bool differs(std::string_view name) const { return than == nullptr || !alike(event, *than, name); }
    bool gone(std::string_view name) const {
        return than != nullptr && event.find(name) == nullptr && than->find(name) != nullptr;
    }
};

void show_place_and_categories(wbxml::Encoder& to, const Shown& shown, const ItemView& view) {
    if (shown.gone("LOCATION")) {
        to.empty(view.version < 160 ? tags::location : base_tags::location);
    } else if (shown.differs("LOCATION") || shown.differs(place_property)) {
        show_location(to, shown.event, view);
    }
    if (shown.gone("CATEGORIES")) {
        to.empty(tags::categories);
    } else if (shown.differs("CATEGORIES")) {
        write_list(to, categories, shown.event, "CATEGORIES");
    }
}

void show_reminder(wbxml::Encoder& to, const Shown& shown, const ItemView& view) {
    const auto reminder = reminder_of(shown.event);
    const auto of_series = shown.than != nullptr ? reminder_of(*shown.than) : std::nullopt;
    if (shown.than != nullptr && reminder == of_series) return;
    if (reminder) {
        to.number(tags::reminder, *reminder);
    } else if (of_series && view.version >= 141) {  // MS-ASCAL section 2.2.2.38: before it is never empty
        to.empty(tags::reminder);
    }
}

/// What exceptions have not of their own.
void show_meeting(wbxml::Encoder& to, const pim::Component& event, const ItemView& view) {
    if (const pim::Property* organizer = event.find("ORGANIZER")) {
        const std::string_view address = address_of(*organizer), name = organizer->parameter("CN");
        to.text(tags::organizer_email, address);
        to.text(tags::organizer_name, name.empty() ? address : name);
    }
    if (view.version < 140) return;
    // MS-ASCAL section 2.2.2.17: always there.
    to.number(tags::disallow_new_time_proposal, event.raw(no_counter_property) == "TRUE" ? 1 : 0);
    if (const std::string_view wanted = event.raw(responses_property); !wanted.empty())
        to.number(tags::response_requested, wanted == "TRUE" ? 1 : 0);
    show_response(to, event, view);
}

/// MS-ASCAL sections 2.2.2.1, 2.2.2.9, 2.2.2.17, 2.2.2.28, 2.2.2.38, 2.2.2.39 and 2.2.2.41. Of MeetingStatus
/// bits are read.
bool are_sound_details(wbxml::Element data) {
    const auto in = [data](wbxml::Tag tag, std::int64_t most) {
        return is_absent_or_in(data.child(tag), 0, most);
    };
    return in(tags::all_day_event, 1) && in(tags::busy_status, 4) &&
           in(tags::disallow_new_time_proposal, 1) && in(tags::meeting_status, INT32_MAX) &&
           in(tags::reminder, UINT32_MAX) && in(tags::response_requested, 1) && in(tags::sensitivity, 3);
}

std::string conference_url(const pim::Component& event) {
    for (const std::string_view property : conference_urls)
        if (std::string url = event.text(property); !url.empty()) return url;
    return {};
}

/// MS-ASCAL sections 2.2.2.33 and 2.2.2.34. Devices never send them.
void show_conference(wbxml::Encoder& to, const Shown& shown, const ItemView& view) {
    if (view.version < 141) return;
    const auto show = [&](wbxml::Tag tag, std::string_view own, std::string_view of_series) {
        if (shown.than != nullptr && own == of_series) return;
        if (!own.empty()) to.text(tag, own);
        if (own.empty() && !of_series.empty()) to.empty(tag);
    };
    const pim::Component none("VEVENT");
    const pim::Component& than = shown.than != nullptr ? *shown.than : none;
    show(tags::online_meeting_conf_link, shown.event.text(conference_property),
         than.text(conference_property));
    show(tags::online_meeting_external_link, conference_url(shown.event), conference_url(than));
}

}  // namespace

int busy_of(const pim::Component& event, std::uint16_t version) {
    const auto at = std::ranges::find(busy_names, event.raw(busy_property));
    if (at == busy_names.end()) {
        if (event.raw("TRANSP") == "TRANSPARENT") return 0;
        return event.raw("STATUS") == "TENTATIVE" ? 1 : 2;
    }
    const auto value = static_cast<int>(at - busy_names.begin());
    return value == 4 && version < 160 ? 2 : value;
}

std::optional<std::int64_t> reminder_of(const pim::Component& event) {
    pim::Component copy("VEVENT");
    copy.components = event.components;
    const pim::Component* alarm = reminder_in(copy);
    if (alarm == nullptr) return std::nullopt;
    return -*pim::parse_duration(alarm->raw("TRIGGER")) / 60;
}

bool take_details(wbxml::Element data, pim::Component& event, const ItemContext& context) {
    if (!are_sound_details(data)) return false;
    take_text(data, tags::subject, event, "SUMMARY", context);
    take_location(data, event, context);
    take_list(data, categories, event, "CATEGORIES", context);
    const wbxml::Element sensitivity = data.child(tags::sensitivity);
    if (sensitivity || !context.keeps(tags::sensitivity))
        set_sensitivity(event, sensitivity.number().value_or(0));
    take_busy(data, event, context);
    take_reminder(data, event, context);
    take_attendees(data, event, context);
    take_organizer(data, event, context);
    take_status(data, event, context);
    take_flag(data, tags::disallow_new_time_proposal, event, no_counter_property, context);
    take_flag(data, tags::response_requested, event, responses_property, context);
    if (context.attachments != nullptr) apply_attachments(*context.attachments, event);
    return take_body(data, event, "DESCRIPTION");
}

/// MS-ASCAL section 3.2.5.3.2: what an exception has not, and its series has, is an empty element.
void write_details(wbxml::Encoder& to, const pim::Component& event, const pim::Component* than,
                   const ItemView& view) {
    const Shown shown{event, than};
    if (shown.differs("SUMMARY")) to.text(tags::subject, event.text("SUMMARY"));
    show_place_and_categories(to, shown, view);
    if (shown.differs("CLASS")) to.number(tags::sensitivity, sensitivity_of(event));
    if (shown.differs(busy_property)) to.number(tags::busy_status, busy_of(event, view.version));
    show_reminder(to, shown, view);
    // Exceptions have these from 14.0 on: MS-ASCAL section 2.2.2.21.
    const bool whole = than == nullptr, with_people = whole || view.version >= 140;
    if (with_people && shown.gone("ATTENDEE")) {
        to.empty(tags::attendees);
    } else if (with_people && shown.differs("ATTENDEE")) {
        show_attendees(to, event);
    }
    const bool other_status = whole || status_of(event, view) != status_of(*than, view);
    if (with_people && other_status) to.text(tags::meeting_status, status_of(event, view));
    const bool answered = shown.differs("ATTENDEE") || shown.differs(reply_time_property);
    if (!whole && with_people && answered) show_response(to, event, view);
    const bool other_body = shown.differs("DESCRIPTION") || shown.differs("X-ALT-DESC");
    if (!whole && other_body) write_bare_body(to, event, "DESCRIPTION", view.options);
    show_attachments(to, event, than, view);
    show_conference(to, shown, view);
    if (!whole) return;
    write_item_body(to, event, "DESCRIPTION", view.options);
    show_meeting(to, event, view);
}

}  // namespace eas
