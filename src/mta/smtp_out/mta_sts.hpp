// MTA-STS, RFC 8461: which hosts a domain wants its mail to go to, with TLS and certificates that verify.
// The policy's grammar is pure; StsCache asks DNS and the policy host, and remembers.
#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <map>
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
#include "mta/smtp_out/sts_rows.hpp"
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
    static constexpr std::chrono::hours refreshed{24};       ///< section 10.2: long before its time is over
    static constexpr std::chrono::minutes refresh_kept{60};  ///< a refresh that failed; the policy holds
    static constexpr std::chrono::seconds age_min{300};      ///< who says less is asked no more often
    static constexpr std::chrono::hours age_written{1};  ///< one that holds less long is not worth a write
    static constexpr std::size_t small_bytes = 2'048;    ///< of a text; hardly any policy has more than 300
    static constexpr std::size_t failed_max = 2'000;     ///< domains of which no policy was had
    static constexpr std::size_t kept_max = 10'000;  ///< domains whose policies are small, and as many others
    static constexpr std::size_t small_kept_bytes = 16U << 20,
                                 large_kept_bytes = 4U << 20;  ///< of their texts
    static constexpr std::size_t rows_a_write = 64;            ///< of policy_bytes each
    static constexpr std::size_t id_bytes = 32;                ///< section 3.1
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
    StsCache(net::Resolver& resolver, http::Client& client, base::Clock& clock, StsRows& rows,
             Settings settings)
        : resolver_(resolver), client_(client), clock_(clock), rows_(rows), settings_(settings) {}

    /// Reads what the last process knew. Before find(). What cannot be read, or removed, is in the log.
    boost::asio::awaitable<bool> open();
    /// The policy of a domain that holds now; null: none.
    boost::asio::awaitable<std::shared_ptr<const StsPolicy>> find(std::string domain);

private:
    /// Those of one kind, the last used in front, so that whoever makes up many domains, or writes long
    /// policies, pushes out his own.
    struct Shelf {
        std::size_t domains_max, octets_max;
        std::list<std::string> used{};
        std::size_t octets = 0;  // of policies' text
    };
    struct Entry {
        std::string id;
        std::shared_ptr<const StsPolicy> policy;  // null: none was fetched yet
        base::SystemTime fetched{}, until{};
        std::string quiet_id;  // no fetch of this one before quiet_until
        base::SystemTime quiet_until{};
        Shelf* shelf = nullptr;
        std::list<std::string>::iterator place;
    };
    class Writing;
    boost::asio::awaitable<std::string> published_id(std::string domain);
    boost::asio::awaitable<std::shared_ptr<const StsPolicy>> fetch(std::string domain);
    void keep(const std::string& domain, const std::string& id, std::shared_ptr<const StsPolicy> policy);
    boost::asio::awaitable<void> write();
    bool next_write(std::vector<StsKept>* kept, std::vector<std::string>* gone);
    std::shared_ptr<const StsPolicy> held(const std::string& domain, const std::string& id, bool* fetch_now);
    void leave_alone(const std::string& domain, const std::string& id);
    void put(const StsKept& kept, std::shared_ptr<const StsPolicy> policy);
    void shrink(Shelf& shelf);
    void lay(Entry& entry, Shelf& shelf);
    Entry& entry(const std::string& domain);

    net::Resolver& resolver_;
    http::Client& client_;
    base::Clock& clock_;
    StsRows& rows_;
    const Settings settings_;
    std::mutex mutex_;
    Shelf failed_{StsLimits::failed_max, 0}, small_{StsLimits::kept_max, StsLimits::small_kept_bytes},
        large_{StsLimits::kept_max, StsLimits::large_kept_bytes};
    std::unordered_map<std::string, Entry> entries_;
    std::map<std::string, std::optional<StsKept>> unwritten_;  // nothing: its row goes
    bool writing_ = false;                                     // somebody is in write()
};

}  // namespace mta::smtp_out
