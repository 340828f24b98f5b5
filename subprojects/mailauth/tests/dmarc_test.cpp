// RFC 9989: the tree walk, the record, alignment, and who a message says it is from.
#include "mailauth/dmarc.hpp"

#include <gtest/gtest.h>

#include "zone.hpp"

namespace mailauth {
namespace {

using test::Zone;

AuthorDomains from(std::string_view value) {
    return author_domains("From: " + std::string(value) + "\r\n\r\n");
}

TEST(DmarcAuthor, OneReadableFrom) {
    for (const std::string_view good :
         {"a@example.test", "<a@example.test>", "A B <a@Example.TEST>", "\"x@other.test\" <a@example.test>",
          "(x@other.test) a@example.test (c)", "\"a b\"@example.test", "A. B. C <a.b@example.test>",
          "a@example.test, b@example.test", "G: a@example.test, b@example.test;",
          "=?utf-8?q?x=40y.test?= <a@example.test>", "a\r\n <a@example.test>",
          "a (com\\)ment) @ example.test"}) {
        const AuthorDomains author = from(good);
        EXPECT_EQ(author.fault, "") << good;
        EXPECT_EQ(author.domains, std::vector<std::string>{"example.test"}) << good;
    }
    EXPECT_EQ(from("b@b\xc3\xbc"
                   "cher.test")
                  .domains,
              std::vector<std::string>{"xn--bcher-kva.test"});
    EXPECT_EQ(from("a@one.test, b@two.test, c@one.test").domains,
              (std::vector<std::string>{"one.test", "two.test"}));
}

TEST(DmarcAuthor, WhatIsNoAddressIsAFault) {
    for (const std::string_view bad : {"",
                                       " ",
                                       "a",
                                       "a@",
                                       "@example.test",
                                       "<>",
                                       "<a@example.test",
                                       "a@example.test>",
                                       "a@[192.0.2.1]",
                                       "a@localhost",
                                       "a@ex ample.test",
                                       "a@example.test b@other.test",
                                       "<a@example.test> <b@other.test>",
                                       "a@example.test <b@other.test>",
                                       "undisclosed:;",
                                       "a@example..test",
                                       "\"a@example.test",
                                       "(a@example.test",
                                       "a@example.test;",
                                       "G: a@x.test",
                                       "a@example.test\\",
                                       "<@r.test:a@example.test>",
                                       "A: B: a@x.test;",
                                       "a@b@example.test"}) {
        EXPECT_NE(from(bad).fault, "") << bad;
        EXPECT_TRUE(from(bad).domains.empty()) << bad;
    }
    EXPECT_EQ(author_domains("To: a@x.test\r\n\r\n").fault, "there is no From");
    EXPECT_EQ(author_domains("From: a@x.test\r\nfrom: a@x.test\r\n\r\n").fault,
              "there is more than one From");
    EXPECT_EQ(author_domains("From: a@x.test\r\n\r\nFrom: b@y.test\r\n").fault, "");  // the body is not asked
}

TEST(DmarcRecords, Section47) {
    struct Row {
        std::string_view text;
        DmarcPolicy p, sp, np;
    };
    constexpr auto none = DmarcPolicy::none, quarantine = DmarcPolicy::quarantine,
                   reject = DmarcPolicy::reject;
    for (const auto& [text, p, sp, np] : std::initializer_list<Row>{
             {"v=DMARC1", none, none, none},
             {"v=DMARC1;p=reject", reject, reject, reject},
             {" v = DMARC1 ; P = Reject ; ", reject, reject, reject},
             {"v=DMARC1; p=reject; sp=none", reject, none, none},
             {"v=DMARC1; p=none; np=reject", none, none, reject},
             {"v=DMARC1; p=none; sp=quarantine; np=reject; x=y; pct=10; rf=afrf; ri=1", none, quarantine,
              reject},
             {"v=DMARC1; p=what; rua=mailto:a@x.test", none, none, none},
             {"v=DMARC1; p=reject; sp=what; rua=mailto:a@x.test", none, none, none},
             {"v=DMARC1; p=reject; broken; =; t", reject, reject, reject},
         }) {
        const DmarcRecord record = parse_dmarc_record(text);
        EXPECT_EQ(record.fault, "") << text;
        EXPECT_EQ(record.policy, p) << text;
        EXPECT_EQ(record.subdomain_policy, sp) << text;
        EXPECT_EQ(record.nonexistent_policy, np) << text;
    }
    for (const std::string_view bad :
         {"", "v=DMARC", "v=DMARC10", "v=dmarc1", "p=none; v=DMARC1", "v=DMARC1; p=what",
          "v=DMARC1; p=what; rua=nothing", "v=spf1 -all", "v=DMARC1 p=none"}) {
        EXPECT_NE(parse_dmarc_record(bad).fault, "") << bad;
    }
    const DmarcRecord record = parse_dmarc_record(
        "v=DMARC1; adkim=s; aspf=S; t=y; psd=n; fo=1:d; rua=mailto:a@x.test!10m, https://x.test/ , "
        "bad,mailto:b@y.test;"
        "ruf=mailto:c@x.test");
    EXPECT_TRUE(record.strict_dkim && record.strict_spf && record.testing);
    EXPECT_EQ(record.psd, DmarcRecord::Psd::no);
    EXPECT_EQ(record.failure_options, "1:d");
    EXPECT_EQ(record.aggregate_reports_to,
              (std::vector<std::string>{"mailto:a@x.test", "https://x.test/", "mailto:b@y.test"}));
    EXPECT_EQ(record.failure_reports_to, std::vector<std::string>{"mailto:c@x.test"});
}

constexpr std::string_view world = R"(
    _dmarc.example.com        TXT v=DMARC1; p=reject; sp=quarantine; np=reject
    a.example.com             A   192.0.2.1
    mail.example.com          MX  1 mx.test
    empty.example.com         TXT something
    _dmarc.own.example.com    TXT v=DMARC1; p=none; adkim=s; aspf=s
    _dmarc.cut.example.com    TXT v=DMARC1; p=quarantine; psd=n
    x.cut.example.com         A   192.0.2.1
    _dmarc.gov.test           TXT v=DMARC1; p=reject; psd=y; np=reject; sp=quarantine
    _dmarc.town.gov.test      TXT v=DMARC1; p=none
    a.city.gov.test           A   192.0.2.1
    _dmarc.soft.test          TXT v=DMARC1; p=reject; t=y
    _dmarc.softer.test        TXT v=DMARC1; p=quarantine; t=y
    _dmarc.two.test           TXT v=DMARC1; p=reject | v=DMARC1; p=none
    _dmarc.mixed.test         TXT hello | v=DMARC1; p=reject
    _dmarc.down.test          TEMPERROR
    _dmarc.half.down.test     TXT v=DMARC1; p=reject
    _dmarc.alias.test         CNAME _dmarc.example.com
    _dmarc.xn--bcher-kva.test TXT v=DMARC1; p=reject
)";

struct Row {
    std::string_view author, dkim, spf;
    std::string_view verdict;  // status, policy, record's and organizational domain
};

DmarcResult check(Zone& zone, std::string_view author, std::string_view dkim, std::string_view spf) {
    DmarcRequest request;
    request.author = from("a@" + std::string(author));
    DkimStatus status = DkimStatus::pass;
    if (dkim.starts_with('?')) {
        status = DkimStatus::temperror;
        dkim.remove_prefix(1);
    }
    if (!dkim.empty()) {
        DkimResult signature;
        signature.status = status;
        signature.domain = dkim;
        request.dkim.push_back(signature);
    }
    request.spf.status = spf.empty() ? SpfStatus::none : SpfStatus::pass;
    request.spf.domain = spf;
    return run(check_dmarc(std::move(request)), zone);
}

TEST(Dmarc, DiscoveryAndAlignment) {
    for (const Row& row : std::initializer_list<Row>{
             // the author's own record, relaxed and strict
             {"example.com", "example.com", "", "pass reject example.com example.com"},
             {"example.com", "sub.example.com", "", "pass reject example.com example.com"},
             {"example.com", "", "bounce.example.com", "pass reject example.com example.com"},
             {"example.com", "other.com", "com", "fail reject example.com example.com"},
             {"example.com", "notexample.com", "", "fail reject example.com example.com"},
             {"own.example.com", "own.example.com", "", "pass none own.example.com example.com"},
             {"own.example.com", "example.com", "example.com", "fail none own.example.com example.com"},
             // subdomains: sp=, np=
             {"a.example.com", "", "", "fail quarantine example.com example.com"},
             {"mail.example.com", "", "", "fail quarantine example.com example.com"},
             {"a.example.com", "example.com", "", "pass quarantine example.com example.com"},
             {"a.example.com", "mail.example.com", "", "pass quarantine example.com example.com"},
             {"absent.example.com", "", "", "fail reject example.com example.com"},
             {"empty.example.com", "", "", "fail reject example.com example.com"},  // no address, no MX
             // psd=n cuts the tree
             {"cut.example.com", "example.com", "", "fail quarantine cut.example.com cut.example.com"},
             {"x.cut.example.com", "y.cut.example.com", "",
              "pass quarantine cut.example.com cut.example.com"},
             {"example.com", "cut.example.com", "", "fail reject example.com example.com"},
             // psd=y: the organization is one below, its policy may come from above
             {"town.gov.test", "x.town.gov.test", "", "pass none town.gov.test town.gov.test"},
             {"a.city.gov.test", "city.gov.test", "", "pass quarantine gov.test city.gov.test"},
             {"a.city.gov.test", "town.gov.test", "", "fail quarantine gov.test city.gov.test"},
             {"no.gov.test", "", "", "fail reject gov.test no.gov.test"},
             {"gov.test", "gov.test", "", "pass reject gov.test gov.test"},
             // several records are none, other texts do not count, t=y is one step less
             {"two.test", "two.test", "", "none none  two.test"},
             {"mixed.test", "", "", "fail reject mixed.test mixed.test"},
             {"soft.test", "", "", "fail quarantine soft.test soft.test"},
             {"softer.test", "", "", "fail none softer.test softer.test"},
             {"alias.test", "", "", "fail reject alias.test alias.test"},
             {"nothing.test", "nothing.test", "", "none none  nothing.test"},
             // DNS that does not answer
             {"down.test", "down.test", "", "temperror none  down.test"},
             {"a.down.test", "a.down.test", "", "temperror none  a.down.test"},
             {"half.down.test", "half.down.test", "", "pass reject half.down.test half.down.test"},
             {"half.down.test", "", "", "temperror reject half.down.test half.down.test"},
             {"example.com", "?example.com", "", "temperror reject example.com example.com"},
             {"example.com", "?other.com", "", "fail reject example.com example.com"},
             // A-labels
             {"b\xc3\xbc"
              "cher.test",
              "xn--bcher-kva.test", "", "pass reject xn--bcher-kva.test xn--bcher-kva.test"},
         }) {
        Zone zone(world);
        const DmarcResult result = check(zone, row.author, row.dkim, row.spf);
        std::string verdict(name_of(result.status));
        verdict += " " + std::string(name_of(result.policy)) + " " + result.policy_domain + " " +
                   result.organizational_domain;
        EXPECT_EQ(verdict, row.verdict) << row.author << " dkim " << row.dkim << " spf " << row.spf;
        EXPECT_EQ(result.reason.empty(), result.status == DmarcStatus::pass);
    }
}

TEST(Dmarc, Section410_LongNamesAskEightTimes) {
    Zone zone(world);
    zone.add("_dmarc.c.b.a.t.example.com TXT v=DMARC1; p=reject");
    const DmarcResult result = check(zone, "1.2.3.4.5.6.7.8.9.c.b.a.t.example.com", "", "");
    EXPECT_EQ(result.organizational_domain, "example.com");
    std::vector<std::string> asked;
    for (const Query& query : zone.asked) {
        if (query.type == DnsType::txt) asked.push_back(query.name);
    }
    EXPECT_EQ(asked, (std::vector<std::string>{"_dmarc.1.2.3.4.5.6.7.8.9.c.b.a.t.example.com",
                                               "_dmarc.9.c.b.a.t.example.com", "_dmarc.c.b.a.t.example.com",
                                               "_dmarc.b.a.t.example.com", "_dmarc.a.t.example.com",
                                               "_dmarc.t.example.com", "_dmarc.example.com", "_dmarc.com"}));
}

TEST(Dmarc, OnlyWholePassesCount) {
    Zone zone(world);
    DmarcRequest request;
    request.author = from("a@example.com");
    DkimResult signature;
    signature.status = DkimStatus::pass;
    signature.domain = "example.com";
    signature.unsigned_octets = 5;  // l= and a tail
    request.dkim.push_back(signature);
    request.spf.status = SpfStatus::softfail;
    request.spf.domain = "example.com";
    EXPECT_EQ(run(check_dmarc(request), zone).status, DmarcStatus::fail);
    request.dkim.front().unsigned_octets = 0;
    const DmarcResult result = run(check_dmarc(request), zone);
    EXPECT_TRUE(result.dkim_aligned);
    EXPECT_FALSE(result.spf_aligned);
}

TEST(Dmarc, SeveralAuthorsTheWorstCounts) {
    Zone zone(world);
    DmarcRequest request;
    request.author = from("a@nothing.test, b@soft.test, c@example.com");
    DkimResult signature;
    signature.status = DkimStatus::pass;
    signature.domain = "soft.test";
    request.dkim.push_back(signature);
    const DmarcResult result = run(check_dmarc(request), zone);
    EXPECT_EQ(result.status, DmarcStatus::fail);
    EXPECT_EQ(result.author_domain, "example.com");
    request.author = author_domains("From: a@x.test\r\nFrom: b@y.test\r\n\r\n");
    EXPECT_EQ(run(check_dmarc(request), zone).status, DmarcStatus::permerror);
    request.author = from("a@1.test,a@2.test,a@3.test,a@4.test,a@5.test,a@6.test");
    EXPECT_EQ(run(check_dmarc(request), zone).status, DmarcStatus::permerror);
}

TEST(Dmarc, StrangersSignaturesCostNoQuestions) {
    Zone zone(world);
    DmarcRequest request;
    request.author = from("a@example.com");
    for (int i = 0; i < 100; ++i) {
        DkimResult signature;
        signature.status = DkimStatus::pass;
        signature.domain = std::to_string(i) + ".stranger.test";
        request.dkim.push_back(signature);
        signature.domain = std::to_string(i) + ".a.b.c.d.e.f.g.example.com";
        request.dkim.push_back(signature);
    }
    EXPECT_EQ(run(check_dmarc(request), zone).status, DmarcStatus::pass);
    EXPECT_LE(zone.asked.size(), 30U);
}

TEST(DmarcReports, Rfc9990_OutsideDestinationsMustAgree) {
    Zone zone(world);
    zone.add("example.com._report._dmarc.reports.test TXT v=DMARC1");
    zone.add("*._report._dmarc.reports.test TXT nothing");
    const auto may = [&zone](std::string_view uri) {
        return run(may_report_to("example.com", std::string(uri)), zone);
    };
    EXPECT_TRUE(may("mailto:a@example.com"));
    EXPECT_TRUE(may("mailto:a@sub.example.com"));
    EXPECT_TRUE(may("mailto:a@reports.test"));
    EXPECT_TRUE(may("MAILTO:a@reports.test?subject=x"));
    EXPECT_FALSE(may("mailto:a@other.test"));
    EXPECT_FALSE(may("mailto:a@cut.example.com"));  // an organization of its own
    EXPECT_FALSE(may("https://reports.test/"));
    EXPECT_FALSE(may("mailto:reports.test"));
}

}  // namespace
}  // namespace mailauth
