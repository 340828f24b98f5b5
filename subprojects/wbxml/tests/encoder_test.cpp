// What the encoder writes, octet by octet; and what it writes is read again.
#include "wbxml/encoder.hpp"

#include <string>

#include <gtest/gtest.h>

#include "sample.hpp"
#include "wbxml/document.hpp"
#include "wbxml/tags.hpp"

namespace wbxml {
namespace {

using namespace std::literals;

TEST(Encoder, WritesTheOctetsOfTheSpecification) {
    std::string octets;
    Encoder out(octets);
    out.open(airsync::sync);
    out.text(airsync::sync_key, "1");
    out.empty(airsync::more_available);
    out.text(airsyncbase::type, "2");
    out.number(airsync::status, 14);
    out.opaque(composemail::mime, "\0\x01"sv);
    out.close();
    EXPECT_EQ(octets,
              "\x03\x01\x6A\x00"
              "\x45"
              "\x4B\x03"
              "1\0\x01"
              "\x14"
              "\x00\x11\x46\x03"
              "2\0\x01"
              "\x00\x00\x4E\x03"
              "14\0\x01"
              "\x00\x15\x50\xC3\x02\0\x01\x01"
              "\x01"s);
    EXPECT_EQ(out.depth(), 0u);
}

TEST(Encoder, LengthsOfOpaqueDataComeBack) {
    for (const std::size_t size :
         {0u, 1u, 127u, 128u, 16'383u, 16'384u, 2'097'151u, 2'097'152u, 3'000'000u}) {
        std::string octets;
        Encoder out(octets);
        out.opaque(composemail::mime, std::string(size, '\xC3'));
        const Document document(octets);
        ASSERT_EQ(document.fault(), Fault::none) << size;
        EXPECT_EQ(document.root().text(), std::string(size, '\xC3'));
    }
}

TEST(Encoder, OpaqueContentMayComeInPieces) {
    std::string octets;
    Encoder out(octets);
    out.open(composemail::send_mail);
    out.open_opaque(composemail::mime, 6);
    octets += "abc";
    octets += "def";
    out.close();
    out.empty(composemail::save_in_sent_items);
    out.close();
    const Document document(octets);
    ASSERT_EQ(document.fault(), Fault::none);
    EXPECT_EQ(document.root().first_child().text(), "abcdef");
    EXPECT_TRUE(document.root().child(composemail::save_in_sent_items));
}

TEST(Encoder, TextsHoldNoControls) {
    for (const std::size_t padding : {0u, 1'000u}) {
        std::string octets;
        Encoder out(octets);
        out.text(email::subject, "a\0b\x01\x1F\tc\r\nd\x7F"sv);
        EXPECT_EQ(Document(octets).root().text(), "ab\tc\r\nd\x7F");
        octets.clear();
        Encoder more(octets);
        more.text(email::subject, std::string(padding, 'x') + "\0y"s);
        EXPECT_EQ(Document(octets).root().text(), std::string(padding, 'x') + "y");
    }
}

TEST(Encoder, TextsAreUtf8) {
    const auto written = [](std::string_view text) {
        std::string octets;
        Encoder out(octets);
        out.text(email::subject, text);
        return std::string(Document(octets).root().text());
    };
    const std::string mark = "\xEF\xBF\xBD";
    for (const std::size_t padding : {0u, 15u, 16u, 1'000u}) {
        const std::string before(padding, 'x');
        for (const std::string_view good :
             {"\xC3\xBC"sv, "\xE0\xA0\x80"sv, "\xED\x9F\xBF"sv, "\xEE\x80\x80"sv, "\xEF\xBF\xBD"sv,
              "\xF0\x90\x80\x80"sv, "\xF4\x8F\xBF\xBF"sv, "\x7F"sv})
            EXPECT_EQ(written(before + std::string(good) + "y"), before + std::string(good) + "y");
        // Latin-1, a lone continuation, cut ends, overlong forms, surrogates, beyond U+10FFFF, U+FFFE and
        // U+FFFF
        for (const std::string_view bad :
             {"\xFC"sv, "\x80"sv, "\xC3"sv, "\xE2\x82"sv, "\xF0\x9F\x98"sv, "\xC0\x80"sv, "\xC1\xBF"sv,
              "\xE0\x80\x80"sv, "\xF0\x80\x80\x80"sv, "\xED\xA0\x80"sv, "\xF4\x90\x80\x80"sv,
              "\xF5\x80\x80\x80"sv, "\xEF\xBF\xBE"sv, "\xEF\xBF\xBF"sv}) {
            std::string marks;
            for (std::size_t i = 0; i < bad.size(); ++i) marks += mark;
            EXPECT_EQ(written(before + std::string(bad)), before + marks);
            EXPECT_EQ(written(before + std::string(bad) + "\xC3\xBC"), before + marks + "\xC3\xBC");
        }
        EXPECT_EQ(written(before + "\xC3\x01\xBC"), before + mark + mark) << "a control joins nothing";
    }
}

TEST(Encoder, AMarkTakesBackWhatWasWritten) {
    std::string octets, expected;
    Encoder out(octets), plain(expected);
    out.open(airsync::sync);
    const auto mark = out.mark();
    out.open(airsyncbase::body);
    out.text(email::subject, "gone");
    out.back_to(mark);
    out.text(airsync::sync_key, "1");
    out.close();
    plain.open(airsync::sync);
    plain.text(airsync::sync_key, "1");
    plain.close();
    EXPECT_EQ(octets, expected);
    EXPECT_EQ(out.depth(), 0u);
}

/// Copies a tree by the encoder.
void copy(Encoder& out, Element from) {
    if (!from.has_children()) {
        if (from.is_opaque())
            out.opaque(from.tag(), from.text());
        else if (from.text().empty())
            out.empty(from.tag());
        else
            out.text(from.tag(), from.text());
        return;
    }
    out.open(from.tag());
    for (const Element child : from) copy(out, child);
    out.close();
}

TEST(Encoder, WhatIsWrittenIsReadAgain) {
    for (std::uint32_t seed = 0; seed < 2'000; ++seed) {
        const std::string octets = sample::random_document(seed);
        const Document document(octets);
        ASSERT_EQ(document.fault(), Fault::none) << seed;
        std::string copied;
        Encoder out(copied);
        copy(out, document.root());
        const Document again(copied);
        ASSERT_EQ(again.fault(), Fault::none) << seed;
        std::string twice;
        Encoder second(twice);
        copy(second, again.root());
        EXPECT_EQ(copied, twice) << seed;
    }
}

}  // namespace
}  // namespace wbxml
