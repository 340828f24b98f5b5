// Aggregate reports as mail, their destinations, and what is told of one message.
#include "mta/reports/report_mail.hpp"

#include <gtest/gtest.h>

#include "mta/reports/dmarc_ledger.hpp"
#include "mta/reports/received.hpp"

namespace mta::reports {
namespace {

TEST(ReportMailTest, Destinations) {
    EXPECT_EQ(parse_destination("mailto:a@b.test").value().address, "a@b.test");
    EXPECT_EQ(parse_destination("MAILTO:a%2Bc@b.test!10m").value().address, "a+c@b.test");
    EXPECT_EQ(parse_destination("mailto:a@b.test!10m").value().bytes_max, 10U << 20);
    EXPECT_EQ(parse_destination("mailto:a@b.test!500").value().bytes_max, 500U);
    for (const char* bad :
         {"mailto:a@b{\"c d\"}.test", "mailto:\"a b\"@c.test", "", "mailto:", "https://a@b.test",
          "mailto:b.test", "mailto:@b.test", "mailto:a@", "mailto:a@b.test!1x", "mailto:a@b.test!m",
          "mailto:a%0d%0aRCPT@b.test", "mailto:a b@c.test"})
        EXPECT_FALSE(parse_destination(bad)) << bad;
}

TEST(ReportMailTest, IsReadAgain) {
    base::SeededRandom random{3};
    mailauth::AggregateReport report;
    report.organization = "Here";
    report.email = "dmarc@here.test";
    report.report_id = "20261122.0.abc@mx.here.test";
    report.policy.domain = "d.test";
    report.begin = std::chrono::seconds(1'795'305'600);
    report.end = std::chrono::seconds(1'795'391'999);
    mailauth::ReportRecord record;
    record.source_ip = "192.0.2.1";
    record.count = 3;
    record.disposition = "reject";
    record.dkim = record.spf = "fail";
    report.records.push_back(record);
    const std::string text =
        aggregate_mail(report, mailauth::gzip(mailauth::write_aggregate_report(report)), "mx.here.test",
                       "r@d.test", base::SystemTime(std::chrono::seconds(1'795'400'000)), random);
    for (const char* line :
         {"From: <dmarc@here.test>\r\n", "To: <r@d.test>\r\n",
          "Report Domain: d.test Submitter: mx.here.test", "Content-Type: multipart/mixed;",
          "Content-Type: application/gzip;", "filename=\"mx.here.test!d.test!1795305600!1795391999!"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
    const FoundReports found = find_reports(text, ReceivedLimits());
    ASSERT_EQ(found.reports.size(), 1U) << found.fault;
    EXPECT_EQ(found.reports[0].bad, 3U);
    EXPECT_EQ(found.reports[0].id, report.report_id);
}

SenderVerdict verdict(mailauth::DmarcStatus status, mailauth::DmarcPolicy policy) {
    SenderVerdict out;
    out.dmarc.status = status;
    out.dmarc.policy = policy;
    out.dmarc.policy_domain = out.dmarc.author_domain = "d.test";
    out.dmarc.record.policy = policy;
    out.dmarc.record.aggregate_reports_to = {"mailto:r@d.test"};
    return out;
}

TEST(ReportMailTest, WhatIsTold) {
    using mailauth::DmarcPolicy;
    using mailauth::DmarcStatus;
    SenderFacts facts;
    facts.ip = "192.0.2.1";
    facts.mail_from = "a@e.test";
    const auto told = [&facts](SenderVerdict verdict, SenderVerdict::Action action) {
        verdict.action = action;
        return seen_by(verdict, facts).value().record;
    };
    using Action = SenderVerdict::Action;
    const auto passed = told(verdict(DmarcStatus::pass, DmarcPolicy::reject), Action::none);
    EXPECT_EQ(passed.disposition, "pass");
    EXPECT_TRUE(passed.reasons.empty());
    EXPECT_EQ(passed.envelope_from, "e.test");
    EXPECT_EQ(told(verdict(DmarcStatus::fail, DmarcPolicy::reject), Action::refuse).disposition, "reject");
    const auto softened = told(verdict(DmarcStatus::fail, DmarcPolicy::reject), Action::junk);
    EXPECT_EQ(softened.disposition, "quarantine");
    ASSERT_EQ(softened.reasons.size(), 1U);
    EXPECT_EQ(softened.reasons[0].type, "local_policy");
    auto sealed = verdict(DmarcStatus::fail, DmarcPolicy::reject);
    sealed.arc.status = mailauth::ArcStatus::pass;
    sealed.arc.sets.emplace_back().domain = "list.test";
    EXPECT_EQ(told(sealed, Action::none).reasons.at(0).type, "trusted_forwarder");
    // Nobody asked, or nobody knows.
    auto silent = verdict(DmarcStatus::pass, DmarcPolicy::none);
    silent.dmarc.record.aggregate_reports_to.clear();
    EXPECT_FALSE(seen_by(silent, facts));
    EXPECT_FALSE(seen_by(verdict(DmarcStatus::temperror, DmarcPolicy::none), facts));
}

}  // namespace
}  // namespace mta::reports
