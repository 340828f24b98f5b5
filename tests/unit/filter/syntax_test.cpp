// The codecs as tables: answers of clamd and rspamd, texts that filters write, patterns.
#include <gtest/gtest.h>

#include "filter/syntax/clamd.hpp"
#include "filter/syntax/edit.hpp"
#include "filter/syntax/rspamd.hpp"
#include "filter/syntax/wildcard.hpp"

namespace filter_test {
namespace {
using namespace filter;

TEST(ClamdSyntax, Answers) {
    using Kind = clamd::Answer::Kind;
    struct Case {
        std::string input;
        bool closed;
        Kind kind;
        std::string text;
    };
    const auto z = [](std::string text) { return text + '\0'; };
    const std::vector<Case> cases = {
        {"", false, Kind::incomplete, ""},
        {"stream: OK", false, Kind::incomplete, ""},
        {z("stream: OK"), false, Kind::clean, ""},
        {z("stream: OK\n"), false, Kind::clean, ""},
        {z("stream: Eicar-Signature FOUND"), false, Kind::found, "Eicar-Signature"},
        {z("stream: Bad\x1b[2J FOUND"), false, Kind::found, "Bad?[2J"},
        {z("stream: a FOUND FOUND"), false, Kind::found, "a FOUND"},
        {z("INSTREAM size limit exceeded. ERROR"), false, Kind::too_big,
         "INSTREAM size limit exceeded. ERROR"},
        {z("stream: Can't allocate memory ERROR"), false, Kind::failed,
         "stream: Can't allocate memory ERROR"},
        {"INSTREAM size limit exceeded. ERROR", true, Kind::too_big, "INSTREAM size limit exceeded. ERROR"},
        // What is cut off clears nothing.
        {"stream: OK", true, Kind::failed, "the answer was cut off"},
        {"", true, Kind::failed, "no answer"},
        {z(""), false, Kind::failed, "no answer"},
        {z("stream:  FOUND"), false, Kind::failed, "stream:  FOUND"},
        {z("OK"), false, Kind::failed, "OK"},
        {z("stream: not OK"), false, Kind::failed, "stream: not OK"},
        {z("UNKNOWN COMMAND"), false, Kind::failed, "UNKNOWN COMMAND"},
        {std::string(5'000, 'x'), false, Kind::failed, "endless answer"},
    };
    for (const Case& one : cases) {
        const clamd::Answer answer = clamd::parse(one.input, one.closed);
        EXPECT_EQ(answer.kind, one.kind) << one.input;
        EXPECT_EQ(answer.text, one.text) << one.input;
    }
}

TEST(ClamdSyntax, Pieces) {
    std::string out;
    clamd::append_piece(out, "abc");
    clamd::append_piece(out, {});
    EXPECT_EQ(out, std::string("\0\0\0\3abc\0\0\0\0", 11));
}

TEST(RspamdSyntax, WholeAnswer) {
    std::string why;
    const auto answer = rspamd::parse(R"({"is_skipped":false,"score":7.5,"required_score":15.0,
        "action":"rewrite subject","subject":"[SPAM] hello",
        "symbols":{"A":{"name":"A","score":0.5},"B":{"score":-3},"C":{"score":6.5,"options":["x"]}},
        "messages":{"smtp_message":"go\r\naway"},
        "milter":{"remove_headers":{"X-Spam":0,"X-Old":2},
                  "add_headers":{"X-One":"1","X-Two":{"value":"2","order":0},"X-Three":["a",{"value":"b"}],
                                 "Bad Name":"x","X-Fold":"a\nInjected: b"}},
        "dkim-signature":"v=1; d=acme.test"})",
                                      why);
    ASSERT_TRUE(answer) << why;
    EXPECT_EQ(answer->action, rspamd::Action::rewrite_subject);
    EXPECT_DOUBLE_EQ(answer->score, 7.5);
    EXPECT_DOUBLE_EQ(answer->required, 15);
    EXPECT_EQ(answer->subject, "[SPAM] hello");
    ASSERT_EQ(answer->symbols.size(), 3U);
    EXPECT_EQ(answer->symbols[0].name, "C");
    EXPECT_EQ(answer->symbols[1].name, "B");
    std::string edits;
    for (const HeaderEdit& edit : answer->edits)
        edits += std::to_string(static_cast<int>(edit.kind)) + edit.name + std::to_string(edit.index) + ":" +
                 edit.value + "|";
    EXPECT_EQ(
        edits,
        "3X-Old2:|4X-Spam0:|1X-Fold0: a\r\n\tInjected: b|1X-One0: 1|1X-Three0: a|1X-Three0: b|1X-Two0: 2|"
        "1DKIM-Signature0: v=1; d=acme.test|");
}

TEST(RspamdSyntax, NothingIsGuessed) {
    std::string deep = "{\"action\":\"no action\",\"x\":";
    for (int i = 0; i < 100'000; ++i) deep += '[';
    std::string large = "{\"action\":\"no action\",\"x\":\"" + std::string(2'000'000, 'x') + "\"}";
    for (const std::string& text : {std::string(), std::string("{}"), std::string("[]"), std::string("null"),
                                    std::string("{\"action\":1}"), std::string("{\"action\":\"dance\"}"),
                                    std::string("{\"action\":\"no action\""), std::string("\xff\xfe"),
                                    std::string("{\"action\":\"no action\"}x"), deep, large}) {
        std::string why;
        EXPECT_FALSE(rspamd::parse(text, why)) << text.substr(0, 60);
        EXPECT_FALSE(why.empty());
    }
}

TEST(RspamdSyntax, WrongTypesAreAsAbsent) {
    std::string why;
    const auto answer =
        rspamd::parse(R"({"action":"add header","score":"x","required_score":1e999,"symbols":[1],
        "milter":{"add_headers":[1],"remove_headers":"x"},"messages":3,"subject":{},"dkim-signature":7})",
                      why);
    if (!answer) {
        EXPECT_EQ(why, "the answer is no JSON object");  // 1e999 is out of range for the parser
        return;
    }
    EXPECT_DOUBLE_EQ(answer->score, 0);
    EXPECT_TRUE(answer->edits.empty());
}

TEST(RspamdSyntax, RequestFieldsAreOneLineEach) {
    rspamd::Facts facts;
    facts.ip = "2001:db8::1";
    facts.helo = "evil\r\nX: y";
    facts.user = "anna@acme.test";
    facts.recipients = {"a@b.test", "c d@\xc3\xa9.test"};
    std::string text;
    for (const auto& [name, value] : rspamd::request_fields(facts)) text += name + "=" + value + "\n";
    EXPECT_EQ(text,
              "IP=2001:db8::1\nHelo=evil%0D%0AX:%20y\nFrom=<>\nRcpt=<a@b.test>\nRcpt=<c%20d@%C3%A9.test>\n"
              "User=anna@acme.test\n");
}

TEST(EditSyntax, FieldValuesEndNoHeader) {
    const std::vector<std::pair<std::string, std::string>> cases = {
        {"x", " x"},
        {" x", " x"},
        {"", " "},
        {"a\nb", " a\r\n\tb"},
        {"a\r\n b", " a\r\n b"},
        {"a\r\n\r\nbody", " a\r\n\tbody"},
        {"a\n \n\t\nb", " a\r\n\tb"},
        {"a\rBcc: x", " a\r\n\tBcc: x"},
        {std::string("a\0b", 3), " ab"},
        {"a\r\n", " a"},
    };
    for (const auto& [in, out] : cases) EXPECT_EQ(field_value(in), out) << in;
}

TEST(EditSyntax, Replies) {
    const auto text = [](std::string_view line) {
        const Reply reply = parse_reply(line);
        return std::to_string(reply.code) + "/" + reply.status + "/" + reply.text;
    };
    EXPECT_EQ(text("550 5.7.1 No spam"), "550/5.7.1/No spam");
    EXPECT_EQ(text("451 Later"), "451/4.7.1/Later");
    EXPECT_EQ(text("550 4.7.1 Other class"), "550/5.7.1/4.7.1 Other class");
    EXPECT_EQ(text("554-5.7.1 first\r\n554 second"), "554/5.7.1/first");
    EXPECT_EQ(text("550"), "550/5.7.1/Refused by a filter");
    EXPECT_EQ(text("550 bad\x1bword\xff"), "550/5.7.1/bad?word?");
    EXPECT_EQ(text("250 Ok"), "0//");
    EXPECT_EQ(text("5500 x"), "0//");
    EXPECT_EQ(text(""), "0//");
    EXPECT_EQ(parse_reply("550 " + std::string(10'000, 'x')).text.size(), reply_text_max);
}

TEST(Wildcard, Matches) {
    EXPECT_TRUE(matches_wildcard("*.exe", "Invoice.EXE"));
    EXPECT_FALSE(matches_wildcard("*.exe", "Invoice.exe.txt"));
    EXPECT_TRUE(matches_wildcard("a?c", "abc"));
    EXPECT_FALSE(matches_wildcard("a?c", "ac"));
    EXPECT_TRUE(matches_wildcard("*", ""));
    EXPECT_TRUE(matches_wildcard("", ""));
    EXPECT_FALSE(matches_wildcard("", "x"));
    EXPECT_TRUE(matches_wildcard("*a*b*", "xxaxxbxx"));
    EXPECT_TRUE(matches_wildcard("a.b", "A.B"));
    EXPECT_FALSE(matches_wildcard("a.b", "axb"));
    // The pattern that hangs matchers which try all ways (threats.md row 27).
    std::string pattern;
    for (int i = 0; i < 200; ++i) pattern += "*a";
    pattern += "*b";
    const auto start = std::chrono::steady_clock::now();
    EXPECT_FALSE(matches_wildcard(pattern, std::string(1U << 20, 'a')));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

}  // namespace
}  // namespace filter_test
