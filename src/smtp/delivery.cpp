// The end of a message: the last checks, one copy for each mailbox with its trace fields, one commit, the
// answers.
#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "smtp/session.hpp"
#include "smtp/syntax/trace.hpp"

namespace smtp {
namespace {

/// So much of an address goes into a reply, whose line ends at 512 octets (RFC 5321 section 4.5.3.1.5).
constexpr std::size_t quoted_max = 254;

/// A refusal's text, with what it is about. ASCII, since who has not asked for SMTPUTF8 need not read more.
std::string text_of(const Reply& reply, std::string_view about) {
    std::string out(reply.text());
    if (about.empty()) return out;
    out += ": <";
    for (const char c : about.substr(0, quoted_max)) out += static_cast<unsigned char>(c) < 0x80 ? c : '?';
    out += about.size() > quoted_max ? "...>" : ">";
    return out;
}

}  // namespace

Session::Outcome Session::outcome_of(const Reply& reply, std::string_view about) {
    Outcome out;
    out.reply = reply;
    out.about = about;
    return out;
}

/// 250 leaves only after the commit is durable.
awaitable<Session::Next> Session::finish_message() {
    if (decoder_->refused()) {
        if (decoder_->saw_bare_lf())
            intake_->refuse(replies::bare_lf);
        else
            intake_->refuse(decoder_->saw_bare_cr() ? replies::bare_cr : replies::nul);
    }
    co_await intake_->finish();
    std::optional<Outcome> refused;
    if (const std::optional<Reply> refusal = intake_->refusal())
        refused = outcome_of(*refusal);
    else
        refused = co_await refuse_content();
    if (!refused) refused = co_await end_watch();
    std::vector<Outcome> outcomes;
    if (refused) {
        const std::size_t asked = watch_.asked.size();
        outcomes.assign(asked != 0 ? asked : transaction_.envelope().recipients.size(), *refused);
    } else {
        if (services_->agent != nullptr)
            outcomes = co_await hand_over();
        else
            outcomes = co_await deliver();
        answer_those_asked(&outcomes);
    }
    answer(outcomes);
    log_message(outcomes);
    reset();
    registered_.set_state("");
    co_return Next::go_on;
}

/// What can be said of the message only once its header was read.
awaitable<std::optional<Session::Outcome>> Session::refuse_content() {
    if (!services_->policy.sender_must_be_owned || !identity_) co_return std::nullopt;
    const HeaderFacts& header = intake_->header();
    if (header.from_fields > 1) co_return outcome_of(replies::bad_from_field);
    const std::vector<std::string> authors = addresses_in(header.from);
    if (header.from_fields == 1 && authors.empty()) co_return outcome_of(replies::bad_from_field);
    for (const std::string& author : authors) {
        const auto owned = co_await services_->directory.owns(identity_->account, author);
        if (!owned) co_return outcome_of(replies::unavailable);
        if (!*owned) co_return outcome_of(replies::from_not_owned, author);
    }
    co_return std::nullopt;
}

/// One outcome for each recipient, in order.
awaitable<std::vector<Session::Outcome>> Session::deliver() {
    const Envelope& envelope = transaction_.envelope();
    const std::vector<Copy> copies = plan_copies(envelope);
    const std::string id = fmt::format("{:x}", services_->store.ids().next());
    std::vector<Outcome> outcomes(envelope.recipients.size());
    std::vector<store::Delivery> deliveries;
    std::vector<std::size_t> places;  // of each delivery, in copies
    std::size_t had_it = 0;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        if (looped(copies[i])) {
            for (const std::size_t r : copies[i].recipients) outcomes[r].reply = replies::mail_loop_here;
            continue;
        }
        if (const auto had = already_has(copies[i].account)) {
            for (const std::size_t r : copies[i].recipients) {
                outcomes[r].reply = replies::ok;
                outcomes[r].id = *had;
            }
            ++had_it;
            continue;
        }
        store::Delivery delivery;
        delivery.account = copies[i].account;
        delivery.message = store::Incoming(intake_->content());
        delivery.message.prefix = trace_fields(copies[i], id);
        deliveries.push_back(std::move(delivery));
        places.push_back(i);
    }
    // SMTP has one answer for all: a loop for one is known beforehand, so nobody gets a copy (and no
    // duplicate later).
    const bool refused = !lmtp() && deliveries.size() + had_it < copies.size();
    if (refused)
        for (Outcome& outcome : outcomes) outcome.reply = replies::mail_loop_here;
    if (refused || (deliveries.empty() && had_it == 0)) co_return outcomes;
    const auto results = co_await services_->store.deliver(std::move(deliveries));
    for (std::size_t i = 0; i < results.size(); ++i) {
        for (const std::size_t r : copies[places[i]].recipients) {
            outcomes[r].reply = results[i] ? replies::ok : reply_for(results[i].error());
            if (results[i]) outcomes[r].id = results[i]->id;
        }
    }
    settle(copies, &outcomes, id);
    co_return outcomes;
}

/// The copy of an earlier try that failed for others.
std::optional<base::MessageId> Session::already_has(base::AccountId account) const {
    const auto& message = intake_->fingerprint();
    if (!message || !services_->recent->any()) return std::nullopt;
    const auto id = services_->recent->find(*message, account, services_->clock.now());
    return id ? std::optional(base::MessageId(*id)) : std::nullopt;
}

/// One answer for all (SMTP), but not one outcome: the message is to come again for those that failed, and
/// those that have it are noted. A mailbox that proved too full is made known at RCPT, so that the sender
/// hears which.
void Session::settle(const std::vector<Copy>& copies, std::vector<Outcome>* outcomes,
                     std::string_view id) const {
    const auto& message = intake_->fingerprint();
    if (!message) return;
    const auto good = [](const Outcome& outcome) { return outcome.reply.positive(); };
    const bool all = std::ranges::all_of(*outcomes, good);
    if (!all && std::ranges::none_of(*outcomes, good)) return;
    const Envelope& envelope = transaction_.envelope();
    const auto now = services_->clock.now();
    for (const Copy& copy : copies) {
        const Outcome& outcome = (*outcomes)[copy.recipients.front()];
        if (all) {  // the next message that is alike is another one
            if (services_->recent->any()) services_->recent->forget(*message, copy.account);
        } else if (good(outcome)) {
            services_->recent->note(*message, copy.account, outcome.id.value, now);
        } else if (outcome.reply.code() == replies::over_quota.code() &&
                   outcome.reply.status() == replies::over_quota.status()) {
            const Fingerprint declared =
                services_->recent->declared(envelope.sender, envelope.parameters.size.value_or(0));
            const std::uint64_t size = intake_->size() + trace_fields(copy, id).size();
            services_->recent->note(declared, copy.account, size, now);
            for (const std::size_t r : copy.recipients) (*outcomes)[r].reply = replies::partly_full;
        }
    }
}

/// Delivered-To of the same address: the message was here before (RFC 5321 section 6.3).
bool Session::looped(const Copy& copy) const {
    for (const std::size_t r : copy.recipients)
        for (const std::string_view before : intake_->header().delivered_to)
            if (equals_nocase(before, transaction_.envelope().recipients[r].address)) return true;
    return false;
}

/// The fields of one copy: RFC 5321 section 4.4. Each address that brought it here is named, newest field on
/// top.
std::string Session::trace_fields(const Copy& copy, std::string_view id) const {
    const Envelope& envelope = transaction_.envelope();
    std::string out = "Return-Path: <";
    out += envelope.sender;
    out += ">\r\n";
    for (const std::size_t r : copy.recipients) {
        out += "Delivered-To: ";
        out += envelope.recipients[r].address;
        out += "\r\n";
    }
    return out + common_fields(id);
}

/// What every copy has, wherever it goes.
std::string Session::common_fields(std::string_view id) const {
    const Envelope& envelope = transaction_.envelope();
    std::string out;
    const std::string with =
        with_protocol(lmtp(), extended_, envelope.parameters.smtputf8, peer().tls, identity_.has_value());
    ReceivedFacts facts;
    facts.hello = hello_;
    facts.address = peer().address;
    facts.hostname = services_->hostname;
    facts.with = with;
    facts.id = id;
    if (envelope.recipients.size() == 1) facts.recipient = envelope.recipients.front().address;
    if (peer().tls) {
        facts.tls_version = peer().tls_version;
        facts.tls_cipher = peer().tls_cipher;
    }
    facts.unix_seconds = base::unix_seconds(services_->clock.now());
    write_received(out, facts);
    out += watch_.fields;
    out += watch_.signature;
    out += watch_.missing;
    return out;
}

/// RFC 6409 section 8: what a user's program left out.
std::string Session::missing_fields(const HeaderFacts& header) const {
    std::string out;
    if (!services_->policy.complete_header) return out;
    const auto now = services_->clock.now();
    if (!header.has_date) out += "Date: " + date_text(base::unix_seconds(now)) + "\r\n";
    if (header.from_fields == 0 && identity_) {
        const std::string& sender = transaction_.envelope().sender;
        out += "From: <" + (sender.empty() ? identity_->name : sender) + ">\r\n";
    }
    if (!header.has_message_id) {
        out += fmt::format("Message-ID: <{:x}.{}@{}>\r\n", base::unix_milliseconds(now),
                           services_->random.hex(8), services_->hostname);
    }
    return out;
}

/// LMTP: an answer for each recipient (RFC 2033 section 4.2). SMTP: one for all, and the worst is what must
/// be said: a temporary failure brings the message again, a permanent one tells the sender.
void Session::answer(const std::vector<Outcome>& outcomes) {
    const auto said = [this](const Outcome& outcome) {
        if (!outcome.reply.positive()) {
            if (const auto& own = outcome.said) return write_reply(out(), own->code, own->status, own->words);
            const Reply& reply = outcome.reply;
            return write_reply(out(), reply.code(), reply.status(), text_of(reply, outcome.about));
        }
        if (outcome.queued)
            write_reply(out(), 250, "2.0.0", fmt::format("Ok: queued as {:x}", outcome.queued.value));
        else
            write_reply(out(), 250, "2.0.0", fmt::format("Ok: delivered as {:x}", outcome.id.value));
    };
    if (lmtp()) {
        for (const Outcome& outcome : outcomes) said(outcome);
        return;
    }
    const Outcome* worst = &outcomes.front();
    const auto rank = [](const Outcome& outcome) {
        const auto code = outcome.reply.code();
        return code < 400 ? 0 : code < 500 ? 2 : 1;
    };
    for (const Outcome& outcome : outcomes)
        if (rank(outcome) > rank(*worst)) worst = &outcome;
    said(*worst);
}

void Session::log_message(const std::vector<Outcome>& outcomes) const {
    if (!base::log::enabled("smtp", base::log::Level::info)) return;
    const Envelope& envelope = transaction_.envelope();
    std::size_t delivered = 0;
    for (const Outcome& outcome : outcomes) delivered += outcome.reply.positive() ? 1 : 0;
    const Outcome& first = outcomes.front();
    const char* what = delivered != outcomes.size() ? "refused" : first.queued ? "queued" : "delivered";
    base::log::info("smtp", what,
                    {{"from", envelope.sender},
                     {"to", envelope.recipients.front().address},
                     {"recipients", outcomes.size()},
                     {"delivered", delivered},
                     {"bytes", intake_->size()},
                     {"id", fmt::format("{:x}", first.queued ? first.queued.value : first.id.value)},
                     {"reply", first.reply.positive() ? std::string_view("2.0.0") : first.reply.status()},
                     {"ip", peer().address}});
}

}  // namespace smtp
