#include "mta/sender_check.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/co_spawn.hpp>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "mailauth/auth_results.hpp"
#include "store/waiter.hpp"

namespace mta {
namespace asio = boost::asio;

struct SenderCheck::State {
    MailDns& dns;
    std::shared_ptr<const SenderCheckSettings> settings;
    SenderFacts facts;
    mailauth::SpfRequest request;
    std::chrono::seconds now{0};
    std::chrono::steady_clock::time_point give_up{};
    std::string section;
    std::unique_ptr<mailauth::DkimVerifier> dkim;
    std::unique_ptr<mailauth::ArcVerifier> arc;
    mailauth::SpfResult spf;
    std::size_t under_way = 0;
    std::shared_ptr<store::Waiter> over = std::make_shared<store::Waiter>();

    State(MailDns& the_dns, std::shared_ptr<const SenderCheckSettings> the_settings, SenderFacts the_facts)
        : dns(the_dns), settings(std::move(the_settings)), facts(std::move(the_facts)) {}

    bool late() const { return std::chrono::steady_clock::now() > give_up; }
    void done() {
        if (--under_way == 0) over->wake();
    }
};

namespace {

/// Answers an evaluation's questions until it has a result; the time over, nothing is known.
template <class T>
asio::awaitable<T> evaluate(mailauth::Evaluation<T> evaluation, MailDns* dns,
                            std::chrono::steady_clock::time_point give_up) {
    while (const mailauth::Query* query = evaluation.pending()) {
        mailauth::Answer answer;
        if (std::chrono::steady_clock::now() < give_up) answer = co_await dns->ask(*query);
        evaluation.answer(std::move(answer));
    }
    co_return evaluation.take();
}

bool vouched_for(const SenderVerdict& verdict, const std::vector<std::string>& trusted) {
    if (verdict.arc.status != mailauth::ArcStatus::pass || verdict.arc.sets.empty()) return false;
    const std::string& sealer = verdict.arc.sets.back().domain;
    return std::ranges::any_of(
        trusted, [&sealer](const std::string& one) { return base::equals_nocase(one, sealer); });
}

void refuse(SenderVerdict& verdict, Status status, std::string words) {
    verdict.action = SenderVerdict::Action::refuse;
    verdict.status = status;
    verdict.words = std::move(words);
}

}  // namespace

SenderCheck::SenderCheck(MailDns& dns, base::Clock& clock,
                         std::shared_ptr<const SenderCheckSettings> settings, SenderFacts facts)
    : state_(std::make_shared<State>(dns, std::move(settings), std::move(facts))) {
    state_->now = std::chrono::seconds(base::unix_seconds(clock.now()));
    mailauth::SpfRequest& request = state_->request;
    request.ip = mailauth::IpAddress::parse(state_->facts.ip).value_or(mailauth::IpAddress());
    request.helo = state_->facts.hello;
    request.mail_from = state_->facts.mail_from;
    request.receiver = state_->settings->hostname;
    request.now = state_->now;
}
SenderCheck::~SenderCheck() = default;

void SenderCheck::header(std::string_view section, asio::any_io_executor executor) {
    state_->give_up = std::chrono::steady_clock::now() + state_->settings->dns_max;
    state_->section = section;
    mailauth::DkimVerifyOptions options;
    options.now = state_->now;
    state_->dkim = std::make_unique<mailauth::DkimVerifier>(state_->section, options);
    state_->arc = std::make_unique<mailauth::ArcVerifier>(state_->section, options);
    state_->under_way = 2;
    asio::co_spawn(executor, ask_spf(state_), [state = state_](const std::exception_ptr& failed) {
        base::log::broken("mta", "sender check", failed);
        state->done();
    });
    asio::co_spawn(executor, ask_keys(state_), [state = state_](const std::exception_ptr& failed) {
        base::log::broken("mta", "sender check", failed);
        state->done();
    });
}

asio::awaitable<void> SenderCheck::ask_spf(std::shared_ptr<State> state) {
    auto evaluation = mailauth::check_spf(state->request);
    state->spf = co_await evaluate(std::move(evaluation), &state->dns, state->give_up);
}

/// Keys of signatures and seals, one after the other: few mails have more than two.
asio::awaitable<void> SenderCheck::ask_keys(std::shared_ptr<State> state) {
    for (std::size_t i = 0; i < state->dkim->queries().size() && !state->late(); ++i) {
        mailauth::Answer answer = co_await state->dns.ask(state->dkim->queries()[i]);
        state->dkim->answer(i, std::move(answer));
    }
    for (std::size_t i = 0; i < state->arc->queries().size() && !state->late(); ++i) {
        mailauth::Answer answer = co_await state->dns.ask(state->arc->queries()[i]);
        state->arc->answer(i, std::move(answer));
    }
}

void SenderCheck::body(std::string_view octets) {
    if (!state_->dkim) return;
    state_->dkim->body(octets);
    state_->arc->body(octets);
}

asio::awaitable<SenderVerdict> SenderCheck::finish() {
    SenderVerdict verdict;
    const std::shared_ptr<State> state = state_;
    if (!state->dkim) co_return verdict;
    std::shared_ptr<store::Waiter> over = state->over;
    co_await store::wait_for(std::move(over));
    verdict.spf = std::move(state->spf);
    verdict.dkim = state->dkim->finish();
    verdict.arc = state->arc->finish();
    mailauth::DmarcRequest request;
    request.author = mailauth::author_domains(state->section);
    request.spf = verdict.spf;
    request.dkim = verdict.dkim;
    auto evaluation = mailauth::check_dmarc(std::move(request));
    verdict.dmarc = co_await evaluate(std::move(evaluation), &state->dns, state->give_up);
    mailauth::AuthResults results = mailauth::auth_results(state->settings->hostname, state->request,
                                                           verdict.spf, verdict.dkim, verdict.dmarc);
    if (verdict.arc.status != mailauth::ArcStatus::none)
        results.methods.push_back(mailauth::auth_method(verdict.arc));
    verdict.field = mailauth::write_auth_results(results);
    verdict.results = std::move(results);
    decide(verdict, state->facts, *state->settings);
    co_return verdict;
}

std::string SenderVerdict::text() const {
    std::string out = "spf=" + std::string(mailauth::name_of(spf.status)) + " dkim=";
    const auto best = std::ranges::find(dkim, mailauth::DkimStatus::pass, &mailauth::DkimResult::status);
    out += dkim.empty() ? "none" : best != dkim.end() ? "pass" : mailauth::name_of(dkim.front().status);
    out += " dmarc=" + std::string(mailauth::name_of(dmarc.status));
    if (arc.status != mailauth::ArcStatus::none) out += " arc=" + std::string(mailauth::name_of(arc.status));
    return out;
}

void decide(SenderVerdict& verdict, const SenderFacts& facts, const SenderCheckSettings& settings) {
    using Dmarc = SenderCheckSettings::Dmarc;
    const bool spf_pass = verdict.spf.status == mailauth::SpfStatus::pass;
    const bool dmarc_pass = verdict.dmarc.status == mailauth::DmarcStatus::pass;
    // A name server that does not answer proves nothing: such mail is taken, and says so in its header.
    const bool unknown = verdict.spf.status == mailauth::SpfStatus::temperror ||
                         verdict.dmarc.status == mailauth::DmarcStatus::temperror;
    if (facts.own_domain && settings.own_senders_need_proof && !spf_pass && !dmarc_pass && !unknown)
        return refuse(verdict, {5, 7, 1}, "Log in to send as one of us");
    if (verdict.dmarc.status == mailauth::DmarcStatus::fail &&
        verdict.dmarc.policy != mailauth::DmarcPolicy::none && settings.dmarc != Dmarc::note &&
        !vouched_for(verdict, settings.arc_trusted)) {
        const bool refused =
            verdict.dmarc.policy == mailauth::DmarcPolicy::reject && settings.dmarc == Dmarc::apply;
        if (!refused) {
            verdict.action = SenderVerdict::Action::junk;
            return;
        }
        // RFC 7372 section 3.3: none of several methods passed.
        return refuse(verdict, {5, 7, 26}, "Refused by the DMARC policy of " + verdict.dmarc.author_domain);
    }
    if (settings.refuse_spf_fail && verdict.spf.status == mailauth::SpfStatus::fail && !dmarc_pass)
        refuse(verdict, {5, 7, 23}, "Refused by the SPF policy of " + verdict.spf.domain);
}

}  // namespace mta
