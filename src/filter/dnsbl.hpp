// Dnsbl: what lists in DNS say of a client's address (RFC 5782). Several lists, each with a weight.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/address.hpp"
#include "net/resolver.hpp"

namespace filter {

struct DnsblList {
    std::string zone;  ///< "zen.example.org"
    /// Addresses that count: "127.0.0.2", "127.0.0.4-127.0.0.11", "127.0.1.0/24". Empty: all of 127.0.0.0/8
    /// but 127.255.255.0/24, by which lists say that they do not answer such questions.
    std::vector<std::pair<std::uint32_t, std::uint32_t>> codes;  ///< first and last
    int weight = 10;                                             ///< negative: a list of good ones
    bool v6 = true;                                              ///< it knows IPv6 addresses
};
/// False: it is none of these.
bool parse_code_range(std::string_view text, std::pair<std::uint32_t, std::uint32_t>& out);

/// "2.0.0.127.zone"; nibbles of an IPv6 address. RFC 5782 sections 2.1 and 2.4
std::string dnsbl_name(const net::IpAddress& address, std::string_view zone);
/// May be asked about: no address of a network of one's own.
bool is_public(const net::IpAddress& address);

struct DnsblResult {
    int weight = 0;                   ///< of all lists that have it
    std::vector<std::string> listed;  ///< zones, with what they answered: "zen.example.org 127.0.0.4"
    std::vector<std::string> silent;  ///< zones that gave no answer, or refused to
};

/// Thread-safe; `resolver` outlives it.
class Dnsbl {
public:
    Dnsbl(net::Resolver& resolver, std::vector<DnsblList> lists);
    bool any() const { return !lists_->empty(); }
    /// Asks all lists at once. Takes as long as the resolver gives an answer.
    boost::asio::awaitable<DnsblResult> check(net::IpAddress address) const;

private:
    net::Resolver& resolver_;
    std::shared_ptr<const std::vector<DnsblList>> lists_;
};

/// What one answer says. Pure, for tests.
void judge(const DnsblList& list, const net::DnsAnswer& answer, DnsblResult& out);

}  // namespace filter
