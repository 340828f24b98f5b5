// Hosts by DNS: MX and its special cases, DANE by records that are secure, broken or absent, name servers
// that fail.
#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include "fake_zone.hpp"
#include "mta/smtp_out/dns_host_finder.hpp"

namespace smtp_out_test {
namespace {
using namespace mta;
using namespace mta::smtp_out;
using Fault = FakeZone::Fault;

class Finding {
public:
    explicit Finding(bool validate = true)
        : work_(io_.get_executor()), resolver_(io_.get_executor(), resolver_settings(validate)) {
        thread_ = std::thread([this] { io_.run(); });
        settings.host_name = "client.test";
        settings.own_addresses = {"192.0.2.99"};
    }
    ~Finding() {
        work_.reset();
        io_.stop();
        thread_.join();
        resolver_.stop();
    }
    Finding(const Finding&) = delete;
    Finding& operator=(const Finding&) = delete;

    HostPlan find(const std::string& name, TlsWish wish = TlsWish::none) {
        auto next_hop = std::make_shared<NextHop>(hop);
        next_hop->name = name;
        DnsHostFinder finder(resolver_, nullptr, settings, random_);
        std::promise<HostPlan> promise;
        boost::asio::co_spawn(boost::asio::make_strand(io_), finder.find(next_hop, wish),
                              [&](std::exception_ptr, HostPlan plan) { promise.set_value(std::move(plan)); });
        return promise.get_future().get();
    }
    /// Names of the hosts in order, or the failure.
    std::string names(const std::string& name, TlsWish wish = TlsWish::none) {
        const HostPlan plan = find(name, wish);
        if (plan.failure) return plan.failure->status.text();
        std::string out;
        for (const Host& host : plan.hosts) out += (out.empty() ? "" : " ") + host.name;
        return out;
    }
    FakeZone zone;
    Settings settings;
    NextHop hop;

private:
    net::ResolverSettings resolver_settings(bool validate) const {
        net::ResolverSettings out;
        out.servers = {zone.server()};
        if (validate) out.trust_anchors = {zone.anchor()};
        out.answer_max = std::chrono::milliseconds(1'500);
        return out;
    }
    boost::asio::io_context io_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_;
    net::Resolver resolver_;
    base::SeededRandom random_{3};
    std::thread thread_;
};

TEST(Finder, MxByPreferenceAndEqualOnesInAnyOrder) {
    Finding f;
    f.zone.mx("d.test", 20, "c.test");
    f.zone.mx("d.test", 10, "a.test");
    f.zone.mx("d.test", 10, "b.test");
    for (const char* host : {"a.test", "b.test", "c.test"}) f.zone.a(host, "192.0.2.1");
    std::set<std::string> seen;
    for (int i = 0; i < 40; ++i) seen.insert(f.names("d.test"));
    EXPECT_EQ(seen, (std::set<std::string>{"a.test b.test c.test", "b.test a.test c.test"}));
}

TEST(Finder, SpecialCasesOfMx) {
    Finding f;
    f.zone.mx("null.test", 0, "");
    f.zone.a("implicit.test", "192.0.2.1");
    f.zone.mx("nowhere.test", 10, "missing.test");
    f.zone.txt("nothing.test", "x");
    f.zone.cname("alias.test", "real.test");
    f.zone.mx("real.test", 10, "mx.test");
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.mx("mixed.test", 0, "");
    f.zone.mx("mixed.test", 10, "mx.test");
    f.zone.mx("odd.test", 10, "a b.test");
    EXPECT_EQ(f.names("null.test"), "5.1.10");  // RFC 7505
    EXPECT_EQ(f.names("implicit.test"), "implicit.test");
    EXPECT_EQ(f.names("nowhere.test"), "5.4.4");
    EXPECT_EQ(f.names("nothing.test"), "5.4.4");
    EXPECT_EQ(f.names("alias.test"), "mx.test");
    EXPECT_EQ(f.names("mixed.test"), "mx.test");
    EXPECT_EQ(f.names("odd.test"), "5.4.4");
    EXPECT_EQ(f.names("[192.0.2.7]"), "192.0.2.7");
    EXPECT_EQ(f.names("nxdomain.example"), "5.1.2");
    EXPECT_EQ(f.names(std::string(300, 'x')), "4.4.3");
}

TEST(Finder, OurselvesAndWhoeverIsNoBetterIsCut) {
    Finding f;
    f.zone.mx("backup.test", 10, "a.test");
    f.zone.mx("backup.test", 20, "client.test");
    f.zone.mx("backup.test", 20, "b.test");
    f.zone.mx("backup.test", 30, "c.test");
    f.zone.mx("address.test", 10, "a.test");
    f.zone.mx("address.test", 20, "me.test");
    f.zone.mx("address.test", 30, "c.test");
    f.zone.mx("only.test", 10, "client.test");
    f.zone.mx("hidden.test", 10, "me.test");
    for (const char* host : {"a.test", "b.test", "c.test"}) f.zone.a(host, "192.0.2.1");
    for (const char* host : {"client.test", "me.test"}) f.zone.a(host, "192.0.2.99");
    EXPECT_EQ(f.names("backup.test"), "a.test");
    EXPECT_EQ(f.names("address.test"), "a.test");
    EXPECT_EQ(f.names("only.test"), "5.4.6");
    EXPECT_EQ(f.names("hidden.test"), "5.4.6");
}

TEST(Finder, NameServersThatFail) {
    Finding f;
    for (const char* domain : {"servfail.test", "silent.test", "forged.test", "truncated.test"}) {
        f.zone.mx(domain, 10, "mx.test");
    }
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.fail("servfail.test", FakeZone::t_mx, Fault::servfail);
    f.zone.fail("silent.test", FakeZone::t_mx, Fault::silence);
    f.zone.fail("forged.test", FakeZone::t_mx, Fault::forged);
    f.zone.fail("truncated.test", FakeZone::t_mx, Fault::truncated);
    f.zone.cname("loop1.test", "loop2.test");
    f.zone.cname("loop2.test", "loop1.test");
    f.zone.mx("half.test", 10, "dead.test");
    f.zone.mx("half.test", 20, "mx.test");
    f.zone.a("dead.test", "192.0.2.1");
    f.zone.fail("dead.test", FakeZone::t_a, Fault::servfail);
    f.zone.fail("dead.test", FakeZone::t_aaaa, Fault::servfail);
    f.zone.mx("dying.test", 10, "dead.test");
    EXPECT_EQ(f.names("servfail.test"), "4.4.3");
    EXPECT_EQ(f.names("silent.test"), "4.4.3");
    EXPECT_EQ(f.names("forged.test"), "4.4.3");
    EXPECT_EQ(f.names("truncated.test"), "mx.test") << "asked again by TCP";
    EXPECT_EQ(f.names("loop1.test").front(), '4');
    EXPECT_EQ(f.names("half.test"), "mx.test");
    EXPECT_EQ(f.names("dying.test"), "4.4.3") << "nothing is known of the only host: not a bounce";
}

TEST(Finder, FamiliesByTurns) {
    Finding f;
    f.zone.mx("d.test", 10, "mx.test");
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.a("mx.test", "192.0.2.2");
    f.zone.aaaa("mx.test", "2001:db8::1");
    f.zone.aaaa("mx.test", "2001:db8::2");
    const auto families = [&] {
        std::string out;
        for (const net::IpAddress& address : f.find("d.test").hosts.at(0).addresses)
            out += address.v6 ? '6' : '4';
        return out;
    };
    EXPECT_EQ(families(), "6464");
    f.settings.prefer_ipv4 = true;
    EXPECT_EQ(families(), "4646");
    f.hop.families = IpFamilies::ipv4_only;
    EXPECT_EQ(families(), "44");
    f.hop.families = IpFamilies::both;
    f.settings.ipv4 = false;
    EXPECT_EQ(families(), "66");
}

TEST(Finder, DaneBySecureRecords) {
    const std::string hash(32, 'h');
    Finding f;
    f.zone.mx("d.test", 10, "mx.test");
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.tlsa("_25._tcp.mx.test", 3, 1, 1, hash);
    f.zone.tlsa("_25._tcp.mx.test", 1, 1, 1, hash);         // not for mail
    f.zone.tlsa("_25._tcp.mx.test", 3, 1, 1, "too short");  // broken
    const HostPlan plan = f.find("d.test");
    ASSERT_EQ(plan.hosts.size(), 1U);
    const Host& host = plan.hosts[0];
    EXPECT_EQ(host.tls, TlsDemand::dane);
    EXPECT_EQ(host.trust, TlsFacts::Trust::dane);
    ASSERT_TRUE(host.dane);
    EXPECT_EQ(host.dane->records.size(), 1U);
    EXPECT_EQ(host.dane->names, (std::vector<std::string>{"mx.test", "d.test"}));
    // RFC 8689 section 4.2.2, and an operator who knows better.
    EXPECT_EQ(f.find("d.test", TlsWish::optional).hosts[0].tls, TlsDemand::if_offered);
    f.settings.dane = false;
    EXPECT_EQ(f.find("d.test").hosts[0].tls, TlsDemand::if_offered);
}

TEST(Finder, DaneThatCannotBeUsedDemandsTlsAllTheSame) {
    Finding f;
    f.zone.mx("d.test", 10, "mx.test");
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.tlsa("_25._tcp.mx.test", 0, 0, 1, std::string(32, 'h'));
    const HostPlan plan = f.find("d.test");
    EXPECT_EQ(plan.hosts.at(0).tls, TlsDemand::any);
    EXPECT_FALSE(plan.hosts.at(0).dane);
}

TEST(Finder, DaneThatIsHiddenOrForgedMakesTheHostUnusable) {
    for (const Fault fault : {Fault::servfail, Fault::forged, Fault::silence}) {
        Finding f;
        f.zone.mx("d.test", 10, "mx.test");
        f.zone.a("mx.test", "192.0.2.1");
        f.zone.tlsa("_25._tcp.mx.test", 3, 1, 1, std::string(32, 'h'));
        f.zone.fail("_25._tcp.mx.test", FakeZone::t_tlsa, fault);
        const HostPlan plan = f.find("d.test");
        ASSERT_EQ(plan.hosts.size(), 1U);
        ASSERT_TRUE(plan.hosts[0].unusable);
        EXPECT_EQ(plan.hosts[0].unusable->fate, Fate::deferred);
        EXPECT_EQ(plan.hosts[0].unusable->status.text(), "4.7.5");
    }
}

TEST(Finder, DaneOfInsecureZonesIsNone) {
    for (const bool validate : {true, false}) {
        Finding f(validate);
        const std::string suffix = validate ? ".insecure" : ".test";
        f.zone.mx("d" + suffix, 10, "mx" + suffix);
        f.zone.a("mx" + suffix, "192.0.2.1");
        f.zone.tlsa("_25._tcp.mx" + suffix, 3, 1, 1, std::string(32, 'h'));
        const HostPlan plan = f.find("d" + suffix);
        ASSERT_EQ(plan.hosts.size(), 1U) << suffix;
        EXPECT_EQ(plan.hosts[0].tls, TlsDemand::if_offered);
        EXPECT_FALSE(plan.hosts[0].dane);
    }
    {
        Finding f;  // a secure host, named by an insecure MX record
        f.zone.mx("d.insecure", 10, "mx.test");
        f.zone.a("mx.test", "192.0.2.1");
        f.zone.tlsa("_25._tcp.mx.test", 3, 1, 1, std::string(32, 'h'));
        EXPECT_EQ(f.find("d.insecure").hosts.at(0).tls, TlsDemand::if_offered);
    }
}

TEST(Finder, DaneBehindAnAlias) {
    Finding f;  // RFC 7672 section 2.1.3
    f.zone.mx("d.test", 10, "alias.test");
    f.zone.cname("alias.test", "real.test");
    f.zone.a("real.test", "192.0.2.1");
    f.zone.tlsa("_25._tcp.real.test", 3, 1, 1, std::string(32, 'h'));
    const HostPlan plan = f.find("d.test");
    ASSERT_TRUE(plan.hosts.at(0).dane);
    EXPECT_EQ(plan.hosts[0].name, "alias.test");
    EXPECT_EQ(plan.hosts[0].dane->names, (std::vector<std::string>{"real.test", "alias.test", "d.test"}));
}

TEST(Finder, RequiredTlsNeedsHostsThatSomebodyVouchesFor) {
    Finding f;
    f.zone.mx("d.test", 10, "mx.test");
    f.zone.a("mx.test", "192.0.2.1");
    f.zone.mx("d.insecure", 10, "mx.insecure");
    f.zone.a("mx.insecure", "192.0.2.1");
    EXPECT_EQ(f.find("d.test", TlsWish::required).hosts.at(0).tls, TlsDemand::name);
    EXPECT_EQ(f.names("d.insecure", TlsWish::required), "5.7.10");
    EXPECT_EQ(f.names("[192.0.2.1]", TlsWish::required), "5.7.10");
}

TEST(Finder, SmartHosts) {
    Finding f;
    f.zone.a("relay.test", "192.0.2.5");
    f.hop.kind = NextHop::Kind::host;
    f.hop.port = 587;
    f.hop.tls = TlsPolicy::verified;
    HostPlan plan = f.find("relay.test");
    ASSERT_EQ(plan.hosts.size(), 1U);
    EXPECT_EQ(plan.hosts[0].port, 587);
    EXPECT_EQ(plan.hosts[0].tls, TlsDemand::name);
    f.hop.tls = TlsPolicy::opportunistic;
    f.zone.tlsa("_587._tcp.relay.test", 3, 1, 1, std::string(32, 'h'));
    EXPECT_EQ(f.find("relay.test").hosts.at(0).tls, TlsDemand::dane);
    f.hop.implicit_tls = true;
    f.hop.port = 465;
    EXPECT_EQ(f.find("relay.test").hosts.at(0).tls, TlsDemand::any);
    EXPECT_EQ(f.names("gone.test"), "4.4.4");
    EXPECT_EQ(f.names("127.0.0.1"), "127.0.0.1");
    EXPECT_EQ(f.names("localhost"), "localhost");
}

TEST(Sts, Policies) {
    const auto policy = read_sts_policy(
        "version: STSv1\r\nmode: enforce\r\nmx: MX.example.test\r\nmx: *.Mail.test\r\nmax_age: "
        "604800\r\nextra: 1\r\n");
    ASSERT_TRUE(policy);
    EXPECT_EQ(policy->mode, StsPolicy::Mode::enforce);
    EXPECT_EQ(policy->max_age, std::chrono::seconds(604'800));
    EXPECT_TRUE(policy->allows("mx.example.test"));
    EXPECT_TRUE(policy->allows("A.mail.test"));
    EXPECT_FALSE(policy->allows("mail.test"));
    EXPECT_FALSE(policy->allows("a.b.mail.test"));
    EXPECT_FALSE(policy->allows("mx.example.test.evil.test"));
    EXPECT_FALSE(policy->allows(".mail.test"));
    for (const char* bad :
         {"", "mode: enforce\nmx: a.test\nmax_age: 1\n", "version: STSv2\nmode: none\nmax_age: 1\n",
          "version: STSv1\nmode: strict\nmx: a.test\nmax_age: 1\n",
          "version: STSv1\nmode: enforce\nmax_age: 1\n", "version: STSv1\nmode: enforce\nmx: a.test\n",
          "version: STSv1\nmode: enforce\nmx: a.test\nmax_age: x\n",
          "version: STSv1\nmode: enforce\nmx: a_b\xff.test\nmax_age: 1\n",
          "version: STSv1\nmode: enforce\nmx: *.*.test\nmax_age: 1\n"})
        EXPECT_FALSE(read_sts_policy(bad)) << bad;
    EXPECT_TRUE(read_sts_policy("version:STSv1\nmode:none\nmax_age:99999999999"));
    EXPECT_EQ(read_sts_policy("version:STSv1\nmode:none\nmax_age:99999999999")->max_age, StsLimits::age_max);
    EXPECT_FALSE(read_sts_policy(std::string(70'000, 'x')));
}

TEST(Sts, Records) {
    EXPECT_EQ(read_sts_record("v=STSv1; id=20160831085700Z;"), "20160831085700Z");
    EXPECT_EQ(read_sts_record("v=STSv1;id=1;x=y"), "1");
    EXPECT_EQ(read_sts_record("v=STSv1; x=y"), "");
    EXPECT_EQ(read_sts_record("id=1; v=STSv1"), "");
    EXPECT_EQ(read_sts_record("v=STSv1; id=a-b"), "");
    EXPECT_EQ(read_sts_record("v=STSv1; id=" + std::string(33, 'a')), "");
}

}  // namespace
}  // namespace smtp_out_test
