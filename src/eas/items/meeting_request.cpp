#include "eas/items/meeting_request.hpp"

#include <algorithm>

#include "base/base64.hpp"
#include "eas/items/calendar_text.hpp"
#include "eas/items/event.hpp"
#include "eas/items/global_object_id.hpp"
#include "eas/items/series_end.hpp"
#include "eas/items/time_zone_blob.hpp"
#include "pim/event_names.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/people.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
namespace tags = wbxml::email;
namespace tags2 = wbxml::email2;
using itip::Method;
using pim::busy_property;

constexpr RecurrenceTags recurrence_tags{tags::type,           tags::occurrences,       tags::interval,
                                         tags::week_of_month,  tags::day_of_week,       tags::month_of_year,
                                         tags::until,          tags::day_of_month,      tags2::calendar_type,
                                         tags2::is_leap_month, tags2::first_day_of_week};
constexpr std::size_t location_characters_max = 32'768;  // MS-ASEMAIL section 2.2.2.46
constexpr std::int64_t reminder_max = 65'535;            // an unsignedShort

std::string shown_person(const pim::Property& person) {
    const std::string address(itip::address_of(person));
    const std::string_view name = person.parameter("CN");
    return name.empty() || name == address ? address : "\"" + std::string(name) + "\" <" + address + ">";
}

/// What the time will be shown as once it is accepted.
int intended_busy(const pim::Component& event, std::uint16_t version) {
    const std::string_view intended = event.raw(pim::intended_property);
    pim::Component copy("VEVENT");
    copy.properties = event.properties;
    if (!intended.empty()) copy.set_raw(busy_property, std::string(intended));
    if (copy.raw(busy_property) == "TENTATIVE") copy.remove(busy_property);
    return busy_of(copy, version);
}

bool wants_answer(const pim::Component& event, std::string_view user) {
    const pim::Property* own = itip::find_attendee(event, user);
    if (own != nullptr) return own->has_parameter("RSVP", "TRUE");
    return std::ranges::any_of(event.properties, [](const pim::Property& one) {
        return one.name == "ATTENDEE" && one.has_parameter("RSVP", "TRUE");
    });
}

void write_place(wbxml::Encoder& to, const pim::Component& event, std::uint16_t version) {
    const std::string place = event.text("LOCATION");
    if (place.empty()) return;
    if (version < 160) return to.text(tags::location, first_characters(place, location_characters_max));
    to.open(wbxml::airsyncbase::location);
    to.text(wbxml::airsyncbase::display_name, place);
    to.close();
}

void write_recurrences(wbxml::Encoder& to, const pim::Component& event, const EventFrame& frame,
                       std::uint16_t version) {
    const auto rule = pim::parse_rule(event.raw("RRULE"));
    const auto start = frame.read(event, "DTSTART");
    if (!rule || !start) return;
    RecurrenceView view;
    view.start = frame.local(*start);
    view.version = version;
    if (rule->frequency >= pim::Rule::Frequency::monthly) view.leap_month = "0";
    if (const auto last = last_start(event, frame)) view.until = write_compact(frame.to_device(*last));
    const wbxml::Encoder::Mark before = to.mark();
    to.open(tags::recurrences);
    to.open(tags::recurrence);
    if (!write_recurrence(to, *rule, recurrence_tags, view)) return to.back_to(before);
    to.close();
    to.close();
}

/// 1 the first request, 2 an update; of what asks for nothing 0. MS-ASEMAIL section 2.2.2.47.
int message_type(const itip::Message& message) {
    if (message.method != Method::request && message.method != Method::add) return 0;
    return itip::revision_of(message.event()).sequence > 0 ? 2 : 1;
}

void write_identity(wbxml::Encoder& to, const itip::Message& message, std::optional<std::int64_t> occurrence,
                    std::uint16_t version) {
    const pim::Component& event = message.event();
    if (version < 160)
        to.text(tags::global_obj_id, base::base64_encode(global_object_id(message.uid, occurrence)));
    if (version >= 140)
        to.number(tags::disallow_new_time_proposal,
                  event.raw("X-MICROSOFT-DISALLOW-COUNTER") == "TRUE" ? 1 : 0);
    if (version >= 141) to.number(tags2::meeting_message_type, message_type(message));
    if (version >= 160) to.text(wbxml::calendar::uid, cut_utf8(message.uid, 300));
}

}  // namespace

std::string_view meeting_class(const itip::Message& message) {
    switch (message.method) {
        case Method::request:
        case Method::add:
            return "IPM.Schedule.Meeting.Request";
        case Method::cancel:
            return "IPM.Schedule.Meeting.Canceled";
        case Method::reply:
        case Method::counter:
            break;
        default:
            return {};
    }
    const pim::Property* attendee = message.event().find("ATTENDEE");
    const auto answer = attendee == nullptr ? itip::Answer::none : itip::answer_of(*attendee);
    if (answer == itip::Answer::accepted) return "IPM.Schedule.Meeting.Resp.Pos";
    if (answer == itip::Answer::declined) return "IPM.Schedule.Meeting.Resp.Neg";
    return "IPM.Schedule.Meeting.Resp.Tent";
}

std::string write_meeting_request(const itip::Message& message, std::uint16_t version, std::string_view user,
                                  bool orphan) {
    const pim::Component& event = message.event();
    const EventFrame frame = frame_of(message.calendar, event, version);
    const std::int64_t start = frame.read(event, "DTSTART").value_or(0);
    const auto occurrence = pim::itip::moment_of(message.calendar, event, "RECURRENCE-ID");
    int instance = event.find("RRULE") != nullptr ? 1 : 0;
    if (occurrence) instance = orphan && version >= 160 ? 4 : 3;  // MS-ASEMAIL section 2.2.2.39
    std::string out;
    wbxml::Encoder to(out, wbxml::Encoder::Fragment());
    to.open(tags::meeting_request);
    to.number(tags::all_day_event, frame.all_day ? 1 : 0);
    to.text(tags::start_time, write_date(frame.to_device(start)));
    to.text(tags::dt_stamp, write_date(itip::revision_of(event).stamp));
    to.text(tags::end_time, write_date(frame.to_device(frame.read_end(event, start))));
    to.number(tags::instance_type, instance);
    write_place(to, event, version);
    if (const pim::Property* organizer = event.find("ORGANIZER"))
        to.text(tags::organizer, shown_person(*organizer));
    if (occurrence) to.text(tags::recurrence_id, write_date(frame.to_device(*occurrence)));
    if (const auto minutes = reminder_of(event))
        to.number(tags::reminder, std::min(*minutes * 60, reminder_max));
    to.number(tags::response_requested, wants_answer(event, user) ? 1 : 0);
    write_recurrences(to, event, frame, version);
    to.number(tags::sensitivity, sensitivity_of(event));
    to.number(tags::busy_status, intended_busy(event, version));
    to.text(tags::time_zone, base::base64_encode(write_time_zone_blob(frame.zone)));
    write_identity(to, message, occurrence ? std::optional(frame.local(*occurrence)) : std::nullopt, version);
    to.close();
    to.end_fragment();
    return out;
}

std::string asked_occurrence(const MailItem& item) {
    if (item.calendar.find("RECURRENCE-ID") == std::string::npos) return {};
    const auto message = itip::read_message(item.calendar);
    const bool asks = message && (message->method == Method::request || message->method == Method::cancel);
    return asks && message->event().find("RECURRENCE-ID") != nullptr ? message->uid : std::string();
}

void show_meeting(MailItem& item, std::uint16_t version, std::string_view user, bool orphan) {
    if (item.calendar.empty() || item.message_class != "IPM.Note") return;
    const auto message = itip::read_message(item.calendar);
    const std::string_view name = message ? meeting_class(*message) : std::string_view();
    if (name.empty()) return;
    item.message_class = name;
    item.content_class = "urn:content-classes:calendarmessage";
    std::erase_if(item.attachments, [](const ItemAttachment& one) { return one.is_calendar; });
    // MS-ASEMAIL section 2.2.2.48: of what its reader is asked, and what is taken back.
    const bool asks = message->method == Method::request || message->method == Method::add ||
                      message->method == Method::cancel;
    const bool has_start = pim::parse_date_time(message->event().raw("DTSTART")).has_value();
    if (asks && has_start && !itip::is_organizer(message->event(), user))
        item.meeting = write_meeting_request(*message, version, user, orphan);
}

}  // namespace eas
