// Reports of strangers in a mail: aggregate reports as XML, gzip or zip, TLS reports as JSON or gzip.
#include <algorithm>
#include <ctime>
#include <exception>
#include <map>
#include <tuple>
#include <zlib.h>

#include "base/ascii.hpp"
#include "mailauth/domain.hpp"
#include "mime/codec.hpp"
#include "mime/index.hpp"
#include "mta/reports/received.hpp"

namespace mta::reports {
namespace {

/// RFC 1952. Empty: broken, or too much.
std::string gunzipped(std::string_view packed, std::size_t bytes_max, const std::stop_token& stop) {
    z_stream stream{};
    constexpr int gzip_window = 15 + 16;
    if (::inflateInit2(&stream, gzip_window) != Z_OK) return {};
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(packed.data()));
    stream.avail_in = static_cast<uInt>(packed.size());
    std::string out;
    int code = Z_OK;
    char piece[16 * 1024];
    while (code == Z_OK && out.size() <= bytes_max && !stop.stop_requested()) {
        stream.next_out = reinterpret_cast<Bytef*>(piece);
        stream.avail_out = sizeof piece;
        code = ::inflate(&stream, Z_NO_FLUSH);
        out.append(piece, sizeof piece - stream.avail_out);
    }
    ::inflateEnd(&stream);
    return code == Z_STREAM_END && out.size() <= bytes_max ? out : std::string();
}

class Finder {
public:
    Finder(const ReceivedLimits& limits, const std::stop_token& stop) : limits_(limits), stop_(stop) {}

    void look_at(const mime::Part& part, std::string_view message) {
        if (stop_.stop_requested()) return;
        if (part.kind != mime::Kind::leaf || out_.reports.size() >= limits_.reports_of_mail_max) return;
        const bool text = part.type == "text" && part.subtype != "xml";
        if (text || (part.type != "application" && part.type != "text")) return;
        if (++tried_ > limits_.reports_of_mail_max) return fail("more parts than a mail may have");
        if (part.body_bytes > 2 * limits_.packed_bytes_max) return fail("a report larger than allowed");
        mime::TransferDecoder decoder(part.encoding);
        std::string octets;
        decoder.decode(message.substr(part.body_offset, part.body_bytes), octets);
        decoder.finish(octets);
        if (octets.size() > limits_.packed_bytes_max) return fail("a report larger than allowed");
        if (part.subtype.starts_with("tlsrpt") || part.subtype == "json" || octets.starts_with('{'))
            read_tls(octets);
        else
            read_dmarc(octets);
    }
    FoundReports take() {
        if (out_.reports.empty() && out_.fault.empty()) out_.fault = "no report is attached";
        return std::move(out_);
    }

private:
    void fail(std::string why) { out_.fault = std::move(why); }
    std::string bounded(std::string_view text) const {
        return std::string(text.substr(0, limits_.text_bytes_max));
    }

    struct Source {
        std::uint64_t count = 0, passed = 0, dkim = 0, spf = 0, quarantined = 0, rejected = 0;
        std::string from;
    };

    void read_dmarc(std::string_view octets) {
        mailauth::ReportLimits limits;
        limits.packed_octets_max = limits_.packed_bytes_max;
        limits.xml_octets_max = limits_.xml_bytes_max;
        limits.records_max = 20'000;
        limits.stop = stop_;
        limits.items_max = 16;  // of each record; none of them is looked at
        const mailauth::ReadReport read = mailauth::read_aggregate_report(octets, limits);
        if (!read.fault.empty()) return fail(read.fault);
        ReceivedReport report;
        report.domain = mailauth::to_ascii_domain(read.report.policy.domain);
        report.organization = bounded(read.report.organization);
        report.contact = bounded(read.report.email);
        report.id = bounded(read.report.report_id);
        report.begin = read.report.begin.count();
        report.end = read.report.end.count();
        std::map<std::string, Source> sources;
        for (const mailauth::ReportRecord& record : read.report.records) {
            // Whoever says that he saw more than that lies.
            const std::uint64_t count = std::min<std::uint64_t>(record.count, 1ULL << 40);
            const bool dkim = record.dkim == "pass", spf = record.spf == "pass";
            Source& source = sources[bounded(record.source_ip)];
            source.count += count;
            source.passed += dkim || spf ? count : 0;
            source.dkim += dkim ? count : 0;
            source.spf += spf ? count : 0;
            source.quarantined += record.disposition == "quarantine" ? count : 0;
            source.rejected += record.disposition == "reject" ? count : 0;
            if (source.from.empty()) source.from = bounded(record.header_from);
            (dkim || spf ? report.good : report.bad) += count;
        }
        std::vector<std::pair<std::string, Source>> all(sources.begin(), sources.end());
        std::ranges::sort(all, [](const auto& a, const auto& b) {
            return std::tie(b.second.count, a.first) < std::tie(a.second.count, b.first);
        });
        if (all.size() > limits_.sources_max) all.resize(limits_.sources_max);
        for (const auto& [ip, source] : all)
            report.details.push_back({{"ip", ip},
                                      {"messages", source.count},
                                      {"pass", source.passed},
                                      {"fail", source.count - source.passed},
                                      {"dkim", source.dkim},
                                      {"spf", source.spf},
                                      {"quarantined", source.quarantined},
                                      {"rejected", source.rejected},
                                      {"from", source.from}});
        keep(std::move(report));
    }

    void keep(ReceivedReport report) {
        if (report.domain.empty()) return fail("a report about no domain");
        out_.reports.push_back(std::move(report));
    }

    /// "2026-11-22T00:00:00Z"; 0: none.
    static std::int64_t time_in(const std::string& text) {
        std::tm time{};
        const char* end = ::strptime(text.c_str(), "%Y-%m-%dT%H:%M:%S", &time);
        return end == nullptr ? 0 : std::max<std::int64_t>(::timegm(&time), 0);
    }

    /// RFC 8460 section 4.4.
    void read_tls(const std::string& octets) {
        std::string json = octets;
        if (octets.starts_with("\x1f\x8b")) json = gunzipped(octets, limits_.json_bytes_max, stop_);
        if (json.empty() || json.size() > limits_.json_bytes_max)
            return fail("a TLS report that is broken or too large");
        const Json read = Json::parse(json, nullptr, false);
        if (!read.is_object() || !read.contains("policies") || !read["policies"].is_array())
            return fail("JSON, and no TLS report");
        const auto range = read.find("date-range");
        const bool dated = range != read.end() && range->is_object();
        std::map<std::string, ReceivedReport> by_domain;
        for (const Json& entry : read["policies"]) {
            if (!entry.is_object() || !entry.contains("policy") || !entry["policy"].is_object()) continue;
            const std::string domain = mailauth::to_ascii_domain(text_in(entry["policy"], "policy-domain"));
            if (!by_domain.contains(domain) && by_domain.size() >= limits_.reports_of_mail_max) continue;
            ReceivedReport& report = by_domain[domain];
            report.kind = ReportKind::tls;
            report.domain = domain;
            report.organization = bounded(text_in(read, "organization-name"));
            report.contact = bounded(text_in(read, "contact-info"));
            report.id = bounded(text_in(read, "report-id"));
            if (dated) report.begin = time_in(text_in(*range, "start-datetime"));
            if (dated) report.end = time_in(text_in(*range, "end-datetime"));
            add_policy(entry, report);
        }
        if (by_domain.empty()) return fail("a TLS report without policies");
        for (auto& [domain, report] : by_domain)
            if (out_.reports.size() < limits_.reports_of_mail_max) keep(std::move(report));
    }

    void add_policy(const Json& entry, ReceivedReport& report) const {
        if (const auto summary = entry.find("summary"); summary != entry.end() && summary->is_object()) {
            report.good +=
                std::min<std::uint64_t>(number_in(*summary, "total-successful-session-count"), 1ULL << 40);
            report.bad +=
                std::min<std::uint64_t>(number_in(*summary, "total-failure-session-count"), 1ULL << 40);
        }
        const auto failures = entry.find("failure-details");
        if (failures == entry.end() || !failures->is_array()) return;
        for (const Json& one : *failures) {
            if (!one.is_object() || report.details.size() >= limits_.failures_max) continue;
            report.details.push_back({{"result", bounded(text_in(one, "result-type"))},
                                      {"policy", bounded(text_in(entry["policy"], "policy-type"))},
                                      {"host", bounded(text_in(one, "receiving-mx-hostname"))},
                                      {"ip", bounded(text_in(one, "sending-mta-ip"))},
                                      {"reason", bounded(text_in(one, "failure-reason-code"))},
                                      {"sessions", number_in(one, "failed-session-count")}});
        }
    }

    const ReceivedLimits& limits_;
    const std::stop_token& stop_;
    std::size_t tried_ = 0;  // what cannot be read costs as much as what can
    FoundReports out_;
};

}  // namespace

FoundReports find_reports(std::string_view message, const ReceivedLimits& limits,
                          const std::stop_token& stop) noexcept {
    FoundReports cut;
    cut.cut = true;
    try {
        const mime::Index index = mime::index(message);
        Finder finder(limits, stop);
        for (const mime::Part& part : index.tree.parts) finder.look_at(part, message);
        if (!stop.stop_requested()) return finder.take();
    } catch (const std::exception&) {  // no memory: what comes out of here would end the process
    }
    return cut;
}

}  // namespace mta::reports
