// RFC 7208, section by section: one record under test, a small world around it, and the verdict.
#include "mailauth/spf.hpp"

#include <gtest/gtest.h>

#include "zone.hpp"

namespace mailauth {
namespace {

using test::Zone;
using enum SpfStatus;

constexpr std::string_view world = R"(
    host.test        A     192.0.2.10
    host.test        A     192.0.2.11
    host.test        AAAA  2001:db8::10
    alias.test       CNAME host.test
    mail.test        MX    1 mx1.mail.test
    mail.test        MX    2 mx2.mail.test
    mx1.mail.test    A     192.0.2.20
    mx2.mail.test    A     192.0.2.21
    mx2.mail.test    AAAA  2001:db8::21
    many.test        MX    1 a.many.test
    many.test        MX    1 b.many.test
    many.test        MX    1 c.many.test
    many.test        MX    1 d.many.test
    many.test        MX    1 e.many.test
    many.test        MX    1 f.many.test
    many.test        MX    1 g.many.test
    many.test        MX    1 h.many.test
    many.test        MX    1 i.many.test
    many.test        MX    1 j.many.test
    many.test        MX    1 k.many.test
    a.many.test      A     192.0.2.10
    pass.test        TXT   v=spf1 +all
    fail.test        TXT   v=spf1 -all exp=why.fail.test
    why.fail.test    TXT   fail.test says no
    soft.test        TXT   v=spf1 ~all
    neutral.test     TXT   v=spf1 ?all
    nothing.test     TXT   hello
    wrong.test       TXT   v=spf1 what
    temp.test        TEMPERROR
    bogus.test       BOGUS
    tempmx.test      MX    1 temp.test
    two.test         TXT   v=spf1 +all | v=spf1 -all
    loop.test        TXT   v=spf1 include:loop.test -all
    round.test       TXT   v=spf1 redirect=round.test
    10.2.0.192.in-addr.arpa  PTR  ptr.test
    10.2.0.192.in-addr.arpa  PTR  sub.t.example.test
    10.2.0.192.in-addr.arpa  PTR  forged.test
    ptr.test         A     192.0.2.10
    sub.t.example.test  A  192.0.2.10
    forged.test      A     192.0.2.99
    11.2.0.192.in-addr.arpa  TEMPERROR
    10.2.0.192.list.test     A  127.0.0.2
    user.list.test           A  127.0.0.2
    user.name.split.test     A  127.0.0.2
    name.user.turned.test    A  127.0.0.2
    name.last.test           A  127.0.0.2
    in-addr.v.test           A  127.0.0.2
    client.helo.test         A  127.0.0.2
    user%2Bx.escaped.test    A  127.0.0.2
    ptr.test.validated.test  A  127.0.0.2
    unknown.validated.test   A  127.0.0.2
)";

struct Row {
    std::string_view record;
    std::string_view ip;
    SpfStatus expected;
    std::string_view from = "user@t.example.test";
};

SpfResult check(Zone& zone, const Row& row) {
    SpfRequest request;
    request.ip = *IpAddress::parse(row.ip);
    request.helo = "client.helo.test";
    request.mail_from = row.from;
    request.receiver = "mx.receiver.test";
    return run(check_spf(request), zone);
}

void expect_all(std::initializer_list<Row> rows) {
    for (const Row& row : rows) {
        Zone zone(world);
        zone.add("t.example.test TXT " + std::string(row.record));
        const SpfResult result = check(zone, row);
        EXPECT_EQ(name_of(result.status), name_of(row.expected))
            << row.record << " from " << row.ip << " " << row.from << ": " << result.problem;
        EXPECT_EQ(result.problem.empty(),
                  result.status != temperror && result.status != permerror && result.status != none)
            << row.record;
    }
}

TEST(Spf, Section45_SelectsTheRecord) {
    expect_all({
        {"v=spf1", "192.0.2.1", neutral},
        {"V=SPF1 -ALL", "192.0.2.1", fail},
        {"v=spf10 -all", "192.0.2.1", none},
        {"v=spf1-all", "192.0.2.1", none},
        {"hello | v=spf1 -all", "192.0.2.1", fail},
        {"v=spf1 +all | v=spf1 -all", "192.0.2.1", permerror},
        {"v=spf1   -all   ", "192.0.2.1", fail},
        {"v=spf1", "192.0.2.1", none, "user@absent.test"},
        {"v=spf1", "192.0.2.1", none, "user@nothing.test"},
        {"v=spf1", "192.0.2.1", temperror, "user@temp.test"},
        {"v=spf1", "192.0.2.1", temperror, "user@bogus.test"},
    });
}

TEST(Spf, Section43_MalformedDomainsHaveNoPolicy) {
    Zone zone(world);
    for (const std::string_view from :
         {"user@test", "user@a..test", "user@.test", "user@[192.0.2.1]", "user@",
          "user@aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.test"}) {
        EXPECT_EQ(check(zone, {"", "192.0.2.1", none, from}).status, none) << from;
    }
    EXPECT_EQ(check(zone, {"", "192.0.2.1", none, "user@PASS.test."}).status, pass);
}

TEST(Spf, Section46_SyntaxErrorsAnywhereArePermanent) {
    expect_all({
        {"v=spf1 +all what", "192.0.2.1", permerror},
        {"v=spf1 all:x.test", "192.0.2.1", permerror},
        {"v=spf1 all/8", "192.0.2.1", permerror},
        {"v=spf1 -", "192.0.2.1", permerror},
        {"v=spf1 --all", "192.0.2.1", permerror},
        {"v=spf1 ip4", "192.0.2.1", permerror},
        {"v=spf1 ip4:", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3.4:80", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3.4/33", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3.4/032", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3.4/", "192.0.2.1", permerror},
        {"v=spf1 ip4:1.2.3.4//32", "192.0.2.1", permerror},
        {"v=spf1 ip4:2001:db8::", "192.0.2.1", permerror},
        {"v=spf1 ip6:1.2.3.4", "192.0.2.1", permerror},
        {"v=spf1 ip6:2001:db8::/129", "192.0.2.1", permerror},
        {"v=spf1 ip6:2001:db8:::", "192.0.2.1", permerror},
        {"v=spf1 a:", "192.0.2.1", permerror},
        {"v=spf1 a:test", "192.0.2.1", permerror},
        {"v=spf1 a:1.2.3.4", "192.0.2.1", permerror},
        {"v=spf1 a:host.test/33", "192.0.2.1", permerror},
        {"v=spf1 a:host.test//129", "192.0.2.1", permerror},
        {"v=spf1 a:host.test/024", "192.0.2.1", permerror},
        {"v=spf1 a:host.-test", "192.0.2.1", permerror},
        {"v=spf1 a=host.test", "192.0.2.1", neutral},  // that is a modifier nobody knows
        {"v=spf1 mx:%{d", "192.0.2.1", permerror},
        {"v=spf1 include", "192.0.2.1", permerror},
        {"v=spf1 include:", "192.0.2.1", permerror},
        {"v=spf1 include:a.test/24", "192.0.2.1", permerror},
        {"v=spf1 exists", "192.0.2.1", permerror},
        {"v=spf1 exists:", "192.0.2.1", permerror},
        {"v=spf1 ptr/24", "192.0.2.1", permerror},
        {"v=spf1 ptr:", "192.0.2.1", permerror},
        {"v=spf1 redirect=", "192.0.2.1", permerror},
        {"v=spf1 exp= -all", "192.0.2.1", permerror},
        {"v=spf1 exp=a.test exp=b.test -all", "192.0.2.1", permerror},
        {"v=spf1 redirect=a.test redirect=b.test", "192.0.2.1", permerror},
        {"v=spf1 exists:%{x}.test", "192.0.2.1", permerror},
        {"v=spf1 exists:%{d0}.test", "192.0.2.1", permerror},
        {"v=spf1 exists:%{d2r-+x}.test", "192.0.2.1", permerror},
        {"v=spf1 exists:%(d).test", "192.0.2.1", permerror},
        {"v=spf1 exists:%{t}.test", "192.0.2.1", permerror},  // letters for explanations only
        {"v=spf1 exists:%{c}.test", "192.0.2.1", permerror},
        {"v=spf1 a:caf\xc3\xa9.test -all", "192.0.2.1", permerror},
        {"v=spf1 moo=%{x} -all", "192.0.2.1", permerror},
        {"v=spf1 moo.cow-far_out=man:dog/cat ip4:192.0.2.1", "192.0.2.1", pass},
        {"v=spf1 8=ball -all", "192.0.2.1", permerror},
    });
}

TEST(Spf, Section5_Mechanisms) {
    expect_all({
        {"v=spf1 ip4:192.0.2.0/24 -all", "192.0.2.255", pass},
        {"v=spf1 ip4:192.0.2.0/25 -all", "192.0.2.128", fail},
        {"v=spf1 ip4:0.0.0.0/0 -all", "203.0.113.1", pass},
        {"v=spf1 ip4:192.0.2.1 -all", "::ffff:192.0.2.1", pass},
        {"v=spf1 ip6:2001:db8::/32 -all", "2001:db8:1::1", pass},
        {"v=spf1 ip6:2001:db8::/33 -all", "2001:db8:8000::1", fail},
        {"v=spf1 ip6:::/0 -all", "192.0.2.1", fail},
        {"v=spf1 ip4:192.0.2.0/24 -all", "2001:db8::1", fail},
        {"v=spf1 a:host.test -all", "192.0.2.11", pass},
        {"v=spf1 A:HOST.TEST -all", "192.0.2.11", pass},
        {"v=spf1 a:host.test. -all", "192.0.2.11", pass},
        {"v=spf1 a:alias.test -all", "192.0.2.10", pass},
        {"v=spf1 a:host.test -all", "2001:db8::10", pass},
        {"v=spf1 a:host.test//64 -all", "2001:db8::ffff", pass},
        {"v=spf1 a:host.test/24 -all", "2001:db8::ffff", fail},
        {"v=spf1 a:host.test/24//64 -all", "192.0.2.77", pass},
        {"v=spf1 a:host.test/0 -all", "203.0.113.7", pass},
        {"v=spf1 a:temp.test -all", "192.0.2.1", temperror},
        {"v=spf1 a:absent.test -all", "192.0.2.1", fail},
        {"v=spf1 a/24 -all", "192.0.2.1", fail},
        {"v=spf1 mx:mail.test -all", "192.0.2.21", pass},
        {"v=spf1 mx:mail.test//120 -all", "2001:db8::2f", pass},
        {"v=spf1 mx:mail.test/24 -all", "192.0.2.99", pass},
        {"v=spf1 mx:host.test -all", "192.0.2.10", fail},  // no MX: the address does not stand in for it
        {"v=spf1 mx:tempmx.test -all", "192.0.2.10", temperror},
        {"v=spf1 mx:many.test -all", "192.0.2.10", permerror},
        {"v=spf1 exists:host.test -all", "203.0.113.1", pass},
        {"v=spf1 exists:host.test -all", "2001:db8::99", pass},  // asks for A always
        {"v=spf1 exists:absent.test -all", "203.0.113.1", fail},
        {"v=spf1 exists:temp.test -all", "203.0.113.1", temperror},
        {"v=spf1 ptr -all", "192.0.2.10", pass},
        {"v=spf1 ptr:ptr.test -all", "192.0.2.10", pass},
        {"v=spf1 ptr:tr.test -all", "192.0.2.10", fail},
        {"v=spf1 ptr:forged.test -all", "192.0.2.10", fail},
        {"v=spf1 ptr:ptr.test -all", "192.0.2.11", fail},  // DNS errors match nothing here
        {"v=spf1 -ip4:192.0.2.1 +all", "192.0.2.1", fail},
        {"v=spf1 ?ip4:192.0.2.1 +all", "192.0.2.1", neutral},
        {"v=spf1 ~ip4:192.0.2.1 +all", "192.0.2.1", softfail},
        {"v=spf1 ip4:192.0.2.2", "192.0.2.1", neutral},
        {"v=spf1 a:a..test -all", "192.0.2.1", fail},  // section 4.8: a name that is none matches nothing
    });
}

TEST(Spf, Section52_IncludeAndItsTable) {
    expect_all({
        {"v=spf1 include:pass.test -all", "192.0.2.1", pass},
        {"v=spf1 -include:pass.test +all", "192.0.2.1", fail},
        {"v=spf1 include:fail.test ~all", "192.0.2.1", softfail},
        {"v=spf1 include:soft.test ?all", "192.0.2.1", neutral},
        {"v=spf1 include:neutral.test -all", "192.0.2.1", fail},
        {"v=spf1 include:temp.test +all", "192.0.2.1", temperror},
        {"v=spf1 include:wrong.test +all", "192.0.2.1", permerror},
        {"v=spf1 include:nothing.test +all", "192.0.2.1", permerror},
        {"v=spf1 include:absent.test +all", "192.0.2.1", permerror},
        {"v=spf1 include:two.test +all", "192.0.2.1", permerror},
        {"v=spf1 include:loop.test +all", "192.0.2.1", permerror},
        {"v=spf1 ip4:192.0.2.1 include:temp.test", "192.0.2.1", pass},  // decided before it
    });
}

TEST(Spf, Section61_Redirect) {
    expect_all({
        {"v=spf1 redirect=pass.test", "192.0.2.1", pass},
        {"v=spf1 redirect=fail.test", "192.0.2.1", fail},
        {"v=spf1 redirect=pass.test -all", "192.0.2.1", fail},  // all: redirect has no say
        {"v=spf1 redirect=pass.test -ip4:192.0.2.1", "192.0.2.1", fail},
        {"v=spf1 redirect=absent.test", "192.0.2.1", permerror},
        {"v=spf1 redirect=temp.test", "192.0.2.1", temperror},
        {"v=spf1 redirect=round.test", "192.0.2.1", permerror},
        {"v=spf1 redirect=%{d2}", "192.0.2.1", permerror},  // example.test has no record
    });
}

TEST(Spf, Section464_Limits) {
    std::string terms;
    for (int i = 0; i < 10; ++i) terms += " a:host.test";
    Zone zone(world);
    zone.add("ten.test TXT v=spf1" + terms + " +all");
    zone.add("eleven.test TXT v=spf1" + terms + " a:host.test +all");
    zone.add("void2.test TXT v=spf1 a:v1.test a:v2.test +all");
    zone.add("void3.test TXT v=spf1 a:v1.test exists:v2.test mx:v3.test +all");
    zone.add("nodata.test TXT v=spf1 mx:host.test mx:ptr.test mx:forged.test +all");
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@ten.test"}).status, pass);
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@eleven.test"}).status, permerror);
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@void2.test"}).status, pass);
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@void3.test"}).status, permerror);
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@nodata.test"}).status, permerror);
    zone.asked.clear();
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, "u@loop.test"}).status, permerror);
    EXPECT_LE(zone.asked.size(), 11U);
}

TEST(Spf, Section7_Macros) {
    expect_all({
        {"v=spf1 exists:%{ir}.list.test -all", "192.0.2.10", pass},
        {"v=spf1 exists:%{l}.list.test -all", "203.0.113.1", pass},
        {"v=spf1 exists:%{L}.list.test -all", "203.0.113.1", pass},
        {"v=spf1 exists:%{l-}.split.test -all", "203.0.113.1", pass, "user-name@t.example.test"},
        {"v=spf1 exists:%{lr-}.turned.test -all", "203.0.113.1", pass, "user-name@t.example.test"},
        {"v=spf1 exists:%{l1r+-}.list.test -all", "203.0.113.1", pass, "user-name@t.example.test"},
        {"v=spf1 exists:%{l1-}.last.test -all", "203.0.113.1", pass, "user-name@t.example.test"},
        {"v=spf1 exists:%{v}.v.test -all", "203.0.113.1", pass},
        {"v=spf1 a:%{h} -all", "127.0.0.2", pass},
        {"v=spf1 exists:%{L}.escaped.test -all", "203.0.113.1", pass, "user+x@t.example.test"},
        {"v=spf1 exists:%{p}.validated.test -all", "192.0.2.10", fail},  // its own domain comes first
        {"v=spf1 exists:%{p}.validated.test -all", "203.0.113.1", pass},
        {"v=spf1 include:%{d3r} -all", "192.0.2.1", permerror},
        {"v=spf1 exists:%%%_%-.%{d} -all", "192.0.2.1", fail},
        {"v=spf1 exists:%{l}.list.test -all", "203.0.113.1", fail, "us\xc3\xa9r@t.example.test"},  // RFC 8616
    });
}

TEST(Spf, Section74_LongNamesLoseLabelsFromTheLeft) {
    const std::string label(50, 'x');
    std::string tail;
    for (int i = 0; i < 4; ++i) tail += label + ".";
    tail += "long.test";
    Zone zone(world);
    zone.add(tail + " A 127.0.0.2");
    zone.add("t.example.test TXT v=spf1 exists:%{l}." + tail + " -all");
    const std::string local = std::string(60, 'y');
    EXPECT_EQ(check(zone, {"", "203.0.113.1", pass, local + "@t.example.test"}).status, pass);
}

// The examples of section 7.4.
TEST(Spf, Section74_Examples) {
    struct Expansion {
        std::string_view macro, value;
    };
    for (const auto& [macro, value] : std::initializer_list<Expansion>{
             {"%{s}", "strong-bad@email.example.com"},
             {"%{o}", "email.example.com"},
             {"%{d}", "email.example.com"},
             {"%{d4}", "email.example.com"},
             {"%{d3}", "email.example.com"},
             {"%{d2}", "example.com"},
             {"%{d1}", "com"},
             {"%{dr}", "com.example.email"},
             {"%{d2r}", "example.email"},
             {"%{l}", "strong-bad"},
             {"%{l-}", "strong.bad"},
             {"%{lr}", "strong-bad"},
             {"%{lr-}", "bad.strong"},
             {"%{l1r-}", "strong"},
             {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
             {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
             {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
             {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
             {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
             {"%{c} %{r} %{t}", "192.0.2.3 mx.receiver.test 0"}}) {
        Zone zone;
        zone.add("email.example.com TXT v=spf1 -all exp=exp.example.com");
        zone.add("exp.example.com TXT " + std::string(macro));
        EXPECT_EQ(check(zone, {"", "192.0.2.3", fail, "strong-bad@email.example.com"}).explanation, value)
            << macro;
    }
    Zone zone;
    zone.add("email.example.com TXT v=spf1 -all exp=exp.example.com");
    zone.add("exp.example.com TXT %{ir}.%{v}._spf.%{d2}");
    EXPECT_EQ(check(zone, {"", "2001:db8::cb01", fail, "strong-bad@email.example.com"}).explanation,
              "1.0.b.c.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6._spf.example.com");
}

TEST(Spf, Section62_Explanations) {
    struct Case {
        std::string_view record, explanation;
    };
    for (const auto& [record, explanation] :
         std::initializer_list<Case>{{"v=spf1 -all exp=why.fail.test", "fail.test says no"},
                                     {"v=spf1 redirect=fail.test", "fail.test says no"},
                                     {"v=spf1 redirect=fail.test exp=other.test", "fail.test says no"},
                                     {"v=spf1 include:fail.test -all", ""},
                                     {"v=spf1 -all exp=absent.test", ""},
                                     {"v=spf1 -all exp=temp.test", ""},
                                     {"v=spf1 -all exp=two.test", ""},
                                     {"v=spf1 -all exp=bad.words.test", ""},
                                     {"v=spf1 -all exp=foreign.words.test", ""},
                                     {"v=spf1 -all", ""}}) {
        Zone zone(world);
        zone.add("bad.words.test TXT %{z} is wrong");
        zone.add("foreign.words.test TXT caf\xc3\xa9");
        zone.add("t.example.test TXT " + std::string(record));
        const SpfResult result = check(zone, {"", "192.0.2.1", fail});
        EXPECT_EQ(result.status, fail) << record;
        EXPECT_EQ(result.explanation, explanation) << record;
    }
}

TEST(Spf, Section23_TheHeloIdentity) {
    Zone zone(world);
    zone.add("client.test TXT v=spf1 exists:%{l}.ok.test -all");
    zone.add("postmaster.ok.test A 127.0.0.2");
    SpfRequest request;
    request.ip = *IpAddress::parse("192.0.2.1");
    request.helo = "client.test";
    EXPECT_EQ(run(check_spf(request), zone).status, pass);  // an empty reverse-path
    request.mail_from = "user@fail.test";
    const SpfResult result = run(check_spf_helo(request), zone);
    EXPECT_EQ(result.status, pass);
    EXPECT_EQ(result.identity, SpfIdentity::helo);
    request.mail_from = "fail.test";  // no local part: postmaster
    EXPECT_EQ(run(check_spf(request), zone).status, fail);
    request.helo = "[192.0.2.1]";
    EXPECT_EQ(run(check_spf_helo(request), zone).status, none);
}

TEST(Spf, Rfc8616_DomainsComeInALabels) {
    Zone zone;
    zone.add("xn--bcher-kva.test TXT v=spf1 exists:%{d}.ok.test -all");
    zone.add("xn--bcher-kva.test.ok.test A 127.0.0.2");
    const SpfResult result = check(zone, {"", "192.0.2.1", pass,
                                          "user@b\xc3\xbc"
                                          "cher.test"});
    EXPECT_EQ(result.status, pass);
    EXPECT_EQ(result.domain, "xn--bcher-kva.test");
}

// RFC 7208 appendix A: the zone and the records with the addresses they take.
TEST(Spf, AppendixA) {
    constexpr std::string_view zone_text = R"(
        example.com       MX 1 mail-a.example.com
        example.com       MX 2 mail-b.example.com
        example.com       A 192.0.2.10
        example.com       A 192.0.2.11
        mail-a.example.com A 192.0.2.129
        mail-b.example.com A 192.0.2.130
        example.org       MX 1 mail-c.example.org
        mail-c.example.org A 192.0.2.140
        10.2.0.192.in-addr.arpa PTR example.com
        65.2.0.192.in-addr.arpa PTR amy.example.com
        amy.example.com   A 192.0.2.65
        140.2.0.192.in-addr.arpa PTR mail-c.example.org
    )";
    for (const Row& row :
         std::initializer_list<Row>{{"v=spf1 +all", "203.0.113.9", pass},
                                    {"v=spf1 a -all", "192.0.2.10", pass},
                                    {"v=spf1 a -all", "192.0.2.65", fail},
                                    {"v=spf1 a:example.org -all", "192.0.2.10", fail},
                                    {"v=spf1 mx -all", "192.0.2.129", pass},
                                    {"v=spf1 mx:example.org -all", "192.0.2.140", pass},
                                    {"v=spf1 mx mx:example.org -all", "192.0.2.130", pass},
                                    {"v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.131", pass},
                                    {"v=spf1 mx/30 mx:example.org/30 -all", "192.0.2.143", pass},
                                    {"v=spf1 ptr -all", "192.0.2.65", pass},
                                    {"v=spf1 ptr -all", "192.0.2.140", fail},
                                    {"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.65", fail},
                                    {"v=spf1 ip4:192.0.2.128/28 -all", "192.0.2.140", pass}}) {
        Zone zone(zone_text);
        zone.add("example.com TXT " + std::string(row.record));
        EXPECT_EQ(check(zone, {"", row.ip, row.expected, "x@example.com"}).status, row.expected)
            << row.record;
    }
}

TEST(Spf, Section91_ReceivedSpfHoldsWhatTheClientSaid) {
    Zone zone(world);
    zone.add("t.example.test TXT v=spf1 ip4:192.0.2.0/24 -all");
    SpfRequest request;
    request.ip = *IpAddress::parse("192.0.2.1");
    request.helo = "evil\r\nX-Injected: yes";
    request.mail_from = "a\"b)@t.example.test";
    request.receiver = "mx.receiver.test";
    const SpfResult result = run(check_spf(request), zone);
    const std::string field = received_spf(request, result);
    EXPECT_TRUE(field.starts_with("Received-SPF: pass (mx.receiver.test: domain of a\"b\\)@t.example.test"))
        << field;
    EXPECT_NE(field.find("client-ip=192.0.2.1;"), std::string::npos) << field;
    EXPECT_NE(field.find("helo=\"evil??X-Injected: yes\";"), std::string::npos) << field;
    EXPECT_NE(field.find("envelope-from=\"a\\\"b)@t.example.test\";"), std::string::npos) << field;
    EXPECT_NE(field.find("mechanism=ip4:192.0.2.0/24;"), std::string::npos) << field;
    EXPECT_TRUE(field.ends_with("identity=mailfrom\r\n")) << field;
    for (std::size_t at = field.find('\n'); at + 1 < field.size(); at = field.find('\n', at + 1)) {
        EXPECT_EQ(field[at + 1], '\t');  // every line but the first goes on
    }
}

TEST(Spf, MayBeDroppedAtAnyQuestion) {
    for (int stop = 0; stop < 12; ++stop) {
        Zone zone(world);
        zone.add("t.example.test TXT v=spf1 include:fail.test ptr mx:mail.test -all exp=why.fail.test");
        SpfRequest request;
        request.ip = *IpAddress::parse("192.0.2.12");
        request.mail_from = "u@t.example.test";
        Evaluation<SpfResult> check = check_spf(request);
        for (int i = 0; i < stop; ++i) {
            const Query* query = check.pending();
            if (query == nullptr) break;
            check.answer(zone.resolve(*query));
        }
    }
}

}  // namespace
}  // namespace mailauth
