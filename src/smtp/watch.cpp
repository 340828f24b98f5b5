// What looks at a message as it comes in: sender authentication, content filters, and signing of what users
// send.
#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "base/text.hpp"
#include "mta/judged.hpp"
#include "smtp/session.hpp"

namespace smtp {

/// Strangers' mail alone: who logged in has proved more, and a front end has asked before us.
bool Session::checks_sender() const {
    const Policy& policy = services_->policy;
    return services_->sender_check && services_->sender_check->enabled && policy.role == Role::inbound &&
           !identity_ && !peer().front_end && !is_trusted();
}

bool Session::is_trusted() const {
    const auto address = net::IpAddress::parse(peer().address);
    return address && std::ranges::any_of(services_->trusted, [&address](const net::Network& network) {
               return network.contains(*address);
           });
}

/// Before the first octet.
awaitable<void> Session::begin_watch() {
    watch_ = Watch();
    if (services_->agent != nullptr) watch_.id = services_->agent->new_id();
    if (checks_sender()) {
        mta::SenderFacts facts;
        facts.ip = peer().address;
        facts.hello = hello_;
        facts.mail_from = transaction_.envelope().sender;
        if (const auto domain = base::domain_of(facts.mail_from); !domain.empty()) {
            const auto own = co_await services_->directory.is_local_domain(std::string(domain));
            facts.own_domain = own && *own;
        }
        watch_.check.emplace(*services_->dns, services_->clock, services_->sender_check, std::move(facts));
    }
    if (services_->judge != nullptr) {
        mta::JudgeFacts facts = judge_facts();
        facts.id = watch_.id;
        for (const Recipient& recipient : transaction_.envelope().recipients) {
            facts.recipients.push_back(recipient.address);
            facts.notify.push_back(recipient.parameters.notify);
        }
        watch_.judging = services_->judge->begin(std::move(facts));
    }
}

mta::JudgeFacts Session::judge_facts() const {
    mta::JudgeFacts facts;
    facts.sender = transaction_.envelope().sender;
    facts.ip = peer().address;
    facts.port = peer().port;
    facts.hello = hello_;
    facts.listener = peer().listener;
    facts.tls_version = peer().tls_version;
    facts.tls_cipher = peer().tls_cipher;
    facts.trusted = lmtp() || peer().front_end || is_trusted();
    if (identity_) {
        facts.account = identity_->account;
        facts.user = identity_->name;
    }
    return facts;
}

/// False: it was answered.
awaitable<bool> Session::passes_at_sender(std::string sender) {
    if (services_->judge == nullptr) co_return true;
    mta::JudgeFacts facts = judge_facts();
    facts.sender = std::move(sender);
    const mta::JudgeRefusal refusal = co_await services_->judge->at_sender(std::move(facts));
    co_return say_refusal(refusal);
}

awaitable<bool> Session::passes_at_recipient(std::string recipient) {
    if (services_->judge == nullptr) co_return true;
    mta::JudgeFacts facts = judge_facts();
    const mta::JudgeRefusal refusal =
        co_await services_->judge->at_recipient(std::move(facts), std::move(recipient));
    co_return say_refusal(refusal);
}

bool Session::say_refusal(const mta::JudgeRefusal& refusal) {
    if (refusal.code == 0) return true;
    write_reply(out(), refusal.code, refusal.status.text(), refusal.words);
    return false;
}

/// What our users send is signed; so is what programs of this host send to the world.
bool Session::signs() const {
    if (services_->signing == nullptr || lmtp()) return false;
    return identity_ || (services_->policy.relay_from_loopback && peer().loopback);
}

awaitable<void> Session::header(std::string_view section, const HeaderFacts* facts) {
    watch_.missing = missing_fields(*facts);
    if (watch_.check) watch_.check->header(section, connection_->executor());
    if (watch_.judging) {
        // As it is kept: what a filter holds back may be sent on later, and Bcc is nobody's business.
        std::string kept;
        for (const std::string_view run : facts->kept) kept += run;
        co_await watch_.judging->header(std::move(kept));
    }
    if (!signs() && !checks_sender()) co_return;
    std::string kept = watch_.missing;
    for (const std::string_view run : facts->kept) kept += run;
    if (signs())
        co_await begin_signature(std::move(kept));
    else
        co_await begin_seal(std::move(kept));
}

awaitable<void> Session::begin_signature(std::string kept) {
    auto domains = mta::signing_domains(kept, transaction_.envelope().sender);
    auto keys = co_await services_->signing->keys_for(std::move(domains));
    watch_.unsignable = !keys;
    if (keys && !keys->empty())
        watch_.signer = std::make_unique<mailauth::DkimSigner>(kept, std::move(*keys));
}

/// The domain of the first recipient whose mail leaves for another host; empty: all of it stays.
std::string Session::sends_on_for() const {
    for (const Recipient& recipient : transaction_.envelope().recipients) {
        for (const mta::Target& target : recipient.targets) {
            const bool leaves = target.hop && target.hop != mta::reports_hop() && !target.own_node;
            if (leaves && (recipient.added || !equals_nocase(target.address, recipient.address)))
                return std::string(base::domain_of(recipient.address));
        }
    }
    return {};
}

/// RFC 8617 section 5.1: what we found out about its sender goes along with a message that is sent on. A
/// filter may add somebody that it is sent on to: then it is the domain that it was for that does.
awaitable<void> Session::begin_seal(std::string kept) {
    std::string domain = sends_on_for();
    if (domain.empty() && watch_.judging && services_->judge->adds_recipients())
        domain = base::domain_of(transaction_.envelope().recipients.front().address);
    if (domain.empty() || services_->sealing == nullptr) co_return;
    const auto ours = co_await services_->directory.find_domain(domain);
    using Seal = directory::Domain::Seal;
    const Seal wanted = ours ? ours->arc_seal : Seal::by_setting;
    if (wanted == Seal::no || (wanted == Seal::by_setting && !services_->seals)) co_return;
    std::vector<std::string> domains{domain};
    auto keys = co_await services_->sealing->keys_for(std::move(domains));
    if (!keys || keys->empty()) co_return;  // a seal only helps; the log says why there is none
    // One seal, by the algorithm that everybody verifies (RFC 8463 says nothing of ARC).
    const auto rsa = std::ranges::find_if(*keys, [](const mailauth::DkimSigningKey& key) {
        return key.key->algorithm() == mailauth::DkimAlgorithm::rsa_sha256;
    });
    mailauth::DkimSigningKey key = rsa == keys->end() ? keys->front() : *rsa;
    watch_.sealer = std::make_unique<mailauth::ArcSealer>(kept, std::move(key));
}

void Session::end_seal() {
    if (!watch_.sealer || sends_on_for().empty()) return;
    std::string fault;
    watch_.seal = watch_.sealer->finish(watch_.sender.results, watch_.sender.arc, fault);
    if (!fault.empty())
        base::log::info("smtp", "a message is sent on without a seal",
                        {{"why", fault}, {"from", transaction_.envelope().sender}});
}

awaitable<void> Session::body(std::string_view octets) {
    if (watch_.check) watch_.check->body(octets);
    if (watch_.signer) watch_.signer->body(octets);
    if (watch_.sealer) watch_.sealer->body(octets);
    if (watch_.judging) co_await watch_.judging->body(octets);
}

/// Nothing: the message may go on, with what watch_ has to say of it.
awaitable<std::optional<Session::Outcome>> Session::end_watch() {
    if (watch_.check) {
        watch_.sender = co_await watch_.check->finish();
        watch_.fields += watch_.sender.field;
        note_for_report();
        watch_.junk = watch_.sender.action == mta::SenderVerdict::Action::junk;
        if (watch_.sender.action == mta::SenderVerdict::Action::refuse) {
            note_refused(watch_.sender.text() + ": " + watch_.sender.words);
            co_return refusal_of(550, watch_.sender.status, watch_.sender.words);
        }
    }
    // Before filters are asked: it comes again, and each asking costs them, and counts in what they count.
    if (watch_.unsignable) {
        note_refused("not signed now: the keys of its domain cannot be read");
        co_return refusal_of(451, {4, 3, 5}, "This message cannot be signed now; try again later");
    }
    if (watch_.judging) {
        mta::Judgement found = co_await watch_.judging->finish(watch_.check ? &watch_.sender : nullptr);
        watch_.fields += found.fields;
        watch_.why = found.why;
        watch_.steps = std::move(found.steps);
        watch_.junk |= found.action == mta::Judgement::Action::junk;
        watch_.held = found.action == mta::Judgement::Action::quarantine;
        watch_.dropped = found.action == mta::Judgement::Action::discard;
        if (found.action == mta::Judgement::Action::refuse) {
            note_refused(found.why.empty() ? found.words : found.why);
            co_return refusal_of(found.code, found.status, found.words);
        }
        keep_refused(found.refused);
        std::optional<Outcome> wrong = co_await take_changes(std::move(found));
        if (wrong) co_return wrong;
    }
    end_seal();
    if (watch_.signer) {
        std::string fault;
        watch_.signature = watch_.signer->finish(fault);
        if (!fault.empty())
            base::log::error("smtp", "a message is not signed",
                             {{"why", fault}, {"from", transaction_.envelope().sender}});
    }
    co_return std::nullopt;
}

/// RFC 9990: the domain in From hears how it fared here, if it wants to.
void Session::note_for_report() const {
    if (services_->dmarc == nullptr) return;
    mta::SenderFacts facts;
    facts.ip = peer().address;
    facts.mail_from = transaction_.envelope().sender;
    if (const auto seen = mta::reports::seen_by(watch_.sender, facts)) services_->dmarc->saw(*seen);
}

/// As RCPT named them, whatever is made of the envelope after it.
void Session::keep_refused(const std::vector<mta::JudgeRefused>& refused) {
    const Envelope& said = transaction_.envelope();
    watch_.refused_from = said.sender;
    for (const mta::JudgeRefused& one : refused) {
        mta::Arrival::Refused kept = mta::taken_away(one);
        const auto known = std::ranges::find_if(said.recipients, [&one](const Recipient& recipient) {
            return equals_nocase(recipient.address, one.address);
        });
        if (known != said.recipients.end()) {
            kept.recipient.notify = known->parameters.notify;
            kept.recipient.orcpt_type = known->parameters.orcpt_type;
            kept.recipient.orcpt_address = known->parameters.orcpt_address;
        }
        watch_.refused.push_back(std::move(kept));
    }
}

/// What a filter has made of envelope and message.
awaitable<std::optional<Session::Outcome>> Session::take_changes(mta::Judgement found) {
    if (found.sender) transaction_.set_sender(std::move(*found.sender));
    if (found.recipients && services_->agent != nullptr) {
        std::vector<Recipient> recipients;
        if (lmtp())
            for (const Recipient& one : transaction_.envelope().recipients)
                watch_.asked.push_back(one.address);
        for (const std::string& address : *found.recipients) {
            auto one = co_await changed_recipient(address);
            if (!one) co_return outcome_of(replies::directory_unavailable);
            if (!one->targets.empty()) recipients.push_back(std::move(*one));
        }
        // Nobody is left who could take it: who brought it hears what those who were refused have heard.
        if (recipients.empty() && !watch_.refused.empty()) {
            const mta::Arrival::Refused& first = watch_.refused.front();
            note_refused("filters: " + first.recipient.address + ": " + first.words);
            co_return refusal_of(550, first.status, first.words);
        }
        watch_.dropped |= recipients.empty();
        if (!recipients.empty()) transaction_.set_recipients(std::move(recipients));
    }
    if (!found.rewritten || watch_.dropped) co_return std::nullopt;
    const std::shared_ptr<mta::Message> message = std::move(found.rewritten);
    watch_.judging.reset();
    watch_.check.reset();
    watch_.signer.reset();  // the new octets are signed, not the old ones
    watch_.sealer.reset();
    intake_.emplace(services_->store, intake_rules(), static_cast<IntakeWatcher*>(this));
    constexpr std::size_t piece_bytes = 64U << 10;
    for (std::uint64_t at = 0; at < message->size();) {
        const auto piece = co_await message->read(at, piece_bytes);
        if (!piece) co_return outcome_of(reply_for(piece.error()));
        if (piece->empty()) break;
        at += piece->size();
        co_await intake_->write(*piece);
    }
    co_await intake_->finish();
    if (intake_->refusal()) co_return outcome_of(*intake_->refusal());
    co_return std::nullopt;
}

/// One that a filter named: as it was, or new. Without targets: nobody takes mail for it. Nothing: the
/// directory does not answer.
awaitable<std::optional<Recipient>> Session::changed_recipient(std::string address) {
    for (const Recipient& known : transaction_.envelope().recipients)
        if (equals_nocase(known.address, address)) co_return known;
    std::string sender = transaction_.envelope().sender;
    auto added = co_await mta::added_by_filter(services_->agent, std::move(sender), std::move(address));
    if (!added) co_return std::nullopt;
    Recipient out;
    out.address = std::move(added->recipient.address);
    out.added = added->added;
    out.targets = std::move(added->targets);
    co_return out;
}

Session::Outcome Session::refusal_of(std::uint16_t code, mta::Status status, std::string words) {
    Outcome out;
    out.reply = code < 500 ? replies::unavailable : replies::refused_content;
    out.said = Said{code, status.text(), std::move(words)};
    return out;
}

/// A message that was refused has a number for `barid trace` alone, which finds it by its addresses.
void Session::note_refused(const std::string& why) {
    if (services_->agent == nullptr) return;
    mta::trace_filters(services_->agent->trace(), watch_.id, watch_.steps);
    note_end("refused", why);
}

/// RFC 2033 section 4.2: one answer for each RCPT that was taken, whatever a filter has made of them. Who was
/// left out hears that it is done, as by SMTP, unless it was not: nobody was taken, or not who came instead.
void Session::answer_those_asked(std::vector<Outcome>* outcomes) const {
    if (watch_.asked.empty() || watch_.dropped) return;
    const std::vector<Recipient>& now = transaction_.envelope().recipients;
    const auto done = [](const Outcome& one) { return one.reply.code() < 400; };
    const bool any_done = std::ranges::any_of(*outcomes, done);
    Outcome left_out;
    left_out.reply = replies::ok;
    left_out.queued = watch_.id;
    for (std::size_t i = 0; i < now.size() && done(left_out); ++i) {
        const bool asked = std::ranges::any_of(
            watch_.asked, [&](const std::string& one) { return equals_nocase(one, now[i].address); });
        if (!done((*outcomes)[i]) && (!asked || !any_done)) left_out = (*outcomes)[i];
    }
    std::vector<Outcome> out;
    for (const std::string& address : watch_.asked) {
        const auto found = std::ranges::find_if(
            now, [&address](const Recipient& one) { return equals_nocase(one.address, address); });
        if (found != now.end()) {
            out.push_back((*outcomes)[static_cast<std::size_t>(found - now.begin())]);
            continue;
        }
        out.push_back(left_out);
    }
    *outcomes = std::move(out);
}

void Session::note_end(std::string_view event, const std::string& why) {
    const Envelope& envelope = transaction_.envelope();
    mta::EndedMail mail;
    mail.sender = envelope.sender;
    for (const Recipient& recipient : envelope.recipients) mail.recipients.push_back(recipient.address);
    mail.peer = peer().address;
    mail.message_id = intake_->header().message_id;
    mta::trace_end(services_->agent->trace(), watch_.id, event, mail, why);
}

}  // namespace smtp
