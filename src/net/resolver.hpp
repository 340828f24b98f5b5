// Resolver: names to addresses and back, by libunbound: on a thread of its own, with its cache, and never by
// getaddrinfo, which blocks. Thread-safe; a question is answered or given up within its time.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"
#include "net/address.hpp"

namespace net {

struct ResolverSettings {
    std::vector<std::string> servers;  ///< "192.0.2.53", "127.0.0.1@5353"; empty: those of /etc/resolv.conf
    /// Ask the root and downwards instead of `servers`.
    bool recursive = false;
    /// DNSSEC: a file with the root's key ("/usr/share/dns/root.key"). Empty: nothing is validated, and no
    /// answer is `secure`. With it the servers must pass DNSSEC records on, else nothing resolves.
    std::string trust_anchor_file;
    std::vector<std::string> trust_anchors;  ///< DS or DNSKEY records as zone files have them: for tests
    std::chrono::milliseconds answer_max{3'000};
    std::uint32_t questions_max = 1'000;                   ///< in flight; more fail at once
    static constexpr std::size_t records_max = 16;         ///< of an answer: the rest is passed over
    static constexpr std::size_t query_records_max = 100;  ///< of query(): TXT records of a domain are many
};

enum class RecordType : std::uint16_t {
    a = 1,
    ns = 2,
    cname = 5,
    soa = 6,
    ptr = 12,
    mx = 15,
    txt = 16,
    aaaa = 28,
    srv = 33,
    tlsa = 52,
};

/// The answer to one question, for who needs more than addresses.
struct DnsAnswer {
    enum class State : std::uint8_t {
        records,
        no_records,  ///< the name is there, records of this type are not
        no_name,     ///< NXDOMAIN
        failed,      ///< no answer in time, SERVFAIL, a loop of CNAMEs: nothing is known
        bogus,       ///< DNSSEC says that it is forged, or the zone is broken: nothing may be believed
    };
    State state = State::failed;
    bool secure = false;         ///< validated by DNSSEC, also that there is nothing
    std::string canonical_name;  ///< behind CNAMEs: lower case, without the last dot; empty: as asked
    std::chrono::seconds ttl{0};
    std::vector<std::string> data;  ///< RDATA as octets; names in them are not compressed

    bool known() const { return state != State::failed && state != State::bogus; }
};
/// MX: preference and host name ("" is the root: null MX, RFC 7505). Empty: malformed.
struct MxRecord {
    std::uint16_t preference = 0;
    std::string host;
};
std::optional<MxRecord> read_mx(std::string_view data);
/// TXT: its strings joined (RFC 7208 section 3.3).
std::string read_txt(std::string_view data);

enum class ResolveErrc : std::uint8_t {
    none,
    not_found,  ///< no such name, or no such records: final
    failed,     ///< no answer in time, a broken one, or too many questions: nothing is known
};

class ResolveError {
public:
    ResolveError() = default;
    explicit ResolveError(ResolveErrc code) : code_(code) {}
    bool is(ResolveErrc code) const { return code_ == code; }

private:
    ResolveErrc code_ = ResolveErrc::none;
};
template <class T>
using Resolved = base::Result<std::vector<T>, ResolveError>;

class Resolver {
public:
    /// `executor` of the pool: answers are read there.
    Resolver(const boost::asio::any_io_executor& executor, ResolverSettings settings);
    ~Resolver();
    Resolver(const Resolver&) = delete;
    Resolver& operator=(const Resolver&) = delete;
    /// When nobody runs the io_context any more, and before that is destroyed: lets go of it. The destructor
    /// does it too, but coroutines that wait in the io_context need the object until they are destroyed with
    /// it.
    void stop();

    /// IPv4 and IPv6. A numeric address is its own answer; "localhost" is this machine (RFC 6761
    /// section 6.3).
    boost::asio::awaitable<Resolved<IpAddress>> addresses(std::string name);
    /// What the owner of the address says that it is called: lower case, without the last dot. Anybody may
    /// say anything there.
    boost::asio::awaitable<Resolved<std::string>> claimed_names(IpAddress address);
    /// Those of claimed_names() whose own addresses have `address` among them. Takes three times
    /// `answer_max` at most, however many names there are.
    boost::asio::awaitable<Resolved<std::string>> names(IpAddress address);

    /// Any records. A name is A-labels, with or without its last dot.
    boost::asio::awaitable<DnsAnswer> query(std::string name, RecordType type);

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // with the handlers that wait for answers
};

}  // namespace net
