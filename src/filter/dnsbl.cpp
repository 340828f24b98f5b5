#include "filter/dnsbl.hpp"

#include <algorithm>
#include <array>
#include <atomic>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.hpp"
#include "store/engine/completion.hpp"

namespace filter {
namespace asio = boost::asio;
namespace {

std::uint32_t number_of(const net::IpAddress& address) {
    std::uint32_t out = 0;
    for (std::size_t i = 0; i < 4; ++i) out = (out << 8U) | address.octets[i];
    return out;
}

std::string dotted(std::uint32_t number) {
    return std::to_string(number >> 24U) + '.' + std::to_string((number >> 16U) & 255U) + '.' +
           std::to_string((number >> 8U) & 255U) + '.' + std::to_string(number & 255U);
}

constexpr std::uint32_t loopback_first = 0x7F000000, loopback_last = 0x7FFFFFFF;
constexpr std::uint32_t refused_first = 0x7FFFFF00;  // 127.255.255.0: "too many questions", "open resolver"

/// Questions to several lists, answered in any order on one executor.
struct Asked {
    explicit Asked(std::size_t lists) : answers(lists), left(lists) {}
    std::vector<net::DnsAnswer> answers;
    std::atomic<std::size_t> left;
    store::Completion<bool> done;
};

asio::awaitable<void> ask(net::Resolver* resolver, std::shared_ptr<Asked> asked, std::size_t place,
                          std::string name) {
    asked->answers[place] = co_await resolver->query(std::move(name), net::RecordType::a);
}

}  // namespace

bool parse_code_range(std::string_view text, std::pair<std::uint32_t, std::uint32_t>& out) {
    if (const std::size_t slash = text.find('/'); slash != std::string_view::npos) {
        const auto network = net::Network::parse(text);
        if (!network || network->address.v6) return false;
        const std::uint32_t mask =
            network->prefix_bits == 0 ? 0 : ~std::uint32_t{0} << (32 - network->prefix_bits);
        out.first = number_of(network->address) & mask;
        out.second = out.first | ~mask;
    } else {
        const std::size_t dash = text.find('-');
        const auto first = net::IpAddress::parse(text.substr(0, dash));
        const auto last =
            dash == std::string_view::npos ? first : net::IpAddress::parse(text.substr(dash + 1));
        if (!first || !last || first->v6 || last->v6) return false;
        out = {number_of(*first), number_of(*last)};
    }
    return out.first <= out.second && out.first >= loopback_first && out.second <= loopback_last;
}

std::string dnsbl_name(const net::IpAddress& address, std::string_view zone) {
    std::string out;
    if (address.v6) {
        constexpr std::string_view digits = "0123456789abcdef";
        for (std::size_t i = 16; i-- > 0;) {
            out += digits[address.octets[i] & 15U];
            out += '.';
            out += digits[address.octets[i] >> 4U];
            out += '.';
        }
    } else {
        for (std::size_t i = 4; i-- > 0;) out += std::to_string(address.octets[i]) + '.';
    }
    return out.append(zone);
}

bool is_public(const net::IpAddress& address) {
    static const std::array own = {"0.0.0.0/8",      "10.0.0.0/8",    "100.64.0.0/10",  "127.0.0.0/8",
                                   "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16", "224.0.0.0/3",
                                   "::/127",         "fc00::/7",      "fe80::/10",      "ff00::/8"};
    return std::ranges::none_of(own, [&](const char* network) {
        const auto parsed = net::Network::parse(network);
        return parsed && parsed->address.v6 == address.v6 && parsed->contains(address);
    });
}

void judge(const DnsblList& list, const net::DnsAnswer& answer, DnsblResult& out) {
    if (!answer.known()) {
        out.silent.push_back(list.zone);
        return;
    }
    for (const std::string& data : answer.data) {
        if (data.size() != 4) continue;
        std::uint32_t code = 0;
        for (const char c : data) code = (code << 8U) | static_cast<unsigned char>(c);
        // A zone that was given up answers every question with its new owner's address.
        if (code < loopback_first || code > loopback_last) continue;
        const bool named = std::ranges::any_of(
            list.codes, [&](const auto& range) { return code >= range.first && code <= range.second; });
        if (!named && code >= refused_first) {
            out.silent.push_back(list.zone + " " + dotted(code));
            return;
        }
        if (!named && !list.codes.empty()) continue;
        out.weight += list.weight;
        out.listed.push_back(list.zone + " " + dotted(code));
        return;  // one weight a list
    }
}

Dnsbl::Dnsbl(net::Resolver& resolver, std::vector<DnsblList> lists)
    : resolver_(resolver), lists_(std::make_shared<const std::vector<DnsblList>>(std::move(lists))) {}

asio::awaitable<DnsblResult> Dnsbl::check(net::IpAddress address) const {
    DnsblResult out;
    if (lists_->empty() || !is_public(address)) co_return out;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    std::vector<std::size_t> wanted;
    for (std::size_t i = 0; i < lists_->size(); ++i)
        if (!address.v6 || (*lists_)[i].v6) wanted.push_back(i);
    if (wanted.empty()) co_return out;
    auto asked = std::make_shared<Asked>(wanted.size());
    auto start = [this, &executor, &wanted, &address, asked](store::Completion<bool> done) {
        asked->done = std::move(done);
        for (std::size_t i = 0; i < wanted.size(); ++i) {
            std::string name = dnsbl_name(address, (*lists_)[wanted[i]].zone);
            asio::co_spawn(executor, ask(&resolver_, asked, i, std::move(name)),
                           [asked](std::exception_ptr failed) {
                               if (failed) base::log::error("filter", "a look-up broke off");
                               if (--asked->left == 0) asked->done(true);
                           });
        }
    };
    co_await store::await_completion<bool>(std::move(start));
    for (std::size_t i = 0; i < wanted.size(); ++i) judge((*lists_)[wanted[i]], asked->answers[i], out);
    co_return out;
}

}  // namespace filter
