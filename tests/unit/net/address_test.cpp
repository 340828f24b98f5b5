// Addresses, networks and listening addresses as text.
#include "net/address.hpp"

#include <netinet/in.h>

#include <gtest/gtest.h>

namespace net {
namespace {

TEST(Address, MappedIpv4IsIpv4) {
    const auto mapped = IpAddress::parse("::ffff:192.0.2.1");
    ASSERT_TRUE(mapped);
    EXPECT_FALSE(mapped->v6);
    EXPECT_EQ(mapped->text(), "192.0.2.1");
    EXPECT_EQ(*mapped, *IpAddress::parse("192.0.2.1"));
}

TEST(Address, LimitKeyIsTheAddressOrThe64) {
    const auto key = [](const char* text) { return IpAddress::parse(text)->limit_key(); };
    EXPECT_NE(key("192.0.2.1"), key("192.0.2.2"));
    EXPECT_EQ(key("2001:db8:1:2::1"), key("2001:db8:1:2:ffff::9"));
    EXPECT_NE(key("2001:db8:1:2::1"), key("2001:db8:1:3::1"));
    EXPECT_NE(key("::1"), key("0.0.0.0"));
}

TEST(Address, LoopbackIsAllOfNet127) {
    EXPECT_TRUE(IpAddress::parse("127.8.9.1")->loopback());
    EXPECT_TRUE(IpAddress::parse("::1")->loopback());
    EXPECT_TRUE(IpAddress::parse("::ffff:127.0.0.1")->loopback());
    EXPECT_FALSE(IpAddress::parse("128.0.0.1")->loopback());
    EXPECT_FALSE(IpAddress::parse("::2")->loopback());
}

TEST(Address, Networks) {
    const auto contains = [](const char* network, const char* address) {
        const auto parsed = Network::parse(network);
        return parsed && parsed->contains(*IpAddress::parse(address));
    };
    EXPECT_TRUE(contains("10.0.0.0/8", "10.255.1.2"));
    EXPECT_FALSE(contains("10.0.0.0/8", "11.0.0.1"));
    EXPECT_TRUE(contains("192.0.2.128/25", "192.0.2.200"));
    EXPECT_FALSE(contains("192.0.2.128/25", "192.0.2.127"));
    EXPECT_TRUE(contains("0.0.0.0/0", "203.0.113.9"));
    EXPECT_FALSE(contains("0.0.0.0/0", "2001:db8::1"));
    EXPECT_TRUE(contains("fd00::/8", "fdff::1"));
    EXPECT_TRUE(contains("192.0.2.1", "192.0.2.1"));
    EXPECT_FALSE(contains("192.0.2.1", "192.0.2.2"));
    for (const char* bad :
         {"10.0.0.0/33", "10.0.0.0/", "10.0.0/8", "::/129", "", "/8", "10.0.0.0/-1", "10.0.0.0/8x"}) {
        EXPECT_FALSE(Network::parse(bad)) << bad;
    }
}

TEST(Address, ListenAddresses) {
    const auto text = [](const char* from) {
        const auto parsed = parse_listen_address(from);
        return parsed ? parsed->address.text() : std::string("bad");
    };
    EXPECT_EQ(text("127.0.0.1:143"), "127.0.0.1:143");
    EXPECT_EQ(text("[::1]:993"), "[::1]:993");
    EXPECT_EQ(text("*:25"), "[::]:25");
    EXPECT_TRUE(parse_listen_address("*:25")->dual_stack);
    EXPECT_EQ(parse_listen_address("unix:/run/x.sock")->unix_path, "/run/x.sock");
    const std::string long_path = "unix:/" + std::string(200, 'x');
    for (const char* bad :
         {"", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "::1:143", "[127.0.0.1]:1",
          "localhost:143", "unix:", "[]:1", "127.0.0.1: 1", long_path.c_str()}) {
        EXPECT_EQ(text(bad), "bad") << bad;
    }
}

}  // namespace
}  // namespace net
