// SmartReply and SmartForward about a meeting: an event of the calendar, one occurrence of it, or a mail that
// asks to one. MS-ASCMD sections 2.2.2.18, 2.2.2.19, 2.2.3.76 and 3.1.5.7; RFC 5546 section 3.2.2.6.
#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "eas/items/event.hpp"
#include "eas/items/event_attachments.hpp"
#include "eas/items/forwarded_meeting.hpp"
#include "eas/items/meeting_text.hpp"
#include "eas/mail/calendar_part.hpp"
#include "eas/mail/message_text.hpp"
#include "eas/session.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/meeting_answer.hpp"
#include "eas/syntax/status.hpp"
#include "pim/itip/events.hpp"

namespace eas {
namespace {

constexpr unsigned attempts_max = 4;  // while other devices change the same event

/// Of what was to be read.
int status_of(const store::Error& error) {
    if (error.is(store::Errc::limit)) return status::attachment_too_large;
    if (error.is(store::Errc::unavailable)) return status::server_error_retry;
    const bool gone = error.is(store::Errc::not_found) || error.is(store::Errc::corrupt);
    return gone ? status::item_not_found : status::reply_failed;
}

/// What a mail asks. Its files stay parts of the mail, which goes along with them.
awaitable<std::optional<pim::itip::Message>> read_request(store::FolderPtr folder, base::Uid uid) {
    const store::SnapshotPtr now_there = folder->snapshot();
    const store::Entry* known = now_there->find(uid);
    if (known == nullptr) co_return std::nullopt;
    const store::Entry entry = *known;
    auto detail = co_await read_detail(folder, entry);
    if (!detail) co_return std::nullopt;
    MessageOctets octets(folder, std::move(*detail));
    const auto opened = co_await octets.open();
    if (!opened) co_return std::nullopt;
    const auto text = co_await read_calendar(&octets);
    if (!text) co_return std::nullopt;
    auto message = pim::itip::read_message(*text);
    if (message && message->method != pim::itip::Method::request) message.reset();
    co_return message;
}

std::vector<std::string> addresses_of(const std::vector<Forwardee>& people) {
    std::vector<std::string> out;
    for (const Forwardee& one : people) out.push_back(one.address);
    return out;
}

}  // namespace

/// A common status. `passed`: set if others are brought to a meeting.
awaitable<int> Session::read_about(const ComposeRequest* request, ItemId id, Original* out,
                                   std::optional<PassedMeeting>* passed) {
    if (kind_of_folder(id.folder) == store::FolderKind::calendar)
        co_return co_await read_meeting_about(request, id, out, passed);
    if (request->passes_on) co_return status::bad_forwardees;  // section 2.2.3.159: of calendars alone
    // A mail is about what it is about: an occurrence has a request of its own.
    if (request->instance_id && !is_instance_text(*request->instance_id, version_))
        co_return status::invalid_time;
    const bool forwards = query_.command == Command::smart_forward;
    auto original = co_await read_original(id, forwards);
    if (!original) co_return status_of(original.error());
    *out = std::move(*original);
    if (!forwards) co_return status::ok;
    const auto folder = co_await account_->open(id.folder);
    if (!folder) co_return status_of(folder.error());
    auto asks = co_await read_request(*folder, id.uid);
    if (!asks) co_return status::ok;  // it asks nobody
    const std::vector<Forwardee> people = people_in(request->message);
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    PassedMeeting meeting;
    // What others write of a meeting of his is their word.
    if (is_sent_mail(id.folder) && owner.organizes(asks->event())) {
        auto own = co_await find_organized(&*asks);
        if (!own) co_return status_of(own.error());
        meeting.own = *own;
        meeting.occurrence = pim::itip::moment_of(asks->calendar, asks->event(), "RECURRENCE-ID");
    }
    ask_too(asks->calendar, std::nullopt, people);
    auto object = forwarded_object(asks->calendar, std::nullopt, owner);
    if (!object) co_return status::ok;
    out->parts.insert(out->parts.begin(), meeting_part(*object));
    meeting.object = std::move(*object);
    meeting.people = people;
    *passed = std::move(meeting);
    co_return status::ok;
}

awaitable<store::Result<ShelvedEvent>> Session::read_event(ItemId id) {
    auto folder = co_await account_->open(id.folder);
    if (!folder) co_return folder.error();
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(id.uid);
    if (entry == nullptr) co_return store::Error(store::Errc::not_found, "no such event");
    ShelvedEvent out;
    out.entry = *entry;
    auto calendar = co_await fetch_stored(*folder, id.uid, store::FolderKind::calendar);
    if (!calendar) co_return calendar.error();
    out.folder = std::move(*folder);
    out.calendar = std::move(*calendar);
    co_return out;
}

awaitable<int> Session::read_meeting_about(const ComposeRequest* request, ItemId id, Original* out,
                                           std::optional<PassedMeeting>* passed) {
    auto event = co_await read_event(id);
    if (!event) co_return status_of(event.error());
    const NamedOccurrence named = named_occurrence(event->calendar, request->instance_id, version_);
    if (named.status != status::ok) co_return named.status;
    const bool forwards = query_.command == Command::smart_forward;
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    std::vector<Forwardee> people;
    if (forwards) people = request->passes_on ? request->forwardees : people_in(request->message);
    PassedMeeting meeting;
    if (forwards && !organizer_of(event->calendar).empty()) {
        const pim::Component* series = master_of(event->calendar);
        const bool own = series != nullptr && owner.organizes(*series) && !account_->is_shared(id.folder);
        if (own) meeting.own = id;
        meeting.occurrence = named.moment;
        ask_too(event->calendar, named.moment, people);
    }
    auto object = forwarded_object(event->calendar, named.moment, owner);
    if (!object) co_return status::item_not_found;
    *out = original_of(*object);
    if (!forwards) co_return status::ok;
    meeting.object = std::move(*object);
    meeting.people = people;
    std::vector<std::string> names = attachment_names_told(meeting.object);
    if (!names.empty()) {
        auto files = co_await read_file_parts(event->folder, event->entry, std::move(names));
        if (!files) co_return status_of(files.error());
        meeting.files = std::move(*files);
    }
    if (!request->passes_on) {
        out->parts.push_back(meeting_part(meeting.object));
        out->parts.insert(out->parts.end(), meeting.files.begin(), meeting.files.end());
    }
    *passed = std::move(meeting);
    co_return status::ok;
}

/// The event that a request of the user's own speaks of. Nothing: it is in none of his calendars.
awaitable<store::Result<std::optional<ItemId>>> Session::find_organized(const pim::itip::Message* asked) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    const auto known = co_await services_->events.find(account_->own(), asked->uid);
    if (!known) co_return known.error();
    std::optional<ItemId> out;
    for (const ShelvedEvent& one : *known) {
        const pim::Component* series = master_of(one.calendar);
        const bool organized = series != nullptr && owner.organizes(*series);
        if (organized && !out) out = ItemId{one.folder->id(), one.entry.uid};
    }
    co_return out;
}

/// Who organizes a meeting and has passed it on asks to it: the answers are to be kept. They have the mail
/// by now, which nothing takes back. Where this fails they come into the event with their answers, as all do
/// whom an attendee has brought.
awaitable<void> Session::note_asked(const PassedMeeting* passed) {
    if (!passed->own) co_return;
    const auto noted = co_await ask_in_calendar(passed);
    if (!noted)
        base::log::warn("eas", "a meeting was passed on, but it does not name those who are asked",
                        {{"user", identity_.name}, {"why", noted.error().what()}});
}

awaitable<store::Result<void>> Session::ask_in_calendar(const PassedMeeting* passed) {
    const directory::Turnstile::Pass pass = co_await services_->events.turn(identity_.account);
    store::Result<void> kept;
    for (unsigned attempt = 0; attempt < attempts_max; ++attempt) {
        auto event = co_await read_event(*passed->own);
        if (!event) co_return event.error();
        if (!ask_too(event->calendar, passed->occurrence, passed->people)) co_return store::Result<void>();
        kept = co_await services_->events.replace(&*event);
        if (kept || !kept.error().is(store::Errc::conflict)) break;
    }
    co_return kept;
}

/// The mail that brings others to a meeting, or to an appointment as a file.
awaitable<std::string> Session::write_passed(const ComposeRequest* request, const Original* original,
                                             const PassedMeeting* passed) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    MeetingMail mail;
    mail.from = identity_.name;
    mail.from_name = owner.name;
    mail.to = addresses_of(passed->people);
    mail.subject = "FW: " + original->subject;
    mail.text = request->text;
    mail.text_type = request->text_type;
    const std::string of_it = "\r\n\r\n" + original->plain;
    mail.text += request->text_type == BodyType::html ? html_of(of_it) : of_it;
    mail.parts = passed->files;
    mail.method = passed->object.raw("METHOD");
    if (mail.method.empty()) {
        mail.parts.insert(mail.parts.begin(), meeting_part(passed->object));
    } else {
        mail.calendar = pim::write(passed->object);
    }
    co_return write_meeting_mail(mail, services_->random);
}

/// The organizer knows who else may come, as Exchange's does. Where he cannot be told nothing else fails.
awaitable<void> Session::tell_organizer(const PassedMeeting* passed) {
    const pim::itip::Owner owner = co_await owner_of_mailbox();
    const std::string organizer = organizer_of(passed->object);
    const bool gets_it = std::ranges::any_of(passed->people, [&organizer](const Forwardee& one) {
        return base::equals_nocase(one.address, organizer);
    });
    if (organizer.empty() || owner.is(organizer) || gets_it || passed->people.empty()) co_return;
    MeetingMail mail;
    mail.from = identity_.name;
    mail.from_name = owner.name;
    mail.to = {organizer};
    mail.subject = "Meeting forwarded: " + pim::itip::main_event(passed->object)->text("SUMMARY");
    mail.text = "Your meeting was passed on to:\r\n\r\n";
    for (const Forwardee& one : passed->people) mail.text += one.address + "\r\n";
    mail.text += "\r\n" + readable_meeting(passed->object);
    std::string text = write_meeting_mail(mail, services_->random);
    Post post = this->post();
    const int sent = co_await post.submit(std::move(text), false);
    if (sent != status::ok)
        base::log::info("eas", "an organizer was not told whom his meeting was passed on to",
                        {{"user", identity_.name}, {"to", organizer}, {"status", sent}});
}

}  // namespace eas
