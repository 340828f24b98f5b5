// What the library asks of DNS, and what it is told. No I/O here: the caller brings the answers.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

/// An IPv4 or IPv6 address. An IPv4-mapped IPv6 address is an IPv4 address (RFC 7208 section 5).
class IpAddress {
public:
    IpAddress() = default;  ///< 0.0.0.0
    static IpAddress v4(std::array<std::uint8_t, 4> octets);
    static IpAddress v6(std::array<std::uint8_t, 16> octets);
    /// Dotted quad or RFC 4291 text, nothing else: no zone, no port, no brackets.
    static std::optional<IpAddress> parse(std::string_view text);

    bool is_v6() const { return v6_; }
    /// 32 or 128.
    unsigned bits() const { return v6_ ? 128 : 32; }
    /// The octets in network order: 4 or 16 of them.
    std::string_view octets() const;
    /// Same family and the same first \p prefix bits.
    bool in_network(const IpAddress& network, unsigned prefix) const;
    /// RFC 5952 text.
    std::string text() const;
    /// The name of its PTR records, without a final dot.
    std::string reverse_name() const;
    bool operator==(const IpAddress&) const = default;

private:
    bool v6_ = false;
    std::array<std::uint8_t, 16> octets_{};
};

enum class DnsType : std::uint16_t { a = 1, ptr = 12, mx = 15, txt = 16, aaaa = 28 };
std::string_view name_of(DnsType type);

enum class DnsStatus : std::uint8_t {
    found,
    nodata,     ///< the name is there, the type is not
    nxdomain,   ///< the name is not there
    temperror,  ///< no answer, SERVFAIL, REFUSED: may be there later
    bogus,      ///< DNSSEC says that the answer is forged or broken; handled as temperror, but told
};

struct Query {
    DnsType type = DnsType::txt;
    std::string name;  ///< A-labels, lower case, no final dot
    bool operator==(const Query&) const = default;
};

struct MxHost {
    std::uint16_t preference = 0;
    std::string name;  ///< empty: the null MX of RFC 7505
};

/// One answer, CNAMEs followed. Only the vector of the type that was asked for is filled.
struct Answer {
    DnsStatus status = DnsStatus::temperror;
    bool secure = false;               ///< validated by DNSSEC
    std::vector<std::string> texts;    ///< TXT: the strings of a record joined, without anything between
    std::vector<IpAddress> addresses;  ///< A or AAAA
    std::vector<MxHost> mx;            ///< in any order
    std::vector<std::string> names;    ///< PTR, no final dot

    bool found() const { return status == DnsStatus::found; }
    /// NXDOMAIN or no data: RFC 7208's "void lookup".
    bool is_void() const { return status == DnsStatus::nodata || status == DnsStatus::nxdomain; }
    bool failed() const { return status == DnsStatus::temperror || status == DnsStatus::bogus; }
};

/// For callers that may block. Others drive an Evaluation or answer queries() themselves.
class Resolver {
public:
    virtual ~Resolver() = default;
    virtual Answer resolve(const Query& query) = 0;
};

}  // namespace mailauth
