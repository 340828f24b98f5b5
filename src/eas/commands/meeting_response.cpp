// MeetingResponse: MS-ASCMD section 2.2.2.10. The answer is put into the user's calendar; the organizer hears
// of it by the server only from 16.0 on, and if the device asks for it.
#include "base/log.hpp"
#include "base/markup.hpp"
#include "eas/incoming_files.hpp"
#include "eas/items/event.hpp"
#include "eas/items/meeting_text.hpp"
#include "eas/mail/calendar_part.hpp"
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

/// Another time in words, above what the user writes: not every program shows what a COUNTER proposes.
std::string with_time(const MeetingAnswer& request, const pim::Component& counter) {
    const std::string time = "New time proposed: " + readable_time(counter);
    if (request.text_type == BodyType::html)
        return "<p>" + base::xml_escaped(time) + "</p>\r\n" + request.text;
    return time + "\r\n\r\n" + request.text;
}

struct Unheard {
    std::string subject;
    std::vector<std::string> people;
};

/// What the user is told of an answer that cannot leave.
Unheard unheard_of(const pim::Component& calendar) {
    Unheard out;
    std::string organizer;
    if (const pim::Component* series = pim::master_of(calendar)) {
        out.subject = series->text("SUMMARY");
        if (const pim::Property* one = series->find("ORGANIZER")) organizer = itip::address_of(*one);
    }
    out.people.push_back(organizer.empty() ? "the organizer" : organizer);
    return out;
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
    AskedBy by;
    by.item = *id;
    // MS-ASCMD section 2.2.2.10: in a calendar from 14.1 on.
    if (kind == store::FolderKind::calendar && version_ >= 141)
        co_return co_await answer_meeting(request, &by);
    // MS-ASCMD section 2.2.3.167.8: an occurrence is named in the calendar, not of a mail.
    if (kind != store::FolderKind::mail || request->has_instance)
        co_return MeetingResult(meeting_status::invalid);
    co_return co_await respond_to_mail(request, *id);
}

/// The organizer hears of it before the calendar changes: where he cannot now, nothing has changed, and the
/// device tries again; if the server ends between the two, it asks again, and he hears the same twice. One
/// who is nobody any more keeps no answer from the calendar: the user finds a mail.
awaitable<MeetingResult> Session::answer_meeting(const MeetingAnswer* request, const AskedBy* by) {
    AskedMeeting asked;
    MeetingResult result = co_await find_asked(request, by, &asked);
    if (result.status != meeting_status::ok) co_return result;
    if (request->send_reply) {
        const int sent = co_await send_reply(request, &asked);
        if (may_leave_later(sent)) co_return MeetingResult(meeting_status::server_error);
        if (sent != status::ok) {
            MeetingTeller teller = this->teller();
            Unheard unheard = unheard_of(asked.event.calendar);
            co_await teller.report_unsent(std::move(unheard.subject), std::move(unheard.people));
        }
    }
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        // Not while mail is sent: its delivery takes the turn too.
        const directory::Turnstile::Pass pass = co_await services_->events.turn(identity_.account);
        AskedMeeting now_there;
        result = co_await find_asked(request, by, &now_there);
        if (result.status == meeting_status::ok) result = co_await keep_answer(request, by, &now_there);
        if (result.status != status::server_error_retry) break;
    }
    co_return result;
}

awaitable<MeetingResult> Session::find_asked(const MeetingAnswer* request, const AskedBy* by,
                                             AskedMeeting* out) {
    if (by->mail != nullptr) return asked_by_mail(&by->mail->message, out);
    return asked_in_calendar(request, by->item, out);
}

awaitable<MeetingResult> Session::asked_in_calendar(const MeetingAnswer* request, ItemId id,
                                                    AskedMeeting* out) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return MeetingResult(status_of(folder.error()));
    // It is for him to answer who was asked.
    if (account_->is_of_others(**folder)) co_return MeetingResult(meeting_status::invalid);
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(id.uid);
    if (entry == nullptr) co_return MeetingResult(meeting_status::invalid);
    out->event.folder = *folder;
    out->event.entry = *entry;
    auto calendar = co_await fetch_stored(*folder, id.uid, store::FolderKind::calendar);
    if (!calendar) co_return MeetingResult(status_of(calendar.error()));
    out->event.calendar = std::move(*calendar);
    const pim::Component* series = pim::master_of(out->event.calendar);
    const bool is_asked = series != nullptr && !owner.organizes(*series) &&
                          series->find("ORGANIZER") != nullptr && owner.attendee_of(*series) != nullptr;
    if (!is_asked) co_return MeetingResult(meeting_status::invalid);
    if (!request->has_instance) co_return MeetingResult(meeting_status::ok);
    if (series->find("RRULE") == nullptr) co_return MeetingResult(meeting_status::no_recurrence);
    const auto time = pim::parse_date_time(request->instance);
    const EventFrame frame = frame_of(out->event.calendar, *series, version_);
    if (time) out->occurrence = frame.from_device(time->seconds);
    const bool there = out->occurrence && itip::has_occurrence(out->event.calendar, *out->occurrence);
    co_return MeetingResult(there ? meeting_status::ok : meeting_status::invalid);
}

/// \errors corrupt: it is no request
awaitable<store::Result<void>> Session::read_meeting(store::FolderPtr folder, base::Uid uid,
                                                     MailedMeeting* out) {
    const store::Error none(store::Errc::corrupt, "no meeting request");
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* entry = now_there->find(uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such mail");
    const store::Entry found = *entry;
    auto detail = co_await read_detail(folder, found);
    if (!detail) co_return detail.error();
    out->octets.emplace(folder, std::move(*detail));
    const auto opened = co_await out->octets->open();
    if (!opened) co_return opened.error();
    const auto text = co_await read_calendar(&*out->octets);
    if (!text) co_return text.error();
    auto message = itip::read_message(*text);
    const bool asks =
        message && (message->method == itip::Method::request || message->method == itip::Method::add);
    if (!asks) co_return none;
    out->message = std::move(*message);
    auto files = co_await take_files(&*out->octets, &out->message);
    if (!files) co_return files.error();
    out->files = std::move(*files);
    co_return store::Result<void>();
}

awaitable<MeetingResult> Session::respond_to_mail(const MeetingAnswer* request, ItemId id) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return MeetingResult(status_of(folder.error()));
    if (account_->is_of_others(**folder)) co_return MeetingResult(meeting_status::invalid);
    MailedMeeting mail;
    const auto read = co_await read_meeting(*folder, id.uid, &mail);
    if (!read) co_return MeetingResult(status_of(read.error()));
    if (owner.organizes(mail.message.event())) co_return MeetingResult(meeting_status::invalid);
    AskedBy by;
    by.mail = &mail;
    MeetingResult result = co_await answer_meeting(request, &by);
    if (result.status == meeting_status::ok) co_await move_to_deleted(std::move(*folder), id.uid);
    co_return result;
}

awaitable<MeetingResult> Session::asked_by_mail(const pim::itip::Message* message, AskedMeeting* out) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    auto known = co_await services_->events.find(account_->own(), message->uid);
    if (!known) co_return MeetingResult(status_of(known.error()));
    out->is_new = true;
    for (ShelvedEvent& one : *known) {
        if (itip::apply_request(one.calendar, *message, owner) == itip::Applied::refused) continue;
        out->event = std::move(one);
        out->is_new = false;
        break;
    }
    if (out->is_new) out->event.calendar = itip::adopt(*message, owner);
    out->occurrence = occurrence_in(*message, out->event.calendar);
    if (!out->occurrence) co_return MeetingResult(meeting_status::ok);
    itip::restore_occurrence(out->event.calendar, *out->occurrence);
    const bool there = itip::has_occurrence(out->event.calendar, *out->occurrence);
    co_return MeetingResult(there ? meeting_status::ok : meeting_status::invalid);
}

awaitable<store::Error> Session::shelve(AskedMeeting* asked, const MailedFiles* files) {
    ShelvedEvent* event = &asked->event;
    if (!asked->is_new) {
        const auto replaced = co_await services_->events.replace(event, files);
        if (!replaced) co_return replaced.error();
        co_return store::Error();
    }
    auto added = co_await services_->events.add(account_->own(), event->calendar, files);
    if (!added) co_return added.error();
    *event = std::move(*added);
    co_return store::Error();
}

/// Status server_error_retry: the event is another one by now.
awaitable<MeetingResult> Session::keep_answer(const MeetingAnswer* request, const AskedBy* by,
                                              AskedMeeting* asked) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    const itip::Answer answer = meaning_of(request->response);
    ShelvedEvent* event = &asked->event;
    itip::OwnAnswer own;
    own.answer = answer;
    own.occurrence = asked->occurrence;
    own.now = now();
    if (!itip::apply_answer(event->calendar, own, owner)) co_return MeetingResult(meeting_status::invalid);
    const MailedFiles* files = by->mail == nullptr ? nullptr : &by->mail->files;
    MeetingResult out(meeting_status::ok);
    store::Error failed;
    if (answer == itip::Answer::declined && !asked->occurrence) {
        if (!asked->is_new) {
            store::UidRanges uids{{event->entry.uid, event->entry.uid}};
            const auto removed = co_await event->folder->remove(std::move(uids));
            if (!removed) failed = removed.error();
        }
    } else {
        failed = co_await shelve(asked, files);
        const bool full = failed.is(store::Errc::over_quota) || failed.is(store::Errc::limit);
        if (full && files != nullptr) {  // they stand in the mail too; the organizer has heard the answer
            leave_files(event->calendar);
            failed = co_await shelve(asked, nullptr);
        }
    }
    if (failed.is(store::Errc::conflict)) co_return MeetingResult(status::server_error_retry);
    if (!failed.is(store::Errc::none)) co_return MeetingResult(status_of(failed));
    if (answer != itip::Answer::declined)
        out.calendar_id = write_item_id({event->folder->id(), event->entry.uid});
    co_return out;
}

/// MS-ASCMD section 2.2.3.153, SendResponse. A common status.
awaitable<int> Session::send_reply(const MeetingAnswer* request, const AskedMeeting* asked) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    const pim::Component* event = &asked->event.calendar;
    itip::OutgoingReply reply;
    reply.answer = meaning_of(request->response);
    reply.occurrence = asked->occurrence;
    reply.now = now();
    // A new time is proposed by who does not accept: MS-ASCMD, ProposedStartTime.
    if (reply.answer != itip::Answer::accepted) {
        reply.proposed_start = proposed(request->proposed_start, *event, version_);
        reply.proposed_end = proposed(request->proposed_end, *event, version_);
    }
    const auto made = itip::make_reply(*event, reply, owner);
    const pim::Component* series = pim::master_of(*event);
    if (!made || series == nullptr || series->find("ORGANIZER") == nullptr)
        co_return status::submission_failed;
    MeetingMail mail;
    mail.from = identity_.name;
    mail.from_name = owner.name;
    mail.to.emplace_back(itip::address_of(*series->find("ORGANIZER")));
    const bool proposes = itip::method_of(reply) == itip::Method::counter;
    mail.subject = proposes ? "New Time Proposed: " : std::string(verb_of(reply.answer));
    mail.subject += made->find_component("VEVENT")->text("SUMMARY");
    mail.text = proposes ? with_time(*request, *made) : request->text;
    mail.text_type = request->text_type;
    mail.method = itip::name_of(itip::method_of(reply));
    mail.calendar = pim::write(*made);
    std::string text = write_meeting_mail(mail, services_->random);
    Post post = this->post();
    const int sent = co_await post.submit(std::move(text), true);
    if (sent != status::ok)
        base::log::info("eas", "an answer to a meeting was not sent",
                        {{"user", identity_.name}, {"to", mail.to.front()}, {"status", sent}});
    co_return sent;
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
