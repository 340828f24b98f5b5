// Resolver: names to addresses and back, by libunbound: on a thread of its own, with its cache, and never by
// getaddrinfo, which blocks. Thread-safe; a question is answered or given up within its time.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

#include "base/result.hpp"
#include "net/address.hpp"

namespace net {

struct ResolverSettings {
    std::vector<std::string> servers;  ///< "192.0.2.53", "127.0.0.1@5353"; empty: those of /etc/resolv.conf
    std::chrono::milliseconds answer_max{3'000};
    std::uint32_t questions_max = 1'000;            ///< in flight; more fail at once
    static constexpr std::size_t records_max = 16;  ///< of an answer: the rest is passed over
};

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

private:
    class Impl;
    std::shared_ptr<Impl> impl_;  // with the handlers that wait for answers
};

}  // namespace net
