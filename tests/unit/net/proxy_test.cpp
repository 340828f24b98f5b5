// PROXY protocol: tables for both versions, and what a listener does with it.
#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "net/proxy_header.hpp"
#include "support/certificates.hpp"
#include "tls_client.hpp"

namespace net_test {
namespace {

using namespace std::string_literals;
using Status = net::ProxyHeader::Status;

const std::string signature("\r\n\r\n\0\r\nQUIT\n", 12);

std::string v2(unsigned char version_command, unsigned char family, const std::string& rest,
               std::size_t length = std::string::npos) {
    if (length == std::string::npos) length = rest.size();
    std::string out = signature;
    out += static_cast<char>(version_command);
    out += static_cast<char>(family);
    out += static_cast<char>(length >> 8);
    out += static_cast<char>(length & 0xFF);
    return out + rest;
}
const std::string v4_addresses("\xC0\x00\x02\x01\xCB\x00\x71\x09\x30\x39\x00\x8F",
                               12);  // 192.0.2.1 203.0.113.9

std::string read(std::string_view input) {
    const net::ProxyHeader header = net::parse_proxy_header(input);
    if (header.status == Status::more) return "more";
    if (header.status == Status::bad) return "bad";
    std::string out = std::to_string(header.octets);
    if (header.source) {
        out += " " + header.source->text() + " " + std::to_string(header.source_port) + " " +
               header.destination->text() + " " + std::to_string(header.destination_port);
    }
    return out;
}

TEST(Proxy, Version1) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"PROXY TCP4 192.0.2.1 203.0.113.9 12345 143\r\nA1 NOOP\r\n", "44 192.0.2.1 12345 203.0.113.9 143"},
        {"PROXY TCP6 2001:db8::1 2001:db8::2 1 65535\r\n", "44 2001:db8::1 1 2001:db8::2 65535"},
        {"PROXY TCP6 ::ffff:192.0.2.1 ::1 1 2\r\n", "37 192.0.2.1 1 ::1 2"},
        {"PROXY UNKNOWN\r\n", "15"},
        {"PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n", "59"},
        {"", "more"},
        {"PROX", "more"},
        {"PROXY ", "more"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 12345 143\r", "more"},
        {"PROXZ", "bad"},
        {"proxy TCP4 192.0.2.1 203.0.113.9 12345 143\r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 12345\r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 12345 143 \r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 12345 143 x\r\n", "bad"},
        {"PROXY TCP4  192.0.2.1 203.0.113.9 12345 143\r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 012 143\r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 65536 143\r\n", "bad"},
        {"PROXY TCP4 192.0.2.1 203.0.113.9 -1 143\r\n", "bad"},
        {"PROXY TCP4 2001:db8::1 203.0.113.9 1 143\r\n", "bad"},
        {"PROXY TCP6 192.0.2.1 2001:db8::2 1 143\r\n", "bad"},
        {"PROXY TCP4 192.0.2.256 203.0.113.9 1 143\r\n", "bad"},
        {"PROXY UDP4 192.0.2.1 203.0.113.9 1 143\r\n", "bad"},
        {"PROXY\r\n", "bad"},
        {"A1 LOGIN", "bad"},
    };
    for (const auto& [input, expected] : table) EXPECT_EQ(read(input), expected) << input;
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(200, 'x')), "bad");  // 107 octets at most, with CRLF
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(91, 'x') + "\r\n"), "107");
    EXPECT_EQ(read("PROXY UNKNOWN " + std::string(92, 'x') + "\r\n"), "bad");
}

TEST(Proxy, Version2) {
    const std::string v6 = std::string("\x20\x01\x0d\xb8") + std::string(11, '\0') + "\x01" +
                           std::string("\x20\x01\x0d\xb8") + std::string(11, '\0') + "\x02" +
                           std::string("\x00\x01\x03\xE1", 4);
    EXPECT_EQ(read(v2(0x21, 0x11, v4_addresses) + "more"), "28 192.0.2.1 12345 203.0.113.9 143");
    EXPECT_EQ(read(v2(0x21, 0x21, v6)), "52 2001:db8::1 1 2001:db8::2 993");
    EXPECT_EQ(read(v2(0x21, 0x11, v4_addresses + "\x04\x00\x05\x68\x65\x6c\x6c\x6f"s)),
              "36 192.0.2.1 12345 203.0.113.9 143");                // a TLV is skipped
    EXPECT_EQ(read(v2(0x20, 0x00, "")), "16");                      // LOCAL
    EXPECT_EQ(read(v2(0x20, 0x11, v4_addresses)), "28");            // LOCAL: addresses are to be ignored
    EXPECT_EQ(read(v2(0x21, 0x00, "abc")), "19");                   // UNSPEC
    EXPECT_EQ(read(v2(0x21, 0x31, std::string(216, 'x'))), "232");  // AF_UNIX
    EXPECT_EQ(read(v2(0x21, 0x12, v4_addresses)), "28");            // a datagram: no client of ours
    EXPECT_EQ(read(v2(0x11, 0x11, v4_addresses)), "bad");           // version 1 in the form of 2
    EXPECT_EQ(read(v2(0x22, 0x11, v4_addresses)), "bad");           // no such command
    EXPECT_EQ(read(v2(0x21, 0x41, v4_addresses)), "bad");           // no such family
    EXPECT_EQ(read(v2(0x21, 0x11, "short")), "bad");
    EXPECT_EQ(read(v2(0x21, 0x21, v4_addresses)), "bad");
    EXPECT_EQ(read(v2(0x21, 0x11, v4_addresses, 5000)), "bad");  // over proxy_header_bytes_max: at once
    const std::string whole = v2(0x21, 0x11, v4_addresses);
    for (std::size_t cut = 0; cut < whole.size(); ++cut) EXPECT_EQ(read(whole.substr(0, cut)), "more") << cut;
}

TEST(Proxy, ClientIsWhomTheProxyNames) {
    net::ListenerConfig config;
    config.proxy_trusted = {"127.0.0.0/8"};
    Running running;
    ASSERT_EQ(running.add(config), "");
    running.start();
    for (const std::size_t cut : {1000U, 1U}) {
        const std::string text = "PROXY TCP4 192.0.2.1 203.0.113.9 12345 143\r\ninfo\r\n";
        Client client(running.port());
        for (std::size_t at = 0; at < text.size(); at += cut)
            client.send(std::string_view(text).substr(at, cut));
        EXPECT_EQ(client.line(), "hello");
        EXPECT_EQ(client.line(), "192.0.2.1 203.0.113.9 remote plain sni= subject=");
    }
    Client local(running.port());
    local.send(v2(0x20, 0, ""));
    EXPECT_EQ(local.line(), "hello");
    EXPECT_EQ(local.ask("info"), "127.0.0.1 127.0.0.1 loopback plain sni= subject=");
    // "I am from loopback" does not make a client local.
    Client liar(running.port());
    liar.send("PROXY TCP4 127.0.0.1 127.0.0.1 1 143\r\n");
    EXPECT_EQ(liar.line(), "hello");
    EXPECT_EQ(liar.ask("info"), "127.0.0.1 127.0.0.1 remote plain sni= subject=");
}

TEST(Proxy, WithoutHeaderThereIsNoBanner) {
    net::ServerLimits limits;
    limits.proxy_header_max = 50ms;
    net::ListenerConfig config;
    config.proxy_trusted = {"127.0.0.1"};
    Running running(limits);
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client silent(running.port()), wrong(running.port());
    EXPECT_EQ(silent.rest(), "");
    wrong.send("A1 NOOP\r\n");
    EXPECT_EQ(wrong.rest(), "");
}

TEST(Proxy, StrangersAreNotBelieved) {
    net::ListenerConfig config;
    config.proxy_trusted = {"10.0.0.0/8"};
    Running running;
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client client(running.port());
    client.send("PROXY TCP4 192.0.2.1 203.0.113.9 12345 143\r\ninfo\r\n");
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.line(), "PROXY TCP4 192.0.2.1 203.0.113.9 12345 143");  // a line like any other
    EXPECT_EQ(client.line(), "127.0.0.1 127.0.0.1 loopback plain sni= subject=");
}

TEST(Proxy, LimitCountsTheClientNotTheProxy) {
    net::ListenerConfig config;
    config.proxy_trusted = {"127.0.0.1"};
    config.connections_per_ip_max = 1;
    config.refusal = "too many\r\n";
    Running running;
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client one(running.port()), two(running.port()), again(running.port());
    one.send("PROXY TCP4 192.0.2.1 203.0.113.9 1 143\r\n");
    EXPECT_EQ(one.line(), "hello");
    two.send("PROXY TCP4 192.0.2.2 203.0.113.9 1 143\r\n");
    EXPECT_EQ(two.line(), "hello");
    again.send("PROXY TCP4 192.0.2.1 203.0.113.9 2 143\r\n");
    EXPECT_EQ(again.line(), "too many");
    EXPECT_TRUE(again.closed());
    one.close();
    EXPECT_TRUE(eventually([&] {
        Client later(running.port());
        later.send("PROXY TCP4 192.0.2.1 203.0.113.9 2 143\r\n");
        return later.line() == "hello";
    }));
}

TEST(ProxyHeader, WhatIsWrittenIsRead) {
    const auto ip = [](const char* text) { return net::IpAddress::parse(text); };
    for (const auto& [source, destination] :
         {std::pair("192.0.2.7", "198.51.100.1"), std::pair("2001:db8::7", "2001:db8::1"),
          std::pair("192.0.2.7", "2001:db8::1")}) {
        net::ProxiedClient client;
        client.source = ip(source);
        client.destination = ip(destination);
        client.source_port = 4711;
        client.destination_port = 993;
        const std::string header = net::write_proxy_header(client);
        const net::ProxyHeader read = net::parse_proxy_header(header + "more");
        ASSERT_EQ(read.status, net::ProxyHeader::Status::good) << source;
        EXPECT_EQ(read.octets, header.size());
        ASSERT_TRUE(read.source && read.destination);
        EXPECT_EQ(read.source->text(), source);
        EXPECT_EQ(read.destination->text(), destination);
        EXPECT_EQ(read.source_port, 4711);
        EXPECT_EQ(read.destination_port, 993);
    }
    const std::string nobody = net::write_proxy_header({});
    const net::ProxyHeader read = net::parse_proxy_header(nobody);
    EXPECT_EQ(read.status, net::ProxyHeader::Status::good);
    EXPECT_EQ(read.octets, nobody.size());
    EXPECT_FALSE(read.source);
}

TEST(Proxy, HeaderThenTlsInOneSegment) {
    const support::TemporaryFolder folder;
    support::CertificateAuthority authority(folder.path());
    support::LeafOptions leaf;
    leaf.dns_names = {"mail.example.test"};
    const support::LeafFiles files = authority.issue("main", leaf);
    net::ListenerConfig config;
    config.proxy_trusted = {"127.0.0.1"};
    config.tls = net::TlsMode::implicit;
    config.certificates = {{files.chain_file, files.key_file, {}}};
    Running running;
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client plain(running.port());
    const int cork = 1;  // header and ClientHello leave together
    ::setsockopt(plain.descriptor(), IPPROTO_TCP, 3 /* TCP_CORK */, &cork, sizeof cork);
    plain.send("PROXY TCP4 192.0.2.1 203.0.113.9 1 143\r\n");
    TlsClient client(plain, {});
    ASSERT_TRUE(client.connected()) << client.error();
    const int uncork = 0;
    ::setsockopt(plain.descriptor(), IPPROTO_TCP, 3, &uncork, sizeof uncork);
    EXPECT_EQ(client.line(), "hello");
    EXPECT_EQ(client.ask("info"), "192.0.2.1 203.0.113.9 remote TLSv1.3 sni= subject=");
}

}  // namespace
}  // namespace net_test
