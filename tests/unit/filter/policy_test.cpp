// Lists in DNS, greylisting, rates and blacklists.
#include <arpa/inet.h>

#include "filter/blacklist.hpp"
#include "filter/dnsbl.hpp"
#include "filter/greylist.hpp"
#include "filter/rates.hpp"
#include "stand.hpp"

namespace filter_test {
namespace {

net::IpAddress ip(const char* text) { return *net::IpAddress::parse(text); }

DnsblList list(const std::string& zone, int weight = 10, const std::vector<std::string>& codes = {}) {
    DnsblList out;
    out.zone = zone;
    out.weight = weight;
    for (const std::string& code : codes) {
        std::pair<std::uint32_t, std::uint32_t> range;
        EXPECT_TRUE(parse_code_range(code, range)) << code;
        out.codes.push_back(range);
    }
    return out;
}

TEST(DnsblNames, Rfc5782) {
    EXPECT_EQ(dnsbl_name(ip("192.0.2.99"), "bad.example"), "99.2.0.192.bad.example");
    EXPECT_EQ(dnsbl_name(ip("2001:db8:1:2:3:4:567:89ab"), "ugly.example"),
              "b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.ugly.example");
    for (const char* own : {"10.1.2.3", "127.0.0.1", "192.168.0.1", "172.16.5.5", "169.254.1.1", "100.64.0.1",
                            "::1", "fd00::1", "fe80::1", "224.0.0.1", "0.0.0.0"})
        EXPECT_FALSE(is_public(ip(own))) << own;
    for (const char* open : {"8.8.8.8", "2001:db8::1", "172.32.0.1"})
        EXPECT_TRUE(is_public(ip(open))) << open;
    std::pair<std::uint32_t, std::uint32_t> range;
    for (const char* bad : {"", "1.2.3.4", "127.0.0.9-127.0.0.2", "::1", "127.0.0.1/33", "127.0.0.2-", "x"})
        EXPECT_FALSE(parse_code_range(bad, range)) << bad;
}

TEST(Dnsbl, SeveralListsWithWeights) {
    Stand stand;
    stand.zone.a("7.113.0.203.one.test", "127.0.0.2");
    stand.zone.a("7.113.0.203.two.test", "127.0.0.10");
    stand.zone.a("7.113.0.203.good.test", "127.0.0.5");
    stand.zone.a("7.113.0.203.codes.test", "127.0.0.9");
    stand.zone.a("7.113.0.203.parked.test", "192.0.2.80");
    stand.zone.a("7.113.0.203.closed.test", "127.255.255.254");
    stand.zone.fail("7.113.0.203.down.test", FakeZone::t_a, FakeZone::Fault::servfail);
    stand.zone.a("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.one.test", "127.0.0.3");
    Dnsbl lists(stand.resolver,
                {list("one.test", 7), list("two.test", 5, {"127.0.0.4-127.0.0.11"}), list("good.test", -3),
                 list("codes.test", 100, {"127.0.0.2", "127.0.1.0/24"}), list("parked.test", 100),
                 list("closed.test", 100), list("down.test", 100), list("absent.test", 100)});
    const DnsblResult found = stand.run(lists.check(ip("203.0.113.7")));
    EXPECT_EQ(found.weight, 9);
    EXPECT_EQ(found.listed,
              (std::vector<std::string>{"one.test 127.0.0.2", "two.test 127.0.0.10", "good.test 127.0.0.5"}));
    EXPECT_EQ(found.silent, (std::vector<std::string>{"closed.test 127.255.255.254", "down.test"}));
    EXPECT_EQ(stand.run(lists.check(ip("2001:db8::1"))).weight, 7);
    EXPECT_EQ(stand.run(lists.check(ip("203.0.113.8"))).weight, 0);
    EXPECT_EQ(stand.run(lists.check(ip("127.0.0.1"))).silent.size(), 0U);  // nobody is asked
}

class Greylisting : public ::testing::Test {
protected:
    Greylisting() {
        settings.enabled = true;
        settings.delay = std::chrono::seconds(300);
    }
    Greylist::Answer ask(Greylist& list, const char* recipient = "anna@acme.test") {
        return list.check(*facts, recipient);
    }
    GreylistSettings settings;
    Stand stand;
    std::shared_ptr<Facts> facts = some_facts();
};

TEST_F(Greylisting, PutsOffOnce) {
    Greylist list(nullptr, stand.clock, settings);
    EXPECT_EQ(ask(list).why, "first seen");
    stand.clock.advance(std::chrono::seconds(100));
    const auto early = ask(list);
    EXPECT_FALSE(early.pass);
    EXPECT_EQ(early.why, "too early");
    EXPECT_EQ(early.wait, std::chrono::seconds(200));
    stand.clock.advance(std::chrono::seconds(200));
    EXPECT_TRUE(ask(list).pass);
    EXPECT_TRUE(ask(list).pass);
    EXPECT_FALSE(ask(list, "bert@acme.test").pass);
    stand.clock.advance(std::chrono::hours(24 * 34));
    EXPECT_TRUE(ask(list).pass);  // used again in time
    stand.clock.advance(std::chrono::hours(24 * 36));
    EXPECT_EQ(ask(list).why, "first seen");
}

TEST_F(Greylisting, KnowsNeighboursVerpAndVouchedDomains) {
    Greylist list(nullptr, stand.clock, settings);
    facts->sender = "bounce-1234-x@client.test";
    EXPECT_FALSE(ask(list).pass);
    stand.clock.advance(std::chrono::seconds(301));
    facts->sender = "bounce-99-x@client.test";
    facts->client = ip("203.0.113.200");  // the same /24
    EXPECT_TRUE(ask(list).pass);
    facts->client = ip("198.51.100.1");
    EXPECT_FALSE(ask(list).pass);
    // A pool of hosts of a domain that SPF knows.
    facts->authentication.spf = "pass";
    EXPECT_FALSE(ask(list).pass);
    stand.clock.advance(std::chrono::seconds(301));
    facts->client = ip("192.0.2.77");
    EXPECT_TRUE(ask(list).pass);
    facts->authentication.spf = "fail";
    EXPECT_FALSE(ask(list).pass);
}

TEST_F(Greylisting, AClientThatPassesOftenIsKnown) {
    settings.passes_for_client = 2;
    Greylist list(nullptr, stand.clock, settings);
    for (const char* who : {"a@acme.test", "b@acme.test"}) EXPECT_FALSE(ask(list, who).pass);
    stand.clock.advance(std::chrono::seconds(301));
    for (const char* who : {"a@acme.test", "b@acme.test"}) EXPECT_TRUE(ask(list, who).pass);
    EXPECT_EQ(ask(list, "c@acme.test").why, "client known");
}

TEST_F(Greylisting, IsBoundedAndLeavesTheNewest) {
    settings.entries_max = 50;
    Greylist list(nullptr, stand.clock, settings);
    for (int i = 0; i < 500; ++i)
        ask(list, ("u" + std::string(static_cast<std::size_t>(i % 26 + 1), 'x') +
                   std::string(static_cast<std::size_t>(i / 26 + 1), 'y') + "@acme.test")
                      .c_str());
    EXPECT_EQ(list.size(), 50U);
}

TEST_F(Greylisting, SurvivesAStart) {
    {
        Greylist list(stand.engine.get(), stand.clock, settings);
        ASSERT_TRUE(stand.run(list.open()));
        ask(list);
        ask(list, "bert@acme.test");
        ASSERT_TRUE(stand.run(list.flush()));
    }
    stand.clock.advance(std::chrono::seconds(301));
    Greylist list(stand.engine.get(), stand.clock, settings);
    ASSERT_TRUE(stand.run(list.open()));
    EXPECT_EQ(list.size(), 2U);
    EXPECT_TRUE(ask(list).pass);
    // A store that is not there loses nothing of what is in memory.
    stand.engine->inject(
        store::engine::fault_at(stand.engine->steps() + 1, store::engine::Fault::unavailable));
    EXPECT_FALSE(stand.run(list.flush()));
    stand.engine->inject({});
    ASSERT_TRUE(stand.run(list.flush()));
    stand.clock.advance(std::chrono::hours(48));
    Greylist later(stand.engine.get(), stand.clock, settings);
    ASSERT_TRUE(stand.run(later.open()));
    EXPECT_EQ(later.size(), 2U);  // the one that passed, and its client; the other came no more
    ASSERT_TRUE(stand.run(later.flush()));
    const auto rows = stand.run(stand.engine->scan("z/greylist", "", "g", 0, 0));
    ASSERT_TRUE(rows);
    EXPECT_EQ(rows->rows.size(), 2U);
}

TEST(RateTexts, Parse) {
    const auto text = [](const char* in) {
        const auto out = Rate::parse(in);
        return !out ? std::string("none") : *out ? out->text() : std::string("off");
    };
    EXPECT_EQ(text("100/1h"), "100/1h");
    EXPECT_EQ(text("5/m"), "5/60s");
    EXPECT_EQ(text("1000/1d"), "1000/24h");
    EXPECT_EQ(text(""), "off");
    EXPECT_EQ(text("0"), "off");
    for (const char* bad :
         {"100", "100/", "/1h", "0/1h", "-1/1h", "5/0s", "5/1y", "5/1hh", "99999999999/1h", "5/99d"})
        EXPECT_EQ(text(bad), "none") << bad;
}

TEST(RateBuckets, FillAgain) {
    base::SeededRandom random(1);
    Rates rates(random);
    const Rate rate = *Rate::parse("10/1m");
    auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(rates.take(Rates::Kind::client, "a", rate, 1, now)) << i;
    EXPECT_FALSE(rates.take(Rates::Kind::client, "a", rate, 1, now));
    EXPECT_TRUE(rates.take(Rates::Kind::client, "b", rate, 1, now));
    EXPECT_TRUE(rates.take(Rates::Kind::sender, "a", rate, 1, now));
    now += std::chrono::seconds(6);
    EXPECT_TRUE(rates.take(Rates::Kind::client, "a", rate, 1, now));
    EXPECT_FALSE(rates.take(Rates::Kind::client, "a", rate, 1, now));
    rates.give_back(Rates::Kind::client, "a", rate, 1);
    EXPECT_TRUE(rates.take(Rates::Kind::client, "a", rate, 1, now));
    now += std::chrono::hours(1);
    EXPECT_TRUE(rates.take(Rates::Kind::client, "a", rate, 10, now));  // never more than full
    EXPECT_FALSE(rates.take(Rates::Kind::client, "a", rate, 1, now));
    EXPECT_TRUE(rates.take(Rates::Kind::client, "a", Rate(), 1'000, now));
    now += std::chrono::hours(1);
    EXPECT_TRUE(rates.take(Rates::Kind::client, "big", rate, 1'000, now));
    EXPECT_FALSE(rates.take(Rates::Kind::client, "big", rate, 1, now));
}

TEST(RateBuckets, ACrowdDoesNotForgiveTheWorst) {
    base::SeededRandom random(2);
    Rates rates(random, 64);
    const Rate rate = *Rate::parse("10/1h");
    const auto now = std::chrono::steady_clock::now();
    for (int i = 0; i < 10; ++i) EXPECT_TRUE(rates.take(Rates::Kind::client, "worst", rate, 1, now));
    for (int i = 0; i < 10'000; ++i) rates.take(Rates::Kind::client, std::to_string(i), rate, 1, now);
    EXPECT_FALSE(rates.take(Rates::Kind::client, "worst", rate, 1, now));
}

TEST(Blacklists, ByAddressDomainAndThoseBelow) {
    Blacklist list;
    EXPECT_EQ(list.add({"spam.test", ".bad.test", "who@fine.test"}, {}), "");
    EXPECT_EQ(list.add({"rival.test"}, {"Acme.test"}), "");
    EXPECT_EQ(list.find("x@spam.test", "anna@acme.test"), "spam.test");
    EXPECT_EQ(list.find("x@SPAM.test", "anna@other.test"), "spam.test");
    EXPECT_EQ(list.find("x@sub.spam.test", "anna@acme.test"), "");
    EXPECT_EQ(list.find("x@a.b.bad.test", "anna@acme.test"), ".bad.test");
    EXPECT_EQ(list.find("x@bad.test", "anna@acme.test"), ".bad.test");
    EXPECT_EQ(list.find("x@notbad.test", "anna@acme.test"), "");
    EXPECT_EQ(list.find("WHO@fine.test", "anna@acme.test"), "who@fine.test");
    EXPECT_EQ(list.find("other@fine.test", "anna@acme.test"), "");
    EXPECT_EQ(list.find("x@rival.test", "anna@acme.test"), "rival.test");
    EXPECT_EQ(list.find("x@rival.test", "anna@other.test"), "");
    EXPECT_EQ(list.find("", "anna@acme.test"), "");
    for (const char* bad : {"", "a b", "*.spam.test", "@x", "x@", "spam.test."})
        EXPECT_NE(list.add({bad}, {}), "") << bad;
    EXPECT_NE(list.add({"x.test"}, {"a@b"}), "");
}

}  // namespace
}  // namespace filter_test
