#include "server/filter_settings.hpp"

#include <fstream>

#include <fmt/format.h>

#include "base/ascii.hpp"

namespace server {
namespace {

using filter::OnFound;
using filter::WhenDown;
using Faults = std::vector<FilterFault>;

WhenDown when_down(const std::string& word) {
    return word == "accept" ? WhenDown::accept : WhenDown::tempfail;
}

OnFound on_found(const std::string& word) {
    return word == "quarantine" ? OnFound::quarantine
           : word == "delete"   ? OnFound::discard
           : word == "junk"     ? OnFound::junk
           : word == "accept"   ? OnFound::accept
                                : OnFound::reject;
}

template <class Unit>
Unit as(config::Duration duration) {
    return std::chrono::duration_cast<Unit>(duration);
}

void set_clamd(const config::Config::Clamd& from, filter::Settings& out, Faults& faults) {
    if (from.address.empty()) return;
    const auto endpoint = filter::Endpoint::parse(from.address);
    if (!endpoint) return void(faults.emplace_back("clamd.address", "not an address: " + from.address));
    out.clamd.emplace();
    out.clamd->client.endpoint = *endpoint;
    out.clamd->client.time_max = from.time_max;
    out.clamd->when_down = when_down(from.when_down);
    out.clamd->on_found = on_found(from.on_virus);
    out.clamd->when_too_big = on_found(from.when_too_big);
    out.clamd->size_max = from.size_max;
    out.clamd->submitted = from.submitted;
}

void set_rspamd(const config::Config::Rspamd& from, filter::Settings& out, Faults& faults) {
    if (from.url.empty()) return;
    const auto url = http::Url::parse(from.url);
    if (!url) return void(faults.emplace_back("rspamd.url", "not a URL: " + from.url));
    out.rspamd.emplace();
    out.rspamd->client.url = *url;
    out.rspamd->client.ca_file = from.ca_file;
    out.rspamd->client.time_max = from.time_max;
    out.rspamd->when_down = when_down(from.when_down);
    out.rspamd->on_reject = on_found(from.on_reject);
    out.rspamd->size_max = from.size_max;
    out.rspamd->submitted = from.submitted;
    if (from.password_file.empty()) return;
    std::ifstream in(from.password_file);
    std::string line;
    if (!std::getline(in, line))
        return void(faults.emplace_back("rspamd.password_file", "cannot read '" + from.password_file + "'"));
    if (line.ends_with('\r')) line.pop_back();
    out.rspamd->client.password = std::move(line);
}

void set_milters(const config::Config& config, filter::Settings& out, Faults& faults) {
    for (std::size_t i = 0; i < config.milters.size(); ++i) {
        const config::Milter& from = config.milters[i];
        const auto endpoint = filter::Endpoint::parse(from.address);
        if (!endpoint) {
            faults.emplace_back(fmt::format("milter[{}].address", i), "not an address: " + from.address);
            continue;
        }
        filter::MilterSettings milter;
        milter.name = from.name;
        milter.endpoint = *endpoint;
        milter.when_down = when_down(from.when_down);
        milter.answer_max = from.answer_max;
        milter.message_max = from.message_max;
        milter.limits.body_bytes_max = config.limits.message_bytes;
        out.milters.push_back(std::move(milter));
    }
}

void set_lists(const config::Config& config, filter::Settings& out, Faults& faults) {
    out.dnsbl_reject = config.filter.dnsbl_reject;
    out.dnsbl_junk = config.filter.dnsbl_junk;
    for (std::size_t i = 0; i < config.dnsbls.size(); ++i) {
        const config::Dnsbl& from = config.dnsbls[i];
        filter::DnsblList list;
        list.zone = base::lowered(from.zone);
        list.weight = from.weight;
        list.v6 = from.ipv6;
        for (const std::string& code : from.codes) {
            std::pair<std::uint32_t, std::uint32_t> range;
            if (filter::parse_code_range(code, range))
                list.codes.push_back(range);
            else
                faults.emplace_back(fmt::format("dnsbl[{}].codes", i),
                                    "no addresses in 127.0.0.0/8: " + code);
        }
        out.dnsbl.push_back(std::move(list));
    }
    for (std::size_t i = 0; i < config.blacklists.size(); ++i) {
        const config::Blacklist& from = config.blacklists[i];
        const std::string wrong = out.blacklist.add(from.senders, from.domains);
        if (!wrong.empty()) faults.emplace_back(fmt::format("blacklist[{}].senders", i), wrong);
    }
}

void set_rates(const config::Config& config, filter::Settings& out, Faults& faults) {
    const auto set = [&](const char* key, const std::string& text, filter::Rate& rate) {
        const auto parsed = filter::Rate::parse(text);
        if (parsed)
            rate = *parsed;
        else
            faults.emplace_back(key, "not a number in a time, as \"100/1h\": " + text);
    };
    set("rate.client", config.rate.client, out.rate_client);
    set("rate.sender", config.rate.sender, out.rate_sender);
    set("rate.account", config.rate.account, out.rate_account);
    const config::Config::Greylist& grey = config.greylist;
    out.greylist.enabled = grey.enabled;
    out.greylist.delay = as<std::chrono::seconds>(grey.delay);
    out.greylist.retry_max = as<std::chrono::seconds>(grey.retry_max);
    out.greylist.kept = as<std::chrono::seconds>(grey.kept);
    out.greylist.passes_for_client = grey.passes_for_client;
    out.greylist.entries_max = grey.entries_max;
}

void set_rules(const config::Config& config, filter::Settings& out, Faults& faults) {
    for (std::size_t i = 0; i < config.rules.size(); ++i) {
        const config::Rule& from = config.rules[i];
        filter::Rule rule;
        rule.name = from.name;
        rule.any = from.any;
        for (const std::string& line : from.conditions) {
            auto one = filter::Criterion::parse(line);
            if (one)
                rule.conditions.push_back(std::move(*one));
            else
                faults.emplace_back(fmt::format("rule[{}].if", i), "\"" + line + "\": " + one.error().what());
        }
        for (const std::string& line : from.actions) {
            auto one = filter::Action::parse(line);
            if (one)
                rule.actions.push_back(std::move(*one));
            else
                faults.emplace_back(fmt::format("rule[{}].do", i), "\"" + line + "\": " + one.error().what());
        }
        out.rules.push_back(std::move(rule));
    }
}

}  // namespace

filter::Settings filter_settings(const config::Config& config, Faults& faults) {
    filter::Settings out;
    set_clamd(config.clamd, out, faults);
    set_rspamd(config.rspamd, out, faults);
    set_milters(config, out, faults);
    set_lists(config, out, faults);
    set_rates(config, out, faults);
    set_rules(config, out, faults);
    out.program_time_max = config.pickup.time_max;
    out.programs_max = config.pickup.running_max;
    out.pickup_when_down = when_down(config.pickup.when_down);
    if (!config.pickup.program.empty()) {
        if (!config.pickup.program.front().starts_with('/'))
            faults.emplace_back("pickup.program", "not a whole path: " + config.pickup.program.front());
        out.pickup.emplace();
        out.pickup->argv = config.pickup.program;
        out.pickup->time_max = config.pickup.time_max;
        out.pickup->running_max = config.pickup.running_max;
    }
    out.quarantine.age_max = as<std::chrono::seconds>(config.quarantine.age_max);
    out.quarantine.bytes_max = config.quarantine.bytes_max;
    out.quarantine.messages_max = config.quarantine.messages_max;
    return out;
}

}  // namespace server
