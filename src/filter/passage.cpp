#include "filter/passage.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"

namespace filter {
namespace {

std::string printable(std::string_view text) { return make_reply(0, {}, text).text; }

Reply virus_reply(std::string_view name) {
    return make_reply(554, "5.7.1", "Message contains a virus: " + std::string(name));
}

}  // namespace

Passage::Passage(Filters& filters, FactsPtr facts, MessagePtr message)
    : filters_(filters),
      settings_(filters.settings_),
      facts_(std::make_shared<Facts>(*facts)),
      original_(std::move(message)) {}

void Passage::step(std::string filter, std::string outcome, std::string detail) {
    verdict_.steps.emplace_back(std::move(filter), std::move(outcome), printable(detail));
}

void Passage::decide(Decision decision, const std::string& filter, const std::string& reason, Reply reply) {
    decided_ = true;
    decided_by_ = filter;
    verdict_.decision = decision;
    verdict_.reason = filter + (reason.empty() ? "" : ": " + printable(reason));
    verdict_.reply = std::move(reply);
    step(filter, std::string(name_of(decision)), reason);
}

void Passage::down(const std::string& filter, const std::string& why, WhenDown when) {
    step(filter, "down", why);
    base::log::warn("filter", "a filter does not work",
                    {{"filter", filter}, {"why", why}, {"id", facts_->queue_id}});
    if (when == WhenDown::tempfail)
        decide(Decision::tempfail, filter, why,
               make_reply(451, "4.7.1", "Content filter is not available; try again later"));
}

void Passage::found(OnFound what, const std::string& filter, const std::string& reason, Reply reply) {
    switch (what) {
        case OnFound::reject:
            return decide(Decision::reject, filter, reason, std::move(reply));
        case OnFound::quarantine:
            return decide(Decision::quarantine, filter, reason);
        case OnFound::discard:
            return decide(Decision::discard, filter, reason);
        case OnFound::junk:
            verdict_.junk = true;
            return step(filter, "junk", reason);
        case OnFound::accept:
            return step(filter, "pass", reason);
    }
}

awaitable<Verdict> Passage::run() {
    auto header = co_await read_header(original_, settings_.header_bytes_max);
    if (!header) {
        decide(Decision::tempfail, "filters", std::string(header.error().what()),
               make_reply(451, "4.3.0", "The message cannot be looked at now; try again later"));
        co_return std::move(verdict_);
    }
    draft_ = std::make_shared<Draft>(std::move(*header), original_);
    co_await lists();
    if (filters_.clamd_) co_await clamd();
    if (open() && filters_.rspamd_) co_await rspamd();
    for (std::size_t i = 0; open() && i < filters_.milters_.size(); ++i) co_await milter(i);
    if (open()) co_await rules();
    if (open() && filters_.pickup_) co_await pickup();
    if (verdict_.decision == Decision::quarantine) co_await quarantine();
    finish();
    co_return std::move(verdict_);
}

void Passage::finish() {
    verdict_.sender = facts_->sender;
    verdict_.recipients = facts_->recipients;
    // The client hears it of all.
    if (verdict_.decision == Decision::reject || verdict_.decision == Decision::tempfail)
        verdict_.refused.clear();
    if (verdict_.decision != Decision::accept) return;
    if (facts_->recipients.empty()) return decide(Decision::discard, "filters", "no recipient is left");
    if (draft_->rewritten())
        verdict_.rewritten = draft_->message();
    else
        verdict_.prefix = draft_->prefix();
}

/// Refused at RCPT is what is listed enough; here it is only a little.
awaitable<void> Passage::lists() {
    const bool stranger = facts_->account.empty() && !facts_->trusted;
    if (!facts_->client || !stranger) co_return;
    const DnsblResult listed = co_await filters_.look_up(*facts_->client);
    verdict_.score += listed.weight;
    for (const std::string& one : listed.listed) step("dnsbl", "listed", one);
    for (const std::string& one : listed.silent) step("dnsbl", "down", one);
    if (settings_.dnsbl_junk > 0 && listed.weight >= settings_.dnsbl_junk)
        found(OnFound::junk, "dnsbl", "weight " + std::to_string(listed.weight), {});
}

awaitable<void> Passage::clamd() {
    const ClamdUse& clamd = *settings_.clamd;
    if (!facts_->account.empty() && !clamd.submitted) co_return;
    if (clamd.size_max != 0 && original_->size() > clamd.size_max)
        co_return found(clamd.when_too_big, "clamd", "too large to be looked at",
                        make_reply(552, "5.3.4", "Too large to be checked for viruses"));
    const Turns::Turn turn = co_await filters_.clamd_turns_->take();
    if (!turn) co_return down("clamd", "too many wait for it", clamd.when_down);
    const clamd::Answer answer = co_await filters_.clamd_->scan(original_);
    switch (answer.kind) {
        case clamd::Answer::Kind::clean:
            co_return step("clamd", "pass");
        case clamd::Answer::Kind::found:
            co_return found(clamd.on_found, "clamd", answer.text, virus_reply(answer.text));
        case clamd::Answer::Kind::too_big:
            co_return found(clamd.when_too_big, "clamd", "too large for clamd",
                            make_reply(552, "5.3.4", "Too large to be checked for viruses"));
        case clamd::Answer::Kind::incomplete:
        case clamd::Answer::Kind::failed:
            break;
    }
    down("clamd", answer.text, clamd.when_down);
}

awaitable<void> Passage::rspamd() {
    const RspamdUse& rspamd = *settings_.rspamd;
    if (!facts_->account.empty() && !rspamd.submitted) co_return;
    if (rspamd.size_max != 0 && original_->size() > rspamd.size_max)
        co_return step("rspamd", "pass", "too large to be looked at");
    const Turns::Turn turn = co_await filters_.rspamd_turns_->take();
    if (!turn) co_return down("rspamd", "too many wait for it", rspamd.when_down);
    const RspamdClient::Checked checked = co_await filters_.rspamd_->check(facts_, draft_->message());
    if (!checked.answer) co_return down("rspamd", checked.why, rspamd.when_down);
    carry_out(*checked.answer);
}

void Passage::carry_out(const rspamd::Answer& answer) {
    verdict_.score += answer.score;
    std::string about = std::string(rspamd::name_of(answer.action)) + " " + std::to_string(answer.score) +
                        "/" + std::to_string(answer.required);
    for (std::size_t i = 0; i < std::min<std::size_t>(answer.symbols.size(), 10); ++i)
        about += " " + answer.symbols[i].name;
    const std::string& words = answer.smtp_message;
    for (const HeaderEdit& edit : answer.edits) draft_->edit(edit);
    switch (answer.action) {
        case rspamd::Action::none:
        case rspamd::Action::greylist:  // rspamd's own greylisting answers "soft reject"
            return step("rspamd", "pass", about);
        case rspamd::Action::soft_reject:
            return decide(Decision::tempfail, "rspamd", about,
                          make_reply(451, "4.7.1", words.empty() ? "Try again later" : words));
        case rspamd::Action::rewrite_subject:
            if (!answer.subject.empty()) {
                HeaderEdit subject;
                subject.kind = HeaderEdit::Kind::change;
                subject.name = "Subject";
                subject.index = 1;
                subject.value = field_value(answer.subject);
                draft_->edit(subject);
            }
            return found(OnFound::junk, "rspamd", about, {});
        case rspamd::Action::add_header: {
            HeaderEdit mark;
            mark.kind = HeaderEdit::Kind::insert;
            mark.name = "X-Spam";
            mark.value = " Yes";
            draft_->edit(mark);
            return found(OnFound::junk, "rspamd", about, {});
        }
        case rspamd::Action::quarantine:
            return decide(Decision::quarantine, "rspamd", about);
        case rspamd::Action::discard:
            return decide(Decision::discard, "rspamd", about);
        case rspamd::Action::reject:
            return found(settings_.rspamd->on_reject, "rspamd", about,
                         make_reply(554, "5.7.1", words.empty() ? "Spam message rejected" : words));
    }
}

awaitable<void> Passage::milter(std::size_t number) {
    const MilterClient& client = *filters_.milters_[number];
    const std::string name = "milter " + client.settings().name;
    const Turns::Turn turn = co_await filters_.milter_turns_[number]->take();
    if (!turn) co_return down(name, "too many wait for it", client.settings().when_down);
    MilterClient::Outcome outcome = co_await client.pass(facts_, draft_);
    if (outcome.result.decision == milter::Result::Decision::failed)
        co_return down(name, outcome.result.why, client.settings().when_down);
    carry_out(name, std::move(outcome));
}

void Passage::carry_out(const std::string& name, MilterClient::Outcome outcome) {
    const milter::Result& result = outcome.result;
    if (result.decision == milter::Result::Decision::reject)
        return decide(Decision::reject, name, result.reply.text, result.reply);
    if (result.decision == milter::Result::Decision::tempfail)
        return decide(Decision::tempfail, name, result.reply.text, result.reply);
    change_recipients(name, result);
    if (put_off(name)) return;
    if (result.decision == milter::Result::Decision::discard) return decide(Decision::discard, name, {});
    if (nobody_left(name)) return;
    for (const HeaderEdit& edit : result.edits) draft_->edit(edit);
    if (outcome.new_body) draft_->replace_body(std::move(outcome.new_body));
    if (result.body_replaced || !result.edits.empty())
        step(name, "changed",
             std::to_string(result.edits.size()) + " header fields" +
                 (result.body_replaced ? ", the body" : ""));
    if (result.sender_changed) {
        step(name, "changed", "sender is <" + result.sender + ">");
        facts_->sender = result.sender;
    }
    if (result.quarantine) return decide(Decision::quarantine, name, result.reason);
    step(name, "pass");
}

void Passage::change_recipients(const std::string& name, const milter::Result& result) {
    const auto remove = [&](const std::string& address) {
        return std::erase_if(facts_->recipients,
                             [&](const std::string& one) { return base::equals_nocase(one, address); });
    };
    for (const auto& [address, reply] : result.recipients_refused) {
        if (remove(address) == 0) continue;
        verdict_.refused.emplace_back(address, reply);
        step(name, "reject", address + ": " + reply.text);
    }
    for (const std::string& address : result.recipients_removed)
        if (remove(address) != 0) step(name, "changed", "no more to " + address);
    for (const std::string& address : result.recipients_added) {
        const bool there = std::ranges::any_of(
            facts_->recipients, [&](const std::string& one) { return base::equals_nocase(one, address); });
        if (there) continue;
        facts_->recipients.push_back(address);
        step(name, "changed", "also to " + address);
    }
}

/// A milter speaks of each recipient, and the client has one answer for all: one put off puts off the
/// message, since a report would end what may be tried again.
bool Passage::put_off(const std::string& name) {
    const auto said =
        std::ranges::find_if(verdict_.refused, [](const auto& one) { return one.second.temporary(); });
    if (said == verdict_.refused.end()) return false;
    decide(Decision::tempfail, name, said->first + ": " + said->second.text, said->second);
    return true;
}

/// Who brought it hears what the last of them would have heard.
bool Passage::nobody_left(const std::string& name) {
    if (verdict_.refused.empty() || !facts_->recipients.empty()) return false;
    const auto& [address, reply] = verdict_.refused.back();
    decide(Decision::reject, name, address + ": " + reply.text, reply);
    return true;
}

awaitable<void> Passage::pickup() {
    const Ran ran =
        co_await filters_.programs_.run(filters_.pickup_, filters_.pickup_turns_, facts_, draft_->message());
    carry_out("pickup", ran, settings_.pickup_when_down);
}

/// docs/filters.md has this table; 75 and 77 are sysexits' EX_TEMPFAIL and EX_NOPERM, 100 and 111 qmail's.
void Passage::carry_out(const std::string& name, const Ran& ran, WhenDown when) {
    const std::string& said = ran.output;
    const std::string about = ran.text() + (said.empty() ? "" : ": " + said);
    if (ran.end != Ran::End::exited) return down(name, about, when);
    switch (ran.status) {
        case 0:
            return step(name, "pass");
        case 10:
            return found(OnFound::junk, name, about, {});
        case 11:
            return decide(Decision::quarantine, name, about);
        case 12:
            return decide(Decision::discard, name, about);
        case 75:
        case 111:
            return decide(Decision::tempfail, name, about,
                          make_reply(451, "4.7.1", said.empty() ? "Try again later" : said));
        case 77:
        case 100:
            return decide(Decision::reject, name, about,
                          make_reply(550, "5.7.1", said.empty() ? "Refused by policy" : said));
        default:
            return down(name, about, when);
    }
}

awaitable<void> Passage::quarantine() {
    Quarantined kept;
    kept.filter = decided_by_;
    kept.reason = verdict_.reason;
    kept.sender = facts_->sender;
    kept.recipients = facts_->recipients;
    kept.client = facts_->client ? facts_->client->text() : std::string();
    kept.account = facts_->account;
    kept.queue_id = facts_->queue_id;
    auto added = co_await filters_.quarantine_.add(std::move(kept), draft_->message());
    if (added) {
        verdict_.quarantine_id = added->id_text();
        co_return;
    }
    // Nothing may be lost: the sender keeps it.
    decide(Decision::tempfail, decided_by_, "the quarantine is not available",
           make_reply(451, "4.3.0", "The message cannot be kept now; try again later"));
}

}  // namespace filter
