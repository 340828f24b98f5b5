// What an organizer's device changes in his calendar by Sync, the server tells those whom it concerns, from
// 16.0 on: MS-ASCMD section 3.1.5.5, MS-ASCAL section 3.1.4.4. Older devices send such mails themselves.
#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "eas/items/event.hpp"
#include "eas/sync_answer.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/events.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
using itip::Method;

/// Of mails to several people one that is nobody's must not keep the others from it.
constexpr std::size_t apart_max = 200;

std::string summary_of(const pim::Component& calendar) {
    const pim::Component* event = itip::main_event(calendar);
    return event == nullptr ? std::string() : event->text("SUMMARY");
}

/// For those whose programs know no calendars.
std::string readable(const pim::Component& calendar) {
    const pim::Component* event = itip::main_event(calendar);
    const EventFrame frame = frame_of(calendar, *event, 161);
    const auto start = frame.read(*event, "DTSTART");
    std::string out;
    if (start) {
        const pim::CivilTime begin = pim::civil(frame.local(*start));
        out = fmt::format("When: {:04}-{:02}-{:02}", begin.year, begin.month, begin.day);
        if (!frame.all_day)
            out += fmt::format(" {:02}:{:02} {}", begin.hour, begin.minute,
                               frame.zone_id.empty() ? "UTC" : frame.zone_id);
        out += "\r\n";
    }
    const std::string place = event->text("LOCATION"), text = event->text("DESCRIPTION");
    if (!place.empty()) out += "Where: " + place + "\r\n";
    if (!text.empty()) out += "\r\n" + text + "\r\n";
    return out;
}

}  // namespace

awaitable<pim::itip::Owner> Session::owner_of_mailbox() {
    pim::itip::Owner out;
    out.addresses.push_back(identity_.name);
    const auto mailbox = co_await services_->directory.mailbox(identity_.account);
    if (mailbox)
        for (const std::string& address : mailbox->addresses)
            if (!out.is(address)) out.addresses.push_back(address);
    co_return out;
}

/// Before it is kept: what is to be told, and `after` made ready for it. Nothing of what is over.
awaitable<MeetingChange> Session::plan_meeting(store::FolderKind kind, const pim::Component* before,
                                               pim::Component* after) {
    MeetingChange out;
    if (kind != store::FolderKind::calendar || version_ < 160) co_return out;
    out.owner = co_await owner_of_mailbox();
    out.notices = itip::organize(before, *after, out.owner);
    const bool over =
        event_facts(*after).date < now() && (before == nullptr || event_facts(*before).date < now());
    if (over) out.notices.clear();
    co_return out;
}

/// Everybody of the mail at once, or where that cannot be each alone. Who cannot be reached.
awaitable<std::vector<std::string>> Session::send_notice(const MeetingMail* mail) {
    std::vector<std::string> unreached;
    std::string text = write_meeting_mail(*mail);
    const int sent = co_await submit(std::move(text), true);
    if (sent == status::ok) co_return unreached;
    if (sent != status::submission_failed || mail->to.size() > apart_max || mail->to.size() == 1)
        co_return mail->to;
    for (const std::string& address : mail->to) {
        MeetingMail alone = *mail;
        alone.to = {address};
        std::string own = write_meeting_mail(alone);
        const int reached = co_await submit(std::move(own), false);
        if (reached != status::ok) unreached.push_back(address);
    }
    co_return unreached;
}

awaitable<void> Session::tell_attendees(const MeetingChange* change, const pim::Component* before,
                                        const pim::Component* after) {
    std::vector<std::string> unreached;
    std::string subject;
    for (const itip::Notice& notice : change->notices) {
        const bool cancels = notice.method == Method::cancel;
        // What is called off is what they know; who is asked no more stands only there.
        const pim::Component* told = cancels && before != nullptr ? before : after;
        const auto object = cancels ? itip::make_cancel(*told, notice.attendees, notice.occurrence, now())
                                    : itip::make_request(*told, notice.occurrence, now());
        if (!object) continue;
        MeetingMail mail;
        mail.from = identity_.name;
        mail.from_name = change->owner.name;
        mail.to = notice.attendees;
        subject = summary_of(*object);
        mail.subject = (cancels ? "Canceled: " : "") + subject;
        mail.text = readable(*object);
        mail.method = itip::name_of(notice.method);
        mail.calendar = pim::write(*object);
        std::vector<std::string> missed = co_await send_notice(&mail);
        unreached.insert(unreached.end(), std::make_move_iterator(missed.begin()),
                         std::make_move_iterator(missed.end()));
    }
    if (!unreached.empty()) co_await report_unsent(std::move(subject), std::move(unreached));
}

/// The device has no status for it: the user finds a mail.
awaitable<void> Session::report_unsent(std::string subject, std::vector<std::string> attendees) {
    base::log::info(
        "eas", "attendees were not told",
        {{"user", identity_.name}, {"attendees", attendees.size()}, {"first", attendees.front()}});
    MeetingMail mail;
    mail.from = identity_.name;
    mail.to = {identity_.name};
    mail.subject = "Not delivered: " + subject;
    mail.text = "These attendees could not be told of the meeting:\r\n\r\n";
    for (const std::string& address : attendees) mail.text += address + "\r\n";
    MissingFields missing;
    missing.from = "<" + identity_.name + ">";
    missing.date = rfc5322_date(now());
    missing.message_id = fmt::format("<{}@{}>", services_->random.hex(16), services_->hostname);
    std::string whole = complete_message(write_meeting_mail(mail), missing, false);
    (void)co_await append_to(store::SpecialUse::inbox, std::move(whole), false);
}

/// Meetings of the user that a Sync takes away, while they are still there.
awaitable<std::vector<pim::Component>> Session::events_to_remove(const CollectionAnswer* out) {
    std::vector<pim::Component> events;
    if (out->kind != store::FolderKind::calendar || version_ < 160) co_return events;
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    std::size_t octets = 0;
    for (const SyncCommand& command : out->request->commands) {
        const auto id = parse_item_id(command.server_id);
        if (command.kind != SyncCommand::Kind::remove || !command.instance.empty() || !id ||
            id->folder != out->id)
            continue;
        auto item = co_await fetch_stored(out->folder, id->uid);
        if (item) octets += pim::octets_of(*item);
        if (octets > limits().fetched_bytes_max) break;  // more than anybody writes by hand
        if (item && !itip::call_off_all(*item, owner).empty()) events.push_back(std::move(*item));
    }
    co_return events;
}

awaitable<void> Session::call_off_removed(const std::vector<pim::Component>* events) {
    MeetingChange change;
    if (!events->empty()) change.owner = co_await owner_of_mailbox();
    for (const pim::Component& event : *events) {
        if (event_facts(event).date < now()) continue;
        change.notices = itip::call_off_all(event, change.owner);
        co_await tell_attendees(&change, &event, nullptr);
    }
}

}  // namespace eas
