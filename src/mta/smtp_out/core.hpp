// Core: what all deliveries of the SMTP connector share.
#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include <boost/asio/any_io_executor.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/smtp_out/pool.hpp"
#include "mta/smtp_out/settings.hpp"
#include "mta/smtp_out/target.hpp"
#include "mta/smtp_out/tls_memory.hpp"
#include "mta/smtp_out/tls_reporter.hpp"
#include "mta/smtp_out/turnstile.hpp"

namespace mta::smtp_out {

/// How many connections a destination is thought to like: a few at first, one more with each success, half
/// when it is down. Thread-safe, bounded.
class Windows {
public:
    Windows(std::uint32_t first, std::uint32_t most) : first_(first), most_(most) {}
    std::uint32_t of(const NextHop& next_hop) const;
    void went_well(const NextHop& next_hop);
    void went_badly(const NextHop& next_hop);

private:
    static constexpr std::size_t kept_max = 20'000;
    std::uint32_t most_of(const NextHop& next_hop) const;
    std::uint32_t& entry(const NextHop& next_hop);

    const std::uint32_t first_, most_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, std::uint32_t> windows_;
};

struct Core {
    boost::asio::any_io_executor executor;
    std::shared_ptr<const Settings> settings;
    TlsContexts contexts;
    HostFinder& finder;
    TlsReporter* reporter = nullptr;  ///< null: nobody wants to know
    base::Clock& clock;
    base::Random& random;
    std::shared_ptr<Turnstile> destinations, hosts, all;
    std::shared_ptr<Pool> pool;
    Windows windows;
    TlsMemory broken_tls;
};

}  // namespace mta::smtp_out
