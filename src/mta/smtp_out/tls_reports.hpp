// TlsReports: how TLS went with each domain, gathered by the day (UTC), as the JSON of RFC 8460. In memory;
// whoever keeps it asks for what has changed, and brings it back at start. Thread-safe, bounded.
#pragma once
#include <cstdint>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "mta/smtp_out/tls_reporter.hpp"

namespace mta::smtp_out {

struct TlsReportLimits {
    static constexpr std::size_t domains = 20'000;  ///< of all days; more are not reported on
    static constexpr std::size_t policies = 8;      ///< of a domain, a day: it may change them
    static constexpr std::size_t failures_kept =
        100;                                        ///< kinds of failure of one policy; more are only counted
    static constexpr std::size_t hosts_kept = 100;  ///< hosts of a policy by TLSA records
};

struct TlsReport {
    std::int64_t day = 0;  ///< since 1970
    std::string domain;
    /// The same for the same day, domain and beginning: one that comes twice is known, and two that an
    /// operator sent on one day are not taken for one.
    std::string id;
    std::string filename;  ///< RFC 8460 section 5.1, without ".json.gz"
    std::string json;
};

class TlsReports final : public TlsReporter {
public:
    struct Identity {
        std::string organization, contact, host_name;
    };
    TlsReports(Identity identity, base::Clock& clock) : identity_(std::move(identity)), clock_(clock) {}

    void saw(const Seen& seen) override;
    /// Days that are over, and their domains, in order; `all`: today too.
    using Place = std::pair<std::int64_t, std::string>;
    std::vector<Place> over(bool all = false);

    /// A report, and with it its counts: what is seen from now on is another report's. Its row has both until
    /// put_back() or settle(). Nothing: there is none.
    std::optional<TlsReport> take(const Place& place);
    /// It was not sent: its counts go to those that came meanwhile.
    void put_back(const Place& place);
    /// It was sent, or never will be.
    void settle(const Place& place);

    /// A domain's day as it is kept; empty: it is forgotten.
    struct Row {
        Place place;
        std::string json;
    };
    /// What has changed since the last call.
    std::vector<Row> changed();
    /// What its row is from settle() on, for the commit that sends the report.
    Row left(const Place& place);
    /// These could not be kept.
    void keep_again(const std::vector<Row>& rows);
    /// At start, before anything is seen. \errors false: damaged
    bool restore(std::int64_t day, std::string_view json);

private:
    struct Failed {
        std::string result;  // RFC 8460 section 4.3
        std::string host, helo, address, source, reason;
        auto operator<=>(const Failed&) const = default;
    };
    struct Policy {
        std::string type;
        std::vector<std::string> strings, hosts;
        std::uint64_t successes = 0, failures = 0;
        std::map<Failed, std::uint64_t> details;
    };
    using Policies = std::map<std::string, Policy>;  // by what tells them apart
    using Day = std::int64_t;
    struct Kept {
        std::int64_t begin = 0;  // seconds since 1970
        Policies policies;
    };

    static Policy policy_of(const Seen& seen, std::string* key);
    static std::string row_of(const std::string& domain, const Kept& kept);
    static void add(Kept& sum, const Kept& earlier);
    bool is_over_and_told(const Place& place, const Kept& kept) const;
    std::string json_of(const TlsReport& report, std::int64_t begin, std::int64_t end,
                        const Policies& policies) const;
    Day today() const;

    const Identity identity_;
    base::Clock& clock_;
    mutable std::mutex mutex_;
    std::map<Place, Kept> days_;
    std::map<Place, Kept> taken_;  // what reports on their way tell
    std::set<Place> changed_;
};

/// Where a domain wants its reports: "v=TLSRPTv1; rua=mailto:a@b,https://c/d", RFC 8460 section 3.
struct ReportAddresses {
    static constexpr std::size_t most = 4;
    std::vector<std::string> mail, https;
};
ReportAddresses read_tls_report_record(std::string_view text);

}  // namespace mta::smtp_out
