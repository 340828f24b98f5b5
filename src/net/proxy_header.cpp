#include "net/proxy_header.hpp"

#include <algorithm>
#include <charconv>
#include <string>

namespace net {
namespace {

using namespace std::string_view_literals;
constexpr std::string_view signature_v2 = "\r\n\r\n\0\r\nQUIT\n"sv;
constexpr std::string_view signature_v1 = "PROXY "sv;
constexpr std::size_t line_v1_max = 107;  // section 2.1: with CRLF

constexpr ProxyHeader bad() { return {}; }
ProxyHeader more() {
    ProxyHeader header;
    header.status = ProxyHeader::Status::more;
    return header;
}
ProxyHeader good(std::size_t octets) {
    ProxyHeader header;
    header.status = ProxyHeader::Status::good;
    header.octets = octets;
    return header;
}

/// The next word up to a space or the end; words are parted by exactly one space.
std::string_view word(std::string_view& line) {
    const auto space = line.find(' ');
    const auto out = line.substr(0, space);
    line = space == std::string_view::npos ? std::string_view() : line.substr(space + 1);
    return out;
}

bool parse_port(std::string_view text, std::uint16_t& out) {
    if (text.empty() || text.size() > 5 || (text.size() > 1 && text.front() == '0')) return false;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), out);
    return ec == std::errc() && end == text.data() + text.size();
}

/// "PROXY" SP ("TCP4" / "TCP6") SP source SP destination SP port SP port CRLF, or "PROXY UNKNOWN" anything
/// CRLF
ProxyHeader parse_v1(std::string_view input) {
    const auto end = input.substr(0, line_v1_max).find("\r\n");
    if (end == std::string_view::npos) return input.size() >= line_v1_max ? bad() : more();
    std::string_view line = input.substr(signature_v1.size(), end - signature_v1.size());
    ProxyHeader header = good(end + 2);
    if (line.ends_with(' ')) return bad();
    const auto family = word(line);
    if (family == "UNKNOWN") return header;
    if (family != "TCP4" && family != "TCP6") return bad();
    const auto source = word(line), destination = word(line), source_port = word(line),
               destination_port = word(line);
    if (!line.empty()) return bad();
    const bool v6 = family == "TCP6";
    // The text decides the family here: an IPv4-mapped address is legal in a TCP6 line.
    if ((source.find(':') != std::string_view::npos) != v6) return bad();
    if ((destination.find(':') != std::string_view::npos) != v6) return bad();
    header.source = IpAddress::parse(source);
    header.destination = IpAddress::parse(destination);
    if (!header.source || !header.destination) return bad();
    if (!parse_port(source_port, header.source_port) ||
        !parse_port(destination_port, header.destination_port)) {
        return bad();
    }
    return header;
}

unsigned octet(std::string_view input, std::size_t at) { return static_cast<unsigned char>(input[at]); }

std::uint16_t number16(std::string_view input, std::size_t at) {
    return static_cast<std::uint16_t>(octet(input, at) << 8 | octet(input, at + 1));
}

IpAddress address(std::string_view input, std::size_t at, bool v6) {
    IpAddress ip;
    ip.v6 = v6;
    std::copy_n(input.begin() + static_cast<std::ptrdiff_t>(at), v6 ? 16 : 4, ip.octets.begin());
    // By way of text, which turns an IPv4-mapped address into an IPv4 one as elsewhere.
    return v6 ? IpAddress::parse(ip.text()).value_or(ip) : ip;
}

ProxyHeader parse_v2(std::string_view input) {
    constexpr std::size_t fixed = 16;
    if (input.size() < fixed) return more();
    const unsigned version = octet(input, 12) >> 4, command = octet(input, 12) & 15U;
    const unsigned family = octet(input, 13) >> 4, transport = octet(input, 13) & 15U;
    const std::size_t length = number16(input, 14);
    if (version != 2 || command > 1 || family > 3 || transport > 2) return bad();
    if (fixed + length > proxy_header_bytes_max) return bad();
    const std::size_t addresses = family == 1 ? 12 : family == 2 ? 36 : family == 3 ? 216 : 0;
    if (command == 1 && length < addresses) return bad();
    if (input.size() < fixed + length) return more();
    ProxyHeader header = good(fixed + length);  // what follows the addresses are TLVs: skipped
    if (command == 0) return header;            // LOCAL: the proxy itself
    // UNSPEC, a datagram or a local socket: a connection, but no client address to tell.
    if (transport != 1 || (family != 1 && family != 2)) return header;
    const bool v6 = family == 2;
    const std::size_t size = v6 ? 16 : 4;
    header.source = address(input, fixed, v6);
    header.destination = address(input, fixed + size, v6);
    header.source_port = number16(input, fixed + 2 * size);
    header.destination_port = number16(input, fixed + 2 * size + 2);
    return header;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view input) {
    const auto begins = [&](std::string_view signature) {
        const std::size_t known = std::min(signature.size(), input.size());
        return input.substr(0, known) == signature.substr(0, known);
    };
    if (begins(signature_v2)) return input.size() < signature_v2.size() ? more() : parse_v2(input);
    if (begins(signature_v1)) return input.size() < signature_v1.size() ? more() : parse_v1(input);
    return bad();
}

std::string write_proxy_header(const ProxiedClient& client) {
    std::string out(signature_v2);
    const auto put16 = [&out](std::size_t number) {
        out += static_cast<char>(number >> 8);
        out += static_cast<char>(number & 0xFFU);
    };
    out += '\x21';  // version 2, PROXY
    if (!client.source || !client.destination) {
        out += '\0';  // UNSPEC: a connection, but no addresses to tell
        put16(0);
        return out;
    }
    // Of two families: both as IPv6, the IPv4 one mapped.
    const bool v6 = client.source->v6 || client.destination->v6;
    const auto put = [&](const IpAddress& ip) {
        if (v6 && !ip.v6) out.append(10, '\0').append(2, '\xFF');
        out.append(reinterpret_cast<const char*>(ip.octets.data()), ip.v6 ? 16 : 4);
    };
    out += v6 ? '\x21' : '\x11';
    put16(v6 ? 36 : 12);
    put(*client.source);
    put(*client.destination);
    put16(client.source_port);
    put16(client.destination_port);
    return out;
}

}  // namespace net
