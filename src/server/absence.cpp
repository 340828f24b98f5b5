#include "server/absence.hpp"

#include <algorithm>
#include <exception>

#include "base/ascii.hpp"
#include "base/fingerprint.hpp"
#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "base/text.hpp"
#include "eas/mail/outgoing_message.hpp"
#include "eas/stored_item.hpp"
#include "eas/syntax/mail_item.hpp"
#include "mta/replies/auto_reply.hpp"
#include "mta/sender_proof.hpp"
#include "server/delivered_copy.hpp"

namespace server {

using boost::asio::awaitable;
using eas::OutOfOffice;

namespace {

constexpr std::size_t header_bytes_max = 64U << 10;  // the fields that matter come first
constexpr std::size_t contacts_max = 5'000;          // that are looked through for a sender
constexpr std::size_t contacts_at_once = 64;
constexpr const char* too_late = "it took too long";

bool is_away(const OutOfOffice& oof, std::int64_t now) {
    if (oof.state != 2) return oof.state == 1;
    const auto start = eas::parse_date(oof.start), end = eas::parse_date(oof.end);
    return start && end && *start <= now && now < *end;
}

bool has_address(const pim::Component& card, std::string_view address) {
    return std::ranges::any_of(card.properties, [address](const pim::Property& one) {
        return one.name == "EMAIL" && base::equals_nocase(pim::unescape(one.value), address);
    });
}

/// Of the contacts' folders, the newest first.
std::vector<store::Entry> newest_entries(const store::Snapshot& snapshot, std::size_t most) {
    std::vector<store::Entry> out;
    const std::uint32_t first =
        snapshot.size() > most ? snapshot.size() - static_cast<std::uint32_t>(most) : 0;
    snapshot.for_each(base::SeqNum(first + 1), base::SeqNum(snapshot.size()),
                      [&out](base::SeqNum, const store::Entry& entry) { out.push_back(entry); });
    return out;
}

}  // namespace

/// \errors not_found: it is gone already
awaitable<store::Result<std::string>> Absence::read_header(const mta::DeliveredMail::Copy* copy) {
    const auto found = co_await find_copy(&store_, *copy);
    if (!found) co_return found.error();
    std::vector<store::Entry> entries{found->entry};
    const auto details = co_await found->folder->details(std::move(entries));
    if (!details) co_return details.error();
    if (details->empty() || !details->front())
        co_return store::Error(store::Errc::not_found, "the message is gone");
    const store::DetailPtr detail = details->front();
    const std::size_t bytes = std::min<std::uint64_t>(detail->header_bytes, header_bytes_max);
    co_return co_await found->folder->read(detail, 0, bytes);
}

awaitable<store::Result<bool>> Absence::is_contact(base::AccountId account, const Looked* looked) {
    const auto mailbox = co_await store_.account(account);
    if (!mailbox) co_return mailbox.error();
    const store::FolderTreePtr tree = (*mailbox)->folders();
    std::size_t left = contacts_max;
    for (const store::FolderInfo& info : tree->items) {
        if (info.kind != store::FolderKind::contacts) continue;
        const auto folder = co_await (*mailbox)->open(info.id);
        if (!folder) co_return folder.error();
        const store::SnapshotPtr now_there = (*folder)->snapshot();
        const std::vector<store::Entry> entries = newest_entries(*now_there, left);
        left -= entries.size();
        for (std::size_t at = 0; at < entries.size();) {
            if (is_late(*looked)) co_return store::Error(store::Errc::unavailable, too_late);
            const auto first = entries.begin() + static_cast<std::ptrdiff_t>(at);
            const auto count = static_cast<std::ptrdiff_t>(std::min(contacts_at_once, entries.size() - at));
            std::vector<store::Entry> some(first, first + count);
            const auto details = co_await (*folder)->details(std::move(some));
            if (!details) co_return details.error();
            if (details->empty()) break;
            for (const store::DetailPtr& detail : *details) {
                const store::Entry entry = entries[at++];
                if (!detail) continue;
                const auto card =
                    co_await eas::read_stored_item(*folder, entry, detail, store::FolderKind::contacts);
                if (card && has_address(*card, looked->mail->sender)) co_return true;
            }
        }
    }
    co_return false;
}

/// Which of the texts a sender gets: his colleagues', that of people he knows, or that of all others.
awaitable<store::Result<OutOfOffice::Reply>> Absence::reply_for(const directory::Mailbox* mailbox,
                                                                const Looked* looked,
                                                                const OutOfOffice* oof) {
    if (looked->office == mailbox->post_office) co_return oof->internal;
    if (oof->external_known == oof->external_unknown) co_return oof->external_unknown;
    const auto known = co_await is_contact(mailbox->account, looked);
    if (!known) co_return known.error();
    co_return *known ? oof->external_known : oof->external_unknown;
}

mta::Agent::OwnMessage Absence::compose(const std::string& header, const std::string& from,
                                        const std::string& to, const OutOfOffice::Reply& reply) {
    mta::replies::ReplyFacts facts;
    facts.from = from;
    facts.to = to;
    facts.message_id = "<" + random_.hex(16) + "@" + std::string(base::domain_of(from)) + ">";
    facts.now = clock_.now();
    mta::Agent::OwnMessage out;
    out.to = to;
    out.text = mta::replies::reply_header(header, facts);
    const auto type = reply.type == "HTML" ? eas::BodyType::html : eas::BodyType::plain;
    out.text += eas::write_text_and_parts(reply.text, type, {}, random_);
    return out;
}

/// What holds for all copies of a message: why it is not answered; empty: it may be.
awaitable<std::string> Absence::look(Looked* looked, const mta::DeliveredMail::Copy* copy) {
    const mta::DeliveredMail& mail = *looked->mail;
    looked->whole = true;
    if (mail.sender.empty()) co_return "it is from <>";
    if (mail.junk) co_return "it is junk";
    const mta::SenderProof proof = mta::sender_proof(mail.fields, settings_.hostname, mail.sender);
    if (proof == mta::SenderProof::disproven) co_return "its sender's domain denies it";
    const auto domain = co_await directory_.find_domain(base::lowered(base::domain_of(mail.sender)));
    if (!domain && !domain.error().is(store::Errc::not_found)) co_return domain.error().what();
    looked->office = domain ? domain->post_office : std::string();
    looked->proven = mail.submitted || domain || proof == mta::SenderProof::proven;
    if (!looked->proven && !settings_.answer_unproven) co_return "nothing proves its sender";
    auto header = co_await read_header(copy);
    looked->whole = header.has_value();  // who throws his away speaks for no others
    if (!header) co_return header.error().what();
    if (const std::string_view why = mta::replies::reason_against(mail.sender, *header); !why.empty())
        co_return std::string(why);
    looked->named = mta::replies::addresses_named(*header);
    looked->header = std::move(*header);
    co_return std::string();
}

awaitable<std::string> Absence::answer(Looked* looked, const mta::DeliveredMail::Copy* copy,
                                       const OutOfOffice* oof) {
    if (!looked->whole) {
        auto why = co_await look(looked, copy);
        looked->why = std::move(why);
    }
    if (!looked->why.empty()) co_return looked->why;
    const std::string& sender = looked->mail->sender;
    const auto mailbox = co_await directory_.mailbox(copy->account);
    if (!mailbox) co_return mailbox.error().what();
    const auto from = mta::replies::own_address(looked->named, mailbox->addresses);
    if (!from) co_return "neither To nor Cc names the mailbox";
    const auto own = co_await directory_.owns(copy->account, sender);
    if (!own) co_return own.error().what();
    if (*own) co_return "it is his own";
    const eas::AnsweredSenders::Turn turn(answered_, copy->account, sender);
    if (!turn.taken()) co_return "another one of his is being answered";
    eas::AnsweredSenders::Asked asked;
    asked.sender = sender;
    asked.proven = looked->proven;
    asked.answered.when = base::unix_seconds(clock_.now());
    asked.answered.answer = base::fingerprint(eas::encode(*oof));
    auto note = co_await answered_.note(copy->account, std::move(asked));
    if (!note) co_return note.error().what();
    if (!*note) co_return "he has heard it, or too many others have";
    std::vector<store::engine::Patch> along;
    along.push_back(std::move(**note));
    if (is_late(*looked)) co_return too_late;
    const auto reply = co_await reply_for(&*mailbox, looked, oof);
    if (!reply) co_return reply.error().what();
    std::vector<mta::Agent::OwnMessage> messages;
    const bool silent = !reply->enabled || reply->text.empty();
    if (!silent) messages.push_back(compose(looked->header, *from, sender, *reply));
    if (is_late(*looked)) co_return too_late;
    // Also of who hears nothing: contacts are looked through once for each sender.
    const auto sent = co_await agent_->send_own_with(std::move(messages), std::move(along));
    if (!sent) co_return sent.error().what();
    if (silent) co_return "nothing is to be said to such senders";
    co_return *sent == 0 ? "nobody takes mail for the sender" : "";
}

awaitable<void> Absence::look_after(Looked* looked, const mta::DeliveredMail::Copy* copy) {
    const auto oof = co_await devices_.out_of_office(copy->account);
    if (!oof) {
        base::log::error("mta", "an out-of-office answer cannot be read",
                         {{"account", copy->account.value}, {"why", oof.error().what()}});
        co_return;
    }
    if (!is_away(*oof, base::unix_seconds(clock_.now()))) co_return;
    const std::string why = co_await answer(looked, copy, &*oof);
    const std::string& sender = looked->mail->sender;
    agent_->trace().add(looked->mail->trace_id, why.empty() ? "answered" : "not answered",
                        {{"to", sender.empty() ? "<>" : sender},
                         {"account", std::to_string(copy->account.value)},
                         {"why", why}});
}

awaitable<void> Absence::delivered(std::shared_ptr<const mta::DeliveredMail> mail) {
    Looked looked;
    looked.mail = std::move(mail);
    looked.end = std::chrono::steady_clock::now() + settings_.time_max;
    std::size_t left = looked.mail->copies.size();
    for (const mta::DeliveredMail::Copy& copy : looked.mail->copies) {
        if (is_late(looked)) break;
        --left;
        try {
            co_await look_after(&looked, &copy);
        } catch (const std::exception&) {  // the delivery stands
            base::log::broken("mta", "an out-of-office answer", std::current_exception());
        }
    }
    if (left == 0) co_return;
    agent_->trace().add(looked.mail->trace_id, "not answered",
                        {{"to", looked.mail->sender},
                         {"why", "mailboxes were not looked at: too many, or it took too long"},
                         {"mailboxes", std::to_string(left)}});
}

}  // namespace server
