#include "server/filter_judge.hpp"

#include <algorithm>
#include <charconv>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "mailauth/dkim.hpp"
#include "mta/queue_message.hpp"
#include "mta/sender_proof.hpp"

namespace server {
namespace asio = boost::asio;
namespace {

mta::Status status_of(const filter::Reply& reply) {
    const mta::Status out = mta::status_of(reply.status);
    return out ? out : mta::Status{5, 7, 1};
}

mta::Judgement refusal(const filter::Reply& reply, std::string why) {
    mta::Judgement out;
    out.action = mta::Judgement::Action::refuse;
    out.code = reply.code;
    out.status = status_of(reply);
    out.words = reply.text;
    out.why = std::move(why);
    return out;
}

/// All steps in one line.
std::string story_of(const filter::Verdict& verdict) {
    constexpr std::size_t most = 2'000;
    std::string out;
    for (const filter::Step& step : verdict.steps) {
        if (out.size() > most) break;
        out += (out.empty() ? "" : "; ") + step.filter + "=" + step.outcome;
        if (!step.detail.empty()) out += " (" + step.detail + ")";
    }
    return out;
}

mta::JudgeRefusal refusal_of(const filter::Facts& facts, const filter::Refusal& refused) {
    mta::JudgeRefusal out;
    if (!refused) return out;
    out.code = refused.reply.code;
    out.status = status_of(refused.reply);
    out.words = refused.reply.text;
    const filter::Step& first = refused.steps.front();
    base::log::info("filter", "refused",
                    {{"filter", first.filter},
                     {"why", first.detail},
                     {"from", facts.sender},
                     {"user", facts.account},
                     {"ip", facts.client ? facts.client->text() : std::string()}});
    return out;
}

/// A message of the filters as the agent knows it.
class Passed final : public mta::Message {
public:
    explicit Passed(filter::MessagePtr message) : message_(std::move(message)) {}
    std::uint64_t size() const override { return message_->size(); }
    mta::awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        return message_->read(offset, length);
    }

private:
    const filter::MessagePtr message_;
};

filter::Authentication authentication_of(const mta::SenderVerdict& sender) {
    filter::Authentication out;
    out.spf = mailauth::name_of(sender.spf.status);
    const mailauth::DkimResult* const best = mailauth::best_of(sender.dkim);
    out.dkim = best == nullptr ? "none" : mailauth::name_of(best->status);
    out.dmarc = mailauth::name_of(sender.dmarc.status);
    out.arc = mailauth::name_of(sender.arc.status);
    out.dmarc_policy = mailauth::name_of(sender.dmarc.policy);
    out.author_domain = sender.dmarc.author_domain;
    return out;
}

std::uint8_t notify_of(const mta::JudgeFacts& facts, std::string_view address) {
    for (std::size_t i = 0; i < std::min(facts.recipients.size(), facts.notify.size()); ++i)
        if (base::equals_nocase(facts.recipients[i], address)) return facts.notify[i];
    return mta::notify_unset;
}

}  // namespace

Refused refused_by(const filter::Verdict& verdict, const mta::JudgeFacts& facts,
                   const mta::SenderVerdict* sender, std::string_view hostname) {
    Refused out;
    if (facts.sender.empty()) return out;
    for (const auto& [address, reply] : verdict.refused) {
        if (!mta::wants_report(mta::ReportLine::Action::failed, notify_of(facts, address), false)) continue;
        mta::JudgeRefused one;
        one.address = address;
        one.status = status_of(reply);
        one.words = reply.text;
        out.told.push_back(std::move(one));
    }
    if (out.told.empty()) return out;
    // Who logged in and hosts that are trusted are told; a stranger's address may be somebody else's.
    const bool known = facts.account || (sender == nullptr && facts.trusted);
    const bool proven = sender != nullptr &&
                        mta::sender_proof(sender->field, hostname, facts.sender) == mta::SenderProof::proven;
    if (known || proven) return out;
    out.told.clear();
    out.untold = true;
    return out;
}

/// One message, kept in a spool until it is whole.
class FilterJudging final : public mta::Judging {
public:
    FilterJudging(FilterJudge& judge, mta::JudgeFacts facts)
        : judge_(judge), facts_(std::move(facts)), spool_(judge.filters_.new_spool()) {}

    asio::awaitable<void> header(std::string section) override { co_await keep(section); }
    asio::awaitable<void> body(std::string_view octets) override { co_await keep(octets); }
    asio::awaitable<mta::Judgement> finish(const mta::SenderVerdict* sender) override {
        if (fault_) {
            const bool full = fault_->is(store::Errc::no_space);
            co_return refusal(filter::make_reply(full ? 452 : 451, full ? "4.3.1" : "4.3.0",
                                                 "The message cannot be kept now; try again later"),
                              "filters: " + std::string(fault_->what()));
        }
        auto known = judge_.facts_of(facts_);
        if (sender != nullptr) known->authentication = authentication_of(*sender);
        const filter::Verdict verdict = co_await judge_.filters_.at_message(known, spool_);
        mta::Judgement out = judgement_of(verdict, *known);
        Refused refused = refused_by(verdict, facts_, sender, judge_.hostname_);
        if (refused.untold) note_untold(out, known->queue_id);
        out.refused = std::move(refused.told);
        for (const filter::Step& step : verdict.steps) {
            mta::JudgeStep one;
            one.filter = step.filter;
            one.outcome = step.outcome;
            one.detail = step.detail;
            out.steps.push_back(std::move(one));
        }
        co_return out;
    }

private:
    asio::awaitable<void> keep(std::string_view octets) {
        if (fault_) co_return;
        const auto kept = co_await spool_->write(octets);
        if (!kept) fault_ = kept.error();
    }

    static mta::Judgement judgement_of(const filter::Verdict& verdict, const filter::Facts& before) {
        mta::Judgement out;
        out.why = story_of(verdict);
        switch (verdict.decision) {
            case filter::Decision::reject:
            case filter::Decision::tempfail:
                return refusal(verdict.reply, story_of(verdict));
            case filter::Decision::quarantine:
                out.action = mta::Judgement::Action::discard;
                out.why += " (quarantine " + verdict.quarantine_id + ")";
                return out;
            case filter::Decision::discard:
                out.action = mta::Judgement::Action::discard;
                return out;
            case filter::Decision::accept:
                break;
        }
        if (verdict.junk) out.action = mta::Judgement::Action::junk;
        out.fields = verdict.prefix;
        if (verdict.rewritten) out.rewritten = std::make_shared<Passed>(verdict.rewritten);
        if (verdict.sender != before.sender) out.sender = verdict.sender;
        if (verdict.recipients != before.recipients) out.recipients = verdict.recipients;
        return out;
    }

    void note_untold(mta::Judgement& out, const std::string& id) const {
        mta::JudgeStep step;
        step.filter = "report";
        step.outcome = "unreported";
        step.detail = "nothing proves its sender";
        out.steps.push_back(std::move(step));
        base::log::info("filter",
                        "a sender whom nothing proves does not hear of recipients that were refused",
                        {{"id", id}, {"sender", facts_.sender}, {"ip", facts_.ip}});
    }

    FilterJudge& judge_;
    const mta::JudgeFacts facts_;
    const std::shared_ptr<filter::Spool> spool_;
    std::optional<store::Error> fault_;
};

std::shared_ptr<filter::Facts> FilterJudge::facts_of(const mta::JudgeFacts& facts) const {
    auto out = std::make_shared<filter::Facts>();
    out->host_name = hostname_;
    out->queue_id = mta::text_of(facts.id ? facts.id : agent_.new_id());
    out->listener = facts.listener;
    out->client = net::IpAddress::parse(facts.ip);
    out->client_port = facts.port;
    out->helo = facts.hello;
    out->tls_version = facts.tls_version;
    out->tls_cipher = facts.tls_cipher;
    out->account = facts.user;
    out->trusted = facts.trusted;
    out->sender = facts.sender;
    out->recipients = facts.recipients;
    return out;
}

asio::awaitable<mta::JudgeRefusal> FilterJudge::at_sender(mta::JudgeFacts facts) {
    const auto known = facts_of(facts);
    co_return refusal_of(*known, filters_.at_sender(*known));
}

asio::awaitable<mta::JudgeRefusal> FilterJudge::at_recipient(mta::JudgeFacts facts, std::string recipient) {
    const auto known = facts_of(facts);
    const filter::Refusal refused = co_await filters_.at_recipient(known, std::move(recipient));
    co_return refusal_of(*known, refused);
}

std::unique_ptr<mta::Judging> FilterJudge::begin(mta::JudgeFacts facts) {
    if (!filters_.wants_messages()) return nullptr;
    return std::make_unique<FilterJudging>(*this, std::move(facts));
}

}  // namespace server
