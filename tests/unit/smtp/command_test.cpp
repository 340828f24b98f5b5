// Command lines: where they end, what they are, and what is refused. RFC 5321 section 4.1.1
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "base/line_framer.hpp"
#include "smtp/syntax/parse_command.hpp"

namespace smtp {
namespace {

/// Everything that the framer says of `input`, fed in pieces of `cut` octets.
std::vector<std::string> frames(const std::string& input, std::size_t cut, std::size_t line_max = 64) {
    base::LineFramer framer(256);
    std::string buffer;
    std::vector<std::string> out;
    std::size_t fed = 0;
    while (true) {
        const base::LineFramer::Frame frame = framer.next(buffer, line_max);
        switch (frame.status) {
            case base::LineFramer::Status::need_more:
                break;
            case base::LineFramer::Status::line:
                out.push_back("[" + std::string(frame.line) + "]");
                break;
            case base::LineFramer::Status::bare_lf:
                out.emplace_back("lf");
                break;
            case base::LineFramer::Status::bad_octets:
                out.emplace_back("octets");
                break;
            case base::LineFramer::Status::too_long:
                out.emplace_back("long");
                break;
            case base::LineFramer::Status::flood:
                out.emplace_back("flood");
                return out;
        }
        buffer.erase(0, frame.consumed);
        if (frame.status != base::LineFramer::Status::need_more) continue;
        if (fed == input.size()) return out;
        const std::size_t n = std::min(cut, input.size() - fed);
        buffer.append(input, fed, n);
        fed += n;
    }
}

TEST(SmtpFramer, the_same_lines_however_the_stream_is_cut) {
    const std::vector<std::string> want{"[NOOP]", "[]",     "lf",   "[EHLO x]",
                                        "octets", "octets", "long", "[QUIT]"};
    const std::string input = std::string("NOOP\r\n\r\nNOOP\nEHLO x\r\nNO\rOP\r\nNO\0OP\r\n", 36) +
                              std::string(100, 'x') + "\r\nQUIT\r\nrest";
    for (const std::size_t cut : {1U, 2U, 3U, 7U, 1000U}) EXPECT_EQ(frames(input, cut), want) << cut;
}

TEST(SmtpFramer, the_limit_counts_the_line_end) {
    EXPECT_EQ(frames(std::string(62, 'x') + "\r\n", 1000),
              std::vector<std::string>{"[" + std::string(62, 'x') + "]"});
    for (const std::size_t cut : {1U, 63U, 1000U})
        EXPECT_EQ(frames(std::string(63, 'x') + "\r\nQUIT\r\n", cut),
                  (std::vector<std::string>{"long", "[QUIT]"}));
}

TEST(SmtpFramer, junk_without_end_is_a_flood) {  // A31
    for (const std::size_t cut : {1U, 100U, 10'000U})
        EXPECT_EQ(frames(std::string(10'000, 'x'), cut), std::vector<std::string>{"flood"}) << cut;
}

Parsed<Command> parse(const std::string& line) {
    const CommandLine split = split_command(line);
    if (split.spec == nullptr) return replies::unknown_command;
    Cursor in(split.arguments);
    return split.spec->parse(in);
}

template <class C>
C parsed(const std::string& line) {
    auto command = parse(line);
    EXPECT_TRUE(command) << line;
    if (!command || !std::holds_alternative<C>(*command)) {
        ADD_FAILURE() << line;
        return {};
    }
    return std::get<C>(*command);
}

TEST(SmtpCommand, what_is_taken) {
    EXPECT_EQ(parsed<cmd::Hello>("EHLO mail.example").name, "mail.example");
    EXPECT_EQ(parsed<cmd::Hello>("helo [192.0.2.1]").kind, cmd::Hello::Kind::helo);
    EXPECT_EQ(parsed<cmd::Hello>("lhlo x").kind, cmd::Hello::Kind::lhlo);
    EXPECT_EQ(parsed<cmd::Mail>("mAiL fRoM:<a@b.c> size=1").from.address(), "a@b.c");
    EXPECT_TRUE(parsed<cmd::Mail>("MAIL FROM:<>").from.null);
    EXPECT_EQ(parsed<cmd::Mail>("MAIL FROM: <a@b.c>").from.address(), "a@b.c");
    EXPECT_TRUE(parsed<cmd::Mail>("MAIL FROM:<\xc3\xa9@b.c> SMTPUTF8").from.eight_bit);
    EXPECT_EQ(parsed<cmd::Rcpt>("RCPT TO:<postmaster>").to.address(), "postmaster");
    EXPECT_EQ(parsed<cmd::Bdat>("BDAT 12").size, 12U);
    EXPECT_TRUE(parsed<cmd::Bdat>("BDAT 0 last").last);
    parsed<cmd::BdatUncountable>("BDAT 18446744073709551616");
    parsed<cmd::BdatUncountable>("BDAT 12 FIRST");
    parsed<cmd::Noop>("NOOP whatever it says");
    parsed<cmd::Data>("DATA ");
    EXPECT_EQ(parsed<cmd::Auth>("auth plain").mechanism, "PLAIN");
    EXPECT_EQ(parsed<cmd::Auth>("AUTH PLAIN =").initial.reveal(), "=");
    parsed<cmd::Http>("GET / HTTP/1.1");
    parsed<cmd::Vrfy>("VRFY postmaster");
}

TEST(SmtpCommand, what_is_refused) {
    const std::pair<std::string, std::uint16_t> rows[] = {
        {"", 500},
        {"FOO", 500},
        {"MAILFROM:<a@b.c>", 500},
        {"XCLIENT NAME=x", 500},
        {"PROXY TCP4 1 2 3 4", 500},
        {"EHLO", 501},
        {"EHLO ", 501},
        {"EHLO a b", 501},
        {"EHLO a(b)", 501},
        {"EHLO \xc3\xa9", 501},
        {"EHLO <a>", 501},
        {"EHLO " + std::string(256, 'a'), 501},
        {"MAIL", 501},
        {"MAIL FROM", 501},
        {"MAIL FROM:", 501},
        {"MAIL FROM:a@b.c", 501},
        {"MAIL FROM:<a@b", 501},
        {"MAIL FROM:<a@b> FOO=1", 555},
        {"MAIL FROM:<a@b>SIZE=1", 501},
        {"MAIL FROM:<\xc3\xa9@b.c>", 553},
        {"RCPT TO:<>", 501},
        {"RCPT", 501},
        {"DATA now", 501},
        {"BDAT", 501},
        {"BDAT abc", 501},
        {"BDAT -1", 501},
        {"RSET x", 501},
        {"QUIT x", 501},
        {"STARTTLS now", 501},
        {"AUTH", 501},
        {"AUTH ", 501},
        {"AUTH PLAIN a b", 501},
        {"AUTH PL@IN", 501},
        {"AUTH " + std::string(21, 'A'), 501},
        {"VRFY", 501},
    };
    for (const auto& [line, code] : rows) {
        const auto got = parse(line);
        ASSERT_FALSE(got) << line;
        EXPECT_EQ(got.error().code(), code) << line;
    }
}

TEST(SmtpReply, nothing_of_the_peer_breaks_a_line) {
    std::string out;
    write_reply(out, 550, "5.1.1", "no\r\n250 ok\x7f");
    EXPECT_EQ(out, "550 5.1.1 no??250 ok?\r\n");
    out.clear();
    write_line(out, 250, false, "A");
    write_line(out, 250, true, "B");
    EXPECT_EQ(out, "250-A\r\n250 B\r\n");
}

}  // namespace
}  // namespace smtp
