// Who may connect: rules alone, names found by a resolver, and both at a listener.
#include "net/access.hpp"

#include <algorithm>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/strand.hpp>
#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "fake_dns.hpp"
#include "net/resolver.hpp"

namespace net_test {
namespace {

using net::Access;
using net::AccessRules;
using net::IpAddress;
using Names = std::vector<std::string>;

Access decide(const Names& allow, const Names& deny, const char* address) {
    AccessRules rules;
    EXPECT_EQ(rules.set(allow, deny), "");
    return rules.decide(*IpAddress::parse(address));
}

Access decide(const Names& allow, const Names& deny, const char* address, const Names& names) {
    AccessRules rules;
    EXPECT_EQ(rules.set(allow, deny), "");
    return rules.decide(*IpAddress::parse(address), names);
}

TEST(Access, ByAddress) {
    EXPECT_EQ(decide({}, {}, "192.0.2.1"), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {}, "192.0.2.1"), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {}, "192.0.3.1"), Access::denied);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {}, "2001:db8::1"), Access::denied);
    EXPECT_EQ(decide({"2001:db8::/32"}, {}, "2001:db8::1"), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {}, "::ffff:192.0.2.1"), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {"192.0.2.1"}, "192.0.2.1"), Access::denied);
    EXPECT_EQ(decide({"192.0.2.0/24"}, {"192.0.2.1"}, "192.0.2.2"), Access::allowed);
    EXPECT_EQ(decide({}, {"0.0.0.0/0"}, "192.0.2.2"), Access::denied);
    EXPECT_EQ(decide({}, {"0.0.0.0/0"}, "::1"), Access::allowed);
}

TEST(Access, NamesAreAskedForOnlyWhereTheyDecide) {
    EXPECT_EQ(decide({"192.0.2.0/24", ".example"}, {}, "192.0.2.1"), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.0/24", ".example"}, {}, "192.0.3.1"), Access::name_needed);
    EXPECT_EQ(decide({}, {"bad.example"}, "192.0.3.1"), Access::name_needed);
    EXPECT_EQ(decide({"192.0.3.1"}, {"bad.example"}, "192.0.3.1"), Access::name_needed);
    EXPECT_EQ(decide({"good.example"}, {"192.0.3.1"}, "192.0.3.1"), Access::denied);
}

TEST(Access, ByName) {
    EXPECT_EQ(decide({"mx.example"}, {}, "192.0.2.1", {"mx.example"}), Access::allowed);
    EXPECT_EQ(decide({"MX.Example"}, {}, "192.0.2.1", {"other.test", "mx.example"}), Access::allowed);
    EXPECT_EQ(decide({"mx.example"}, {}, "192.0.2.1", {"a.mx.example"}), Access::denied);
    EXPECT_EQ(decide({".example"}, {}, "192.0.2.1", {"a.mx.example"}), Access::allowed);
    EXPECT_EQ(decide({".example"}, {}, "192.0.2.1", {"badexample"}), Access::denied);
    EXPECT_EQ(decide({".example"}, {}, "192.0.2.1", {"example"}), Access::denied);
    EXPECT_EQ(decide({".example"}, {}, "192.0.2.1", {}), Access::denied);
    EXPECT_EQ(decide({}, {".example"}, "192.0.2.1", {"mx.example"}), Access::denied);
    EXPECT_EQ(decide({}, {".example"}, "192.0.2.1", {}), Access::allowed);
    EXPECT_EQ(decide({"192.0.2.1"}, {"mx.example"}, "192.0.2.1", {"mx.example"}), Access::denied);
}

TEST(Access, WhatIsNoRule) {
    for (const char* bad : {"", ".", "192.0.2", "192.0.2.300", "192.0.2.0/33", "a..b", "a b", "a.example.",
                            "*.example", "-", "192.0.2.0/24/1"}) {
        AccessRules rules;
        EXPECT_NE(rules.set({bad}, {}), "") << bad;
        EXPECT_NE(rules.set({}, {bad}), "") << bad;
    }
}

/// Answers of a resolver that knows `dns` only.
class Resolving : public testing::Test {
protected:
    template <class T>
    std::optional<std::vector<T>> run(boost::asio::awaitable<net::Resolved<T>> work) {
        std::optional<std::vector<T>> out;
        failed_ = false;
        boost::asio::co_spawn(io_, std::move(work), [&](std::exception_ptr broken, net::Resolved<T> value) {
            EXPECT_FALSE(broken);
            if (value) {
                out = std::move(*value);
            } else {
                failed_ = value.error().is(net::ResolveErrc::failed);
            }
        });
        io_.restart();
        io_.run();
        return out;
    }
    net::ResolverSettings settings() {
        net::ResolverSettings out;
        out.servers = {dns_.server()};
        out.answer_max = 2s;
        return out;
    }

    FakeDns dns_;
    boost::asio::io_context io_{1};
    bool failed_ = false;
};

TEST_F(Resolving, NamesToAddresses) {
    dns_.add_a("mx.example", "192.0.2.7");
    dns_.add_a("mx.example", "192.0.2.8");
    dns_.add_aaaa("mx.example", "2001:db8::7");
    net::Resolver resolver(io_.get_executor(), settings());
    const auto found = run(resolver.addresses("mx.example"));
    ASSERT_TRUE(found);
    EXPECT_EQ(found->size(), 3U);
    EXPECT_NE(std::ranges::find(*found, *IpAddress::parse("2001:db8::7")), found->end());
    EXPECT_FALSE(run(resolver.addresses("nobody.example")));
    EXPECT_FALSE(failed_);  // known: there is none
    EXPECT_FALSE(run(resolver.addresses("")));
    EXPECT_FALSE(run(resolver.addresses(std::string(300, 'a'))));
    const int before = dns_.asked;
    EXPECT_EQ(run(resolver.addresses("192.0.2.1"))->front().text(), "192.0.2.1");
    EXPECT_EQ(run(resolver.addresses("LocalHost"))->front().text(), "127.0.0.1");
    EXPECT_EQ(dns_.asked, before);
}

TEST_F(Resolving, NamesOfAnAddressMustLeadBack) {
    dns_.add_ptr("7.2.0.192.in-addr.arpa", "MX.Example");
    dns_.add_ptr("7.2.0.192.in-addr.arpa", "bank.example");
    dns_.add_a("mx.example", "192.0.2.7");
    dns_.add_a("bank.example", "192.0.2.99");
    net::Resolver resolver(io_.get_executor(), settings());
    EXPECT_EQ(run(resolver.claimed_names(*IpAddress::parse("192.0.2.7")))->size(), 2U);
    EXPECT_EQ(run(resolver.names(*IpAddress::parse("192.0.2.7"))), Names{"mx.example"});
    EXPECT_FALSE(run(resolver.names(*IpAddress::parse("192.0.2.8"))));
    EXPECT_FALSE(failed_);
    dns_.add_ptr("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa", "six.example");
    dns_.add_aaaa("six.example", "2001:db8::1");
    EXPECT_EQ(run(resolver.names(*IpAddress::parse("2001:db8::1"))), Names{"six.example"});
    // What is no host name is no name: it would end in logs.
    dns_.add_raw_ptr("9.2.0.192.in-addr.arpa", std::string("\x03\x61\x0a\x62\x00", 5));
    EXPECT_FALSE(run(resolver.claimed_names(*IpAddress::parse("192.0.2.9"))));
}

TEST_F(Resolving, SilenceEndsInTime) {
    dns_.silent = true;
    net::ResolverSettings quick = settings();
    quick.answer_max = 200ms;
    quick.questions_max = 1;
    net::Resolver resolver(io_.get_executor(), quick);
    const auto begun = std::chrono::steady_clock::now();
    EXPECT_FALSE(run(resolver.names(*IpAddress::parse("192.0.2.7"))));
    EXPECT_TRUE(failed_);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
    resolver.stop();
    EXPECT_FALSE(run(resolver.names(*IpAddress::parse("192.0.2.7"))));
    EXPECT_TRUE(failed_);
}

TEST_F(Resolving, AfterSilenceItIsAskedAgain) {
    dns_.add_a("mx.example", "192.0.2.7");
    net::ResolverSettings patient = settings();
    patient.answer_max = 1500ms;
    net::Resolver resolver(io_.get_executor(), patient);
    dns_.silent = true;
    EXPECT_FALSE(run(resolver.claimed_names(*IpAddress::parse("192.0.2.7"))));
    EXPECT_TRUE(failed_);
    dns_.silent = false;
    EXPECT_TRUE(run(resolver.addresses("mx.example"))) << "a question given up must not be the last one";
}

boost::asio::awaitable<void> ask_often(net::Resolver* resolver, int first, int times) {
    for (int i = 0; i < times; ++i) {
        const std::string name = "n" + std::to_string(first + i) + ".example";
        const auto found = co_await resolver->addresses(name);
        EXPECT_FALSE(found);
    }
}

/// Questions are given up while their answers come in: on other threads, at the same moment.
TEST_F(Resolving, AnswersAtTheLastMoment) {
    net::ResolverSettings hasty = settings();
    hasty.answer_max = 1ms;
    boost::asio::io_context io(4);
    net::Resolver resolver(io.get_executor(), hasty);
    for (int i = 0; i < 16; ++i) {
        boost::asio::co_spawn(boost::asio::make_strand(io), ask_often(&resolver, i * 1'000, 100),
                              boost::asio::detached);
    }
    std::vector<std::jthread> threads;
    for (int i = 0; i < 4; ++i) threads.emplace_back([&io] { io.run(); });
    threads.clear();
    EXPECT_GT(dns_.asked, 0);
}

/// A resolver knows by itself that 127.0.0.1 is localhost.
TEST(AccessOfListeners, AddressesAndNames) {
    Running running;
    const auto add = [&](std::string name, Names allow, Names deny) {
        net::ListenerConfig config;
        config.name = std::move(name);
        config.allow = std::move(allow);
        config.deny = std::move(deny);
        config.denial = "go away\r\n";
        ASSERT_EQ(running.add(std::move(config)), "");
    };
    add("here", {"127.0.0.0/8"}, {});
    add("elsewhere", {"192.0.2.0/24"}, {});
    add("not here", {}, {"127.0.0.1"});
    add("named", {"localhost"}, {});
    add("named otherwise", {".example"}, {});
    add("not named", {}, {"localhost"});
    running.start();
    const auto hears = [&](const char* listener) {
        Client client(running.port(listener));
        return client.line();
    };
    EXPECT_EQ(hears("here"), "hello");
    EXPECT_EQ(hears("elsewhere"), "go away");
    EXPECT_EQ(hears("not here"), "go away");
    EXPECT_EQ(hears("named"), "hello");
    EXPECT_EQ(hears("named otherwise"), "go away");
    EXPECT_EQ(hears("not named"), "go away");
    EXPECT_EQ(running.server->figures().denied, 4U);
    EXPECT_EQ(running.server->figures().refused, 4U);
    net::ListenerConfig wrong;
    wrong.name = "wrong";
    wrong.deny = {"192.0.2.300"};
    EXPECT_EQ(running.add(wrong), "wrong: not an address, a network or a name: 192.0.2.300");
}

/// Behind a proxy it is the client that counts, not the proxy.
TEST(AccessOfListeners, TheClientOfAProxyCounts) {
    Running running;
    net::ListenerConfig config;
    config.proxy_trusted = {"127.0.0.1"};
    config.allow = {"192.0.2.0/24"};
    config.denial = "go away\r\n";
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client good(running.port());
    good.send("PROXY TCP4 192.0.2.7 127.0.0.1 4000 143\r\n");
    EXPECT_EQ(good.line(), "hello");
    Client bad(running.port());
    bad.send("PROXY TCP4 198.51.100.7 127.0.0.1 4000 143\r\n");
    EXPECT_EQ(bad.line(), "go away");
    EXPECT_TRUE(bad.closed());
}

}  // namespace
}  // namespace net_test
