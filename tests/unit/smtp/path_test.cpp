// Paths, parameters and the small codecs: tables, RFC examples first.
#include "smtp/syntax/path.hpp"

#include <string>

#include <gtest/gtest.h>

#include "smtp/syntax/parameters.hpp"
#include "smtp/syntax/xtext.hpp"

namespace smtp {
namespace {

struct PathRow {
    std::string text;
    std::string address;  ///< "!" : refused
};

std::string forward(const std::string& text) {
    Cursor in(text);
    auto path = parse_forward_path(in);
    if (!path) return "!";
    return path->address() + std::string(in.rest());
}

std::string reverse(const std::string& text) {
    Cursor in(text);
    auto path = parse_reverse_path(in);
    if (!path) return "!";
    return path->null ? "<>" + std::string(in.rest()) : path->address() + std::string(in.rest());
}

TEST(SmtpPath, forward) {
    const PathRow rows[] = {
        {"<Jones@XYZ.COM>", "Jones@XYZ.COM"},
        {"<@hosta.int,@jkl.org:userc@d.bar.org>", "userc@d.bar.org"},  // RFC 5321 appendix C
        {"<@jkl.org:userc@d.bar.org> X=1", "userc@d.bar.org X=1"},
        {"<Postmaster>", "postmaster"},
        {"<POSTMASTER>", "postmaster"},
        {"<a+b@x.org>", "a+b@x.org"},
        {"<!#$%&'*+-/=?^_`{|}~@x.org>", "!#$%&'*+-/=?^_`{|}~@x.org"},
        {"<\"user\"@x.org>", "user@x.org"},  // quoted or not: the same address
        {"<\"a b\"@x.org>", "\"a b\"@x.org"},
        {"<\"a\\\"b\"@x.org>", "\"a\\\"b\"@x.org"},
        {"<\"a\\b\"@x.org>", "ab@x.org"},
        {"<\"a@foreign.test\"@x.org>", "\"a@foreign.test\"@x.org"},
        {"<\"\"@x.org>", "\"\"@x.org"},
        {"<a..b@docomo.example>", "\"a..b\"@docomo.example"},  // quirk_stray_dots
        {"<a.@docomo.example>", "\"a.\"@docomo.example"},
        {"<a@[192.0.2.1]>", "a@[192.0.2.1]"},
        {"<a@[IPv6:2001:db8::1]>", "a@[IPv6:2001:db8::1]"},
        {"<a@my_host>", "a@my_host"},
        {"<\xc3\xa9@x.org>", "\xc3\xa9@x.org"},
        {"<a@b\xc3\xbc"
         "cher.example>",
         "a@b\xc3\xbc"
         "cher.example"},
        {"<user%foreign.test@x.org>", "user%foreign.test@x.org"},
        {"<foreign.test!user@x.org>", "foreign.test!user@x.org"},
        {"<" + std::string(64, 'a') + "@x.org>", std::string(64, 'a') + "@x.org"},
        // refused
        {"<>", "!"},
        {"", "!"},
        {"a@b", "!"},
        {"<a@b", "!"},
        {"<a>", "!"},
        {"<a@>", "!"},
        {"<@b>", "!"},
        {"<a@b@c>", "!"},
        {"<a b@c>", "!"},
        {"<a@b c>", "!"},
        {"<a@-b.org>", "!"},
        {"<a@b-.org>", "!"},
        {"<a@b..org>", "!"},
        {"<a@b.org.>", "!"},
        {"<.@b.org>", "!"},
        {"<a@[1.2.3]>", "!"},
        {"<a@[1.2.3.4>", "!"},
        {"<a@[IPv6:zz]>", "!"},
        {"<\"a@b.org>", "!"},
        {"<\"a\"b@c.org>", "!"},
        {"<a\tb@c.org>", "!"},
        {std::string("<a\0b@c.org>", 11), "!"},
        {"<a\rb@c.org>", "!"},
        {"<\"a\rb\"@c.org>", "!"},
        {"<\"a\\\rb\"@c.org>", "!"},
        {"<\xff@x.org>", "!"},          // not UTF-8
        {"<\xc0\xaf@x.org>", "!"},      // overlong
        {"<\xed\xa0\x80@x.org>", "!"},  // surrogate
        {"<@a:b@c>", "b@c"},
        {"<@a,b@c>", "!"},
        {"<" + std::string(65, 'a') + "@x.org>", "!"},
        {"<a@" + std::string(64, 'b') + ".org>", "!"},
        {"<a@" + std::string(250, 'b') + ">", "!"},
        {"<@" + std::string(60, 'b') + ",@" + std::string(60, 'b') + ",@" + std::string(60, 'b') + ",@" +
             std::string(60, 'b') + ":a@x.org>",
         "!"},
        {"<${run{id}}@x.org>", "${run{id}}@x.org"},  // an address is data, never a program (threats 24)
        {"<|/bin/sh@x.org>", "|/bin/sh@x.org"},
        {"<a;id@x.org>", "!"},
    };
    for (const auto& row : rows) EXPECT_EQ(forward(row.text), row.address) << row.text;
}

TEST(SmtpPath, address_literals) {  // RFC 5321 section 4.1.3, RFC 4291 section 2.2
    for (const char* text :
         {"[1.2.3.4]", "[255.255.255.255]", "[IPv6:::]", "[ipv6:::1]", "[IPv6:1::]", "[IPv6:1:2:3:4:5:6:7:8]",
          "[IPv6:2001:db8::1]", "[IPv6:::ffff:1.2.3.4]", "[IPv6:1:2:3:4:5:6:1.2.3.4]", "[IPv6:1::8]"})
        EXPECT_TRUE(is_address_literal(text)) << text;
    for (const char* text : {"",
                             "[]",
                             "[",
                             "[1.2.3]",
                             "[1.2.3.4.5]",
                             "[1.2.3.256]",
                             "[1.2.3.]",
                             "[0001.2.3.4]",
                             "[IPv6:]",
                             "[IPv6::1]",
                             "[IPv6:1:]",
                             "[IPv6:1:2:3:4:5:6:7]",
                             "[IPv6:1:2:3:4:5:6:7:8:9]",
                             "[IPv6:1::2::3]",
                             "[IPv6:12345::]",
                             "[IPv6:g::]",
                             "[IPv6::::]",
                             "[IPv6:1:2:3:4:5:6:7:1.2.3.4]",
                             "[x:1]",
                             "[IPv6:1.2.3.4::]",
                             "[IPv6:1:2:3:4:5:6:7::8]"})
        EXPECT_FALSE(is_address_literal(text)) << text;
}

TEST(SmtpPath, reverse) {
    EXPECT_EQ(reverse("<> SIZE=1"), "<> SIZE=1");
    EXPECT_EQ(reverse("<a@b.org>"), "a@b.org");
    EXPECT_EQ(reverse("<postmaster>"), "!");
    EXPECT_EQ(reverse("<a@b.org"), "!");
    // Bounce addresses longer than 64 octets are taken from senders, up to the path's 256.
    EXPECT_EQ(reverse("<" + std::string(200, 'v') + "@b.org>"), std::string(200, 'v') + "@b.org");
    EXPECT_EQ(reverse("<" + std::string(260, 'v') + "@b.org>"), "!");
}

TEST(SmtpPath, what_is_written_reads_the_same) {
    for (const char* text :
         {"<a@b.c>", "<\"a b\\\\\\\"\"@b.c>", "<\"..\"@b.c>", "<\"\"@b.c>", "<\xc3\xa9@b.c>"}) {
        Cursor in(text);
        const auto once = parse_forward_path(in);
        ASSERT_TRUE(once) << text;
        const std::string again = "<" + once->address() + ">";
        Cursor second(again);
        const auto twice = parse_forward_path(second);
        ASSERT_TRUE(twice) << again;
        EXPECT_EQ(*once, *twice) << again;
    }
}

Parsed<MailParameters> mail(const std::string& text) {
    Cursor in(text);
    return parse_mail_parameters(in);
}
Parsed<RcptParameters> rcpt(const std::string& text) {
    Cursor in(text);
    return parse_rcpt_parameters(in);
}

TEST(SmtpParameters, mail) {
    const auto all = mail(" SIZE=123 body=8bitmime SMTPUTF8 RET=HDRS ENVID=QQ+2B14 AUTH=e+3Dmc2@example.com");
    ASSERT_TRUE(all);
    EXPECT_EQ(all->size, 123U);
    EXPECT_EQ(all->body, Body::eight_bit);
    EXPECT_TRUE(all->smtputf8);
    EXPECT_EQ(all->ret, Ret::headers);
    EXPECT_EQ(all->envid, "QQ+14");
    EXPECT_EQ(all->auth, "e=mc2@example.com");  // RFC 4954 section 5's own example
    EXPECT_EQ(mail(" AUTH=<>")->auth, "");
    EXPECT_EQ(mail(" SIZE=18446744073709551615")->size, UINT64_MAX);
    EXPECT_EQ(mail(" SIZE=99999999999999999999")->size, UINT64_MAX);
    EXPECT_TRUE(mail(" "));
    EXPECT_EQ(mail(" BODY=BINARYMIME")->body, Body::binary);

    const std::pair<const char*, std::uint16_t> bad[] = {
        {" SIZE=abc", 501},
        {" SIZE", 501},
        {" SIZE=", 501},
        {" SIZE=-1", 501},
        {" SIZE=1 SIZE=1", 501},
        {" SIZE=123456789012345678901", 501},
        {" BODY=FOO", 501},
        {" BODY", 501},
        {" RET=FOO", 501},
        {" ENVID=a+2", 501},
        {" ENVID=a+0D", 501},
        {" SMTPUTF8=1", 501},
        {" FOO=1", 555},
        {" FOO", 555},
        {" =1", 501},
        {" AUTH=no-address", 501},
        {" NOTIFY=NEVER", 555},
        {"SIZE=1", 501},
        {" A==", 501},
    };
    for (const auto& [text, code] : bad) {
        const auto got = mail(text);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code(), code) << text;
    }
    EXPECT_FALSE(mail(" ENVID=" + std::string(101, 'a')));
}

TEST(SmtpParameters, rcpt) {
    EXPECT_EQ(rcpt(" NOTIFY=SUCCESS,FAILURE,DELAY")->notify, notify_success | notify_failure | notify_delay);
    EXPECT_EQ(rcpt(" NOTIFY=never")->notify, notify_never);
    const auto orcpt = rcpt(" ORCPT=rfc822;Bob+2B@x.org");
    ASSERT_TRUE(orcpt);
    EXPECT_EQ(orcpt->orcpt_type, "rfc822");
    EXPECT_EQ(orcpt->orcpt_address, "Bob+@x.org");
    EXPECT_EQ(rcpt(" ORCPT=utf-8;\xc3\xa9@x.org")->orcpt_address, "\xc3\xa9@x.org");
    for (const char* text : {" NOTIFY=NEVER,FAILURE", " NOTIFY=", " NOTIFY=FOO", " NOTIFY=DELAY,DELAY",
                             " NOTIFY=DELAY,", " ORCPT=bob@x.org", " ORCPT=;bob", " ORCPT=rfc822;",
                             " ORCPT=rfc822;a+0Db", " NOTIFY=DELAY NOTIFY=DELAY"}) {
        const auto got = rcpt(text);
        ASSERT_FALSE(got) << text;
        EXPECT_EQ(got.error().code(), 501) << text;
    }
    EXPECT_EQ(rcpt(" SIZE=1").error().code(), 555);
}

TEST(SmtpCodec, xtext) {
    EXPECT_EQ(decode_xtext("a+3Db"), "a=b");
    for (const char* text : {"a=b", "+", "+3", "+3d", "+GG", "a b"}) EXPECT_FALSE(decode_xtext(text)) << text;
}

}  // namespace
}  // namespace smtp
