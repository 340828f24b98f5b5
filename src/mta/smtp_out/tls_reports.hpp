// TlsReports: how TLS went with each domain, gathered by the day (UTC), as the JSON of RFC 8460. Kept in
// memory: a restart forgets the day so far. Thread-safe, bounded.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mta/smtp_out/tls_reporter.hpp"

namespace mta::smtp_out {

struct TlsReportLimits {
    static constexpr std::size_t domains = 20'000;  ///< a day; more are not reported on
    static constexpr std::size_t policies = 8;      ///< of a domain, a day: it may change them
    static constexpr std::size_t failures_kept =
        100;                                        ///< kinds of failure of one policy; more are only counted
    static constexpr std::size_t hosts_kept = 100;  ///< hosts of a policy by TLSA records
};

struct TlsReport {
    std::string domain;
    std::string id;        ///< unique
    std::string filename;  ///< RFC 8460 section 5.1, without ".json.gz"
    std::string json;
};

class TlsReports final : public TlsReporter {
public:
    struct Identity {
        std::string organization, contact, host_name;
    };
    TlsReports(Identity identity, base::Clock& clock, base::Random& random);

    void saw(const Seen& seen) override;
    /// Of days that are over, each once; `all`: of today too.
    std::vector<TlsReport> take(bool all = false);

private:
    struct Failed {
        std::string_view result;  // RFC 8460 section 4.3
        std::string host, helo, address, source, reason;
        auto operator<=>(const Failed&) const = default;
    };
    struct Policy {
        std::string_view type;
        std::vector<std::string> strings, hosts;
        std::uint64_t successes = 0, failures = 0;
        std::map<Failed, std::uint64_t> details;
    };
    using Policies = std::map<std::string, Policy>;  // by what tells them apart
    using Day = std::int64_t;

    static Policy policy_of(const Seen& seen, std::string* key);
    std::string json_of(const std::string& domain, Day day, const Policies& policies,
                        const std::string& id) const;

    const Identity identity_;
    base::Clock& clock_;
    base::Random& random_;
    std::mutex mutex_;
    std::map<std::pair<Day, std::string>, Policies> days_;
};

/// Where a domain wants its reports: "v=TLSRPTv1; rua=mailto:a@b,https://c/d", RFC 8460 section 3.
struct ReportAddresses {
    static constexpr std::size_t most = 4;
    std::vector<std::string> mail, https;
};
ReportAddresses read_tls_report_record(std::string_view text);

}  // namespace mta::smtp_out
