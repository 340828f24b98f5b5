// ReceivedReports: what others report about our domains, kept in the store for the operator: DMARC aggregate
// reports and TLS reports, one row each, bounded by number, octets and age, and in what one reporter may
// have.
//
// Partitions z/reports.dmarc and z/reports.tls, rows r<domain><report>: when it came, a digest of its
// reporter (so that sweeping need not read the rest), and JSON. The same report twice is one row.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <mutex>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "mta/reports/dmarc_rows.hpp"
#include "store/engine/engine.hpp"

namespace mta::reports {

using boost::asio::awaitable;

struct ReceivedLimits {
    std::size_t reports_max = 20'000;     ///< of each kind; those that came first go
    std::size_t octets_max = 128U << 20;  ///< the same of their rows
    /// Of one sender's domain, by its last two labels: a year of ten domains of ours. Of all senders who have
    /// not proven who they are together.
    std::size_t of_reporter_max = 4'000;
    std::size_t octets_of_reporter_max = octets_max / 5;  ///< the same of their rows
    std::int64_t age_max = 400 * 24 * 3'600;  ///< seconds since it came: a year can be looked back on
    std::size_t sources_max = 500;            ///< of one report, those with most messages
    std::size_t failures_max = 200;           ///< the same of a TLS report
    std::size_t text_bytes_max = 255;         ///< of a name
    std::size_t packed_bytes_max = 4U << 20;  ///< of a report as it comes
    /// And unpacked: it is read in pieces. Expat looks at a token that has no end again with each piece.
    std::size_t xml_bytes_max = 16U << 20;
    std::size_t json_bytes_max = 2U << 20;      ///< the same of a TLS report: it is held
    std::size_t message_bytes_max = 12U << 20;  ///< of the mail
    std::size_t reports_of_mail_max = 8;        ///< and of parts that may be some
};

enum class ReportKind : std::uint8_t { dmarc, tls };

struct ReceivedReport {
    ReportKind kind = ReportKind::dmarc;
    std::string domain;  ///< whom it is about
    std::string organization, contact, id;
    std::int64_t begin = 0, end = 0;  ///< seconds since 1970
    std::uint64_t good = 0, bad = 0;  ///< messages that passed DMARC; TLS sessions
    Json details = Json::array();     ///< sources; kinds of failure
    std::string reporter;             ///< who sent the mail
    bool proven = true;               ///< that he did; or nobody has looked: then who brought it is trusted
    std::int64_t came = 0;
};

class ReceivedReports {
public:
    ReceivedReports(store::engine::Engine& engine, const base::Clock& clock, ReceivedLimits limits = {})
        : engine_(engine), clock_(clock), limits_(limits) {}
    const ReceivedLimits& limits() const { return limits_; }

    /// False: it was there.
    awaitable<store::Result<bool>> add(ReceivedReport report);
    /// Those that end at `since` or later, newest first and without details; `domain` empty: of all.
    awaitable<store::Result<std::vector<ReceivedReport>>> list(ReportKind kind, std::string domain,
                                                               std::int64_t since, std::size_t most);
    /// Each of them, in no order that means anything. Some pages at a time are in memory, however many there
    /// are.
    using Take = std::function<void(ReceivedReport)>;
    awaitable<store::Result<void>> each(ReportKind kind, std::string domain, std::int64_t since, Take take);
    /// What is too old or too much goes; by add() from time to time.
    awaitable<store::Result<std::size_t>> sweep(ReportKind kind);

private:
    /// True: it is time to look at all of them.
    bool time_to_sweep(ReportKind kind, std::size_t octets);

    store::engine::Engine& engine_;
    const base::Clock& clock_;
    const ReceivedLimits limits_;
    std::mutex mutex_;
    struct Kept {
        std::size_t count = SIZE_MAX / 2, octets = 0;  // unknown
        std::int64_t next_sweep = 0;
    };
    Kept kept_[2];
};

/// Reports in one mail. `fault` says what is wrong with those that are missing.
struct FoundReports {
    std::vector<ReceivedReport> reports;
    std::string fault;
    bool cut = false;  ///< it was stopped, or memory ran out: the mail is to be read again
};
/// Any octets; bounded by `limits` in time and memory. Never throws.
FoundReports find_reports(std::string_view message, const ReceivedLimits& limits,
                          const std::stop_token& stop = {}) noexcept;

}  // namespace mta::reports
