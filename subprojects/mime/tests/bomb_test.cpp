// Mail made to hurt: each must be done soon, in bounded memory, and say something sensible.
#include <chrono>

#include <gtest/gtest.h>

#include "imap_list.hpp"
#include "mime/address.hpp"
#include "mime/decode.hpp"
#include "mime/imap.hpp"

namespace {

std::string repeat(std::string_view text, std::size_t times) {
    std::string out;
    out.reserve(text.size() * times);
    for (std::size_t i = 0; i < times; ++i) out += text;
    return out;
}

/// Indexes and renders; the time is generous, since sanitizers and busy machines are slow: quadratic work
/// takes minutes.
mime::Index defused(const std::string& message) {
    const auto start = std::chrono::steady_clock::now();
    mime::Index index = mime::index(message);
    const std::string structure = mime::body_structure(index);
    const std::string envelope = mime::envelope(index);
    EXPECT_TRUE(mime_test::well_formed_list(structure));
    EXPECT_TRUE(mime_test::well_formed_list(envelope));
    EXPECT_LT(structure.size() + envelope.size(), 8U << 20);
    EXPECT_FALSE(mime::body_from_body_structure(structure).empty());
    mime::Tree tree;
    EXPECT_TRUE(mime::decode_tree(mime::encode_tree(index.tree), tree));
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
    return index;
}

TEST(Bomb, addresses) {
    defused("To: " + repeat("a@b,", 100'000) + "\r\n\r\n");
    defused("To: " + repeat("\"" + std::string(60, 'x') + "\" <a@b>, ", 100'000) + "\r\n\r\n");
    for (const char* piece : {"<", "(", "\"", ":", "g:", "@", "<@", "a@b ", "<a@", "\\", "x ", "x.", "x . ",
                              ";", "=?", "(((a)", "[", "a:b;"}) {
        defused("From: " + repeat(piece, 300'000) + "\r\n\r\n");
    }
}

TEST(Bomb, fields_that_come_often) {
    const mime::Index index = defused(repeat("To: a@b\r\nReceived: x\r\nSubject: s\r\n", 100'000) + "\r\n");
    EXPECT_EQ(index.received_fields, 100'000U);
}

TEST(Bomb, nested_multiparts) {
    std::string message;
    for (int i = 0; i < 10'000; ++i) {
        const std::string boundary = std::to_string(i);
        message += "Content-Type: multipart/mixed; boundary=b" + boundary + "\r\n\r\n--b" + boundary + "\r\n";
    }
    const mime::Index index = defused(message);
    EXPECT_EQ(index.tree.parts.size(), 101U);
}

TEST(Bomb, nested_messages) {
    const mime::Index index = defused(repeat("Content-Type: message/rfc822\r\n\r\n", 1'000'000));
    EXPECT_EQ(index.tree.parts.size(), 101U);
}

TEST(Bomb, many_parts) {
    const mime::Index index = defused("Content-Type: multipart/mixed; boundary=b\r\n\r\n" +
                                      repeat("--b\r\n\r\n", 100'000) + "--b--");
    EXPECT_EQ(index.tree.parts.size(), 10'000U);
    const mime::Index digest = defused("Content-Type: multipart/digest; boundary=b\r\n\r\n" +
                                       repeat("--b\r\n\r\nTo: a@b\r\n\r\n", 100'000));
    EXPECT_EQ(digest.tree.parts.size(), 10'000U);
}

TEST(Bomb, header_without_end) {
    const mime::Index index = defused("Subject: " + std::string(10 << 20, 's') + "\r\nX: y\r\n\r\nbody");
    EXPECT_LE(index.headers.size(), (1U << 20) + 100);
    EXPECT_EQ(index.tree.parts[0].body_bytes, 4U);
    const mime::Index folded = defused("Subject: " + repeat("s\r\n ", 4'000'000) + "\r\n\r\nbody");
    EXPECT_LE(folded.headers.size(), (1U << 20) + 100);
    EXPECT_EQ(folded.tree.parts[0].body_bytes, 4U);
    const mime::Index many = defused(repeat("X: " + std::string(1'000, 'y') + "\r\n", 20'000) + "\r\nbody");
    EXPECT_LE(many.headers.size(), (10U << 20) + 100);
    EXPECT_EQ(many.tree.parts[0].body_bytes, 4U);
}

TEST(Bomb, parameters) {
    std::string pieces = "Content-Type: text/plain";
    for (int i = 0; i < 100'000; ++i) pieces += "; name*" + std::to_string(i) + "*=x";
    defused(pieces + "\r\n\r\n");
    for (const char* piece :
         {"a=b;", ";", "a*=b;", "a*0*=utf-8''%;", "a=\"", "a=(", "a=b ", "=", "a*0=", "\"", "a=\\"}) {
        defused("Content-Type: text/plain;" + repeat(piece, 200'000) + "\r\n\r\n");
    }
}

TEST(Bomb, boundaries) {
    // A hundred open boundaries that begin alike, and lines that nearly match them.
    std::string message;
    const std::string stem(190, 'b');
    for (int i = 0; i < 99; ++i) {
        const std::string boundary = stem + std::to_string(100 + i);
        message += "Content-Type: multipart/mixed; boundary=" + boundary + "\r\n\r\n--" + boundary + "\r\n";
    }
    message += "\r\n";
    defused(message + repeat("--" + stem + "000\r\n", 50'000));
    defused(message + repeat("--\r\n", 2'000'000));
    defused(message + repeat("--b\n", 2'000'000));
    defused(message + repeat("\n-", 4'000'000));
    defused(message + "--" + std::string(8 << 20, '-'));
    defused(message + "--" + stem + "100" + std::string(8 << 20, ' ') + "\r\n");
}

TEST(Bomb, boundaries_in_small_pieces) {
    std::string message = "Content-Type: multipart/mixed; boundary=b\r\n\r\n" + repeat("--", 500'000) +
                          "\r\n" + repeat("--b \n", 20'000);
    mime::Indexer indexer;
    for (const char c : message) indexer.feed({&c, 1});
    EXPECT_TRUE(indexer.finish() == mime::index(message));
}

TEST(Bomb, encoded_words) {
    for (const char* piece : {"=?", "=?a?q?", "=?utf-8?q?=", "=?utf-8?b?a?= ", "=?utf-8?q?a?=", "\xc3\xbc ",
                              "=?a?", "[a]", "re:", "[", "(fwd)", "[fwd:"}) {
        const std::string text = repeat(piece, 200'000);
        defused("Subject: " + text + "\r\n\r\n");
        EXPECT_LE(mime::decode_text(text).size(), text.size() * 3);
    }
}

TEST(Bomb, references) {
    const mime::Index index = defused("References: " + repeat("<a@b> ", 150'000) + "\r\n\r\n");
    EXPECT_EQ(index.keys.references.size(), 64U);
}

TEST(Bomb, html) {
    for (const char* piece :
         {"<", "<!--", "<a \"", "<a '", "<style>", "</style", "&", "&#", "&amp", "<a b=\"'>", "< ", "<p>"}) {
        const std::string text = repeat(piece, 200'000);
        EXPECT_LE(mime::html_to_text(text).size(), text.size() + 16);
        EXPECT_LE(mime::preview_of(text).size(), 800U);
        defused("Content-Type: text/html\r\n\r\n" + text);
    }
    EXPECT_LE(mime::preview_of(repeat(":\n\n", 500'000)).size(), 800U);
    EXPECT_LE(mime::preview_of(repeat("> a:\n", 500'000)).size(), 800U);
}

}  // namespace
