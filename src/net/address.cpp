#include "net/address.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstddef>
#include <cstring>
#include <netinet/in.h>
#include <sys/un.h>

namespace net {
namespace {

constexpr std::array<unsigned char, 12> mapped_prefix{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};

IpAddress from_v6(const unsigned char* octets) {
    IpAddress ip;
    if (std::equal(mapped_prefix.begin(), mapped_prefix.end(), octets)) {
        std::copy_n(octets + 12, 4, ip.octets.begin());
        return ip;
    }
    ip.v6 = true;
    std::copy_n(octets, 16, ip.octets.begin());
    return ip;
}

template <class Int>
bool parse_number(std::string_view text, Int& out) {
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    const std::string terminated(text);
    std::array<unsigned char, 16> octets{};
    if (inet_pton(AF_INET, terminated.c_str(), octets.data()) == 1) {
        IpAddress ip;
        std::copy_n(octets.begin(), 4, ip.octets.begin());
        return ip;
    }
    if (inet_pton(AF_INET6, terminated.c_str(), octets.data()) == 1) return from_v6(octets.data());
    return std::nullopt;
}

std::string IpAddress::text() const {
    std::array<char, INET6_ADDRSTRLEN> out{};
    inet_ntop(v6 ? AF_INET6 : AF_INET, octets.data(), out.data(), out.size());
    return out.data();
}

bool IpAddress::loopback() const {
    if (!v6) return octets[0] == 127;
    return octets[15] == 1 &&
           std::all_of(octets.begin(), octets.end() - 1, [](unsigned char o) { return o == 0; });
}

std::uint64_t IpAddress::limit_key() const {
    std::uint64_t key = 0;
    for (std::size_t i = 0; i < (v6 ? 8U : 4U); ++i) key = key << 8 | octets[i];
    return v6 ? key : key | std::uint64_t{0xFF} << 56;  // ff00::/8 is multicast: nobody's source
}

std::optional<Network> Network::parse(std::string_view text) {
    const auto slash = text.find('/');
    const auto ip = IpAddress::parse(text.substr(0, slash));
    if (!ip) return std::nullopt;
    const unsigned bits_max = ip->v6 ? 128 : 32;
    Network network{*ip, bits_max};
    if (slash == std::string_view::npos) return network;
    if (!parse_number(text.substr(slash + 1), network.prefix_bits) || network.prefix_bits > bits_max) {
        return std::nullopt;
    }
    return network;
}

bool Network::contains(const IpAddress& other) const {
    if (other.v6 != address.v6) return false;
    for (unsigned bit = 0; bit < prefix_bits; bit += 8) {
        const unsigned used = std::min(8U, prefix_bits - bit);
        const auto mask = static_cast<unsigned char>(0xFF00U >> used);
        if (((other.octets[bit / 8] ^ address.octets[bit / 8]) & mask) != 0) return false;
    }
    return true;
}

std::optional<IpAddress> SocketAddress::ip() const {
    if (family() == AF_INET) {
        const auto& in = reinterpret_cast<const sockaddr_in&>(storage);
        IpAddress ip;
        std::memcpy(ip.octets.data(), &in.sin_addr, 4);
        return ip;
    }
    if (family() != AF_INET6) return std::nullopt;
    return from_v6(reinterpret_cast<const sockaddr_in6&>(storage).sin6_addr.s6_addr);
}

std::uint16_t SocketAddress::port() const {
    if (family() == AF_INET) return ntohs(reinterpret_cast<const sockaddr_in&>(storage).sin_port);
    if (family() == AF_INET6) return ntohs(reinterpret_cast<const sockaddr_in6&>(storage).sin6_port);
    return 0;
}

std::string SocketAddress::text() const {
    const auto address = ip();
    if (!address) return family() == AF_UNIX ? "unix" : "";
    const std::string host = address->v6 ? "[" + address->text() + "]" : address->text();
    return host + ":" + std::to_string(port());
}

SocketAddress make_socket_address(const IpAddress& ip, std::uint16_t port) {
    SocketAddress out;
    if (ip.v6) {
        auto& in6 = reinterpret_cast<sockaddr_in6&>(out.storage);
        in6.sin6_family = AF_INET6;
        in6.sin6_port = htons(port);
        std::memcpy(in6.sin6_addr.s6_addr, ip.octets.data(), 16);
        out.length = sizeof in6;
    } else {
        auto& in = reinterpret_cast<sockaddr_in&>(out.storage);
        in.sin_family = AF_INET;
        in.sin_port = htons(port);
        std::memcpy(&in.sin_addr, ip.octets.data(), 4);
        out.length = sizeof in;
    }
    return out;
}

std::optional<ListenAddress> parse_listen_address(std::string_view text) {
    ListenAddress out;
    if (text.starts_with("unix:")) {
        out.unix_path = text.substr(5);
        auto& un = reinterpret_cast<sockaddr_un&>(out.address.storage);
        if (out.unix_path.empty() || out.unix_path.size() >= sizeof un.sun_path) return std::nullopt;
        if (out.unix_path.find('\0') != std::string::npos) return std::nullopt;
        un.sun_family = AF_UNIX;
        std::memcpy(un.sun_path, out.unix_path.data(), out.unix_path.size());
        out.address.length =
            static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + out.unix_path.size() + 1);
        return out;
    }
    const auto colon = text.rfind(':');
    std::uint16_t port = 0;
    if (colon == std::string_view::npos || !parse_number(text.substr(colon + 1), port)) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    if (host == "*") {
        out.dual_stack = true;
        out.address = make_socket_address(*IpAddress::parse("::"), port);
        return out;
    }
    const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (bracketed) host = host.substr(1, host.size() - 2);
    const auto ip = IpAddress::parse(host);
    if (!ip || ip->v6 != bracketed) return std::nullopt;
    out.address = make_socket_address(*ip, port);
    return out;
}

}  // namespace net
