// The routes as a client meets them.
#include <optional>

#include <gtest/gtest.h>

#include "discovery/handlers.hpp"
#include "http_stage.hpp"

namespace discovery {
namespace {

boost::asio::awaitable<std::optional<Settings>> settings_of(std::string domain) {
    if (domain != "example.org") co_return std::nullopt;
    Settings out;
    out.provider = "Barid";
    out.autodiscover_url = "https://mail.example.org/autodiscover/autodiscover.xml";
    out.web_url = "https://mail.example.org";
    out.endpoints = {{Endpoint::Service::imap, "mail.example.org", 993, Security::implicit_tls}};
    co_return out;
}

class Routes : public testing::Test {
protected:
    /// Over one connection, until an answer ends it.
    std::string send(const std::string& request) {
        if (!stage_) {
            stage_.emplace();
            add_routes(stage_->router(), settings_of, base::Clock::system());
        }
        std::string answer = stage_->send(request);
        if (answer.find("Connection: close\r\n") != std::string::npos) stage_.reset();
        return answer;
    }
    std::string get(std::string_view target, std::string_view host = "example.org") {
        return send("GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) + "\r\n\r\n");
    }
    std::string post(std::string_view target, std::string_view body) {
        return send("POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                    std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    std::optional<http_test::Stage> stage_;
};

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

TEST_F(Routes, MozillaByAddressAndByHost) {
    const std::string by_address = get("/mail/config-v1.1.xml?emailaddress=a%40Example.ORG", "other.test");
    EXPECT_TRUE(has(by_address, "<hostname>mail.example.org</hostname>")) << by_address;
    EXPECT_TRUE(has(get("/.well-known/autoconfig/mail/config-v1.1.xml"), "200 OK"));
    EXPECT_TRUE(has(get("/mail/config-v1.1.xml", "autoconfig.example.org:443"), "200 OK"));
    EXPECT_TRUE(has(get("/mail/config-v1.1.xml?emailaddress=a@other.test"), "404 Not Found"));
    EXPECT_TRUE(has(post("/mail/config-v1.1.xml", ""), "405 Method Not Allowed"));
}

TEST_F(Routes, Autodiscover) {
    const std::string body =
        "<Autodiscover><Request><EMailAddress>a@example.org</EMailAddress><AcceptableResponseSchema>"
        "http://schemas.microsoft.com/exchange/autodiscover/outlook/responseschema/2006a"
        "</AcceptableResponseSchema></Request></Autodiscover>";
    EXPECT_TRUE(has(post("/Autodiscover/Autodiscover.xml", body), "<Type>IMAP</Type>"));
    EXPECT_TRUE(has(post("/autodiscover/AUTODISCOVER.XML", "nonsense"), "<ErrorCode>600</ErrorCode>"));
    const std::string elsewhere = post("/autodiscover/autodiscover.xml",
                                       "<Autodiscover><Request><EMailAddress>a@other.test</EMailAddress>"
                                       "</Request></Autodiscover>");
    EXPECT_TRUE(has(elsewhere, "<ErrorCode>500</ErrorCode>")) << elsewhere;
    const std::string led = get("/Autodiscover/autodiscover.xml", "autodiscover.example.org");
    EXPECT_TRUE(has(led, "302 Found")) << led;
    EXPECT_TRUE(has(led, "Location: https://mail.example.org/autodiscover/autodiscover.xml\r\n")) << led;
    EXPECT_TRUE(has(get("/autodiscover/autodiscover.xml", "other.test"), "404 Not Found"));
}

TEST_F(Routes, AutodiscoverJson) {
    EXPECT_TRUE(has(get("/autodiscover/autodiscover.json?Email=a@example.org&Protocol=ActiveSync"),
                    "ProtocolNotSupported"));
    EXPECT_TRUE(has(get("/Autodiscover/autodiscover.json/v1.0/a@example.org"), "Protocol is required"));
    for (const char* more : {"", "&Email=", "&Email=nobody"})
        EXPECT_TRUE(
            has(get("/autodiscover/autodiscover.json?Protocol=ActiveSync" + std::string(more), "other.test"),
                "Email is required"))
            << more;
    EXPECT_TRUE(
        has(get("/autodiscover/autodiscover.json?Email=a@other.test&Protocol=ActiveSync", "other.test"),
            "ProtocolNotSupported"));
}

TEST_F(Routes, AppleProfile) {
    EXPECT_TRUE(
        has(get("/mobileconfig?email=a%40example.org"), "Content-Type: application/x-apple-aspen-config"));
    EXPECT_TRUE(has(get("/mobileconfig?email=a%40example.org&kind=activesync"), "404 Not Found"));
    EXPECT_TRUE(has(get("/mobileconfig?email=a%40other.test"), "404 Not Found"));
    EXPECT_TRUE(has(get("/mobileconfig"), "400 Bad Request"));
    EXPECT_TRUE(has(get("/mobileconfig/qr.svg?email=a%40example.org"), "Content-Type: image/svg+xml"));
    EXPECT_TRUE(has(get("/mobileconfig/qr.svg?email=a%40other.test"), "404 Not Found"));
    EXPECT_TRUE(has(post("/mobileconfig/qr.svg", ""), "405 Method Not Allowed"));
}

/// Each is a handshake for who asks: signatures and pictures are not free.
TEST_F(Routes, WhatCostsEndsTheConnection) {
    for (const char* target : {"/mobileconfig?email=a%40example.org",
                               "/mobileconfig/qr.svg?email=a%40example.org", "/setup?email=a%40example.org"})
        EXPECT_TRUE(has(get(target), "Connection: close\r\n")) << target;
    EXPECT_FALSE(has(get("/mail/config-v1.1.xml?emailaddress=a%40example.org"), "Connection: close"));
}

TEST_F(Routes, Setup) {
    EXPECT_TRUE(has(get("/setup"), "<form method=\"get\" action=\"/setup\">"));
    const std::string page = get("/setup?email=a%40example.org");
    EXPECT_TRUE(has(page, "Content-Security-Policy: default-src 'none'")) << page;
    EXPECT_TRUE(has(page, "<td>993</td>")) << page;
    EXPECT_TRUE(has(get("/setup?email=a%40other.test"), "404 Not Found"));
    EXPECT_TRUE(has(post("/setup", ""), "405 Method Not Allowed"));
}

}  // namespace
}  // namespace discovery
