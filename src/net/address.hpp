// Addresses: of listeners ("127.0.0.1:143", "[::1]:143", "*:143", "unix:/path"), of peers, and networks.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <sys/socket.h>

namespace net {

/// An IP address; IPv4-mapped IPv6 is IPv4, as a dual-stack listener's peers must be.
struct IpAddress {
    std::array<unsigned char, 16> octets{};  ///< network order; IPv4: the first four
    bool v6 = false;

    friend bool operator==(const IpAddress&, const IpAddress&) = default;
    static std::optional<IpAddress> parse(std::string_view text);
    std::string text() const;
    bool loopback() const;
    /// What counts as one peer: the IPv4 address, or the /64 of an IPv6 one.
    std::uint64_t limit_key() const;
};

/// "10.0.0.0/8", "fd00::/8"; an address alone is a network of one.
struct Network {
    IpAddress address;
    unsigned prefix_bits = 0;
    static std::optional<Network> parse(std::string_view text);
    bool contains(const IpAddress& other) const;
};

/// A socket address with room for every family that we listen on.
struct SocketAddress {
    sockaddr_storage storage{};
    socklen_t length = 0;

    int family() const { return storage.ss_family; }
    const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&storage); }
    sockaddr* get() { return reinterpret_cast<sockaddr*>(&storage); }
    std::optional<IpAddress> ip() const;
    std::uint16_t port() const;
    /// As configuration writes it.
    std::string text() const;
};

struct ListenAddress {
    SocketAddress address;
    bool dual_stack = false;  ///< "*": all IPv6 and IPv4 addresses
    std::string unix_path;    ///< of "unix:/path"
};
/// Empty: not an address.
std::optional<ListenAddress> parse_listen_address(std::string_view text);
SocketAddress make_socket_address(const IpAddress& ip, std::uint16_t port);

}  // namespace net
