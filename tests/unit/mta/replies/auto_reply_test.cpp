// Whether a program may answer, and how: RFC 3834.
#include "mta/replies/auto_reply.hpp"

#include <gtest/gtest.h>

#include "mime/header.hpp"

namespace {

using mta::replies::addresses_named;
using mta::replies::own_address;
using mta::replies::reason_against;

TEST(AutoReply, WhoIsNotAnswered) {
    for (const std::string_view sender :
         {"", "nobody", "@example.org", "MAILER-DAEMON@example.org", "owner-list@example.org",
          "list-request@example.org", "bounces+anna=example.org@lists.test", "no-reply@shop.test",
          "NoReply@shop.test", "list-bounces@lists.test", "d\xC3\xB6rte@example.org", "a b@example.org"})
        EXPECT_FALSE(reason_against(sender, "Subject: x\r\n\r\n").empty()) << sender;
    for (const std::string_view sender :
         {"anna@example.org", "rootbeer@example.org", "request@example.org", "a.owner@example.org",
          "SRS0=ab=cd=example.org=anna@forwarder.test"})
        EXPECT_TRUE(reason_against(sender, "Subject: x\r\n\r\n").empty()) << sender;
}

TEST(AutoReply, WhatIsNotAnswered) {
    for (const std::string_view field :
         {"Auto-Submitted: auto-generated", "auto-submitted: AUTO-REPLIED; owner-email=a@b",
          "Auto-Submitted:\r\n auto-notified", "List-Id: <a.b>", "List-Unsubscribe: <mailto:x@y>",
          "Precedence: bulk", "Precedence: List", "Precedence:junk (x)",
          "X-Auto-Response-Suppress: DR, OOF, AutoReply", "X-Auto-Response-Suppress: All",
          "Content-Type: multipart/report; report-type=delivery-status", "X-Autoreply: yes",
          "Mailing-List: x"})
        EXPECT_FALSE(reason_against("a@example.org", "To: b@c\r\n" + std::string(field) + "\r\n\r\n").empty())
            << field;
    for (const std::string_view field :
         {"Auto-Submitted: no", "Auto-Submitted: NO (really)", "Precedence: first-class",
          "X-Auto-Response-Suppress: DR, RN", "Content-Type: multipart/mixed; boundary=report",
          "Listless: yes", "X-Autorespond: no"})
        EXPECT_TRUE(reason_against("a@example.org", "To: b@c\r\n" + std::string(field) + "\r\n\r\n").empty())
            << field;
    // What stands in the text is no field.
    EXPECT_TRUE(reason_against("a@example.org", "To: b@c\r\n\r\nList-Id: <a.b>\r\n").empty());
}

TEST(AutoReply, WhoIsMeant) {
    const std::vector<std::string> own{"anna@example.org", "a.exa@xn--bcher-kva.test"};
    const auto named = [&own](std::string_view header) {
        return own_address(addresses_named(std::string(header) + "\r\n\r\n"), own).value_or("");
    };
    EXPECT_EQ(named("To: Bert <b@example.org>, \"Exa, Anna\" <ANNA@Example.ORG>"), "anna@example.org");
    EXPECT_EQ(named("To: b@example.org\r\nCc: x@y,\r\n anna+shop@example.org"), "anna@example.org");
    EXPECT_EQ(named("To: team: b@example.org, A.Exa@b\xC3\xBC"
                    "cher.test;"),
              "a.exa@xn--bcher-kva.test");
    EXPECT_EQ(named("Resent-To: anna@example.org\r\nTo: other@example.org"), "anna@example.org");
    for (const std::string_view header :
         {"To: list@example.org", "From: anna@example.org", "Subject: anna@example.org", "To: anna",
          "To: undisclosed-recipients:;", "To: anna@example.org.test", "To: +anna@example.org",
          "Bcc: anna@example.org"})
        EXPECT_EQ(named(header), "") << header;
}

std::string field_of(std::string_view text, std::string_view name) {
    mime::Field field;
    return mime::find_field(text, name, field) ? mime::unfold(field.value) : "none";
}

TEST(AutoReply, Header) {
    mta::replies::ReplyFacts facts;
    facts.from = "anna@example.org";
    facts.to = "bert@example.net";
    facts.message_id = "<new@example.org>";
    const std::string header =
        "Message-ID: <old@example.net>\r\nReferences: <first@x> junk <second@y>\r\n"
        "Subject: =?utf-8?Q?Gr=C3=BC=C3=9Fe?=\r\n of mine\r\n\r\n";
    const std::string out = mta::replies::reply_header(header, facts);
    EXPECT_EQ(field_of(out, "From"), " <anna@example.org>");
    EXPECT_EQ(field_of(out, "To"), " <bert@example.net>");
    EXPECT_EQ(field_of(out, "In-Reply-To"), " <old@example.net>");
    EXPECT_EQ(field_of(out, "References"), " <first@x> <second@y> <old@example.net>");
    EXPECT_EQ(field_of(out, "Auto-Submitted"), " auto-replied");
    EXPECT_NE(field_of(out, "Subject").find("=?utf-8?"), std::string::npos);
    // Such an answer is answered by nobody: two who are away do not talk with each other for ever.
    EXPECT_FALSE(reason_against("", out).empty());
    EXPECT_FALSE(reason_against("anna@example.org", out).empty());
    // Nothing that a stranger wrote makes another field or a line without end.
    const std::string bad =
        mta::replies::reply_header("Subject: =?utf-8?Q?a=0D=0ABcc:_x@y?=" + std::string(3'000, 'x') +
                                       "\r\nMessage-ID: <a b@x> <" + std::string(3'000, 'y') + ">\r\n\r\n",
                                   facts);
    EXPECT_EQ(field_of(bad, "Bcc"), "none");
    EXPECT_LT(bad.size(), 1'500U);
    for (std::size_t at = 0, end = 0; (end = bad.find("\r\n", at)) != std::string::npos; at = end + 2)
        EXPECT_LT(end - at, 998U);
}

}  // namespace
