// MeetingResponse: MS-ASCMD section 2.2.2.10. The answer is put into the user's calendar; the organizer hears
// of it by the server only from 16.0 on, and if the device asks for it.
#include "base/log.hpp"
#include "eas/items/event.hpp"
#include "eas/session.hpp"
#include "eas/syntax/status.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;

constexpr std::size_t answers_max = 100;  // of one request; a person answers one, or a week's
constexpr unsigned attempts_max = 4;      // while other devices change the same event

itip::Answer meaning_of(std::int64_t response) {
    return response == 1   ? itip::Answer::accepted
           : response == 2 ? itip::Answer::tentative
                           : itip::Answer::declined;
}

int status_of(const store::Error& error) {
    return error.is(store::Errc::not_found) || error.is(store::Errc::corrupt) ? meeting_status::invalid
                                                                              : meeting_status::mailbox_error;
}

std::string_view verb_of(itip::Answer answer) {
    return answer == itip::Answer::accepted    ? "Accepted: "
           : answer == itip::Answer::tentative ? "Tentative: "
                                               : "Declined: ";
}

/// The occurrence that a mail is about, of a series that is here.
std::optional<std::int64_t> occurrence_in(const itip::Message& message, const pim::Component& calendar) {
    const pim::Component* series = pim::master_of(calendar);
    if (series == nullptr || series->find("RRULE") == nullptr) return std::nullopt;
    return itip::moment_of(message.calendar, message.event(), "RECURRENCE-ID");
}

/// A time that a device proposes, as the event has times. Nothing: it proposes none.
std::optional<std::int64_t> proposed(const std::string& text, const pim::Component& calendar,
                                     std::uint16_t version) {
    const auto time = pim::parse_date_time(text);
    const pim::Component* event = pim::master_of(calendar);
    if (!time || event == nullptr) return std::nullopt;
    return frame_of(calendar, *event, version).from_device(time->seconds);
}

}  // namespace

awaitable<Answer> Session::meeting_response() {
    namespace tags = wbxml::meetingresponse;
    std::vector<MeetingAnswer> requests;
    if (!parse_meeting_answers(root(), version_, answers_max, requests))
        co_return common(status::invalid_xml);
    std::string body;
    wbxml::Encoder to(body);
    to.open(tags::meeting_response);
    for (const MeetingAnswer& request : requests) {
        const MeetingResult result = co_await respond(&request);
        write_meeting_result(to, request, result);
    }
    to.close();
    co_return wbxml(std::move(body));
}

awaitable<MeetingResult> Session::respond(const MeetingAnswer* request) {
    const auto id = parse_item_id(request->long_id.empty() ? request->request_id : request->long_id);
    const bool in_place =
        !request->long_id.empty() || (id && parse_folder_id(request->collection_id) == id->folder);
    if (!id || !in_place || request->response == 0) co_return MeetingResult(meeting_status::invalid);
    if (request->has_instance && !is_instance_text(request->instance, version_))
        co_return MeetingResult(request->instance.empty() ? meeting_status::invalid
                                                          : meeting_status::bad_instance);
    const store::FolderKind kind = kind_of_folder(id->folder);
    if (kind == store::FolderKind::calendar) co_return co_await respond_in_calendar(request, *id);
    // MS-ASCMD section 2.2.3.167.8: an occurrence is named in the calendar, not of a mail.
    if (kind != store::FolderKind::mail || request->has_instance)
        co_return MeetingResult(meeting_status::invalid);
    co_return co_await respond_to_mail(request, *id);
}

/// From 14.1 on: MS-ASCMD section 2.2.2.10.
awaitable<MeetingResult> Session::respond_in_calendar(const MeetingAnswer* request, ItemId id) {
    if (version_ < 141) co_return MeetingResult(meeting_status::invalid);
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return MeetingResult(status_of(folder.error()));
    MeetingResult result(meeting_status::mailbox_error);
    pim::Component asked;
    std::optional<std::int64_t> occurrence;
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        const store::SnapshotPtr now_there = (*folder)->snapshot();
        const store::Entry* entry = now_there->find(id.uid);
        if (entry == nullptr) co_return MeetingResult(meeting_status::invalid);
        ShelvedEvent event;
        event.folder = *folder;
        event.entry = *entry;
        auto calendar = co_await fetch_stored(*folder, id.uid);
        if (!calendar) co_return MeetingResult(status_of(calendar.error()));
        event.calendar = std::move(*calendar);
        const pim::Component* series = pim::master_of(event.calendar);
        const bool is_asked = series != nullptr && !owner.organizes(*series) &&
                              series->find("ORGANIZER") != nullptr && owner.attendee_of(*series) != nullptr;
        if (!is_asked) co_return MeetingResult(meeting_status::invalid);
        if (request->has_instance) {
            if (series->find("RRULE") == nullptr) co_return MeetingResult(meeting_status::no_recurrence);
            const auto time = pim::parse_date_time(request->instance);
            const EventFrame frame = frame_of(event.calendar, *series, version_);
            if (time) occurrence = frame.from_device(time->seconds);
            if (!occurrence || !itip::has_occurrence(event.calendar, *occurrence))
                co_return MeetingResult(meeting_status::invalid);
        }
        asked = event.calendar;  // a declined occurrence is no more in what is kept
        result = co_await keep_answer(request, &event, occurrence, false);
        if (result.status != status::server_error_retry) break;
    }
    if (result.status == meeting_status::ok) co_await send_reply(request, &asked, occurrence, &result);
    co_return result;
}

/// \errors corrupt: it is no request
awaitable<store::Result<pim::itip::Message>> Session::read_meeting(store::FolderPtr folder, base::Uid uid) {
    const store::Error none(store::Errc::corrupt, "no meeting request");
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* entry = now_there->find(uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such mail");
    std::vector<store::Entry> entries{*entry};
    const auto details = co_await folder->details(std::move(entries));
    if (!details) co_return details.error();
    if (details->empty() || !details->front()) co_return none;
    MessageOctets octets(folder, details->front());
    const auto opened = co_await octets.open();
    if (!opened) co_return opened.error();
    const auto text = co_await read_calendar(&octets);
    if (!text) co_return text.error();
    auto message = itip::read_message(*text);
    if (!message || message->method != itip::Method::request) co_return none;
    co_return std::move(*message);
}

awaitable<MeetingResult> Session::respond_to_mail(const MeetingAnswer* request, ItemId id) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return MeetingResult(status_of(folder.error()));
    const auto message = co_await read_meeting(*folder, id.uid);
    if (!message) co_return MeetingResult(status_of(message.error()));
    if (owner.organizes(message->event())) co_return MeetingResult(meeting_status::invalid);
    MeetingResult result(meeting_status::mailbox_error);
    pim::Component asked;
    std::optional<std::int64_t> occurrence;
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        const directory::Turnstile::Pass pass = co_await services_->events.turn(identity_.account);
        auto known = co_await services_->events.find(account_, message->uid);
        if (!known) co_return MeetingResult(status_of(known.error()));
        ShelvedEvent event;
        bool is_new = true;
        for (ShelvedEvent& one : *known) {
            if (itip::apply_request(one.calendar, *message, owner) == itip::Applied::refused) continue;
            event = std::move(one);
            is_new = false;
            break;
        }
        if (is_new) event.calendar = itip::adopt(*message, owner);
        occurrence = occurrence_in(*message, event.calendar);
        if (occurrence) itip::restore_occurrence(event.calendar, *occurrence);
        asked = event.calendar;
        result = co_await keep_answer(request, &event, occurrence, is_new);
        if (result.status != status::server_error_retry) break;
    }
    if (result.status == meeting_status::ok) co_await send_reply(request, &asked, occurrence, &result);
    if (result.status == meeting_status::ok) co_await move_to_deleted(std::move(*folder), id.uid);
    co_return result;
}

/// Status server_error_retry: the event is another one by now.
awaitable<MeetingResult> Session::keep_answer(const MeetingAnswer* request, ShelvedEvent* event,
                                              std::optional<std::int64_t> occurrence, bool is_new) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    const itip::Answer answer = meaning_of(request->response);
    itip::OwnAnswer own;
    own.answer = answer;
    own.occurrence = occurrence;
    own.now = now();
    if (!itip::apply_answer(event->calendar, own, owner)) co_return MeetingResult(meeting_status::invalid);
    MeetingResult out;
    store::Error failed;
    if (answer == itip::Answer::declined && !occurrence) {
        if (!is_new) {
            store::UidRanges uids{{event->entry.uid, event->entry.uid}};
            const auto removed = co_await event->folder->remove(std::move(uids));
            if (!removed) failed = removed.error();
        }
    } else if (is_new) {
        auto added = co_await services_->events.add(account_, event->calendar);
        if (added) *event = std::move(*added);
        if (!added) failed = added.error();
    } else {
        const auto replaced = co_await services_->events.replace(event);
        if (!replaced) failed = replaced.error();
    }
    if (failed.is(store::Errc::conflict)) co_return MeetingResult(status::server_error_retry);
    if (!failed.is(store::Errc::none)) co_return MeetingResult(status_of(failed));
    if (answer != itip::Answer::declined)
        out.calendar_id = write_item_id({event->folder->id(), event->entry.uid});
    co_return out;
}

/// MS-ASCMD section 2.2.3.153, SendResponse.
awaitable<void> Session::send_reply(const MeetingAnswer* request, const pim::Component* event,
                                    std::optional<std::int64_t> occurrence, MeetingResult* result) {
    if (!request->send_reply) co_return;
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    itip::OutgoingReply reply;
    reply.answer = meaning_of(request->response);
    reply.occurrence = occurrence;
    reply.now = now();
    // A new time is proposed by who does not accept: MS-ASCMD, ProposedStartTime.
    if (reply.answer != itip::Answer::accepted) {
        reply.proposed_start = proposed(request->proposed_start, *event, version_);
        reply.proposed_end = proposed(request->proposed_end, *event, version_);
    }
    const auto made = itip::make_reply(*event, reply, owner);
    const pim::Component* series = pim::master_of(*event);
    MeetingResult kept = std::move(*result);
    *result = MeetingResult(meeting_status::server_error);  // unless it is sent
    if (!made || series == nullptr || series->find("ORGANIZER") == nullptr) co_return;
    MeetingMail mail;
    mail.from = identity_.name;
    mail.from_name = owner.name;
    mail.to.emplace_back(itip::address_of(*series->find("ORGANIZER")));
    mail.subject = std::string(verb_of(reply.answer)) + made->find_component("VEVENT")->text("SUMMARY");
    mail.text = request->text;
    mail.text_type = request->text_type;
    mail.method = itip::name_of(itip::method_of(reply));
    mail.calendar = pim::write(*made);
    std::string text = write_meeting_mail(mail);
    const int sent = co_await submit(std::move(text), true);
    if (sent != status::ok)
        base::log::info("eas", "an answer to a meeting was not sent",
                        {{"user", identity_.name}, {"to", mail.to.front()}, {"status", sent}});
    if (sent == status::ok) *result = std::move(kept);
}

/// What was answered is done with, as Exchange has it.
awaitable<void> Session::move_to_deleted(store::FolderPtr folder, base::Uid uid) {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* trash = tree->find(store::SpecialUse::trash);
    if (trash == nullptr || trash->id == folder->id()) co_return;
    auto destination = co_await account_->open(trash->id);
    if (!destination) co_return;
    store::UidRanges uids{{uid, uid}};
    const auto moved = co_await folder->move_to(std::move(*destination), std::move(uids));
    if (!moved)
        base::log::warn("eas", "a request was answered, and stays where it is",
                        {{"user", identity_.name}, {"why", moved.error().what()}});
}

}  // namespace eas
