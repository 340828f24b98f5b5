// RFC 9990: what we write reads back, and what strangers send is bounded.
#include "mailauth/report.hpp"

#include <zlib.h>

#include <gtest/gtest.h>

namespace mailauth {
namespace {

AggregateReport example() {
    AggregateReport report;
    report.organization = "Example & <Sons>";
    report.email = "postmaster@example.test";
    report.contact = "https://example.test/";
    report.report_id = "id-1@example.test";
    report.generator = "barid 1";
    report.begin = std::chrono::seconds(1'700'000'000);
    report.end = report.begin + std::chrono::hours(24);
    report.errors = {"one", "two"};
    report.policy = {"sender.test", "treewalk", "reject", "none", "reject", "r", "s", "1", "n"};
    ReportRecord record;
    record.source_ip = "192.0.2.1";
    record.count = 42;
    record.disposition = "pass";
    record.dkim = "pass";
    record.spf = "fail";
    record.reasons = {{"local_policy", "arc=pass"}, {"other", "\xc3\xa9"}};
    record.header_from = "sender.test";
    record.envelope_from = "bounce.sender.test";
    record.envelope_to = "example.test";
    record.dkim_results = {{"sender.test", "s1", "pass", ""},
                           {"other.test", "s2", "fail", "the body has changed"}};
    record.spf_results = {{"bounce.sender.test", "mfrom", "softfail", ""}};
    report.records = {record, record};
    report.records[1].source_ip = "2001:db8::1";
    return report;
}

std::string zip(std::string_view text, bool deflated) {
    std::string data(text);
    if (deflated) {
        const std::string packed = gzip(text);
        data = packed.substr(10, packed.size() - 18);  // the raw deflate stream
    }
    const auto u32 = [](std::size_t value) {
        std::string out;
        for (int i = 0; i < 4; ++i) out += static_cast<char>(value >> (8U * static_cast<unsigned>(i)) & 255U);
        return out;
    };
    return std::string("PK\x03\x04\x14\0\0\0", 8) + (deflated ? '\x08' : '\0') +
           std::string("\0\0\0\0\0", 5) + std::string(4, 'c') + u32(data.size()) + u32(text.size()) +
           std::string("\x05\0\0\0", 4) + "r.xml" + data;
}

TEST(Reports, WriteAndRead) {
    const std::string xml = write_aggregate_report(example());
    EXPECT_NE(xml.find("<org_name>Example &amp; &lt;Sons&gt;</org_name>"), std::string::npos) << xml;
    for (const std::string& packed : {xml, gzip(xml), zip(xml, true), zip(xml, false)}) {
        const ReadReport read = read_aggregate_report(packed);
        EXPECT_EQ(read.fault, "");
        EXPECT_EQ(read.report, example());
    }
    EXPECT_EQ(report_file_name(example(), "example.test"),
              "example.test!sender.test!1700000000!1700086400!id-1@example.test.xml.gz");
    EXPECT_EQ(report_subject(example(), "example.test"),
              "Report Domain: sender.test Submitter: example.test Report-ID: <id-1@example.test>");
}

TEST(Reports, WhatXmlCannotHoldIsReplaced) {
    AggregateReport report;
    report.organization =
        "a\x01\xff\xed\xa0\x80\xc0\xaf\xef\xbf\xbf"
        "b\xf0\x9f\x93\xa7";
    const ReadReport read = read_aggregate_report(write_aggregate_report(report));
    EXPECT_EQ(read.fault, "");
    EXPECT_EQ(read.report.organization, "a??????????b\xf0\x9f\x93\xa7");
}

// The old form of RFC 7489, with a prefix, comments, CDATA and elements that nobody knows.
TEST(Reports, OldAndOddOnes) {
    const ReadReport read = read_aggregate_report(
        "<?xml version=\"1.0\"?><!-- c --><d:feedback "
        "xmlns:d=\"x\"><d:report_metadata><d:org_name><![CDATA[a<b]]></d:org_name>"
        "</d:report_metadata><record><row><count> 7 "
        "</count><new><count>9</count></new></row><auth_results><dkim>"
        "<domain>x.test</domain></dkim></auth_results></record><record/></d:feedback>");
    EXPECT_EQ(read.fault, "");
    EXPECT_EQ(read.report.organization, "a<b");
    ASSERT_EQ(read.report.records.size(), 2U);
    EXPECT_EQ(read.report.records[0].count, 7U);
    EXPECT_EQ(read.report.records[0].dkim_results[0].domain, "x.test");
}

TEST(Reports, DtdsAreRefused) {
    for (const std::string_view bad :
         {"<!DOCTYPE feedback [<!ENTITY a "
          "\"b\">]><feedback><report_metadata><org_name>&a;</org_name></report_metadata></feedback>",
          "<!DOCTYPE feedback SYSTEM \"file:///etc/passwd\"><feedback/>",
          "<!DOCTYPE f [<!ENTITY x SYSTEM "
          "\"file:///etc/passwd\">]><feedback><version>&x;</version></feedback>"}) {
        const ReadReport read = read_aggregate_report(bad);
        EXPECT_EQ(read.fault, "the report has a DTD");
        EXPECT_EQ(read.report, AggregateReport());
    }
}

TEST(Reports, Bounds) {
    const std::string xml = write_aggregate_report(example());
    ReportLimits limits;
    limits.records_max = 1;
    EXPECT_EQ(read_aggregate_report(xml, limits).fault, "too many records");
    limits = {};
    limits.items_max = 1;
    EXPECT_EQ(read_aggregate_report(xml, limits).fault, "too many items in a record");
    limits = {};
    limits.text_octets_max = 8;
    EXPECT_EQ(read_aggregate_report(xml, limits).fault, "a text too long");
    limits = {};
    limits.depth_max = 3;
    EXPECT_EQ(read_aggregate_report(xml, limits).fault, "elements too deep");
    limits = {};
    limits.xml_octets_max = 1'000'000;
    std::string bomb = "<feedback>";
    while (bomb.size() < 50'000'000) bomb += "<unknown></unknown>";
    bomb += "</feedback>";
    for (const std::string& packed : {gzip(bomb), zip(bomb, true)}) {
        EXPECT_LT(packed.size(), 200'000U);
        EXPECT_EQ(read_aggregate_report(packed, limits).fault, "more unpacked octets than allowed");
    }
    EXPECT_EQ(read_aggregate_report(bomb, limits).fault, "more octets than allowed");
    for (const std::string& packed : {xml, gzip(xml), zip(xml, true), zip(xml, false)}) {
        for (std::size_t cut = 0; cut < packed.size() - 9; cut += 7) {
            EXPECT_NE(read_aggregate_report(packed.substr(0, cut)).fault, "") << cut;
        }
    }
    EXPECT_EQ(read_aggregate_report("<other/>").fault, "no feedback element");
}

}  // namespace
}  // namespace mailauth
