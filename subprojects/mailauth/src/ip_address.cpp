#include <algorithm>
#include <arpa/inet.h>
#include <cstring>

#include "mailauth/dns.hpp"

namespace mailauth {

IpAddress IpAddress::v4(std::array<std::uint8_t, 4> octets) {
    IpAddress address;
    std::copy(octets.begin(), octets.end(), address.octets_.begin());
    return address;
}

IpAddress IpAddress::v6(std::array<std::uint8_t, 16> octets) {
    constexpr std::array<std::uint8_t, 12> mapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
    if (std::equal(mapped.begin(), mapped.end(), octets.begin())) {
        return v4({octets[12], octets[13], octets[14], octets[15]});
    }
    IpAddress address;
    address.v6_ = true;
    address.octets_ = octets;
    return address;
}

std::optional<IpAddress> IpAddress::parse(std::string_view text) {
    char buffer[INET6_ADDRSTRLEN + 1];
    if (text.empty() || text.size() >= sizeof buffer || text.find('\0') != std::string_view::npos) return {};
    std::memcpy(buffer, text.data(), text.size());
    buffer[text.size()] = '\0';
    std::array<std::uint8_t, 4> four{};
    if (inet_pton(AF_INET, buffer, four.data()) == 1) return v4(four);
    std::array<std::uint8_t, 16> sixteen{};
    if (inet_pton(AF_INET6, buffer, sixteen.data()) == 1) return v6(sixteen);
    return {};
}

std::string_view IpAddress::octets() const {
    return {reinterpret_cast<const char*>(octets_.data()), v6_ ? 16U : 4U};
}

bool IpAddress::in_network(const IpAddress& network, unsigned prefix) const {
    if (v6_ != network.v6_ || prefix > bits()) return false;
    const unsigned whole = prefix / 8;
    if (!std::equal(octets_.begin(), octets_.begin() + whole, network.octets_.begin())) return false;
    const unsigned rest = prefix % 8;
    if (rest == 0) return true;
    const auto mask = static_cast<std::uint8_t>(0xff00U >> rest);
    return (octets_[whole] & mask) == (network.octets_[whole] & mask);
}

std::string IpAddress::text() const {
    char buffer[INET6_ADDRSTRLEN];
    return inet_ntop(v6_ ? AF_INET6 : AF_INET, octets_.data(), buffer, sizeof buffer);
}

std::string IpAddress::reverse_name() const {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string name;
    for (unsigned i = bits() / 8; i-- > 0;) {
        if (v6_) {
            name += digits[octets_[i] & 15U];
            name += '.';
            name += digits[octets_[i] >> 4U];
        } else {
            name += std::to_string(octets_[i]);
        }
        name += '.';
    }
    return name + (v6_ ? "ip6.arpa" : "in-addr.arpa");
}

std::string_view name_of(DnsType type) {
    switch (type) {
        case DnsType::a:
            return "A";
        case DnsType::ptr:
            return "PTR";
        case DnsType::mx:
            return "MX";
        case DnsType::txt:
            return "TXT";
        case DnsType::aaaa:
            return "AAAA";
    }
    return "?";
}

}  // namespace mailauth
