// Facts: what is known of one message besides its octets when the filters are asked. Values; the caller fills
// them, the filters believe them.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"

namespace filter {

/// Words of RFC 8601: "pass", "fail", "softfail", "none", "temperror" …; empty: was not looked at.
struct Authentication {
    std::string spf, dkim, dmarc, arc;
    std::string dmarc_policy;   ///< what the author's domain asks for: "none", "quarantine", "reject"
    std::string author_domain;  ///< of From
};

struct Facts {
    std::string host_name;  ///< of this server
    std::string queue_id;
    std::string listener;                  ///< by name
    std::optional<net::IpAddress> client;  ///< none: a socket of this machine, or a connector's own message
    std::uint16_t client_port = 0;
    std::string client_name;  ///< forward-confirmed; empty: unknown
    std::string helo;
    std::string tls_version, tls_cipher;  ///< empty: plain
    std::string account;                  ///< who authenticated; empty: nobody
    std::string auth_method;
    /// Mail of a server that we trust (LMTP, loopback): its client is not whoever sent it, so nothing is
    /// judged by the address.
    bool trusted = false;

    std::string sender;  ///< envelope; empty: <>
    std::vector<std::string> recipients;
    Authentication authentication;
};
using FactsPtr = std::shared_ptr<const Facts>;

/// What stands behind the last '@', in lower case; empty: there is none.
std::string domain_of(std::string_view address);

}  // namespace filter
