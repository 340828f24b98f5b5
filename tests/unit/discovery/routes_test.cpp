// The routes as a client meets them.
#include <gtest/gtest.h>

#include "discovery/handlers.hpp"
#include "http_stage.hpp"

namespace discovery {
namespace {

boost::asio::awaitable<std::optional<Settings>> settings_of(std::string domain) {
    if (domain != "example.org") co_return std::nullopt;
    Settings out;
    out.provider = "Barid";
    out.endpoints = {{Endpoint::Service::imap, "mail.example.org", 993, Security::implicit_tls}};
    co_return out;
}

class Routes : public testing::Test {
protected:
    Routes() { add_routes(stage_.router(), settings_of, base::Clock::system()); }
    std::string get(std::string_view target, std::string_view host = "example.org") {
        return stage_.send("GET " + std::string(target) + " HTTP/1.1\r\nHost: " + std::string(host) +
                           "\r\n\r\n");
    }
    std::string post(std::string_view target, std::string_view body) {
        return stage_.send("POST " + std::string(target) + " HTTP/1.1\r\nHost: x\r\nContent-Length: " +
                           std::to_string(body.size()) + "\r\n\r\n" + std::string(body));
    }
    http_test::Stage stage_;
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
    EXPECT_TRUE(has(get("/autodiscover/autodiscover.xml"), "Allow: POST"));
}

TEST_F(Routes, AutodiscoverJson) {
    EXPECT_TRUE(has(get("/autodiscover/autodiscover.json?Email=a@example.org&Protocol=ActiveSync"),
                    "ProtocolNotSupported"));
    EXPECT_TRUE(has(get("/Autodiscover/autodiscover.json/v1.0/a@example.org"), "MandatoryParameterMissing"));
}

TEST_F(Routes, AppleProfile) {
    EXPECT_TRUE(
        has(get("/mobileconfig?email=a%40example.org"), "Content-Type: application/x-apple-aspen-config"));
    EXPECT_TRUE(has(get("/mobileconfig?email=a%40example.org&kind=activesync"), "404 Not Found"));
    EXPECT_TRUE(has(get("/mobileconfig?email=a%40other.test"), "404 Not Found"));
    EXPECT_TRUE(has(get("/mobileconfig"), "400 Bad Request"));
}

}  // namespace
}  // namespace discovery
