// The documents that clients read, and what they ask.
#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <pugixml.hpp>
#include <vector>

#include <gtest/gtest.h>

#include "discovery/documents.hpp"
#include "discovery/qr_code.hpp"
#include "discovery/request.hpp"
#include "discovery/setup_page.hpp"

namespace discovery {
namespace {

using Service = Endpoint::Service;

Settings settings() {
    Settings out;
    out.provider = "Barid & Co";
    out.endpoints = {{Service::submission, "mail.example.org", 465, Security::implicit_tls},
                     {Service::imap, "mail.example.org", 993, Security::implicit_tls},
                     {Service::imap, "mail.example.org", 143, Security::starttls},
                     {Service::pop3, "mail.example.org", 995, Security::implicit_tls}};
    out.autodiscover_url = "https://mail.example.org/autodiscover/autodiscover.xml";
    return out;
}

pugi::xml_document parsed(const std::string& xml) {
    pugi::xml_document document;
    EXPECT_TRUE(document.load_string(xml.c_str())) << xml;
    return document;
}

TEST(Documents, MozillaListsAllInOrder) {
    const pugi::xml_document document = parsed(mozilla_autoconfig(settings(), "example.org"));
    const pugi::xml_node provider = document.child("clientConfig").child("emailProvider");
    EXPECT_STREQ(provider.attribute("id").value(), "example.org");
    EXPECT_STREQ(provider.child("displayName").text().get(), "Barid & Co");
    std::string servers;
    for (const pugi::xml_node server : provider.children())
        if (server.attribute("type"))
            servers += std::string(server.name()) + " " + server.attribute("type").value() + " " +
                       server.child("port").text().get() + " " + server.child("socketType").text().get() +
                       "\n";
    EXPECT_EQ(servers,
              "incomingServer imap 993 SSL\nincomingServer imap 143 STARTTLS\nincomingServer pop3 995 SSL\n"
              "outgoingServer smtp 465 SSL\n");
    EXPECT_STREQ(provider.child("incomingServer").child("username").text().get(), "%EMAILADDRESS%");
}

TEST(Documents, OutlookGetsTheBestOfEach) {
    const pugi::xml_document document = parsed(outlook_autodiscover(settings(), "\"<a>\"@example.org"));
    const pugi::xml_node account = document.child("Autodiscover").child("Response").child("Account");
    EXPECT_STREQ(account.child("Action").text().get(), "settings");
    std::string protocols;
    for (const pugi::xml_node protocol : account.children("Protocol"))
        protocols += std::string(protocol.child("Type").text().get()) + " " +
                     protocol.child("Port").text().get() + " " + protocol.child("LoginName").text().get() +
                     "\n";
    EXPECT_EQ(protocols,
              "IMAP 993 \"<a>\"@example.org\nPOP3 995 \"<a>\"@example.org\nSMTP 465 \"<a>\"@example.org\n");
}

TEST(Documents, ActiveSyncAndErrors) {
    Settings with = settings();
    with.activesync_url = "https://mail.example.org/Microsoft-Server-ActiveSync";
    const pugi::xml_document document = parsed(mobilesync_autodiscover(with, "a@example.org"));
    const pugi::xml_node response = document.child("Autodiscover").child("Response");
    EXPECT_STREQ(response.child("Action").child("Settings").child("Server").child("Url").text().get(),
                 with.activesync_url.c_str());
    const pugi::xml_document error = parsed(autodiscover_error(601, "10:00:00", 7));
    EXPECT_STREQ(error.child("Autodiscover").child("Response").child("Error").child("ErrorCode").text().get(),
                 "601");
}

TEST(Documents, JsonNamesWhatIsThere) {
    Settings with = settings();
    const auto error_of = [](const JsonAnswer& answer) {
        return nlohmann::json::parse(answer.body).value("ErrorCode", "");
    };
    EXPECT_EQ(json_autodiscover(with, "ActiveSync").status, 400u);
    EXPECT_EQ(error_of(json_autodiscover(with, "ActiveSync")), "ProtocolNotSupported");
    EXPECT_EQ(error_of(json_autodiscover(with, "")), "MandatoryParameterMissing");
    EXPECT_EQ(error_of(json_autodiscover(with, "\xFF\"")), "ProtocolNotSupported");
    with.activesync_url = "https://x/";
    const JsonAnswer found = json_autodiscover(with, "activesync");
    EXPECT_EQ(found.status, 200u);
    EXPECT_EQ(nlohmann::json::parse(found.body)["Url"], "https://x/");
    EXPECT_EQ(nlohmann::json::parse(json_autodiscover(with, "AutodiscoverV1").body)["Url"],
              with.autodiscover_url);
}

TEST(Documents, AppleProfilesReplaceThemselves) {
    const std::string first = apple_profile(settings(), "a@example.org", false);
    EXPECT_EQ(first, apple_profile(settings(), "a@example.org", false));
    EXPECT_NE(first, apple_profile(settings(), "b@example.org", false));
    const pugi::xml_document document = parsed(first);
    std::string keys;
    const pugi::xml_node payload = document.child("plist").child("dict").child("array").child("dict");
    for (const pugi::xml_node key : payload.children("key")) {
        const std::string name = key.text().get();
        if (name.find("HostName") != std::string::npos || name.find("Port") != std::string::npos)
            keys += name + "=" + key.next_sibling().text().get() + " ";
    }
    EXPECT_EQ(keys,
              "IncomingMailServerHostName=mail.example.org IncomingMailServerPortNumber=993 "
              "OutgoingMailServerHostName=mail.example.org OutgoingMailServerPortNumber=465 ");
}

TEST(Requests, AutodiscoverIsReadWithAnyPrefixAndCase) {
    const auto request = [](std::string_view schema) {
        return "<?xml version=\"1.0\"?><ad:autodiscover xmlns:ad=\"x\"><ad:Request><ad:EMailAddress> "
               "a@Example.org\n"
               "</ad:EMailAddress><ad:AcceptableResponseSchema>" +
               std::string(schema) + "</ad:AcceptableResponseSchema></ad:Request></ad:autodiscover>";
    };
    const std::string base = "http://schemas.microsoft.com/exchange/autodiscover/";
    using Schema = AutodiscoverRequest::Schema;
    const auto outlook = parse_autodiscover(request(base + "outlook/responseschema/2006a"));
    ASSERT_TRUE(outlook);
    EXPECT_EQ(outlook->address, "a@Example.org");
    EXPECT_EQ(outlook->schema, Schema::outlook);
    EXPECT_EQ(parse_autodiscover(request(base + "mobilesync/responseschema/2006"))->schema,
              Schema::mobilesync);
    EXPECT_EQ(parse_autodiscover(request("else"))->schema, Schema::other);
}

TEST(Requests, WhatIsNoneIsRefused) {
    for (const char* bad :
         {"", "text", "<a/>", "<Autodiscover/>", "<Autodiscover><Request/></Autodiscover>",
          "<Autodiscover><Request><EMailAddress>none</EMailAddress></Request></Autodiscover>",
          "<Autodiscover><Request><EMailAddress>@x</EMailAddress></Request></Autodiscover>",
          "<Autodiscover><Request><EMailAddress>a@x</EMailAddress></Request><Request/></Autodiscover>"})
        EXPECT_FALSE(parse_autodiscover(bad)) << bad;
    EXPECT_FALSE(parse_autodiscover(std::string(100'000, ' ')));
    // Entities of a document type are not expanded: neither files nor a billion laughs.
    const auto entity = parse_autodiscover(
        "<!DOCTYPE a [<!ENTITY e SYSTEM "
        "\"file:///etc/passwd\">]><Autodiscover><Request><EMailAddress>a@b&e;</EMailAddress>"
        "</Request></Autodiscover>");
    if (entity) {
        EXPECT_EQ(entity->address, "a@b&e;");
    }
    std::string deep;
    for (int i = 0; i < 4'000; ++i) deep += "<a>";
    EXPECT_FALSE(parse_autodiscover(deep));
}

TEST(Requests, QueriesAreDecoded) {
    EXPECT_EQ(query_value("Email=a%40b.c&Protocol=ActiveSync", "email"), "a@b.c");
    EXPECT_EQ(query_value("Email=a%40b.c&Protocol=ActiveSync", "PROTOCOL"), "ActiveSync");
    EXPECT_EQ(query_value("a&b=&c=x+y", "a"), "");
    EXPECT_EQ(query_value("a&b=&c=x+y", "c"), "x y");
    EXPECT_EQ(query_value("a=%4&b=%", "a"), "%4");
    EXPECT_EQ(query_value("a=%4&b=%zz%", "b"), "%zz%");
    EXPECT_EQ(query_value("", "a"), "");
}

/// The modules of a code, of lines for a terminal: true is black.
std::vector<std::vector<bool>> modules_of(const std::string& lines) {
    std::vector<std::vector<bool>> out;
    for (std::size_t at = 0; at < lines.size();) {
        const std::string line = lines.substr(at, lines.find('\n', at) - at);
        at += line.size() + 1;
        std::vector<bool> upper, lower;
        for (std::size_t i = 0; i < line.size();) {
            const std::string_view rest = std::string_view(line).substr(i);
            const bool full = rest.starts_with("\u2588"), top = rest.starts_with("\u2580"),
                       bottom = rest.starts_with("\u2584");
            upper.push_back(!full && !top);
            lower.push_back(!full && !bottom);
            i += full || top || bottom ? 3 : 1;
        }
        out.push_back(upper);
        out.push_back(lower);
    }
    return out;
}

TEST(QrCode, ItsTwoFormsAreTheSameCode) {
    const std::string url = "https://mail.example.org/mobileconfig?email=anna%40example.org";
    const auto modules = modules_of(qr_lines(url));
    ASSERT_FALSE(modules.empty());
    const std::string svg = qr_svg(url);
    std::size_t black = 0, row = 0;
    for (const auto& line : modules) {
        EXPECT_EQ(line.size(), modules.front().size()) << row;
        black += static_cast<std::size_t>(std::ranges::count(line, true));
        ++row;
    }
    std::size_t drawn = 0;
    for (std::size_t at = svg.find('h', svg.find(" d=")); at != std::string::npos;
         at = svg.find('h', at + 1)) {
        std::size_t run = 0;
        std::from_chars(svg.data() + at + 1, svg.data() + svg.size(), run);
        drawn += run;
    }
    // The last line of an odd number of rows has nothing below it, which is shown as white.
    EXPECT_EQ(drawn, black);
    EXPECT_TRUE(modules[4][4] && modules[4][10] && modules[10][4] && !modules[5][5] && modules[6][6]);
    EXPECT_EQ(qr_svg(std::string(3'000, 'x')), "");
    EXPECT_EQ(qr_lines(std::string(3'000, 'x')), "");
}

TEST(SetupPage, EscapesAndTells) {
    Settings told = settings();
    told.web_url = "https://mail.example.org:8443";
    const std::string page = setup_page(told, "<a>&\"b@example.org");
    EXPECT_EQ(page.find("<a>&"), std::string::npos);
    EXPECT_NE(page.find("&lt;a&gt;&amp;"), std::string::npos);
    EXPECT_NE(page.find("<td>IMAP (incoming)</td><td>mail.example.org</td><td>993</td><td>TLS</td>"),
              std::string::npos);
    EXPECT_EQ(page.find("ActiveSync"), std::string::npos) << "it is not offered";
    EXPECT_EQ(profile_url(told, "a+b@example.org", true),
              "https://mail.example.org:8443/mobileconfig?email=a%2Bb%40example.org&kind=activesync");
    told.web_url.clear();
    EXPECT_EQ(setup_page(told, "a@example.org").find("<svg"), std::string::npos);
}

}  // namespace
}  // namespace discovery
