// MIME bodies as texts: what a reader decodes of them is what the message has.
#include "eas/mail/mime_text.hpp"

#include <gtest/gtest.h>

#include "mime/codec.hpp"
#include "mime/header.hpp"
#include "mime/index.hpp"

namespace eas {
namespace {

using namespace std::string_view_literals;

std::string told(std::string_view message, std::size_t prefix_bytes = 0) {
    const mime::Index index = mime::index(message.substr(prefix_bytes));
    std::string out = message_as_text(message, index.tree, prefix_bytes);
    EXPECT_TRUE(is_text(out)) << out;
    return out;
}

/// The body of a part, with its encoding off.
std::string body_of(std::string_view message, std::size_t part) {
    const mime::Index index = mime::index(message);
    EXPECT_GT(index.tree.parts.size(), part) << message;
    if (index.tree.parts.size() <= part) return {};
    const mime::Part& of = index.tree.parts[part];
    mime::TransferDecoder decoder(of.encoding);
    std::string out;
    decoder.decode(message.substr(of.body_offset, of.body_bytes), out);
    decoder.finish(out);
    return out;
}

constexpr std::string_view japanese = "\x1B$B$3$s$K$A$O\x1B(B world = 1\r\nand more\r\n";

TEST(MimeText, WhatIsATextStaysAsItIs) {
    EXPECT_TRUE(is_text("a\tb\r\nä"));
    EXPECT_FALSE(is_text("\x1B"));
    EXPECT_FALSE(is_text("\0"sv));
    EXPECT_FALSE(is_text("\xE4"));
    const std::string_view message = "Subject: ä\r\nContent-Transfer-Encoding: 8bit\r\n\r\nä = b\r\n";
    EXPECT_EQ(told(message), message);
}

TEST(MimeText, EscapesOfJapaneseMailAreKept) {
    const std::string message =
        "From: a@b.test\r\nContent-Type: text/plain; charset=iso-2022-jp\r\n"
        "Content-Transfer-Encoding: 7bit\r\n\r\n" +
        std::string(japanese);
    const std::string out = told(message);
    EXPECT_EQ(body_of(out, 0), japanese);
    EXPECT_NE(out.find("MIME-Version: 1.0\r\n"), std::string::npos);
    EXPECT_NE(out.find("Content-Type: text/plain; charset=iso-2022-jp\r\n"), std::string::npos);
    EXPECT_EQ(out.find("7bit"), std::string::npos);
    EXPECT_NE(out.find("world =3D 1"), std::string::npos) << "still to be read in the source";
    const std::string prefix = "Received: x\r\nReturn-Path: y\r\n";
    EXPECT_EQ(body_of(told(prefix + message, prefix.size()), 0), japanese);
}

TEST(MimeText, EachPartByItself) {
    const std::string binary("\x89PNG\0\x1A\r\n\xFF\xFE", 10);
    const std::string message =
        "MIME-Version: 1.0\r\nSubject: \xFC\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n"
        "--x\r\n\r\n\xE4 latin\r\n"
        "--x\r\nContent-Transfer-Encoding: binary\r\nContent-Type: image/png\r\n\r\n" +
        binary +
        "\r\n--x\r\nContent-Type: message/rfc822\r\n\r\nSubject: inner\r\nContent-Type: text/plain; "
        "charset=iso-2022-jp\r\n\r\n" +
        std::string(japanese) +
        "\r\n--x\r\nContent-Type: text/plain\r\n\r\nplain\r\n"
        "--x\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\na=\xE4=41\x1B=\r\nb\r\n"
        "--x\r\nContent-Transfer-Encoding: base64\r\n\r\nQU\x01JD\xE4\r\n--x--\r\n";
    const std::string out = told(message);
    const mime::Index before = mime::index(message), after = mime::index(out);
    ASSERT_EQ(after.tree.parts.size(), before.tree.parts.size());
    for (std::size_t part = 1; part < before.tree.parts.size(); ++part) {
        if (before.tree.parts[part].kind != mime::Kind::leaf) continue;
        EXPECT_EQ(body_of(out, part), body_of(message, part)) << part;
        EXPECT_EQ(after.tree.parts[part].subtype, before.tree.parts[part].subtype);
    }
    EXPECT_NE(out.find("Subject: ü\r\n"), std::string::npos);
    EXPECT_NE(out.find("\r\n\r\nplain\r\n"), std::string::npos);
    EXPECT_EQ(told(out), out);
}

TEST(MimeText, OfAnyBeginning) {
    const std::string message =
        "Subject: \x1B\r\nContent-Type: multipart/mixed; boundary=x\r\n\r\n--x\r\n"
        "Content-Type: text/plain\r\n\r\n" +
        std::string(japanese) + "\r\n--x\r\n\r\n\xE4\r\n--x--\r\n";
    const mime::Index index = mime::index(message);
    for (std::size_t octets = 0; octets <= message.size(); ++octets)
        EXPECT_TRUE(is_text(message_as_text(std::string_view(message).substr(0, octets), index.tree, 0)));
}

TEST(MimeText, GrowsLittle) {
    for (const std::string_view piece :
         {"\x1B"sv, "=====\x01"sv, "aaaaaaa\xE4"sv, "\0\0\0"sv, "\r\n\x01"sv}) {
        std::string body;
        while (body.size() < 100'000) body += piece;
        for (const std::string_view type : {"text/plain", "application/x-thing"}) {
            const std::string message = "Content-Type: " + std::string(type) + "\r\n\r\n" + body;
            EXPECT_LE(told(message).size(), message.size() + message.size() / 2);
        }
    }
}

}  // namespace
}  // namespace eas
