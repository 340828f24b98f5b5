#include "eas/incoming_meetings.hpp"

#include <algorithm>
#include <exception>

#include <fmt/format.h>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "base/text.hpp"
#include "eas/calendar_owner.hpp"
#include "eas/incoming_files.hpp"
#include "eas/items/event.hpp"
#include "eas/mail/calendar_part.hpp"
#include "eas/meeting_teller.hpp"
#include "mailauth/auth_results.hpp"
#include "mime/address.hpp"
#include "mime/header.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
using itip::Applied;
using itip::Method;

constexpr unsigned attempts_max = 4;  // while devices change the same event
constexpr std::chrono::hours rewriting_counts_for{24}, answers_count_for{1}, answered_bytes_count_for{24};

std::string_view domain_of(std::string_view address) { return address.substr(address.rfind('@') + 1); }

std::string value_of(const mailauth::AuthMethod& method, std::string_view name) {
    for (const mailauth::AuthProperty& one : method.properties)
        if (one.name == name) return one.value;
    return {};
}

/// Something that this server has proven speaks for the author's domain: DMARC, or what it is made of.
bool speaks_for(const mailauth::AuthMethod& method, std::string_view domain) {
    if (method.result != "pass") return false;
    if (method.method == "dmarc") return true;
    if (method.method == "spf") return base::equals_nocase(domain_of(value_of(method, "mailfrom")), domain);
    return method.method == "dkim" && base::equals_nocase(value_of(method, "d"), domain);
}

bool is_forged(const std::string& results, std::string_view author) {
    const mailauth::AuthResults found = mailauth::parse_auth_results(results);
    if (!found.fault.empty() || found.methods.empty()) return false;  // nothing was tried
    return std::ranges::none_of(found.methods, [author](const mailauth::AuthMethod& one) {
        return speaks_for(one, domain_of(author));
    });
}

/// Of the requests and cancellations of others, those that the organizer has sent himself, or his secretary.
bool is_from_organizer(const pim::Component& event, std::string_view sender) {
    const pim::Property* organizer = event.find("ORGANIZER");
    if (organizer == nullptr) return false;
    std::string_view agent = organizer->parameter("SENT-BY");
    constexpr std::string_view scheme = "mailto:";
    if (agent.size() > scheme.size() && base::equals_nocase(agent.substr(0, scheme.size()), scheme))
        agent.remove_prefix(scheme.size());
    const bool same_house = base::equals_nocase(domain_of(sender), domain_of(itip::address_of(*organizer)));
    return itip::is_organizer(event, sender) || (same_house && base::equals_nocase(agent, sender));
}

Applied apply_to(pim::Component& calendar, const itip::Message& message, const itip::Owner& owner,
                 std::string_view sender) {
    const pim::Component* event = pim::master_of(calendar);
    if (event == nullptr) return Applied::refused;
    switch (message.method) {
        case Method::reply:
        case Method::counter:
            return owner.organizes(*event) ? itip::apply_reply(calendar, message, sender) : Applied::refused;
        case Method::request:
        case Method::add:
        case Method::cancel:
            // Whom the kept event names, not the message: anybody could name himself.
            if (!is_from_organizer(*event, sender)) return Applied::refused;
            return message.method == Method::cancel ? itip::apply_cancel(calendar, message, owner)
                                                    : itip::apply_request(calendar, message, owner);
        default:
            return Applied::refused;
    }
}

/// Occurrences of one series that are here without it; and those that are added to it, which no device would
/// see as a date of the series. Of another organizer the same UID is an attack, or a mistake, and what a
/// series does not have is none of it: what is there counts.
bool may_stand_beside(const pim::Component& calendar, const itip::Message& message) {
    const pim::Component* known = pim::master_of(calendar);
    const pim::Property* organizer = message.event().find("ORGANIZER");
    if (known == nullptr || organizer == nullptr || !pim::is_override(message.event())) return false;
    if (!itip::is_organizer(*known, itip::address_of(*organizer))) return false;
    if (known->find(itip::orphan_property) != nullptr) return true;
    // What the whole series has said since then counts.
    return message.method == Method::add && itip::revision_of(message.event()) >= itip::revision_of(*known);
}

bool has_series(const std::vector<ShelvedEvent>& known) {
    return std::ranges::any_of(known, [](const ShelvedEvent& one) {
        const pim::Component* event = pim::master_of(one.calendar);
        return event != nullptr && event->find(itip::orphan_property) == nullptr;
    });
}

}  // namespace

std::string proven_author(std::string_view prefix, std::string_view header) {
    mime::Field field;
    if (!mime::find_field(header, "From", field)) return {};
    std::string author;
    for (const mime::Address& one : mime::parse_addresses(mime::unfold(field.value), 2)) {
        if (one.kind != mime::Address::Kind::mailbox || one.host.empty() || !author.empty()) return {};
        author = one.mailbox + "@" + one.host;
    }
    if (!author.empty() && mime::find_field(prefix, "Authentication-Results", field) &&
        is_forged(mime::unfold(field.value), author))
        return {};
    return author;
}

bool is_personal(std::string_view prefix, std::string_view header) {
    mime::Field field;
    if (mime::find_field(prefix, "Return-Path", field) && base::trimmed(mime::unfold(field.value)) == "<>")
        return false;
    mime::FieldReader fields(header);
    while (fields.next(field)) {
        const std::string name = base::lowered(field.name);
        if (name.starts_with("list-")) return false;
        if (name != "auto-submitted" && name != "precedence") continue;
        const std::string value = base::lowered(mime::unfold(field.value));
        const std::string_view word = base::trimmed(std::string_view(value).substr(0, value.find(';')));
        if (name == "auto-submitted" && word != "no") return false;
        if (name == "precedence" && (word == "bulk" || word == "list" || word == "junk")) return false;
    }
    return true;
}

bool is_meeting_mail(const mime::Tree& tree) noexcept {
    return std::ranges::any_of(
        tree.parts, [](const mime::Part& part) { return part.subtype == "calendar" && part.type == "text"; });
}

IncomingMeetings::IncomingMeetings(const Services& services, IncomingMeetingsSettings settings,
                                   IncomingMeetingsLimits limits)
    : services_(services),
      settings_(settings),
      limits_(limits),
      rewritten_(services.clock, services.random, rewriting_counts_for),
      answered_(services.clock, services.random, answers_count_for),
      told_(services.clock, services.random, answered_bytes_count_for) {}

bool IncomingMeetings::wants(const mime::Tree& tree) const noexcept {
    return settings_.process && is_meeting_mail(tree);
}

awaitable<void> IncomingMeetings::delivered(base::AccountId account, base::FolderId folder, base::Uid uid) {
    try {
        co_await take(account, folder, uid);
    } catch (const std::exception&) {  // a bug, or no memory; what can go wrong otherwise is a Result
        base::log::error("eas", "a mail about a meeting was not looked at",
                         {{"account", account.value}, {"uid", uid.value}});
        base::log::broken("eas", "a mail about a meeting", std::current_exception());
    }
}

awaitable<void> IncomingMeetings::take(base::AccountId id, base::FolderId folder_id, base::Uid uid) {
    auto account = co_await services_.store.account(id);
    if (!account) co_return;
    const store::FolderTreePtr tree = (*account)->folders();
    const store::FolderInfo* info = tree->find(folder_id);
    if (info == nullptr || info->use == store::SpecialUse::junk) co_return;
    auto folder = co_await (*account)->open(folder_id);
    if (!folder) co_return;
    const store::SnapshotPtr now_there = (*folder)->snapshot();
    const store::Entry* entry = now_there->find(uid);
    if (entry == nullptr) co_return;
    const store::Entry there = *entry;
    const auto detail = co_await read_detail(*folder, there);
    if (!detail) co_return;
    MessageOctets octets(*folder, *detail);
    const auto opened = co_await octets.open();
    if (!opened) co_return;
    const auto text = co_await read_calendar(&octets);
    const auto header = co_await octets.header();
    if (!text || !header) co_return;
    auto message = itip::read_message(*text);
    if (!message) co_return;
    Arrived mail;
    mail.message = std::move(*message);
    mail.sender = proven_author((*detail)->prefix, *header);
    if (mail.sender.empty()) {
        base::log::info("eas", "a mail about a meeting is not from whom it says",
                        {{"account", id.value}, {"uid", uid.value}});
        co_return;
    }
    mail.may_be_answered = is_personal((*detail)->prefix, *header);
    mail.owner = co_await calendar_owner(&services_.directory, id, std::string());
    if (mail.owner.addresses.empty()) co_return;
    if (is_from_organizer(mail.message.event(), mail.sender)) {
        auto files = co_await take_files(&octets, &mail.message);
        if (!files) co_return;
        mail.files = std::move(*files);
    }
    co_await apply(*account, &mail);
}

/// Somebody who changes his mind with each mail writes another's files as often: no more than so much.
bool IncomingMeetings::may_rewrite(const ShelvedEvent& event, const Arrived& mail) {
    if (event.entry.size <= limits_.free_bytes_max) return true;
    const std::string& uid = mail.message.uid;
    // Of those whom the organizer has not asked all together.
    const pim::Component* master = pim::master_of(event.calendar);
    const bool guest =
        mail.message.method == Method::reply && master != nullptr && itip::is_guest(*master, mail.sender);
    const std::string who = fmt::format("{}/{}/{}", event.folder->account().value,
                                        guest ? std::string("guests") : base::lowered(mail.sender), uid);
    if (rewritten_.take(who, event.entry.size, limits_.rewritten_bytes_max)) return true;
    base::log::warn("eas", "a meeting is changed by mail too often", {{"from", mail.sender}, {"uid", uid}});
    return false;
}

awaitable<void> IncomingMeetings::apply(store::AccountPtr account, Arrived* mail) {
    store::Error error(store::Errc::conflict, "");
    {
        const directory::Turnstile::Pass pass = co_await services_.events.turn(account->id());
        for (unsigned attempt = 0; attempt < attempts_max && error.is(store::Errc::conflict); ++attempt)
            error = co_await apply_once(account, mail);
        // The files of a meeting stand in its mail too: it counts for more than they do.
        const bool any_files = !mail->files.parts.empty() || !mail->files.embedded.added.empty();
        if (any_files && (error.is(store::Errc::over_quota) || error.is(store::Errc::limit))) {
            leave_files(mail->message.calendar);
            error = co_await apply_once(account, mail);
        }
    }
    if (!error.is(store::Errc::none))
        base::log::warn("eas", "a meeting was not put into the calendar",
                        {{"account", account->id().value}, {"why", error.what()}});
    const Method method = mail->message.method;
    const bool asks = method == Method::refresh || method == Method::counter;
    if (asks && mail->may_be_answered) co_await answer(account, mail);
}

bool IncomingMeetings::may_answer(const ShelvedEvent& event, const Arrived& mail,
                                  const itip::Notice& notice) {
    const std::string& uid = mail.message.uid;
    const std::string mailbox = fmt::format("{}", event.folder->account().value);
    const std::string who = fmt::format("{}/{}/{}", mailbox, base::lowered(mail.sender), uid);
    // With the files of the whole event, though one occurrence may have few of them.
    const std::uint64_t octets =
        notice.method == Method::request ? event.entry.size : pim::octets_of(event.calendar);
    if (answered_.take(who, 1, limits_.answers_max) &&
        answered_.take(mailbox, 1, limits_.answers_of_mailbox_max) &&
        told_.take(who, octets, limits_.answered_bytes_max) &&
        told_.take(mailbox, octets, limits_.answered_bytes_of_mailbox_max))
        return true;
    base::log::info("eas", "somebody asks for a meeting too often", {{"from", mail.sender}, {"uid", uid}});
    return false;
}

/// Only to who is asked to it, and of what is still to come. RFC 5546 sections 3.2.6 and 3.2.7.
awaitable<void> IncomingMeetings::answer(store::AccountPtr account, const Arrived* mail) {
    const auto known = co_await services_.events.find(account, mail->message.uid);
    if (!known) co_return;
    for (const ShelvedEvent& one : *known) {
        auto notice = itip::answer_to(one.calendar, mail->message, mail->owner, mail->sender);
        if (!notice) continue;
        const bool over = is_over(one.calendar, base::unix_seconds(services_.clock.now()));
        if (over || !may_answer(one, *mail, *notice)) co_return;
        std::string uid = mail->message.uid, user = mail->owner.addresses.front();
        co_await tell(account, std::move(uid), std::move(user), std::move(*notice));
        co_return;
    }
}

/// Owed like all that is told of meetings: what cannot leave now leaves later.
awaitable<void> IncomingMeetings::tell(store::AccountPtr account, std::string event_uid, std::string user,
                                       itip::Notice notice) {
    MeetingDebt debt;
    debt.user = user;
    debt.since = base::unix_seconds(services_.clock.now());
    debt.event_uid = std::move(event_uid);
    debt.notices.push_back(std::move(notice));
    debt.is_answer = true;
    auto held = co_await services_.meeting_debts.owe(account->id(), std::move(debt));
    if (!held) {
        base::log::warn("eas", "an attendee asks for a meeting, and is not answered",
                        {{"user", user}, {"why", held.error().what()}});
        co_return;
    }
    MeetingTeller teller(Post(services_, account, std::move(user)));
    co_await teller.make_good(std::move(*held));
}

awaitable<store::Error> IncomingMeetings::apply_once(store::AccountPtr account, const Arrived* mail) {
    const itip::Message& message = mail->message;
    auto known = co_await services_.events.find(account, message.uid);
    if (!known) co_return known.error();
    // Occurrences whose series is not here are each an event of their own.
    std::vector<itip::Message> pieces;
    if (message.method == Method::add || (message.method == Method::request && !has_series(*known)))
        pieces = itip::apart(message);
    if (pieces.empty()) pieces.push_back(message);
    for (const itip::Message& piece : pieces) {
        const store::Error error = co_await apply_piece(account, mail, &piece, &*known);
        if (!error.is(store::Errc::none)) co_return error;
    }
    co_return store::Error();
}

/// A date that stands beside the series, or the event of one, that a message has just reached.
awaitable<store::Error> IncomingMeetings::follow(ShelvedEvent* beside, const ShelvedEvent* taken,
                                                 const Arrived* mail, const itip::Message* piece) {
    const pim::Component* event = pim::master_of(beside->calendar);
    if (event == nullptr || event->find(itip::orphan_property) == nullptr ||
        !is_from_organizer(*event, mail->sender))
        co_return store::Error();
    const pim::Component* sent = pim::master_of(piece->calendar);
    itip::Followed followed = itip::Followed::stays;
    if (sent == nullptr) {
        const Applied applied = itip::apply_request(beside->calendar, *piece, mail->owner);
        if (applied == Applied::done) followed = itip::Followed::changed;
    } else if (itip::revision_of(*pim::master_of(taken->calendar)) == itip::revision_of(*sent)) {
        followed = itip::follow_series(beside->calendar, *piece, mail->owner);
    }
    if (followed == itip::Followed::stays) co_return store::Error();
    if (followed == itip::Followed::gone) {
        const auto removed = co_await services_.events.remove(beside);
        if (!removed) co_return removed.error();
        co_return store::Error();
    }
    if (!may_rewrite(*beside, *mail)) co_return store::Error();
    const auto replaced = co_await services_.events.replace(beside, &mail->files);
    if (!replaced) co_return replaced.error();
    co_return store::Error();
}

awaitable<store::Error> IncomingMeetings::apply_piece(store::AccountPtr account, const Arrived* mail,
                                                      const itip::Message* piece,
                                                      std::vector<ShelvedEvent>* known) {
    const ShelvedEvent* taken = nullptr;
    for (ShelvedEvent& one : *known) {
        if (taken != nullptr) {
            const store::Error error = co_await follow(&one, taken, mail, piece);
            if (!error.is(store::Errc::none)) co_return error;
            continue;
        }
        const Applied applied = apply_to(one.calendar, *piece, mail->owner, mail->sender);
        if (applied == Applied::refused) continue;
        if (applied == Applied::done) {
            if (!may_rewrite(one, *mail)) co_return store::Error();
            const auto replaced = co_await services_.events.replace(&one, &mail->files);
            if (!replaced) co_return replaced.error();
        }
        // A cancellation is about all occurrences that are here without their series.
        const bool sends = piece->method == Method::request || piece->method == Method::add;
        if (piece->method != Method::cancel && !sends) co_return store::Error();
        if (sends) taken = &one;
    }
    if (taken != nullptr) co_return store::Error();
    const bool asks = piece->method == Method::request || piece->method == Method::add;
    const bool is_new = asks && settings_.add_requests && !mail->owner.organizes(piece->event()) &&
                        is_from_organizer(piece->event(), mail->sender);
    if (!is_new || known->size() >= services_.events.limits().same_uid_max) co_return store::Error();
    for (const ShelvedEvent& one : *known)
        if (!may_stand_beside(one.calendar, *piece)) co_return store::Error();
    auto added = co_await services_.events.add(account, itip::adopt(*piece, mail->owner), &mail->files);
    if (!added) co_return added.error();
    known->push_back(std::move(*added));
    co_return store::Error();
}

}  // namespace eas
