// Header sections on their way in, and the fields that we write. RFC 5321 section 4.4, RFC 5322
#include "smtp/syntax/header.hpp"

#include <string>

#include <gtest/gtest.h>

#include "smtp/syntax/trace.hpp"

namespace smtp {
namespace {

std::string kept(const std::string& section, HeaderRules rules) {
    std::string out;
    const HeaderFacts facts = read_header(section, rules);
    for (const auto run : facts.kept) out += run;
    return out;
}

TEST(SmtpHeader, is_found_however_the_stream_is_cut) {
    const std::pair<std::string, std::string> rows[] = {
        {"A: 1\r\nB: 2\r\n\r\nbody\r\n\r\nmore", "A: 1\r\nB: 2\r\n\r\n"},
        {"\r\nbody", "\r\n"},
        {"A: 1\r\r\n\r\nbody", "A: 1\r\r\n\r\n"},
        {"A: 1\r\n\r\r\n\r\nx", "A: 1\r\n\r\r\n\r\n"},
        {"A: 1\n\nB: 2\r\n\r\nx", "A: 1\n\nB: 2\r\n\r\n"},
    };
    for (const auto& [input, header] : rows) {
        for (const std::size_t cut : {1U, 2U, 3U, 100U}) {
            HeaderBuffer buffer(1000);
            std::string body;
            bool whole = false;
            for (std::size_t from = 0; from < input.size(); from += cut) {
                const std::string piece = input.substr(from, cut);
                std::string_view text = piece;
                if (!whole) whole = buffer.take(text) == HeaderBuffer::Status::whole;
                body += text;
            }
            EXPECT_TRUE(whole) << cut;
            EXPECT_EQ(buffer.octets(), header) << cut;
            EXPECT_EQ(buffer.octets() + body, input) << cut;
        }
    }
}

TEST(SmtpHeader, has_a_limit) {
    HeaderBuffer buffer(10);
    std::string_view text = "A: 12345678\r\n\r\n";
    EXPECT_EQ(buffer.take(text), HeaderBuffer::Status::too_big);
}

TEST(SmtpHeader, forged_fields_go) {
    const std::string section =
        "Return-Path: <evil@x>\r\nReceived: a\r\n b\r\nreturn-path : <e>\r\n\tfolded\r\nFrom: a@b\r\nBcc: "
        "c@d,\r\n e@f\r\n"
        "Date: x\r\nMessage-ID: <1@x>\r\nDelivered-To:  a@b \r\nX-Return-Path: stays\r\n\r\n";
    EXPECT_EQ(kept(section, HeaderRules{}),
              "Received: a\r\n b\r\nFrom: a@b\r\nBcc: c@d,\r\n e@f\r\nDate: x\r\nMessage-ID: <1@x>\r\n"
              "Delivered-To:  a@b \r\nX-Return-Path: stays\r\n\r\n");
    HeaderRules rules;
    rules.remove_bcc = true;
    EXPECT_EQ(kept(section, rules).find("Bcc"), std::string::npos);
    const HeaderFacts facts = read_header(section, rules);
    EXPECT_EQ(facts.received_fields, 1U);
    EXPECT_EQ(facts.from_fields, 1U);
    EXPECT_TRUE(facts.has_date);
    EXPECT_TRUE(facts.has_message_id);
    ASSERT_EQ(facts.delivered_to.size(), 1U);
    EXPECT_EQ(facts.delivered_to[0], "a@b");
}

TEST(SmtpHeader, what_is_no_field_stays) {
    for (const char* text :
         {"From a@b Mon\r\nA: 1\r\n\r\n", "just text", "", "\r\n", ": x\r\n\r\n", "A\r\n b\r\n"})
        EXPECT_EQ(kept(text, HeaderRules{}), text);
}

TEST(SmtpHeader, addresses) {
    using List = std::vector<std::string>;
    EXPECT_EQ(addresses_in(" a@b.c"), (List{"a@b.c"}));
    EXPECT_EQ(addresses_in(" Joe <a@b.c>, \"x, y@z\" <d@e.f>\r\n"), (List{"a@b.c", "d@e.f"}));
    EXPECT_EQ(addresses_in("\"evil@x\" <a@b.c>"), (List{"a@b.c"}));
    EXPECT_EQ(addresses_in("a@b.c (evil@x)"), (List{"a@b.c"}));
    EXPECT_EQ(addresses_in("group: a@b.c, <d@e.f>;"), (List{"a@b.c", "d@e.f"}));
    EXPECT_EQ(addresses_in("undisclosed"), List{});
    EXPECT_EQ(addresses_in("\"unclosed a@b"), List{});
    EXPECT_EQ(addresses_in("(((("), List{});
}

TEST(SmtpTrace, received) {
    ReceivedFacts facts;
    facts.hello = "client.example";
    facts.address = "2001:db8::1";
    facts.hostname = "mx.example.test";
    facts.with = "ESMTPS";
    facts.id = "18f00d";
    facts.recipient = "a@example.test";
    facts.tls_version = "TLSv1.3";
    facts.tls_cipher = "TLS_AES_256_GCM_SHA384";
    facts.unix_seconds = 1795299545;
    std::string out;
    write_received(out, facts);
    EXPECT_EQ(out,
              "Received: from client.example ([IPv6:2001:db8::1])\r\n\t(using TLSv1.3 with cipher "
              "TLS_AES_256_GCM_SHA384)\r\n\tby mx.example.test with ESMTPS id 18f00d\r\n\tfor "
              "<a@example.test>;\r\n\t"
              "Sat, 21 Nov 2026 22:19:05 +0000\r\n");
    facts.hello = "a) x\r\nEvil: (";  // B33: never written as it is, wherever it came from
    out.clear();
    write_received(out, facts);
    EXPECT_EQ(out.find("\nEvil"), std::string::npos);
    EXPECT_EQ(out.find("a)"), std::string::npos);
}

TEST(SmtpTrace, with) {
    EXPECT_EQ(with_protocol(false, false, false, false, false), "SMTP");
    EXPECT_EQ(with_protocol(false, true, false, true, true), "ESMTPSA");
    EXPECT_EQ(with_protocol(false, true, true, true, false), "UTF8SMTPS");
    EXPECT_EQ(with_protocol(true, true, false, false, false), "LMTP");
    EXPECT_EQ(with_protocol(true, true, true, false, false), "UTF8LMTP");
}

TEST(SmtpTrace, dates) {
    EXPECT_EQ(date_text(0), "Thu, 01 Jan 1970 00:00:00 +0000");
    EXPECT_EQ(date_text(951827696), "Tue, 29 Feb 2000 12:34:56 +0000");
}

}  // namespace
}  // namespace smtp
