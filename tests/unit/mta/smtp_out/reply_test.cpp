// Replies and what a server offers: tables, and any cut of the octets gives the same replies.
#include "mta/smtp_out/syntax/reply.hpp"

#include <gtest/gtest.h>

#include "mta/smtp_out/syntax/body_encoder.hpp"
#include "mta/smtp_out/syntax/commands.hpp"
#include "mta/smtp_out/syntax/extensions.hpp"

namespace smtp_out_test {
namespace {
using namespace mta;
using namespace mta::smtp_out;

/// All replies of a stream that comes in pieces of `cut` octets; "!" and why at its break.
std::vector<std::string> replies(std::string_view stream, std::size_t cut) {
    ReplyParser parser;
    std::string held;
    std::vector<std::string> out;
    while (!stream.empty() || !held.empty()) {
        const std::string_view piece = stream.substr(0, cut);
        held += piece;
        stream.remove_prefix(piece.size());
        for (;;) {
            const ReplyParser::Step step = parser.next(held);
            held.erase(0, step.consumed);
            if (step.outcome == ReplyParser::Outcome::broken) {
                out.push_back("!" + std::string(parser.fault()));
                return out;
            }
            if (step.outcome == ReplyParser::Outcome::need_more) break;
            out.push_back(parser.reply().words() +
                          (parser.reply().status ? " " + parser.reply().status.text() : ""));
        }
        if (stream.empty()) break;
    }
    return out;
}

TEST(Replies, Table) {
    const std::pair<std::string, std::vector<std::string>> table[] = {
        {"250 ok\r\n", {"250 ok"}},
        {"250\r\n", {"250"}},
        {"250 \r\n", {"250"}},
        {"250-a\r\n250 b\r\n354 go\r\n", {"250 a b", "354 go"}},
        {"550 5.1.1 no\r\n", {"550 5.1.1 no 5.1.1"}},
        {"550-5.1.1 no\r\n550 5.1.1 user\r\n", {"550 5.1.1 no user 5.1.1"}},
        {"550 4.1.1 no\r\n", {"550 4.1.1 no"}},        // the class is another than the code's
        {"550 5.1.1no\r\n", {"550 5.1.1no"}},          // no status
        {"550 5.1234.1 no\r\n", {"550 5.1234.1 no"}},  // no status
        {"250 a\n250 b\n", {"250 a", "250 b"}},        // LF alone
        {"220 x\r\r\n", {"220 x?"}},                   // a CR is a bad octet
        {"25 ok\r\n", {"!not an SMTP reply"}},
        {"2500 ok\r\n", {"!not an SMTP reply"}},
        {"\r\n", {"!not an SMTP reply"}},
        {"150 ok\r\n", {"!not an SMTP reply"}},
        {"699 ok\r\n", {"!not an SMTP reply"}},
        {"HTTP/1.1 400 Bad Request\r\n", {"!not an SMTP reply"}},
        {"250-a\r\n251 b\r\n", {"!a reply broken off by another"}},
        {"250-a\r\nb\r\n", {"!a reply broken off by another"}},
        {"250 \xe2\x80\xae"
         "evil\r\n",
         {"250 ?evil"}},  // right-to-left override
        {std::string("250 a\0b\r\n", 9), {"250 a?b"}},
    };
    for (const auto& [stream, expected] : table)
        for (const std::size_t cut : {1U, 2U, 3U, 1'000U})
            EXPECT_EQ(replies(stream, cut), expected) << stream << cut;
}

TEST(Replies, AreBounded) {
    EXPECT_EQ(replies(std::string(50'000, '2'), 1'000).back(), "!a line without end");
    std::string endless;
    for (int i = 0; i < 10'000; ++i) endless += "250-" + std::string(40, 'x') + "\r\n";
    EXPECT_EQ(replies(endless, 1'000).back(), "!a reply without end");
    const std::string long_line = "550 " + std::string(10'000, 'x') + "\r\n";
    EXPECT_EQ(replies(long_line, 1'000).back().size(), ReplyLimits::words_kept);
}

Extensions offered(const std::vector<std::string>& lines) {
    Reply reply;
    reply.code = 250;
    reply.lines = lines;
    return read_extensions(reply);
}

TEST(ExtensionsTest, Table) {
    const Extensions all =
        offered({"mx.test Hello", "pipelining", "SIZE 52428800", "8bitmime", "AUTH PLAIN login",
                 "AUTH=LOGIN XOAUTH2", "DSN", "STARTTLS", "LIMITS MAILMAX=20 RCPTMAX=100 X=1",
                 "DELIVERBY 240", "FUTURERELEASE 86400 2030-01-01T00:00:00Z", "REQUIRETLS",
                 "MT-PRIORITY MIXER", "CHUNKING", "BINARYMIME", "SMTPUTF8"});
    EXPECT_EQ(all.greeting_name, "mx.test");
    EXPECT_TRUE(all.pipelining && all.size && all.eight_bit && all.dsn && all.start_tls && all.require_tls);
    EXPECT_TRUE(all.chunking && all.binary && all.smtputf8 && all.mt_priority && all.deliver_by);
    EXPECT_EQ(all.size_max, 52'428'800U);
    EXPECT_EQ(all.auth, (std::vector<std::string>{"PLAIN", "LOGIN", "XOAUTH2"}));
    EXPECT_EQ(all.rcpt_max, 100U);
    EXPECT_EQ(all.mail_max, 20U);
    EXPECT_EQ(all.deliver_by_min, 240U);
    EXPECT_EQ(all.hold_max, 86'400U);
    const Extensions odd =
        offered({"", "SIZE", "SIZE x", "SIZE 99999999999999999999999", "LIMITS RCPTMAX=", "AUTH", ""});
    EXPECT_TRUE(odd.size);
    EXPECT_EQ(odd.size_max, 0U);
    EXPECT_EQ(odd.rcpt_max, 0U);
    EXPECT_TRUE(odd.auth.empty());
    EXPECT_FALSE(offered({"PIPELINING"}).pipelining) << "the first line is a name";
}

TEST(Commands, Encodings) {
    EXPECT_EQ(encode_xtext("a+b=c d\xff"), "a+2Bb+3Dc+20d+FF");  // RFC 3461 section 4
    EXPECT_EQ(encode_utf8_address("j\xc3\xb6rg+x@example", false), "j\\x{F6}rg\\x{2B}x@example");  // RFC 6533
    EXPECT_EQ(encode_utf8_address("j\xc3\xb6rg@example", true), "j\xc3\xb6rg@example");
    EXPECT_TRUE(safe_address("a@b"));
    EXPECT_TRUE(safe_address("\"a b>\"@b"));
    EXPECT_FALSE(safe_address("a b@c"));
    EXPECT_FALSE(safe_address("a>b@c"));
    EXPECT_FALSE(safe_address("\"a@c"));
    EXPECT_FALSE(safe_address("\"a\\\"@c"));
    EXPECT_FALSE(safe_address("a\r\n@c"));
    EXPECT_FALSE(safe_address(std::string_view("a\0@c", 4)));
}

TEST(Commands, Parameters) {
    Envelope envelope;
    envelope.sender = "a@b.test";
    envelope.require_tls = true;
    envelope.submitter = "a+b@b.test";
    envelope.deliver_by = DeliverBy{base::SystemTime(std::chrono::seconds(1'100)), true, true};
    envelope.hold_until = base::SystemTime(std::chrono::seconds(1'060));
    MailOptions options;
    options.now = base::SystemTime(std::chrono::seconds(1'000));
    options.authenticated = true;
    std::string plain, full;
    write_mail(plain, envelope, options, offered({"x"}));
    EXPECT_EQ(plain, "MAIL FROM:<a@b.test> AUTH=a+2Bb@b.test\r\n");
    write_mail(full, envelope, options, offered({"x", "REQUIRETLS", "DELIVERBY", "FUTURERELEASE 100"}));
    EXPECT_EQ(full, "MAIL FROM:<a@b.test> REQUIRETLS BY=100;NT HOLDFOR=60 AUTH=a+2Bb@b.test\r\n");
    Recipient recipient;
    recipient.address = "x@y.test";
    recipient.notify = notify_never;
    recipient.orcpt_type = "utf-8";
    recipient.orcpt_address = "\xc3\xa9@y.test";
    std::string rcpt;
    write_rcpt(rcpt, recipient, offered({"x", "DSN"}));
    EXPECT_EQ(rcpt, "RCPT TO:<x@y.test> NOTIFY=NEVER ORCPT=utf-8;\\x{E9}@y.test\r\n");
}

std::string encoded(std::string_view text, std::size_t cut, bool dots) {
    BodyEncoder encoder(dots);
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += cut) encoder.append(out, text.substr(at, cut));
    encoder.finish(out);
    return out;
}

TEST(Body, Table) {
    const std::pair<std::string, std::string> table[] = {
        {"", ".\r\n"},
        {"a", "a\r\n.\r\n"},
        {"a\r\n", "a\r\n.\r\n"},
        {".\r\n", "..\r\n.\r\n"},
        {"a\r\n.b\r\n..c\r\n", "a\r\n..b\r\n...c\r\n.\r\n"},
        {"a\n.\nb", "a\r\n..\r\nb\r\n.\r\n"},
        {"a\r.\rb\r\n", "a . b\r\n.\r\n"},
        {"a\r", "a \r\n.\r\n"},
        {"\r.\r\n", " .\r\n.\r\n"},
        {"\r\r\n", " \r\n.\r\n"},
        {"\n\r", "\r\n \r\n.\r\n"},
        {std::string("a\0b\r\n", 5), "a b\r\n.\r\n"},
        {std::string("\0.\r\n", 4), " .\r\n.\r\n"},
        {"a\r\n\r\n.\r\n", "a\r\n\r\n..\r\n.\r\n"},
    };
    for (const auto& [text, expected] : table) {
        for (const std::size_t cut : {1U, 2U, 3U, 100U})
            EXPECT_EQ(encoded(text, cut, true), expected) << text << cut;
    }
    EXPECT_EQ(encoded(".\n..\r\nx", 1, false), ".\r\n..\r\nx\r\n");
}

}  // namespace
}  // namespace smtp_out_test
