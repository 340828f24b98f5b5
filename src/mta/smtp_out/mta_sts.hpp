// MTA-STS, RFC 8461: which hosts a domain wants its mail to go to, with TLS and certificates that verify.
// The policy's grammar is pure; StsCache asks DNS and the policy host, and remembers.
#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "http/client.hpp"
#include "net/resolver.hpp"

namespace mta::smtp_out {

struct StsPolicy {
    enum class Mode : std::uint8_t { none, testing, enforce };
    Mode mode = Mode::none;
    std::vector<std::string> mx;  ///< lower case, A-labels; "*.example.test" stands for one label
    std::chrono::seconds max_age{0};
    std::string text;  ///< as it came, for reports (RFC 8460 section 4.2)

    bool allows(std::string_view host) const;
};

struct StsLimits {
    static constexpr std::size_t policy_bytes = 65'536;  ///< RFC 8461 section 3.3
    static constexpr std::size_t mx_max = 1'000;
    static constexpr std::chrono::seconds age_max{31'557'600};  ///< section 3.2
    static constexpr std::chrono::minutes failure_kept{5};      ///< a policy host that is down is left alone
    static constexpr std::size_t domains = 10'000;              ///< remembered, the last used
};

/// The id of "v=STSv1; id=…;", RFC 8461 section 3.1. Empty: not such a record.
std::string read_sts_record(std::string_view text);
/// RFC 8461 section 3.2. Nothing: not a policy.
std::optional<StsPolicy> read_sts_policy(std::string_view text);

/// Thread-safe. What it refers to outlives it.
class StsCache {
public:
    struct Settings {
        std::uint16_t port = 443;  ///< tests have another
    };
    StsCache(net::Resolver& resolver, http::Client& client, base::Clock& clock, Settings settings)
        : resolver_(resolver), client_(client), clock_(clock), settings_(settings) {}

    /// The policy of a domain that holds now; null: none.
    boost::asio::awaitable<std::shared_ptr<const StsPolicy>> find(std::string domain);

private:
    struct Entry {
        std::string id;
        std::shared_ptr<const StsPolicy> policy;  // null: the last fetch failed
        base::SystemTime until{}, failed_until{};
        std::string failed_id;
        std::list<std::string>::iterator place;
    };
    boost::asio::awaitable<std::string> published_id(std::string domain);
    boost::asio::awaitable<std::shared_ptr<const StsPolicy>> fetch(std::string domain);
    std::shared_ptr<const StsPolicy> held(const std::string& domain, const std::string& id, bool* fetch_now);
    Entry& entry(const std::string& domain);

    net::Resolver& resolver_;
    http::Client& client_;
    base::Clock& clock_;
    const Settings settings_;
    std::mutex mutex_;
    std::list<std::string> used_;  // the last used in front
    std::unordered_map<std::string, Entry> entries_;
};

}  // namespace mta::smtp_out
