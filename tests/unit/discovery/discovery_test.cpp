// The documents that clients read, and what they ask.
#include <nlohmann/json.hpp>
#include <pugixml.hpp>

#include <gtest/gtest.h>

#include "discovery/documents.hpp"
#include "discovery/request.hpp"

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
    const pugi::xml_document error = parsed(autodiscover_error(601, "10:00:00"));
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
          "<Autodiscover><Request><EMailAddress>@x</EMailAddress></Request></Autodiscover>"})
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

}  // namespace
}  // namespace discovery
