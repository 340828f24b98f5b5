// The codec of POP3: tables for commands, lines in any cut, dots in any cut.
#include <gtest/gtest.h>

#include "base/line_framer.hpp"
#include "pop3/syntax/dot_stuffer.hpp"
#include "pop3/syntax/parse_command.hpp"

namespace pop3 {
namespace {

struct Show {
    static std::string optional(const std::optional<std::uint32_t>& n) {
        return n ? " " + std::to_string(*n) : "";
    }
    std::string operator()(const cmd::Apop& c) const { return "APOP " + c.user + "|" + c.digest; }
    std::string operator()(const cmd::Auth& c) const {
        return "AUTH " + c.mechanism + (c.initial ? "|" + *c.initial + "|" : "");
    }
    std::string operator()(const cmd::Capa&) const { return "CAPA"; }
    std::string operator()(const cmd::Dele& c) const { return "DELE " + std::to_string(c.number); }
    std::string operator()(const cmd::Lang& c) const { return "LANG " + c.range; }
    std::string operator()(const cmd::List& c) const { return "LIST" + optional(c.number); }
    std::string operator()(const cmd::Noop&) const { return "NOOP"; }
    std::string operator()(const cmd::Pass& c) const {
        return "PASS [" + std::string(c.password.reveal()) + "]";
    }
    std::string operator()(const cmd::Quit&) const { return "QUIT"; }
    std::string operator()(const cmd::Retr& c) const { return "RETR " + std::to_string(c.number); }
    std::string operator()(const cmd::Rset&) const { return "RSET"; }
    std::string operator()(const cmd::Stat&) const { return "STAT"; }
    std::string operator()(const cmd::Stls&) const { return "STLS"; }
    std::string operator()(const cmd::Top& c) const {
        return "TOP " + std::to_string(c.number) + " " + std::to_string(c.lines);
    }
    std::string operator()(const cmd::Uidl& c) const { return "UIDL" + optional(c.number); }
    std::string operator()(const cmd::User& c) const { return "USER [" + c.name + "]"; }
    std::string operator()(const cmd::Utf8&) const { return "UTF8"; }
};

std::string parse(std::string_view line) {
    auto parsed = parse_command(line);
    if (!parsed) {
        return (parsed.error().kind() == ParseError::Kind::unknown ? "? " : "! ") +
               std::string(parsed.error().what());
    }
    return std::visit(Show(), parsed->command);
}

TEST(Parse, Commands) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"STAT", "STAT"},
        {"stat", "STAT"},
        {"StAt  ", "STAT"},
        {"STAT 1", "! no argument expected"},
        {"LIST", "LIST"},
        {"LIST 2", "LIST 2"},
        {"LIST  2 ", "LIST 2"},
        {"LIST 0", "LIST 0"},
        {"LIST 2 3", "! one argument at most"},
        {"LIST -1", "! message number expected"},
        {"LIST +1", "! message number expected"},
        {"LIST 1x", "! message number expected"},
        {"RETR", "! message number expected"},
        {"RETR abc", "! message number expected"},
        {"RETR 99999999999999999999", "RETR 4294967295"},
        {"RETR 4294967296", "RETR 4294967295"},
        {"RETR 1 2", "! one argument expected"},
        {"DELE 007", "DELE 7"},
        {"TOP 1", "! number of lines expected"},
        {"TOP 1 0", "TOP 1 0"},
        {"TOP 1 99999999999999999999", "TOP 1 18446744073709551615"},
        {"TOP 1 2 3", "! two arguments expected"},
        {"UIDL", "UIDL"},
        {"UIDL 3", "UIDL 3"},
        {"USER mrose", "USER [mrose]"},
        {"USER  a b ", "USER [a b]"},
        {"USER", "! name expected"},
        {"USER  ", "! name expected"},
        {"PASS secret", "PASS [secret]"},
        {"PASS  two  words ", "PASS [ two  words ]"},
        {"PASS ", "! password expected"},
        {"PASS", "! password expected"},
        {"APOP mrose c4c9334bac560ecc979e58001b3e22fb", "APOP mrose|c4c9334bac560ecc979e58001b3e22fb"},
        {"APOP a b c4c9334bac560ecc979e58001b3e22fb ", "APOP a b|c4c9334bac560ecc979e58001b3e22fb"},
        {"APOP mrose c4c9334bac560ecc979e58001b3e22f", "! name and digest expected"},
        {"APOP c4c9334bac560ecc979e58001b3e22fb", "! name and digest expected"},
        {"APOP", "! name and digest expected"},
        {"AUTH", "AUTH "},
        {"AUTH plain", "AUTH PLAIN"},
        {"AUTH PLAIN =", "AUTH PLAIN||"},
        {"AUTH PLAIN dGVzdA==", "AUTH PLAIN|test|"},
        {"AUTH PLAIN dGVzdA=", "! initial response is not base64"},
        {"AUTH PLAIN a b", "! mechanism and initial response expected"},
        {"LANG", "LANG "},
        {"LANG *", "LANG *"},
        {"UTF8", "UTF8"},
        {"UTF8 USER", "! no argument expected"},
        {"", "? unknown command"},
        {" STAT", "? unknown command"},
        {"STATX", "? unknown command"},
        {"GET / HTTP/1.1", "? unknown command"},
    };
    for (const auto& [line, expected] : table) EXPECT_EQ(parse(line), expected) << line;
    EXPECT_EQ(parse(std::string_view("PASS a\0b", 8)), "! NUL in a command");
}

/// What comes out when the input comes in pieces of `cut`.
std::string frames(std::string_view input, std::size_t cut, std::size_t line_bytes_max) {
    base::LineFramer framer;
    std::string held, out;
    std::size_t most = 0;
    for (std::size_t at = 0; at < input.size(); at += cut) {
        held += input.substr(at, cut);
        for (;;) {
            most = std::max(most, held.size());
            const base::LineFramer::Frame frame = framer.next(held, line_bytes_max + 1);
            if (frame.whole()) out += std::string(frame.line) + ";";
            if (frame.status == base::LineFramer::Status::too_long) out += "long;";
            if (frame.status == base::LineFramer::Status::flood) return out + "flood";
            held.erase(0, frame.consumed);
            if (frame.status == base::LineFramer::Status::need_more) break;
        }
    }
    EXPECT_LE(most, std::max(line_bytes_max + cut, cut) + 1);
    return out;
}

TEST(Framer, AnyCutGivesTheSameLines) {
    const std::string input = "USER a\r\nPASS b\nSTAT\r\n\r\n" + std::string(30, 'x') + "\r\nNOOP\r\nrest";
    for (const std::size_t cut : {1U, 2U, 3U, 7U}) {
        EXPECT_EQ(frames(input, cut, 20), "USER a;PASS b;STAT;;long;NOOP;") << cut;
    }
    EXPECT_EQ(frames(std::string(20, 'x') + "\n", 1, 20), std::string(20, 'x') + ";");
    EXPECT_EQ(frames(std::string(21, 'x') + "\n", 1, 20), "long;");
    EXPECT_EQ(frames(std::string(100'000, 'x'), 512, 20), "flood");
}

std::string stuffed(std::string_view message, std::size_t cut) {
    DotStuffer stuffer;
    std::string out;
    for (std::size_t at = 0; at < message.size(); at += cut) stuffer.append(out, message.substr(at, cut));
    stuffer.finish(out);
    return out;
}

TEST(Dots, AreDoubledHoweverTheMessageIsCut) {
    const std::pair<std::string_view, std::string_view> table[] = {
        {"", ".\r\n"},
        {".", "..\r\n.\r\n"},
        {"a\r\n.b\r\n", "a\r\n..b\r\n.\r\n"},
        {".a\r\n..\r\n.\r\n", "..a\r\n...\r\n..\r\n.\r\n"},
        {"a.b\r\n", "a.b\r\n.\r\n"},
        {"no end", "no end\r\n.\r\n"},
        {"lf\n.\nend\n", "lf\n..\nend\n\r\n.\r\n"},
        {"cr\r", "cr\r\r\n.\r\n"},
        {"\r\n", "\r\n.\r\n"},
        {"\n", "\n\r\n.\r\n"},
        {"\n.\n.", "\n..\n..\r\n.\r\n"},
        {"a\r\r\n", "a\r\r\n.\r\n"},
    };
    for (const auto& [message, expected] : table) {
        for (const std::size_t cut : {1U, 2U, 3U, 7U, 100U})
            EXPECT_EQ(stuffed(message, cut), expected) << cut;
    }
}

TEST(Dots, LinesOfTop) {
    const auto taken = [](std::string_view body, std::uint64_t lines, std::size_t cut) {
        LineCounter counter(lines);
        std::string out;
        for (std::size_t at = 0; at < body.size() && !counter.done(); at += cut) {
            const std::string_view piece = body.substr(at, cut);
            out += piece.substr(0, counter.take(piece));
        }
        return out;
    };
    for (const std::size_t cut : {1U, 2U, 3U, 100U}) {
        EXPECT_EQ(taken("a\r\nb\r\nc\r\n", 0, cut), "");
        EXPECT_EQ(taken("a\r\nb\r\nc\r\n", 1, cut), "a\r\n");
        EXPECT_EQ(taken("a\r\nb\r\nc\r\n", 3, cut), "a\r\nb\r\nc\r\n");
        EXPECT_EQ(taken("a\r\nb", 9999, cut), "a\r\nb");
        EXPECT_EQ(taken("a\nb\n", 1, cut), "a\n");
    }
}

}  // namespace
}  // namespace pop3
