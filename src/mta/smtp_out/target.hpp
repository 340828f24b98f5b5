// Target: one address of one host, and how to speak to it: what a HostFinder makes of a NextHop.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "mta/connector.hpp"
#include "mta/smtp_out/syntax/failure.hpp"
#include "net/address.hpp"
#include "net/tls_context.hpp"

namespace mta::smtp_out {

struct StsPolicy;

enum class TlsDemand : std::uint8_t {
    never,
    if_offered,  ///< opportunistic, RFC 7435
    any,         ///< TLS with any certificate
    name,        ///< a certificate for the host's name by an authority that is trusted
    dane,        ///< one that agrees with TLSA records, RFC 7672
};

/// What the message itself asks for, RFC 8689 section 4.2.
enum class TlsWish : std::uint8_t {
    none,
    required,  ///< REQUIRETLS: hosts whose names can be proven
    optional,  ///< "TLS-Required: no": what the domain publishes is not enforced
};

struct Host {
    std::string name;  ///< as the certificate has it
    std::uint16_t port = 25;
    bool implicit_tls = false;
    std::vector<net::IpAddress> addresses;  ///< in the order to try
    TlsDemand tls = TlsDemand::if_offered;
    std::shared_ptr<const net::DaneCheck> dane;     ///< with TlsDemand::dane
    TlsFacts::Trust trust = TlsFacts::Trust::none;  ///< what a verified certificate means
    std::uint16_t preference = 0;                   ///< of its MX record
    std::shared_ptr<const StsPolicy> sts;           ///< of the domain, where DANE does not go before it
    bool testing = false;       ///< `sts` asks for reports and not for more: what fails is done without TLS
    bool sts_mismatch = false;  ///< `sts` does not name the host
    /// What was demanded cannot even be tried (TLSA records that do not validate): why.
    std::optional<Failure> unusable;
};

struct HostPlan {
    std::vector<Host> hosts;         ///< best first
    std::optional<Failure> failure;  ///< instead of hosts
};

/// Names to hosts, by DNS. Thread-safe.
class HostFinder {
public:
    virtual ~HostFinder() = default;
    virtual boost::asio::awaitable<HostPlan> find(std::shared_ptr<const NextHop> next_hop, TlsWish wish) = 0;
};

}  // namespace mta::smtp_out
