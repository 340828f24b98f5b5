// Transfer encodings and charsets, whole and in pieces.
#include "mime/codec.hpp"

#include <random>

#include <gtest/gtest.h>

#include "mime/charset.hpp"
#include "mime/decode.hpp"

namespace {

struct Text {
    std::string in, out;
};

TEST(Base64, decodes_what_there_is) {
    // RFC 4648 section 10, then junk, missing padding, padding in the middle.
    const Text rows[] = {{"", ""},
                         {"Zg==", "f"},
                         {"Zm8=", "fo"},
                         {"Zm9v", "foo"},
                         {"Zm9vYg==", "foob"},
                         {"Zm9vYmE=", "fooba"},
                         {"Zm9vYmFy", "foobar"},
                         {"Zm9v\r\nYmFy\r\n", "foobar"},
                         {"Zm9vYg", "foob"},
                         {"Zm9vYmE", "fooba"},
                         {"Zg==Zg==", "ff"},
                         {"Z!m*9 v", "foo"},
                         {"Z", ""},
                         {"====", ""},
                         {"Zm9v=YmFy", "foobar"},
                         {"Z-m_9v", "foo"}};
    for (const Text& row : rows) EXPECT_EQ(mime::base64_decode(row.in), row.out) << row.in;
}

TEST(QuotedPrintable, decodes_what_there_is) {
    // RFC 2045 section 6.7, then faults.
    const Text rows[] = {
        {"Now's the time =\r\nfor all folk to come=\r\n to the aid of their country.",
         "Now's the time for all folk to come to the aid of their country."},
        {"a=3Db", "a=b"},
        {"a=3db", "a=b"},
        {"a  \t\r\nb", "a\r\nb"},
        {"a \nb", "a\nb"},
        {"a=  \r\nb", "ab"},
        {"a=\nb", "ab"},
        {"a=XYb", "a=XYb"},
        {"a=4", "a=4"},
        {"a=", "a"},
        {"a \r b", "a \r b"},
        {"a=\rb", "a=\rb"},
        {"==41", "=A"},
        {"=4=41", "=4A"},
        {"end  ", "end"},
        {"\xff", "\xff"},
    };
    for (const Text& row : rows) EXPECT_EQ(mime::quoted_printable_decode(row.in), row.out) << row.in;
}

template <class Decoder>
std::string in_pieces(Decoder decoder, std::string_view text, std::size_t piece) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += piece) decoder.decode(text.substr(at, piece), out);
    decoder.finish(out);
    return out;
}

TEST(Codecs, read_back_and_do_not_mind_cuts) {
    std::mt19937 random(20'251);
    for (int round = 0; round < 300; ++round) {
        std::string octets(random() % 400, '\0');
        constexpr std::string_view common = "= \t\r\nab=3D\xc3\xa9.";
        for (char& c : octets)
            c = random() % 3 ? common[random() % common.size()] : static_cast<char>(random());
        const std::string base64 = mime::base64_encode(octets);
        EXPECT_EQ(mime::base64_decode(base64), octets);
        for (std::size_t at = 0, end = 0; at < base64.size(); at = end + 2) {
            end = base64.find("\r\n", at);
            ASSERT_NE(end, std::string::npos);
            ASSERT_LE(end - at, 76U);
        }
        const std::string quoted = mime::quoted_printable_encode(octets);
        for (std::size_t at = 0; at < quoted.size();) {
            const std::size_t end = std::min(quoted.find("\r\n", at), quoted.size());
            ASSERT_LE(end - at, 76U);
            at = end + 2;
        }
        std::string with_crlf;
        for (std::size_t i = 0; i < octets.size(); ++i) {
            if (octets[i] == '\n' && (i == 0 || octets[i - 1] != '\r')) with_crlf += '\r';
            with_crlf += octets[i];
        }
        EXPECT_EQ(mime::quoted_printable_decode(quoted), with_crlf);
        for (const std::size_t piece : {1U, 2U, 3U, 7U}) {
            EXPECT_EQ(in_pieces(mime::Base64Decoder(), octets, piece), mime::base64_decode(octets));
            EXPECT_EQ(in_pieces(mime::QuotedPrintableDecoder(), octets, piece),
                      mime::quoted_printable_decode(octets));
        }
    }
}

TEST(Codecs, encodings_by_name) {
    using mime::Encoding;
    const std::pair<const char*, Encoding> rows[] = {
        {"7bit", Encoding::seven_bit},
        {" 8BIT ", Encoding::eight_bit},
        {"Base64", Encoding::base64},
        {"binary", Encoding::binary},
        {"Quoted-Printable (really)", Encoding::quoted_printable},
        {"quoted-printable;", Encoding::quoted_printable},
        {"7-bit", Encoding::seven_bit},
        {"8bits", Encoding::eight_bit},
        {"quoted printable", Encoding::quoted_printable},
        {"", Encoding::seven_bit},
        {"x-uuencode", Encoding::unknown},
        {"text/html", Encoding::seven_bit},
    };
    for (const auto& [name, encoding] : rows) EXPECT_EQ(mime::parse_encoding(name), encoding) << name;
}

TEST(Charsets, as_mail_names_them) {
    const struct {
        const char* charset;
        std::string in;
        const char* out;
    } rows[] = {
        {"utf-8", "\xc3\xa9", "é"},
        {"UTF8", "\xc3\xa9", "é"},
        {"us-ascii", "abc", "abc"},
        {"us-ascii", "\xc3\xa9", "é"},
        {"ansi_x3.4-1968", "caf\xe9", "café"},
        {"iso-8859-1", "\x93x\x94", "“x”"},
        {"\"iso-8859-15\"", "\xa4", "€"},
        {"windows-1251", "\xcf\xf0", "Пр"},
        {"windows1251", "\xcf\xf0", "Пр"},
        {"cp1251", "\xcf\xf0", "Пр"},
        {"cp-850", "\x81", "ü"},
        {"koi8-r", "\xf0\xd2", "Пр"},
        {"gb2312", "\xd6\xd0", "中"},
        {"big5", "\xa4\xa4", "中"},
        {"ks_c_5601-1987", "\xc7\xd1", "한"},
        {"euc-kr", "\xc7\xd1", "한"},
        {"shift_jis", "\x82\xb1", "こ"},
        {"iso-2022-jp", "\x1b$B$3\x1b(B", "こ"},
        {"iso-8859-8-i", "\xe0", "א"},
        {"utf-7", "+AOk-", "é"},
        {"utf-16le", std::string("a\0", 2), "a"},
        {"x-unknown", "caf\xe9", "café"},
        {"no-such-charset", "\xe2\x82\xac", "€"},
        {"utf-8", "a\xffz", "a\xef\xbf\xbdz"},
        {"utf-8", "\xe2\x82", "\xef\xbf\xbd"},
        {"utf-8", "\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
    };
    for (const auto& row : rows) {
        EXPECT_EQ(mime::to_utf8(row.in, row.charset), row.out) << row.charset;
        mime::CharsetDecoder decoder(row.charset);
        std::string out;
        for (const char c : row.in) decoder.decode({&c, 1}, out);
        decoder.decode({}, out, true);
        EXPECT_EQ(out, row.out) << row.charset << " in pieces";
    }
    EXPECT_TRUE(mime::charset_known("ISO-8859-8-I"));
    EXPECT_FALSE(mime::charset_known("x-unknown"));
    EXPECT_FALSE(mime::charset_known(std::string(10'000, 'x')));
}

TEST(Charsets, text_of_a_part_in_pieces) {
    const std::string text = mime::base64_encode(std::string("\x82\xb1\x82\xf1", 4));
    for (const std::size_t piece : {1U, 2U, 3U, 100U}) {
        mime::TextDecoder decoder(mime::Encoding::base64, "shift_jis");
        std::string out;
        for (std::size_t at = 0; at < text.size(); at += piece)
            decoder.decode(std::string_view(text).substr(at, piece), out);
        decoder.finish(out);
        EXPECT_EQ(out, "こん");
    }
}

}  // namespace
