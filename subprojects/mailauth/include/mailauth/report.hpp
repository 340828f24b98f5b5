// DMARC aggregate reports (RFC 9990): written as XML and gzip, read from XML, gzip or zip of strangers.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

namespace mailauth {

struct ReportReason {
    std::string type;  ///< local_policy, mailing_list, other, policy_test_mode, trusted_forwarder
    std::string comment;
    bool operator==(const ReportReason&) const = default;
};

struct ReportDkim {
    std::string domain, selector, result, human_result;
    bool operator==(const ReportDkim&) const = default;
};

struct ReportSpf {
    std::string domain, scope, result, human_result;
    bool operator==(const ReportSpf&) const = default;
};

/// The messages of one source with one fate.
struct ReportRecord {
    std::string source_ip;
    std::uint64_t count = 0;
    std::string disposition;  ///< none, pass, quarantine, reject
    std::string dkim;         ///< of DMARC: pass, fail
    std::string spf;
    std::vector<ReportReason> reasons;
    std::string header_from, envelope_from, envelope_to;
    std::vector<ReportDkim> dkim_results;
    std::vector<ReportSpf> spf_results;
    bool operator==(const ReportRecord&) const = default;
};

struct ReportPolicy {
    std::string domain;
    std::string discovery_method = "treewalk";
    std::string p, sp, np, adkim, aspf, fo, testing;  ///< empty: not written
    bool operator==(const ReportPolicy&) const = default;
};

struct AggregateReport {
    std::string organization, email, contact, report_id, generator;
    std::chrono::seconds begin{0}, end{0};  ///< since 1970
    std::vector<std::string> errors;
    ReportPolicy policy;
    std::vector<ReportRecord> records;
    bool operator==(const AggregateReport&) const = default;
};

/// What holds no text in XML 1.0 is left out, or `?`.
std::string write_aggregate_report(const AggregateReport& report);
/// gzip of anything (RFC 1952).
std::string gzip(std::string_view octets);
/// RFC 9990 section 3.5.1: `receiver!policy-domain!begin!end.xml.gz`.
std::string report_file_name(const AggregateReport& report, std::string_view receiver);
/// Section 3.5.2's Subject.
std::string report_subject(const AggregateReport& report, std::string_view receiver);

struct ReportLimits {
    std::size_t packed_octets_max = 16 * 1024 * 1024;
    std::size_t xml_octets_max = 64 * 1024 * 1024;  ///< unpacked; a bomb ends here
    std::size_t records_max = 100'000;
    std::size_t items_max = 100;         ///< reasons, signatures and the like of one record
    std::size_t text_octets_max = 4096;  ///< of one element
    unsigned depth_max = 16;
    std::stop_token stop;  ///< once it is asked for, reading ends with a fault
};

struct ReadReport {
    AggregateReport report;
    std::string fault;  ///< not empty: the rest is void
};
/// XML as it is, gzip or zip, told apart by their first octets. No DTD, so no entities and nothing external.
ReadReport read_aggregate_report(std::string_view octets, const ReportLimits& limits = {});

}  // namespace mailauth
