// A blocking stub resolver for the command-line programs: UDP, and TCP for what does not fit.
#pragma once
#include <chrono>
#include <optional>
#include <string_view>

#include "mailauth/dns.hpp"

namespace mailauth {

class DnsClient : public Resolver {
public:
    /// "127.0.0.1:5353" or "[::1]:53"; nothing when it is neither.
    static std::optional<DnsClient> to(std::string_view server, std::chrono::milliseconds patience);
    Answer resolve(const Query& query) override;

private:
    DnsClient(IpAddress address, std::uint16_t port, std::chrono::milliseconds patience)
        : address_(address), port_(port), patience_(patience) {}
    IpAddress address_;
    std::uint16_t port_;
    std::chrono::milliseconds patience_;  // for one try; there are two
};

}  // namespace mailauth
