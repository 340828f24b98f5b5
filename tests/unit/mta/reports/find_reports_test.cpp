// Reports of strangers: what is read, and what comes to nothing at a bounded price.
#include <zlib.h>

#include <gtest/gtest.h>

#include "mailauth/report.hpp"
#include "mime/codec.hpp"
#include "mta/reports/received.hpp"

namespace mta::reports {
namespace {

std::string mail(const std::string& type, const std::string& octets) {
    return "From: r@peer.test\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; "
           "boundary=b\r\n\r\n--b\r\n"
           "Content-Type: text/plain\r\n\r\nhello\r\n--b\r\nContent-Type: " +
           type + "\r\nContent-Transfer-Encoding: base64\r\n\r\n" + mime::base64_encode(octets) +
           "\r\n--b--\r\n";
}

std::string aggregate(int records) {
    mailauth::AggregateReport report;
    report.organization = "Peer";
    report.report_id = "1";
    report.policy.domain = "Acme.test";
    report.begin = std::chrono::seconds(100);
    report.end = std::chrono::seconds(200);
    for (int i = 0; i < records; ++i) {
        mailauth::ReportRecord record;
        record.source_ip = "192.0.2." + std::to_string(i);
        record.count = static_cast<std::uint64_t>(i) + 1;
        record.disposition = i % 2 == 0 ? "none" : "reject";
        record.dkim = i % 2 == 0 ? "pass" : "fail";
        record.spf = "fail";
        report.records.push_back(record);
    }
    return mailauth::write_aggregate_report(report);
}

TEST(FindReportsTest, AggregateReportsAsTheyCome) {
    const ReceivedLimits limits;
    for (const auto& [type, octets] : {std::pair<std::string, std::string>{"text/xml", aggregate(4)},
                                       {"application/gzip", mailauth::gzip(aggregate(4))},
                                       {"application/octet-stream", mailauth::gzip(aggregate(4))}}) {
        const FoundReports found = find_reports(mail(type, octets), limits);
        ASSERT_EQ(found.reports.size(), 1U) << type << ": " << found.fault;
        const ReceivedReport& one = found.reports[0];
        EXPECT_EQ(one.domain, "acme.test");
        EXPECT_EQ(one.organization, "Peer");
        EXPECT_EQ(one.good, 1U + 3U);
        EXPECT_EQ(one.bad, 2U + 4U);
        ASSERT_EQ(one.details.size(), 4U);
        EXPECT_EQ(one.details[0]["ip"], "192.0.2.3") << "those with most messages first";
        EXPECT_EQ(one.details[0]["rejected"], 4);
    }
    // A report is a mail's only part, too.
    const std::string alone = "Content-Type: application/gzip\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
                              mime::base64_encode(mailauth::gzip(aggregate(1)));
    EXPECT_EQ(find_reports(alone, limits).reports.size(), 1U);
}

TEST(FindReportsTest, TlsReports) {
    const std::string json =
        R"({"organization-name":"Peer","report-id":"t","date-range":{"start-datetime":"2026-11-22T00:00:00Z",)"
        R"("end-datetime":"2026-11-22T23:59:59Z"},"policies":[{"policy":{"policy-type":"tlsa","policy-domain":"a.test"},)"
        R"("summary":{"total-successful-session-count":5,"total-failure-session-count":1},"failure-details":)"
        R"([{"result-type":"tlsa-invalid","failed-session-count":1}]},{"policy":{"policy-domain":"b.test"}},7]})";
    for (const auto& [type, octets] : {std::pair<std::string, std::string>{"application/tlsrpt+json", json},
                                       {"application/tlsrpt+gzip", mailauth::gzip(json)}}) {
        const FoundReports found = find_reports(mail(type, octets), ReceivedLimits());
        ASSERT_EQ(found.reports.size(), 2U) << type << ": " << found.fault;
        EXPECT_EQ(found.reports[0].kind, ReportKind::tls);
        EXPECT_EQ(found.reports[0].domain, "a.test");
        EXPECT_EQ(found.reports[0].end, 1'795'391'999);
        EXPECT_EQ(found.reports[0].good, 5U);
        EXPECT_EQ(found.reports[0].details[0]["result"], "tlsa-invalid");
    }
}

TEST(FindReportsTest, EndsWhenItIsToStop) {
    std::stop_source stop;
    EXPECT_FALSE(find_reports(mail("text/xml", aggregate(1)), ReceivedLimits(), stop.get_token()).cut);
    stop.request_stop();
    const FoundReports cut = find_reports(mail("text/xml", aggregate(1)), ReceivedLimits(), stop.get_token());
    EXPECT_TRUE(cut.cut);
    EXPECT_TRUE(cut.reports.empty());
}

TEST(FindReportsTest, HostileOnesEnd) {
    ReceivedLimits limits;
    limits.sources_max = 3;
    limits.packed_bytes_max = 64U << 10;
    limits.xml_bytes_max = 1U << 20;
    limits.json_bytes_max = 1U << 20;
    const FoundReports many = find_reports(mail("text/xml", aggregate(50)), limits);
    ASSERT_EQ(many.reports.size(), 1U);
    EXPECT_EQ(many.reports[0].details.size(), 3U);
    EXPECT_EQ(many.reports[0].good + many.reports[0].bad, 50U * 51U / 2U);
    const std::string blanks(2U << 20, ' ');
    std::string deep;
    for (int i = 0; i < 100'000; ++i) deep += '[';
    const std::pair<std::string, std::string> bad[] = {
        {"application/gzip", mailauth::gzip("<feedback>" + blanks)},  // a bomb
        {"application/tlsrpt+gzip", mailauth::gzip("{\"a\":\"" + blanks + "\"}")},
        {"application/tlsrpt+json", deep},
        {"application/tlsrpt+json", "{\"policies\":[]}"},
        {"application/tlsrpt+gzip", "\x1f\x8b\x08 broken"},
        {"text/xml", "<!DOCTYPE a [<!ENTITY b 'c'>]><feedback>&b;</feedback>"},
        {"text/xml", std::string(100U << 10, 'x')},
        {"application/zip", "PK\x03\x04 no zip"},
        {"text/plain", aggregate(1)},
    };
    for (const auto& [type, octets] : bad) {
        const FoundReports found = find_reports(mail(type, octets), limits);
        EXPECT_TRUE(found.reports.empty()) << type;
        EXPECT_FALSE(found.fault.empty()) << type;
    }
    std::string parts = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 50; ++i) parts += "--b\r\nContent-Type: text/xml\r\n\r\n" + aggregate(1) + "\r\n";
    EXPECT_EQ(find_reports(parts, limits).reports.size(), limits.reports_of_mail_max);
    // What cannot be read counts as well.
    std::string rubbish = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 50; ++i) rubbish += "--b\r\nContent-Type: text/xml\r\n\r\n<feedback>\r\n";
    rubbish += "--b\r\nContent-Type: text/xml\r\n\r\n" + aggregate(1) + "\r\n--b--\r\n";
    EXPECT_TRUE(find_reports(rubbish, limits).reports.empty());
    // Cut anywhere: an answer.
    const std::string whole = mail("application/gzip", mailauth::gzip(aggregate(2)));
    for (std::size_t cut = 0; cut < whole.size(); cut += 7)
        EXPECT_LE(find_reports(whole.substr(0, cut), limits).reports.size(), 1U);
}

}  // namespace
}  // namespace mta::reports
