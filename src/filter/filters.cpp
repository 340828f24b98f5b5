#include "filter/filters.hpp"

#include <algorithm>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "filter/counters.hpp"
#include "filter/passage.hpp"

namespace filter {
namespace {

constexpr unsigned threads = 2;                // for files alone
constexpr std::size_t connections_max = 20;    // to one filter; as many as clamd's and rspamd's workers like
constexpr std::size_t waiting_max = 1'000;     // for each; more are as if it were down
constexpr std::size_t looked_up_max = 10'000;  // clients whose answers are remembered
constexpr std::int64_t looked_up_seconds = 300;
constexpr std::int64_t sweep_seconds = 3'600;

std::shared_ptr<Turns> connection_turns() { return std::make_shared<Turns>(connections_max, waiting_max); }

/// Who is told of abuse must be reachable by those who are blocked (RFC 5321 section 4.5.1, RFC 2142).
bool always_arrives(std::string_view recipient) {
    const std::string_view local = recipient.substr(0, recipient.rfind('@'));
    return base::equals_nocase(local, "postmaster") || base::equals_nocase(local, "abuse");
}

Settings with_program_limits(Settings settings) {
    for (Rule& rule : settings.rules) {
        for (Action& action : rule.actions) {
            if (!action.program) continue;
            auto program = std::make_shared<ProgramSettings>(*action.program);
            program->time_max = settings.program_time_max;
            program->running_max = settings.programs_max;
            program->folder = settings.folder;
            action.turns = std::make_shared<Turns>(program->running_max,
                                                   program->running_max * ProgramLimits().waiting_factor);
            action.program = std::move(program);
        }
    }
    if (settings.pickup) settings.pickup->folder = settings.folder;
    for (MilterSettings& milter : settings.milters) milter.folder = settings.folder;
    return settings;
}

void refuse(Refusal& out, std::string filter, std::uint16_t code, std::string_view status,
            std::string_view text) {
    out.reply = make_reply(code, status, text);
    out.steps.emplace_back(std::move(filter), code < 500 ? "tempfail" : "reject", std::string(text));
}

}  // namespace

Filters::Filters(Parts parts, Settings settings)
    : parts_(parts),
      settings_(with_program_limits(std::move(settings))),
      pool_(threads),
      programs_(pool_),
      dnsbl_(parts.resolver, settings_.dnsbl),
      greylist_(&parts.engine, parts.clock, settings_.greylist),
      rates_(parts.random),
      quarantine_(parts.engine, parts.ids, parts.clock, settings_.quarantine),
      counters_(std::make_unique<Counters>()) {
    if (settings_.clamd) {
        clamd_ = std::make_unique<ClamdClient>(&parts.resolver, settings_.clamd->client);
        clamd_turns_ = connection_turns();
    }
    if (settings_.rspamd) {
        rspamd_ = std::make_unique<RspamdClient>(parts.resolver, settings_.rspamd->client);
        rspamd_turns_ = connection_turns();
    }
    for (const MilterSettings& milter : settings_.milters) {
        milters_.push_back(std::make_unique<MilterClient>(&parts.resolver, pool_, milter));
        milter_turns_.push_back(connection_turns());
    }
    if (settings_.pickup) {
        pickup_ = std::make_shared<const ProgramSettings>(*settings_.pickup);
        pickup_turns_ = programs_.turns_for(*pickup_);
    }
}

Filters::~Filters() { stop(); }

void Filters::stop() {
    std::vector<std::shared_ptr<Turns>> all = milter_turns_;
    all.insert(all.end(), {clamd_turns_, rspamd_turns_, pickup_turns_});
    for (const Rule& rule : settings_.rules)
        for (const Action& action : rule.actions) all.push_back(action.turns);
    for (const std::shared_ptr<Turns>& turns : all)
        if (turns) turns->close();
    pool_.join();
}

std::string Filters::fault() const { return rspamd_ ? rspamd_->fault() : std::string(); }

awaitable<store::Result<void>> Filters::open() {
    auto read = co_await greylist_.open();
    if (!read) co_return read;
    const auto swept = co_await quarantine_.sweep();
    if (!swept) co_return swept.error();
    next_sweep_ = base::unix_seconds(parts_.clock.now()) + sweep_seconds;
    co_return store::Result<void>();
}

awaitable<void> Filters::tend() {
    const auto kept = co_await greylist_.flush();
    if (!kept) base::log::warn("filter", "greylist not kept", {{"error", kept.error().what()}});
    const std::int64_t now = base::unix_seconds(parts_.clock.now());
    if (now < next_sweep_) co_return;
    next_sweep_ = now + sweep_seconds;
    const auto swept = co_await quarantine_.sweep();
    if (!swept) base::log::warn("filter", "quarantine not swept", {{"error", swept.error().what()}});
    if (swept && *swept != 0)
        base::log::info("filter", "old messages left the quarantine", {{"messages", *swept}});
}

bool Filters::wants_messages() const {
    return clamd_ || rspamd_ || !milters_.empty() || !settings_.rules.empty() || pickup_ ||
           (dnsbl_.any() && settings_.dnsbl_junk > 0);
}

bool Filters::adds_recipients() const {
    const auto sends_on = [](const Action& action) {
        return action.kind == Action::Kind::redirect || action.kind == Action::Kind::copy;
    };
    return !milters_.empty() || std::ranges::any_of(settings_.rules, [&](const Rule& rule) {
        return std::ranges::any_of(rule.actions, sends_on);
    });
}

std::shared_ptr<Spool> Filters::new_spool() { return std::make_shared<Spool>(pool_, settings_.folder); }

awaitable<DnsblResult> Filters::look_up(net::IpAddress address) {
    if (!dnsbl_.any() || !is_public(address)) co_return DnsblResult();
    const std::int64_t now = base::unix_seconds(parts_.clock.now());
    // An IPv4 address and a /64 are 64 bits that may be alike.
    const std::uint64_t key = address.limit_key() ^ (address.v6 ? 0x9E3779B97F4A7C15ULL : 0);
    {
        const std::lock_guard lock(mutex_);
        const auto found = looked_up_.find(key);
        if (!address.v6 && found != looked_up_.end() && found->second.until > now)
            co_return found->second.result;
    }
    DnsblResult result = co_await dnsbl_.check(address);
    const std::lock_guard lock(mutex_);
    if (looked_up_.size() >= looked_up_max) looked_up_.clear();
    Looked& entry = looked_up_[key];
    entry.result = result;
    entry.until = now + looked_up_seconds;
    co_return result;
}

Refusal Filters::at_sender(const Facts& facts) {
    Refusal out;
    const auto now = std::chrono::steady_clock::now();
    if (facts.trusted) return out;
    if (facts.client && facts.account.empty() && settings_.rate_client) {
        const std::string key = std::to_string(facts.client->limit_key()) + (facts.client->v6 ? "/6" : "/4");
        if (!rates_.take(Rates::Kind::client, key, settings_.rate_client, 1, now))
            refuse(out, "rate client", 450, "4.7.1", "Too many messages from your address; try again later");
    }
    if (!out && !facts.sender.empty() && settings_.rate_sender) {
        const std::string key = base::lowered(facts.sender);
        if (!rates_.take(Rates::Kind::sender, key, settings_.rate_sender, 1, now))
            refuse(out, "rate sender", 450, "4.7.1", "Too many messages from this sender; try again later");
    }
    if (out) ++counters_->refused_senders;
    return out;
}

awaitable<Refusal> Filters::at_recipient(FactsPtr facts, std::string recipient) {
    Refusal out;
    const bool stranger = facts->account.empty() && !facts->trusted;
    if (!facts->account.empty() && settings_.rate_account) {
        const std::string key = base::lowered(facts->account);
        if (!rates_.take(Rates::Kind::account, key, settings_.rate_account, 1,
                         std::chrono::steady_clock::now()))
            refuse(out, "rate account", 450, "4.7.1", "Sending limit reached; try again later");
    }
    if (!out && stranger && !always_arrives(recipient)) {
        const std::string entry = settings_.blacklist.find(facts->sender, recipient);
        if (!entry.empty()) {
            refuse(out, "blacklist", 550, "5.7.1", "Sender is not wanted here");
            out.steps.back().detail = entry;
        }
        if (!out && facts->client && settings_.dnsbl_reject > 0) {
            const DnsblResult listed = co_await look_up(*facts->client);
            if (listed.weight >= settings_.dnsbl_reject) {
                const std::string zone = listed.listed.front().substr(0, listed.listed.front().find(' '));
                refuse(out, "dnsbl", 554, "5.7.1",
                       "Client [" + facts->client->text() + "] is listed by " + zone);
                for (const std::string& one : listed.listed) out.steps.emplace_back("dnsbl", "listed", one);
            }
        }
        if (!out && settings_.greylist.enabled) {
            const Greylist::Answer answer = greylist_.check(*facts, recipient);
            if (!answer.pass) {
                refuse(out, "greylist", 451, "4.7.1", "Greylisted: please try again in a few minutes");
                out.steps.back().detail = answer.why;
            }
        }
    }
    if (out) ++counters_->refused_recipients;
    co_return out;
}

awaitable<Verdict> Filters::at_message(FactsPtr facts, MessagePtr message) {
    Passage passage(*this, facts, std::move(message));
    Verdict verdict = co_await passage.run();
    ++counters_->decisions[static_cast<std::size_t>(verdict.decision)];
    if (verdict.junk) ++counters_->junk;
    for (const Step& step : verdict.steps)
        if (step.outcome == "down") ++counters_->down;
    if (verdict.decision != Decision::accept) {
        base::log::info("filter", "message held up",
                        {{"id", facts->queue_id},
                         {"decision", name_of(verdict.decision)},
                         {"why", verdict.reason},
                         {"from", facts->sender},
                         {"quarantine", verdict.quarantine_id}});
    }
    co_return verdict;
}

std::vector<std::pair<std::string, std::uint64_t>> Filters::figures() const {
    std::vector<std::pair<std::string, std::uint64_t>> out;
    for (std::size_t i = 0; i < counters_->decisions.size(); ++i)
        out.emplace_back("filter." + std::string(name_of(static_cast<Decision>(i))), counters_->decisions[i]);
    out.emplace_back("filter.junk", counters_->junk);
    out.emplace_back("filter.down", counters_->down);
    out.emplace_back("filter.refused_senders", counters_->refused_senders);
    out.emplace_back("filter.refused_recipients", counters_->refused_recipients);
    const Quarantine::Figures kept = quarantine_.figures();
    out.emplace_back("filter.quarantine_messages", kept.messages);
    out.emplace_back("filter.quarantine_bytes", kept.bytes);
    out.emplace_back("filter.greylist_entries", greylist_.size());
    return out;
}

}  // namespace filter
