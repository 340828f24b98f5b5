// The message text: RFC 5321 sections 4.1.1.4 and 4.5.2, and smuggling (rows B10 to B17, and threats row 3).
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "smtp/syntax/data_decoder.hpp"

namespace smtp {
namespace {

struct Decoded {
    std::string text;
    std::string left;  ///< behind the end
    bool end = false;
    bool refused = false;
};

Decoded decode(const std::string& input, std::size_t cut, TextPolicy policy, bool dots = true) {
    DataDecoder decoder(policy, dots);
    Decoded out;
    for (std::size_t from = 0; from < input.size() && !out.end; from += cut) {
        const std::string in = input.substr(from, cut);  // a buffer of its own: views into it die with it
        std::size_t used = 0;
        while (used < in.size() && !out.end) {
            const DataDecoder::Piece piece = decoder.next(std::string_view(in).substr(used));
            EXPECT_TRUE(piece.consumed > 0 || !piece.text.empty()) << "no progress";
            out.text += piece.text;
            out.end = piece.end;
            used += piece.consumed;
        }
        if (out.end) out.left = input.substr(from + used);
    }
    if (!dots) out.text += decoder.finish();
    out.refused = decoder.refused();
    return out;
}

constexpr TextPolicy normalise{Stray::normalise, Stray::normalise, Stray::normalise};
constexpr TextPolicy keep{Stray::keep, Stray::keep, Stray::keep};
constexpr TextPolicy strict{Stray::reject, Stray::reject, Stray::reject};
const std::size_t cuts[] = {1, 2, 3, 5, 7, 16, 17, 100'000};

TEST(SmtpData, ends_and_dots) {
    const std::pair<std::string, std::string> rows[] = {
        {".\r\n", ""},
        {"\r\n.\r\n", "\r\n"},
        {"a\r\n.\r\n", "a\r\n"},
        {"..x\r\n.\r\n", ".x\r\n"},  // B20
        {".y\r\n.\r\n", "y\r\n"},
        {". z\r\n.\r\n", " z\r\n"},
        {"...\r\n.\r\n", "..\r\n"},
        {"a.\r\n.\r\n", "a.\r\n"},
        {"a\r\n..\r\n.\r\n", "a\r\n.\r\n"},
        {"\r\n\r\n\r\n.\r\n", "\r\n\r\n\r\n"},
        {std::string(998, 'x') + "\r\n.\r\n", std::string(998, 'x') + "\r\n"},    // B25
        {std::string(998, 'x') + ".\r\n.\r\n", std::string(998, 'x') + ".\r\n"},  // B27
        {std::string(8000, 'x') + "\r\n.\r\n", std::string(8000, 'x') + "\r\n"},  // B26
        {"\x80\xff\xc2\x85\r\n.\r\n", "\x80\xff\xc2\x85\r\n"},                    // B30
    };
    for (const auto& [input, text] : rows) {
        for (const std::size_t cut : cuts) {
            const Decoded got = decode(input + "QUIT\r\n", cut, strict);
            EXPECT_TRUE(got.end) << input << " cut " << cut;
            EXPECT_EQ(got.text, text) << cut;
            EXPECT_EQ(got.left, "QUIT\r\n") << input << " cut " << cut;  // B31
            EXPECT_FALSE(got.refused);
        }
    }
}

/// All that has been taken for an end of data by some server; none is one.
const std::vector<std::string>& false_ends() {
    static const std::vector<std::string> ends{
        "\n.\n",
        "\n.\r\n",
        "\r\n.\n",
        "\r.\r",
        "\r.\r\n",
        "\n.\r",
        "\r\n.\r",
        "\r\n\x01.\r\n",
        std::string("\r\n\0.\r\n", 6),
        std::string("\r\n.\0\r\n", 6),
        "\r\n.\x0b\r\n",
        "\x0b.\x0b",
        "\x0c.\x0c",
        "\xc2\x85.\xc2\x85",
        "\xe2\x80\xa8.\xe2\x80\xa8",
        "\r\n .\r\n",
        "\r\n. \r\n",
        "\r\r.\r\r",
        "\n\n.\n\n",
        "\r\n.\r\r\n",
        "\r\r\n.\r\r\n",
        "\x85.\x85",
    };
    return ends;
}

TEST(SmtpData, smuggling) {  // B10 to B17, threats row 3
    for (const auto& variant : false_ends()) {
        const std::string smuggled = "MAIL FROM:<evil@x>\r\nRCPT TO:<v@x>\r\nDATA\r\nSubject: smuggled\r\n";
        const std::string input = "Subject: a\r\n\r\nbody" + variant + smuggled + "\r\n.\r\nQUIT\r\n";
        for (const std::size_t cut : cuts) {
            for (const TextPolicy policy : {strict, normalise, keep}) {
                const Decoded got = decode(input, cut, policy);
                ASSERT_TRUE(got.end);
                EXPECT_EQ(got.left, "QUIT\r\n") << testing::PrintToString(variant) << " cut " << cut;
                EXPECT_NE(got.text.find(smuggled), std::string::npos) << testing::PrintToString(variant);
            }
            EXPECT_EQ(decode(input, cut, normalise).refused, false);
        }
    }
}

TEST(SmtpData, normalised_text_has_no_stray_octet) {
    for (const auto& variant : false_ends()) {
        for (const std::size_t cut : cuts) {
            const std::string text = decode("a" + variant + "b\r\n.\r\n", cut, normalise).text;
            EXPECT_EQ(text.find('\0'), std::string::npos);
            for (std::size_t i = 0; i < text.size(); ++i) {
                if (text[i] == '\n') {
                    EXPECT_TRUE(i > 0 && text[i - 1] == '\r') << testing::PrintToString(text);
                }
                if (text[i] == '\r') {
                    EXPECT_TRUE(i + 1 < text.size() && text[i + 1] == '\n');
                }
            }
        }
    }
}

TEST(SmtpData, stray_octets) {
    for (const std::size_t cut : cuts) {
        EXPECT_EQ(decode("a\nb\r\n.\r\n", cut, normalise).text, "a\r\nb\r\n");               // B21
        EXPECT_EQ(decode("S: a\rBcc: x\r\n.\r\n", cut, normalise).text, "S: a Bcc: x\r\n");  // B23
        EXPECT_EQ(decode(std::string("a\0b\r\n.\r\n", 8), cut, normalise).text, "a b\r\n");  // B24
        EXPECT_EQ(decode("a\n..b\r\n.\r\n", cut, normalise).text, "a\r\n..b\r\n");
        EXPECT_EQ(decode("a\nb\rc\r\n.\r\n", cut, keep).text, "a\nb\rc\r\n");
        EXPECT_TRUE(decode("a\nb\r\n.\r\n", cut, strict).refused);
        EXPECT_TRUE(decode("a\rb\r\n.\r\n", cut, strict).refused);
        EXPECT_TRUE(decode(std::string("a\0b\r\n.\r\n", 8), cut, strict).refused);
        EXPECT_TRUE(decode("a\r\n.\rb\r\n.\r\n", cut, strict).refused);
        const TextPolicy lf_only{Stray::reject, Stray::normalise, Stray::normalise};
        EXPECT_FALSE(decode("a\rb\r\n.\r\n", cut, lf_only).refused);
    }
}

TEST(SmtpData, chunks_have_no_dots) {  // C06
    for (const std::size_t cut : cuts) {
        EXPECT_EQ(decode("a\r\n.\r\n..x\r\n", cut, strict, false).text, "a\r\n.\r\n..x\r\n");
        EXPECT_EQ(decode("a\r", cut, keep, false).text, "a\r");
        EXPECT_EQ(decode("a\r", cut, normalise, false).text, "a ");
        EXPECT_TRUE(decode("a\r", cut, strict, false).refused);
        EXPECT_EQ(decode("a\nb\r\n", cut, normalise, false).text, "a\r\nb\r\n");
    }
}

TEST(SmtpData, find_special_sees_every_place) {
    for (std::size_t at = 0; at < 50; ++at) {
        for (const char c : {'\r', '\n', '\0'}) {
            std::string text(50, '.');
            text[at] = c;
            EXPECT_EQ(find_special(text), at);
        }
    }
    EXPECT_EQ(find_special(std::string(50, '\x0b')), 50U);
}

}  // namespace
}  // namespace smtp
