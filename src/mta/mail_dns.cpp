#include "mta/mail_dns.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace mta {
namespace {

/// A name of an answer: labels, not compressed. Empty: the root, or malformed.
std::string read_name(std::string_view data) {
    std::string out;
    while (!data.empty()) {
        const auto size = static_cast<std::size_t>(static_cast<unsigned char>(data.front()));
        if (size == 0) return out;
        if (size > 63 || size >= data.size()) return {};
        if (!out.empty()) out += '.';
        out += data.substr(1, size);
        data.remove_prefix(size + 1);
    }
    return {};
}

template <std::size_t size>
std::array<std::uint8_t, size> octets_of(std::string_view data) {
    std::array<std::uint8_t, size> out{};
    std::ranges::transform(data, out.begin(), [](char c) { return static_cast<std::uint8_t>(c); });
    return out;
}

void take(mailauth::Answer& out, mailauth::DnsType type, std::string_view data) {
    switch (type) {
        case mailauth::DnsType::a:
            if (data.size() == 4) out.addresses.push_back(mailauth::IpAddress::v4(octets_of<4>(data)));
            break;
        case mailauth::DnsType::aaaa:
            if (data.size() == 16) out.addresses.push_back(mailauth::IpAddress::v6(octets_of<16>(data)));
            break;
        case mailauth::DnsType::txt:
            out.texts.push_back(net::read_txt(data));
            break;
        case mailauth::DnsType::ptr:
            if (std::string name = read_name(data); !name.empty()) out.names.push_back(std::move(name));
            break;
        case mailauth::DnsType::mx:
            if (auto record = net::read_mx(data)) {
                mailauth::MxHost host;
                host.preference = record->preference;
                host.name = std::move(record->host);
                out.mx.push_back(std::move(host));
            }
            break;
    }
}

}  // namespace

mailauth::Answer answer_of(mailauth::DnsType type, const net::DnsAnswer& from) {
    using State = net::DnsAnswer::State;
    mailauth::Answer out;
    out.secure = from.secure;
    switch (from.state) {
        case State::records:
            out.status = mailauth::DnsStatus::found;
            break;
        case State::no_records:
            out.status = mailauth::DnsStatus::nodata;
            break;
        case State::no_name:
            out.status = mailauth::DnsStatus::nxdomain;
            break;
        case State::failed:
            out.status = mailauth::DnsStatus::temperror;
            break;
        case State::bogus:
            out.status = mailauth::DnsStatus::bogus;
            break;
    }
    for (const std::string& data : from.data) take(out, type, data);
    return out;
}

boost::asio::awaitable<mailauth::Answer> ResolverDns::ask(mailauth::Query query) {
    const auto type = static_cast<net::RecordType>(query.type);
    const net::DnsAnswer answer = co_await resolver_.query(std::move(query.name), type);
    co_return answer_of(query.type, answer);
}

}  // namespace mta
