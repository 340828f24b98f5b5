// DnsHostFinder: the hosts of a next hop by DNS: MX (RFC 5321 section 5.1, RFC 7505), addresses, DANE
// (RFC 7672) and MTA-STS (RFC 8461).
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/random.hpp"
#include "mta/smtp_out/mta_sts.hpp"
#include "mta/smtp_out/settings.hpp"
#include "mta/smtp_out/target.hpp"
#include "net/resolver.hpp"

namespace mta::smtp_out {

class DnsHostFinder final : public HostFinder {
public:
    /// `sts`: null where MTA-STS is off. All outlive the object.
    DnsHostFinder(net::Resolver& resolver, StsCache* sts, Settings settings, base::Random& random);
    boost::asio::awaitable<HostPlan> find(std::shared_ptr<const NextHop> next_hop, TlsWish wish) override;

private:
    struct Found {
        std::vector<net::IpAddress> addresses;
        std::string canonical;  // behind CNAMEs; empty: as asked
        bool secure = false;
        bool failed = false;  // nothing is known of one of the families
        bool bogus = false;
    };
    struct Candidate {
        std::uint16_t preference = 0;
        std::string host;
    };
    struct Exchange {
        std::vector<Candidate> candidates;  // best first
        bool secure = false;
        std::string canonical;
        std::optional<Failure> failure;
    };
    /// What is known of a domain while its hosts are looked at.
    struct MxSearch {
        std::shared_ptr<const NextHop> next_hop;
        TlsWish wish = TlsWish::none;
        bool secure = false, by_policy = false;
        std::shared_ptr<const StsPolicy> sts;
        std::shared_ptr<const std::vector<std::string>> domains;  // as a certificate may have them
        bool unknown = false;                                     // of some host nothing is known
        std::optional<std::uint16_t> own;                         // preference of a host that is this one
    };

    boost::asio::awaitable<std::optional<Host>> make_mx_host(Candidate candidate, MxSearch* search);
    boost::asio::awaitable<HostPlan> find_mx(std::shared_ptr<const NextHop> next_hop, TlsWish wish);
    boost::asio::awaitable<HostPlan> find_host(std::shared_ptr<const NextHop> next_hop, TlsWish wish);
    boost::asio::awaitable<Exchange> exchange_of(std::string domain);
    boost::asio::awaitable<Found> addresses_of(std::string name, IpFamilies families);
    /// Sets tls, dane and unusable of a host whose addresses are known to be secure.
    boost::asio::awaitable<void> ask_dane(Host* host, std::string canonical,
                                          std::shared_ptr<const std::vector<std::string>> domains);
    void shuffle(std::vector<Candidate>& candidates);
    bool is_own_name(const std::string& name) const;
    bool has_own_address(const Found& found) const;

    net::Resolver& resolver_;
    StsCache* sts_;
    const Settings settings_;
    base::Random& random_;
};

}  // namespace mta::smtp_out
