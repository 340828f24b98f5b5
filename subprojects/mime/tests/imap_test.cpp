// ENVELOPE, BODYSTRUCTURE and BODY: golden answers for the messages of the corpus, and single rules.
#include "mime/imap.hpp"

#include <fstream>
#include <map>

#include <gtest/gtest.h>

#include "corpus.hpp"
#include "imap_list.hpp"

namespace {

using mime_test::sample;

/// tests/golden.txt: the name of a message, then lines "E", "U" and "S" with its envelope, UTF-8 envelope and
/// structure.
std::map<std::string, std::map<char, std::string>> golden() {
    std::map<std::string, std::map<char, std::string>> out;
    std::ifstream file(MIME_SOURCE_DIR "/tests/golden.txt");
    std::string line;
    std::string name;
    while (std::getline(file, line)) {
        if (line.empty() || line[0] == '#') continue;
        if (line.size() > 2 && line[1] == ' ') {
            out[name][line[0]] = line.substr(2);
        } else {
            name = line;
        }
    }
    return out;
}

TEST(Imap, golden_answers) {
    const auto expected = golden();
    ASSERT_GE(expected.size(), 15U);
    for (const auto& [name, answers] : expected) {
        const mime::Index index = mime::index(sample(name));
        EXPECT_EQ(mime::envelope(index), answers.at('E')) << name;
        EXPECT_EQ(mime::envelope_utf8(index.header(0)), answers.at('U')) << name;
        EXPECT_EQ(mime::body_structure(index), answers.at('S')) << name;
    }
}

TEST(Imap, body_is_the_structure_without_extensions) {
    const auto body = [](std::string_view structure) { return mime::body_from_body_structure(structure); };
    // RFC 9051 section 7.5.2
    EXPECT_EQ(
        body(
            R"((("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23 NIL NIL NIL NIL)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73 NIL ("attachment" ("filename" "a)b\"c")) NIL NIL) "MIXED" ("boundary" "x") NIL ("en") "u"))"),
        R"((("TEXT" "PLAIN" ("CHARSET" "US-ASCII") NIL NIL "7BIT" 1152 23)("TEXT" "PLAIN" ("CHARSET" "US-ASCII" "NAME" "cc.diff") "<960723163407.20117h@cac.washington.edu>" "Compiler diff" "BASE64" 4554 73) "MIXED"))");
    for (const char* wrong :
         {"", "NIL", "(", ")", "()", R"(("a"))", R"(("text" "plain" NIL NIL NIL "7bit" 1))", R"((("a"))",
          R"(("text" "plain" NIL NIL NIL "7bit" 1 2 NIL) x)", "((((((((((",
          R"(("message" "rfc822" NIL NIL NIL "7bit" 1 NIL ("x") 3))"}) {
        EXPECT_EQ(body(wrong), "") << wrong;
    }
    EXPECT_EQ(body(std::string(100'000, '(')), "");
    for (const auto& message : mime_test::corpus()) {
        const std::string structure = mime::body_structure(mime::index(message.octets));
        EXPECT_FALSE(body(structure).empty()) << message.name;
        EXPECT_EQ(body(body(structure)), body(structure)) << message.name;
    }
}

std::string envelope_of(const std::string& header) { return mime::envelope(std::string_view(header)); }

// RFC 9051 section 7.5.2: absent is NIL, present but empty is "" for text and NIL for addresses; defaults
// come from From.
TEST(Imap, envelope_of_absent_and_empty_fields) {
    EXPECT_EQ(envelope_of(""), "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
    EXPECT_EQ(envelope_of("Date:\r\nSubject: \r\nTo: \r\nCc:\r\nIn-Reply-To:\r\nMessage-ID:\r\n\r\n"),
              R"(("" "" NIL NIL NIL NIL NIL NIL "" ""))");
    EXPECT_EQ(envelope_of("From: a@b\r\nSender: \r\n"),
              R"((NIL NIL ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) ((NIL NIL "a" "b")) NIL NIL NIL NIL NIL))");
}

TEST(Imap, envelope_keeps_what_is_encoded_and_encodes_what_is_not) {
    const std::string words = envelope_of("Subject: =?utf-8?q?a?= \xc3\xbc\r\n");
    // The blank between two encoded words is not shown, so it goes inside.
    EXPECT_EQ(words, R"((NIL "=?utf-8?q?a?= =?utf-8?B?IMO8?=" NIL NIL NIL NIL NIL NIL NIL NIL))");
    EXPECT_EQ(envelope_of("Subject: a \"b\" \\c\x01"
                          "d\r\n"),
              R"((NIL "a \"b\" \\c d" NIL NIL NIL NIL NIL NIL NIL NIL))");
    EXPECT_EQ(envelope_of("Subject: one\r\n \t two\n three\r\n"),
              R"((NIL "one two three" NIL NIL NIL NIL NIL NIL NIL NIL))");
}

TEST(Imap, strings_and_lists_are_bounded) {
    mime::Limits limits;
    limits.string_bytes_max = 100;
    const std::string header = "Subject: " + std::string(5'000, 's') + "\r\n\r\n";
    EXPECT_LT(mime::envelope(std::string_view(header), limits).size(), 200U);
    EXPECT_TRUE(mime_test::well_formed_list(mime::envelope(std::string_view(header), limits)));
    limits.rendered_bytes_max = 1'000;
    std::string many = "To: ";
    for (int i = 0; i < 1'000; ++i) many += "someone@example.org, ";
    EXPECT_LT(mime::envelope(std::string_view(many), limits).size(), 1'100U);
}

// A message part that nobody may look into is shown as a file, not as a structure without its parts.
TEST(Imap, opaque_parts) {
    mime::Limits limits;
    limits.depth_max = 1;
    const mime::Index index = mime::index(sample("forwarded.eml"), limits);
    ASSERT_EQ(index.tree.parts.size(), 3U);
    EXPECT_NE(mime::body_structure(index).find(R"(("application" "octet-stream" NIL)"), std::string::npos);
}

}  // namespace
