#include "mta/smtp_out/dns_host_finder.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/ascii.hpp"

namespace mta::smtp_out {
namespace asio = boost::asio;
namespace {

using State = net::DnsAnswer::State;
constexpr Status dns_failed{4, 4, 3}, no_domain{5, 1, 2}, null_mx{5, 1, 10}, no_host{5, 4, 4}, loop{5, 4, 6},
    dane_failed{4, 7, 5}, no_encryption{5, 7, 10}, sts_mismatch{4, 7, 5};

HostPlan failed(Status status, const std::string& words) {
    HostPlan out;
    out.failure = Failure::ours("dns", status, words);
    return out;
}

/// "[192.0.2.1]", "[IPv6:2001:db8::1]", or the address itself.
std::optional<net::IpAddress> literal(std::string_view name) {
    if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
    if (name.size() > 5 && base::equals_nocase(name.substr(0, 5), "IPv6:")) name.remove_prefix(5);
    return net::IpAddress::parse(name);
}

net::IpAddress read_address(const std::string& octets, bool v6) {
    net::IpAddress out;
    out.v6 = v6;
    std::ranges::transform(octets, out.octets.begin(), [](char c) { return static_cast<unsigned char>(c); });
    return out;
}

TlsDemand demand_of(TlsPolicy policy, TlsWish wish) {
    if (wish == TlsWish::required) return TlsDemand::name;
    switch (policy) {
        case TlsPolicy::never:
            return TlsDemand::never;
        case TlsPolicy::encrypted:
            return TlsDemand::any;
        case TlsPolicy::verified:
            return TlsDemand::name;
        case TlsPolicy::opportunistic:
            break;
    }
    return TlsDemand::if_offered;
}

Host make_host(const NextHop& next_hop, std::uint16_t port, std::string name, TlsWish wish) {
    Host host;
    host.name = std::move(name);
    host.port = port;
    host.implicit_tls = next_hop.implicit_tls;
    host.tls = demand_of(next_hop.tls, wish);
    if (host.implicit_tls && host.tls == TlsDemand::if_offered) host.tls = TlsDemand::any;
    host.trust = TlsFacts::Trust::certificate;
    return host;
}

/// TLSA RDATA; records that RFC 7672 section 3.1 does not know are of no use and are left out.
std::vector<net::TlsaRecord> usable_records(const net::DnsAnswer& answer) {
    std::vector<net::TlsaRecord> out;
    for (const std::string& data : answer.data) {
        if (data.size() < 4) continue;
        net::TlsaRecord record;
        record.usage = static_cast<std::uint8_t>(data[0]);
        record.selector = static_cast<std::uint8_t>(data[1]);
        record.matching = static_cast<std::uint8_t>(data[2]);
        record.data = data.substr(3);
        const bool length_fits = record.matching == 0 || (record.matching == 1 && record.data.size() == 32) ||
                                 (record.matching == 2 && record.data.size() == 64);
        if ((record.usage == 2 || record.usage == 3) && record.selector <= 1 && length_fits)
            out.push_back(std::move(record));
    }
    return out;
}

}  // namespace

DnsHostFinder::DnsHostFinder(net::Resolver& resolver, StsCache* sts, Settings settings, base::Random& random)
    : resolver_(resolver), sts_(sts), settings_(std::move(settings)), random_(random) {}

asio::awaitable<HostPlan> DnsHostFinder::find(std::shared_ptr<const NextHop> next_hop, TlsWish wish) {
    if (const auto address = literal(next_hop->name)) {
        const std::uint16_t port = next_hop->kind == NextHop::Kind::mx ? settings_.mx_port : next_hop->port;
        HostPlan out;
        Host host = make_host(*next_hop, port, address->text(), wish);
        host.addresses.push_back(*address);
        if (next_hop->kind == NextHop::Kind::mx && wish == TlsWish::required)
            co_return failed(no_encryption, "an address has no name that could be proven");
        Found found;
        found.addresses = host.addresses;
        if (next_hop->kind == NextHop::Kind::mx && has_own_address(found))
            co_return failed(loop, "mail loops back to this host");
        out.hosts.push_back(std::move(host));
        co_return out;
    }
    if (next_hop->kind == NextHop::Kind::host) co_return co_await find_host(std::move(next_hop), wish);
    co_return co_await find_mx(std::move(next_hop), wish);
}

bool DnsHostFinder::is_own_name(const std::string& name) const {
    return base::equals_nocase(name, settings_.host_name) ||
           std::ranges::any_of(settings_.own_names,
                               [&](const std::string& own) { return base::equals_nocase(own, name); });
}

bool DnsHostFinder::has_own_address(const Found& found) const {
    // With another port for MX hosts (tests) this address may well be somebody else.
    if (settings_.mx_port != 25) return false;
    return std::ranges::any_of(found.addresses, [&](const net::IpAddress& address) {
        return std::ranges::find(settings_.own_addresses, address.text()) != settings_.own_addresses.end();
    });
}

/// Hosts of the same preference in any order, RFC 5321 section 5.1; another one each time.
void DnsHostFinder::shuffle(std::vector<Candidate>& candidates) {
    for (std::size_t i = candidates.size(); i > 1; --i)
        std::swap(candidates[i - 1], candidates[random_.number() % i]);
    std::ranges::sort(candidates, {}, &Candidate::preference);
}

asio::awaitable<DnsHostFinder::Exchange> DnsHostFinder::exchange_of(std::string domain) {
    Exchange out;
    const net::DnsAnswer answer = co_await resolver_.query(domain, net::RecordType::mx);
    out.secure = answer.secure;
    out.canonical = answer.canonical_name;
    switch (answer.state) {
        case State::failed:
            out.failure = Failure::ours("dns", dns_failed, "no answer to the MX query for " + domain);
            co_return out;
        case State::bogus:
            out.failure = Failure::ours("dns", dns_failed, "the MX records of " + domain + " fail DNSSEC");
            co_return out;
        case State::no_name:
            out.failure = Failure::ours("dns", no_domain, "no such domain: " + domain);
            co_return out;
        case State::no_records:  // implicit MX
            out.candidates.push_back({0, domain});
            co_return out;
        case State::records:
            break;
    }
    for (const std::string& data : answer.data) {
        auto record = net::read_mx(data);
        if (!record) continue;
        // RFC 7505: "." is the only record of a domain that takes no mail; beside others it means nothing.
        if (record->host.empty() && answer.data.size() == 1) {
            out.failure = Failure::ours("dns", null_mx, domain + " does not accept mail (null MX)");
            co_return out;
        }
        if (!record->host.empty()) out.candidates.push_back({record->preference, std::move(record->host)});
    }
    if (out.candidates.empty())
        out.failure = Failure::ours("dns", no_host, "the MX records of " + domain + " name no host");
    shuffle(out.candidates);
    // RFC 5321 section 5.1: ourselves in the list, and whoever is no better, would send it back to us.
    const auto own =
        std::ranges::find_if(out.candidates, [this](const auto& c) { return is_own_name(c.host); });
    if (own != out.candidates.end()) {
        const std::uint16_t limit = own->preference;
        std::erase_if(out.candidates, [limit](const Candidate& c) { return c.preference >= limit; });
        if (out.candidates.empty())
            out.failure = Failure::ours("dns", loop, "mail for " + domain + " loops back to this host");
    }
    co_return out;
}

asio::awaitable<DnsHostFinder::Found> DnsHostFinder::addresses_of(std::string name, IpFamilies families) {
    Found out;
    std::vector<net::IpAddress> four, six;
    bool secure = true;
    if (base::equals_nocase(name, "localhost")) {  // RFC 6761 section 6.3: asked of nobody
        if (settings_.ipv4 && families != IpFamilies::ipv6_only)
            four.push_back(*net::IpAddress::parse("127.0.0.1"));
        if (settings_.ipv6 && families != IpFamilies::ipv4_only) six.push_back(*net::IpAddress::parse("::1"));
    } else {
        for (const bool v6 : {false, true}) {
            if (v6 ? !settings_.ipv6 || families == IpFamilies::ipv4_only
                   : !settings_.ipv4 || families == IpFamilies::ipv6_only)
                continue;
            const auto type = v6 ? net::RecordType::aaaa : net::RecordType::a;
            const net::DnsAnswer answer = co_await resolver_.query(name, type);
            out.bogus = out.bogus || answer.state == State::bogus;
            out.failed = out.failed || !answer.known();
            secure = secure && answer.secure;
            if (!answer.canonical_name.empty()) out.canonical = answer.canonical_name;
            for (const std::string& octets : answer.data) {
                if (octets.size() == (v6 ? 16U : 4U)) (v6 ? six : four).push_back(read_address(octets, v6));
            }
        }
        out.secure = secure && !out.failed;
    }
    for (std::vector<net::IpAddress>* list : {&four, &six}) {
        for (std::size_t i = list->size(); i > 1; --i)
            std::swap((*list)[i - 1], (*list)[random_.number() % i]);
    }
    // One of each family by turns: one that leads nowhere does not use up the attempts.
    for (std::size_t i = 0; i < std::max(four.size(), six.size()); ++i) {
        for (const bool v6 : {!settings_.prefer_ipv4, settings_.prefer_ipv4}) {
            const std::vector<net::IpAddress>& list = v6 ? six : four;
            if (i < list.size()) out.addresses.push_back(list[i]);
        }
    }
    co_return out;
}

/// RFC 7672 section 2.2: TLSA records of a host whose own records are secure.
asio::awaitable<void> DnsHostFinder::ask_dane(Host* host, std::string canonical,
                                              std::shared_ptr<const std::vector<std::string>> domains) {
    std::vector<std::string> bases;
    // Section 2.1.3: the end of a chain of CNAMEs first, then its start.
    if (!canonical.empty() && canonical != host->name) bases.push_back(canonical);
    bases.push_back(host->name);
    for (const std::string& base : bases) {
        std::string name = fmt::format("_{}._tcp.{}", host->port, base);
        const net::DnsAnswer answer = co_await resolver_.query(std::move(name), net::RecordType::tlsa);
        if (!answer.known()) {
            // Section 2.2: who hides the records must not be able to make us go without them.
            host->unusable =
                Failure::ours("dns", dane_failed,
                              answer.state == State::bogus ? "the host's TLSA records fail DNSSEC"
                                                           : "no answer to the TLSA query for the host");
            co_return;
        }
        if (answer.state != State::records || !answer.secure) continue;
        auto check = std::make_shared<net::DaneCheck>();
        check->records = usable_records(answer);
        host->tls = TlsDemand::dane;
        host->trust = TlsFacts::Trust::dane;
        if (check->records.empty()) {
            // Section 2.2: there is TLS, and nothing to know it by.
            host->tls = TlsDemand::any;
            host->trust = TlsFacts::Trust::none;
            co_return;
        }
        check->names.push_back(base);
        if (base != host->name) check->names.push_back(host->name);
        for (const std::string& domain : *domains)
            if (std::ranges::find(check->names, domain) == check->names.end()) check->names.push_back(domain);
        host->dane = std::move(check);
        co_return;
    }
}

asio::awaitable<HostPlan> DnsHostFinder::find_host(std::shared_ptr<const NextHop> next_hop, TlsWish wish) {
    const Found found = co_await addresses_of(next_hop->name, next_hop->families);
    if (found.addresses.empty()) {
        if (found.failed) co_return failed(dns_failed, "no address of " + next_hop->name + " is known now");
        // A smart host that is gone is the operator's fault: not the sender's.
        co_return failed({4, 4, 4}, "the host " + next_hop->name + " has no address");
    }
    HostPlan out;
    Host host = make_host(*next_hop, next_hop->port, next_hop->name, wish);
    host.addresses = found.addresses;
    const bool ask =
        settings_.dane && found.secure && host.tls == TlsDemand::if_offered && wish != TlsWish::optional;
    if (ask) {
        auto domains = std::make_shared<const std::vector<std::string>>();
        co_await ask_dane(&host, found.canonical, std::move(domains));
    }
    out.hosts.push_back(std::move(host));
    co_return out;
}

/// One host of the list, with whatever vouches for it. Nothing: it has no address, or it is this one.
asio::awaitable<std::optional<Host>> DnsHostFinder::make_mx_host(Candidate candidate, MxSearch* search) {
    const NextHop& next_hop = *search->next_hop;
    const Found found = co_await addresses_of(candidate.host, next_hop.families);
    if (found.addresses.empty()) {
        search->unknown = search->unknown || found.failed;
        co_return std::nullopt;
    }
    if (has_own_address(found)) {
        search->own = candidate.preference;
        co_return std::nullopt;
    }
    Host host = make_host(next_hop, settings_.mx_port, candidate.host, search->wish);
    host.preference = candidate.preference;
    host.addresses = found.addresses;
    if (search->by_policy && settings_.dane && search->secure && found.secure)
        co_await ask_dane(&host, found.canonical, search->domains);
    const bool dane = host.dane != nullptr || host.unusable || host.trust == TlsFacts::Trust::none;
    // RFC 8461 section 2: what DANE says is not overridden.
    if (!search->sts || dane) co_return host;
    host.sts = search->sts;
    host.testing = search->sts->mode == StsPolicy::Mode::testing && search->wish != TlsWish::required;
    if (!search->sts->allows(host.name)) {
        host.sts_mismatch = true;
        if (!host.testing)
            host.unusable =
                Failure::ours("dns", sts_mismatch, "the host is not in the domain's MTA-STS policy");
    } else if (next_hop.tls == TlsPolicy::opportunistic) {
        host.tls = TlsDemand::name;
        host.trust = TlsFacts::Trust::mta_sts;
    }
    co_return host;
}

asio::awaitable<HostPlan> DnsHostFinder::find_mx(std::shared_ptr<const NextHop> next_hop, TlsWish wish) {
    Exchange exchange = co_await exchange_of(next_hop->name);
    HostPlan out;
    if (exchange.failure) {
        out.failure = std::move(exchange.failure);
        co_return out;
    }
    MxSearch search;
    search.next_hop = next_hop;
    search.wish = wish;
    search.secure = exchange.secure;
    search.by_policy = wish != TlsWish::optional && next_hop->tls != TlsPolicy::never;
    if (search.by_policy && sts_ != nullptr) search.sts = co_await sts_->find(next_hop->name);
    if (search.sts && search.sts->mode == StsPolicy::Mode::none) search.sts = nullptr;
    // RFC 8689 section 4.2.1: hosts that nobody vouches for cannot be proven to be the right ones.
    if (wish == TlsWish::required && !exchange.secure && !search.sts) {
        co_return failed(
            no_encryption,
            "the message requires TLS to proven hosts; the domain has neither DNSSEC nor MTA-STS");
    }
    auto domains = std::make_shared<std::vector<std::string>>();
    domains->push_back(next_hop->name);
    if (!exchange.canonical.empty() && exchange.canonical != next_hop->name)
        domains->push_back(exchange.canonical);
    search.domains = std::move(domains);

    for (const Candidate& candidate : exchange.candidates) {
        if (out.hosts.size() >= settings_.limits.hosts) break;
        if (search.own && candidate.preference >= *search.own) break;
        auto host = co_await make_mx_host(candidate, &search);
        if (host) out.hosts.push_back(std::move(*host));
        if (search.own)
            std::erase_if(out.hosts, [&](const Host& known) { return known.preference >= *search.own; });
    }
    if (!out.hosts.empty()) co_return out;
    if (search.own) co_return failed(loop, "mail for " + next_hop->name + " loops back to this host");
    if (search.unknown)
        co_return failed(dns_failed, "no address of the mail hosts of " + next_hop->name + " is known now");
    co_return failed(no_host, "the mail hosts of " + next_hop->name + " have no address");
}

}  // namespace mta::smtp_out
