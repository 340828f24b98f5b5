// The PROXY protocol, versions 1 and 2 (haproxy's proxy-protocol.txt): who the client of a trusted proxy is.
// Sans I/O. Every octet here comes from outside.
#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "net/address.hpp"

namespace net {

struct ProxyHeader {
    enum class Status : std::uint8_t { more, bad, good };
    Status status = Status::bad;
    std::size_t octets = 0;  ///< good: the header's length
    /// Of the client and of what it connected to. Empty: the proxy speaks for itself (LOCAL, health checks),
    /// or for a client without an IP address (UNKNOWN, a local socket): then the socket's own addresses hold.
    std::optional<IpAddress> source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
};

/// A version 2 header may be 65,551 octets by its length field; with TLVs (certificates) one of 4 KiB is
/// large already.
constexpr std::size_t proxy_header_bytes_max = 4096;

ProxyHeader parse_proxy_header(std::string_view input);

/// Whose connection a proxy carries. Without both addresses (a local socket): nobody's.
struct ProxiedClient {
    std::optional<IpAddress> source, destination;
    std::uint16_t source_port = 0, destination_port = 0;
};
/// A header of version 2.
std::string write_proxy_header(const ProxiedClient& client);

}  // namespace net
