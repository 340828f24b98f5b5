#include "eas/meeting_teller.hpp"

#include <algorithm>
#include <functional>
#include <iterator>

#include <fmt/format.h>

#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "eas/calendar_owner.hpp"
#include "eas/items/event.hpp"
#include "eas/items/event_attachments.hpp"
#include "eas/items/meeting_text.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/status.hpp"
#include "pim/itip/events.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
using itip::Method;
using itip::Notice;

std::string summary_of(const pim::Component& calendar) {
    const pim::Component* event = itip::main_event(calendar);
    return event == nullptr ? std::string() : event->text("SUMMARY");
}

using People = std::vector<std::string>;

/// The first of them last.
std::vector<People> portions(People all, std::size_t size) {
    std::vector<People> out;
    for (std::size_t end = all.size(); end > 0; end = (end - 1) / size * size) {
        const auto from =
            std::make_move_iterator(all.begin()) + static_cast<std::ptrdiff_t>((end - 1) / size * size);
        out.emplace_back(from, std::make_move_iterator(all.begin()) + static_cast<std::ptrdiff_t>(end));
    }
    return out;
}

void append(std::vector<std::string>& out, std::vector<std::string> more) {
    out.insert(out.end(), std::make_move_iterator(more.begin()), std::make_move_iterator(more.end()));
}

/// Nothing: there is nothing to be said any more.
std::optional<pim::Component> object_of(const Notice& notice, const pim::Component& told, std::int64_t now) {
    switch (notice.method) {
        case Method::cancel:
            return itip::make_cancel(told, notice.attendees, notice.occurrence, now);
        case Method::decline_counter:
            return itip::make_decline_counter(told, notice.attendees, notice.occurrence, now);
        default:
            return itip::make_request(told, notice.occurrence, now);
    }
}

/// How its mail is called, before the event's own title.
std::string_view title_of(Method method) {
    if (method == Method::cancel) return "Canceled: ";
    return method == Method::decline_counter ? "New time declined: " : "";
}

}  // namespace

/// Everybody of the mail at once, as far as one mail has so many; where somebody is nobody, those who are
/// not.
awaitable<MeetingTeller::Unreached> MeetingTeller::send(MeetingMail mail) {
    Unreached out;
    std::ranges::copy_if(mail.to, std::back_inserter(out.at_all), std::not_fn(can_be_written));
    std::erase_if(mail.to, std::not_fn(can_be_written));
    std::vector<People> waiting = portions(std::move(mail.to), recipients_max);
    bool keep = !mail.is_answer;  // one of them, in Sent
    std::size_t halvings = 0;
    while (!waiting.empty()) {
        mail.to = std::move(waiting.back());
        waiting.pop_back();
        std::string text = write_meeting_mail(mail, post_.services().random);
        Submitted said = Submitted::failed;
        const int sent = co_await post_.submit(std::move(text), keep, mail.is_answer, &said);
        if (sent == status::ok) {
            keep = false;
            continue;
        }
        // What is refused for what it is would be for each of them.
        const bool of_some = said == Submitted::no_such_user || said == Submitted::not_relayed;
        if (of_some && mail.to.size() > 1 && halvings++ < limits_.halvings_max) {
            const std::size_t half = (mail.to.size() + 1) / 2;
            std::ranges::move(portions(std::move(mail.to), half), std::back_inserter(waiting));
            continue;
        }
        append(may_leave_later(sent) ? out.now : out.at_all, std::move(mail.to));
    }
    co_return out;
}

/// The files that the message names: of one occurrence, not those of others. Without those that cannot be
/// read: the invitation counts for more.
awaitable<std::vector<std::string>> MeetingTeller::files_for_mail(const MeetingChange* change,
                                                                  const pim::Component* message) {
    std::vector<std::string> parts, names = attachment_names_told(*message);
    if (names.empty()) co_return parts;
    const store::SnapshotPtr now_there = change->folder->snapshot();
    const store::Entry* entry = now_there->find(change->uid);
    if (entry == nullptr) co_return parts;
    const store::Entry found = *entry;
    auto read = co_await read_file_parts(change->folder, found, std::move(names));
    if (read) parts = std::move(*read);
    co_return parts;
}

awaitable<MeetingTeller::Told> MeetingTeller::tell_all(const MeetingChange* change,
                                                       const pim::Component* before,
                                                       const pim::Component* after, bool last_try) {
    Told out;
    std::vector<std::string> unreached;
    std::string subject;
    const bool is_answer = change->debt && change->debt->debt.is_answer;
    for (const Notice& notice : change->notices) {
        const bool cancels = notice.method == Method::cancel;
        // What is called off is what they know; who is asked no more stands only there.
        const pim::Component* told = cancels && before != nullptr ? before : after;
        if (told == nullptr) continue;
        const auto object = object_of(notice, *told, post_.now());
        if (!object) continue;
        MeetingMail mail;
        mail.from = post_.user();
        mail.from_name = change->owner.name;
        mail.to = notice.attendees;
        subject = summary_of(*object);
        mail.subject = std::string(title_of(notice.method)) + subject;
        mail.text = readable_meeting(*object);
        mail.is_answer = is_answer;
        mail.method = itip::name_of(notice.method);
        mail.calendar = pim::write(*object);
        // Who gets it twice sees that it is one.
        if (change->debt)
            mail.message_id = fmt::format(
                "{}.{:x}@{}", change->debt->name(),
                base::fingerprint(fmt::format("{}/{}", mail.method, notice.occurrence.value_or(0))),
                post_.services().hostname);
        if (notice.method == Method::request && change->folder)
            mail.parts = co_await files_for_mail(change, &*object);
        Unreached missed = co_await send(std::move(mail));
        append(unreached, std::move(missed.at_all));
        Notice left = notice;
        left.attendees = missed.now;
        std::ranges::move(itip::without_told({notice}, {left}), std::back_inserter(out.done));
        if (last_try) {
            append(unreached, std::move(missed.now));
        } else if (!missed.now.empty()) {
            out.left.push_back(std::move(left));
        }
    }
    // What a stranger asks for in vain makes no mail for the user.
    if (!unreached.empty() && !is_answer) co_await report_unsent(std::move(subject), std::move(unreached));
    co_return out;
}

awaitable<void> MeetingTeller::report_unsent(std::string subject, std::vector<std::string> people) {
    base::log::info("eas", "people of a meeting were not told",
                    {{"user", post_.user()}, {"people", people.size()}, {"first", people.front()}});
    MeetingMail mail;
    mail.from = post_.user();
    mail.to = {post_.user()};
    mail.subject = "Not delivered: " + subject;
    mail.text = "These people could not be told of the meeting:\r\n\r\n";
    for (const std::string& address : people) mail.text += address + "\r\n";
    MissingFields missing;
    missing.from = "<" + post_.user() + ">";
    missing.date = rfc5322_date(post_.now());
    missing.message_id = fmt::format("<{}@{}>", post_.services().random.hex(16), post_.services().hostname);
    const std::string text = write_meeting_mail(mail, post_.services().random);
    std::string whole = complete_message(text, missing, false);
    (void)co_await post_.append_to(store::SpecialUse::inbox, std::move(whole), false);
}

awaitable<void> MeetingTeller::owe(MeetingChange* change, base::FolderId folder, const store::Entry* entry,
                                   const pim::Component* before, std::string event_uid) {
    if (change->notices.empty()) co_return;
    MeetingDebt debt;
    debt.user = post_.user();
    debt.since = post_.now();
    debt.folder = folder;
    if (entry != nullptr) {
        debt.uid = entry->uid;
        debt.modseq = entry->modseq;
    }
    debt.event_uid = std::move(event_uid);
    if (before != nullptr) debt.before = pim::write(*before);
    debt.notices = change->notices;
    change->older = post_.services().meeting_debts.claim(post_.account()->id(), debt.event_uid);
    auto held = co_await post_.services().meeting_debts.owe(post_.account()->id(), std::move(debt));
    if (held) {
        change->debt.emplace(std::move(*held));
        co_return;
    }
    base::log::warn("eas", "a crash now would keep attendees from what is changed",
                    {{"user", post_.user()}, {"why", held.error().what()}});
}

awaitable<void> MeetingTeller::tell(MeetingChange* change, const pim::Component* before,
                                    const pim::Component* after) {
    if (change->notices.empty()) co_return;
    const bool last_try = !change->debt || post_.now() - change->debt->debt.since > limits_.retry_seconds_max;
    Told told = co_await tell_all(change, before, after, last_try);
    const bool all_told = told.left.empty();
    std::vector<Notice> seen_to = std::move(told.done);
    if (!all_told) {
        base::log::info("eas", "attendees are told later",
                        {{"user", post_.user()}, {"mails", told.left.size()}});
        change->debt->debt.notices = told.left;
        const auto kept = co_await post_.services().meeting_debts.defer(&*change->debt);
        if (kept) {
            std::ranges::move(told.left, std::back_inserter(seen_to));
        } else {
            base::log::warn("eas", "what is still to be told of a meeting was not noted",
                            {{"user", post_.user()}, {"why", kept.error().what()}});
        }
    }
    co_await settle_older(change, std::move(seen_to));
    // Last: after a crash between the two the same message comes again, under its own name.
    if (all_told) co_await forget(change);
    change->debt.reset();
}

/// Who has just been told of the event, or will be, needs nothing of what was owed of it till then. What is
/// told is the event as it is now, or was called off: an older change is in it, or was never made.
awaitable<void> MeetingTeller::settle_older(MeetingChange* change, std::vector<Notice> told) {
    MeetingDebts& debts = post_.services().meeting_debts;
    while (!change->older.empty()) {  // one in memory at a time
        MeetingDebts::Held one = std::move(change->older.back());
        change->older.pop_back();
        const std::string event_uid = one.debt.event_uid;
        const auto owed = co_await debts.read(&one);
        if (!owed || !*owed || one.debt.event_uid != event_uid) continue;
        std::vector<Notice> left = itip::without_told(one.debt.notices, told);
        if (left == one.debt.notices) continue;
        one.debt.notices = std::move(left);
        store::Result<void> kept;
        if (one.debt.notices.empty()) {
            kept = co_await debts.settle(&one);
        } else {
            kept = co_await debts.defer(&one);
        }
        if (!kept)
            base::log::warn("eas", "attendees may be told twice",
                            {{"user", post_.user()}, {"why", kept.error().what()}});
    }
}

awaitable<void> MeetingTeller::give_up(MeetingChange* change, store::Error why) {
    if (may_be_made(why)) {
        change->debt.reset();  // kept in its row: who sees to it finds out what became of the event
        change->older.clear();
        co_return;
    }
    co_await forget(change);
}

awaitable<void> MeetingTeller::forget(MeetingChange* change) {
    if (!change->debt) co_return;
    const auto settled = co_await post_.services().meeting_debts.settle(&*change->debt);
    if (!settled)
        base::log::warn("eas", "attendees may be told twice",
                        {{"user", post_.user()}, {"why", settled.error().what()}});
    change->debt.reset();
}

/// Wherever it is now, if it is his: others may have written of an event of the same name. False: nowhere.
awaitable<store::Result<bool>> MeetingTeller::find_by_uid(const std::string* event_uid, MeetingChange* change,
                                                          std::optional<pim::Component>* after) {
    if (event_uid->empty()) co_return false;
    const store::AccountPtr account = post_.account();
    auto found = co_await post_.services().events.find(account, *event_uid);
    if (!found) co_return found.error();
    for (ShelvedEvent& one : *found) {
        const pim::Component* event = pim::master_of(one.calendar);
        if (event == nullptr || !change->owner.organizes(*event)) continue;
        change->folder = std::move(one.folder);
        change->uid = one.entry.uid;
        *after = std::move(one.calendar);
        co_return true;
    }
    co_return false;
}

/// False: the change was never made.
awaitable<store::Result<bool>> MeetingTeller::find_changed(const MeetingDebt* debt, MeetingChange* change,
                                                           std::optional<pim::Component>* after) {
    if (!debt->uid) co_return co_await find_by_uid(&debt->event_uid, change, after);
    auto folder = co_await post_.account()->open(debt->folder);
    if (!folder && !folder.error().is(store::Errc::not_found)) co_return folder.error();
    const store::SnapshotPtr now_there = folder ? (*folder)->snapshot() : store::SnapshotPtr();
    const store::Entry* known = now_there ? now_there->find(debt->uid) : nullptr;
    if (known == nullptr) {
        // Gone from there; it may have been put into another calendar.
        const auto elsewhere = co_await find_by_uid(&debt->event_uid, change, after);
        if (!elsewhere) co_return elsewhere.error();
        co_return true;
    }
    if (known->modseq == debt->modseq) co_return false;
    const store::Entry entry = *known;
    const auto detail = co_await read_detail(*folder, entry);
    if (!detail) co_return detail.error();
    auto read = co_await read_stored_item(*folder, entry, *detail, store::FolderKind::calendar);
    if (!read) co_return read.error();
    *after = std::move(*read);
    change->folder = std::move(*folder);
    change->uid = entry.uid;
    co_return true;
}

awaitable<void> MeetingTeller::make_good(MeetingDebts::Held held) {
    MeetingChange change;
    change.debt.emplace(std::move(held));
    const MeetingDebt debt = change.debt->debt;
    std::optional<pim::Component> before, after;
    if (!debt.before.empty()) before = pim::parse(debt.before);
    change.owner = co_await calendar_owner(&post_.services().directory, post_.account()->id(), post_.user());
    // What is owed from now on is of a change that this may not find yet. Who has asked twice gets one
    // answer; what the user's changes owe is not an answer's to settle.
    const auto which = debt.is_answer ? MeetingDebts::Which::answers : MeetingDebts::Which::all;
    change.older = post_.services().meeting_debts.claim(post_.account()->id(), debt.event_uid, which);
    const auto made = co_await find_changed(&debt, &change, &after);
    if (!made) {
        base::log::warn("eas", "what is to be told of a meeting waits",
                        {{"user", post_.user()}, {"why", made.error().what()}});
        co_return;
    }
    const pim::Component* was = before ? &*before : nullptr;
    const pim::Component* is = after ? &*after : nullptr;
    // Since then others may have been asked, and some not any more.
    change.notices = itip::still_to_tell(debt.notices, is);
    const bool over =
        (was == nullptr || is_over(*was, post_.now())) && (is == nullptr || is_over(*is, post_.now()));
    if (!*made || change.notices.empty() || over) {
        // Too late for them, and the user hears that they were not told.
        std::vector<std::string> people;
        if (*made)
            for (const itip::Notice& notice : change.notices) append(people, notice.attendees);
        const pim::Component* last = is != nullptr ? is : was;
        std::string subject = last != nullptr ? summary_of(*last) : std::string();
        const bool to_report = !people.empty() && !debt.is_answer;
        if (to_report) co_await report_unsent(std::move(subject), std::move(people));
        co_await forget(&change);
        co_return;
    }
    base::log::info("eas", "attendees are told what was to be told before",
                    {{"user", post_.user()}, {"mails", change.notices.size()}});
    co_await tell(&change, was, is);
}

}  // namespace eas
