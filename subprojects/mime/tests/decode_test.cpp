// Encoded words, parameters, subjects and ids: the tables of the RFCs and what real mail adds.
#include "mime/decode.hpp"

#include <iterator>
#include <random>

#include <gtest/gtest.h>

#include "beginning.hpp"
#include "mime/charset.hpp"

namespace {

struct Text {
    const char* in;
    const char* out;
};

// RFC 2047 section 8, then faults.
TEST(Words, decode) {
    const Text rows[] = {
        {"=?US-ASCII?Q?Keith_Moore?=", "Keith Moore"},
        {"=?ISO-8859-1?Q?Keld_J=F8rn_Simonsen?=", "Keld Jørn Simonsen"},
        {"=?ISO-8859-1?Q?Andr=E9?= Pirard", "André Pirard"},
        {"=?ISO-8859-1?B?SWYgeW91IGNhbiByZWFkIHRoaXMgeW8=?=\r\n "
         "=?ISO-8859-2?B?dSB1bmRlcnN0YW5kIHRoZSBleGFtcGxlLg==?=",
         "If you can read this you understand the example."},
        {"=?ISO-8859-1?Q?a?= b", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=  =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a?=\r\n    =?ISO-8859-1?Q?b?=", "ab"},
        {"=?ISO-8859-1?Q?a_b?=", "a b"},
        {"=?ISO-8859-1?Q?a?= =?ISO-8859-2?Q?_b?=", "a b"},
        {"=?iso-8859-1*en?Q?caf=E9?=", "café"},          // RFC 2231 section 5
        {"=?utf-8?Q?=E2=82?= =?utf-8?Q?=AC?=", "€"},     // a character in two words
        {"=?UTF-8?B?4oI=?=\r\n =?utf-8?B?rA==?=", "€"},  // likewise, names in two spellings
        {"=?utf-8?Q?with space?=", "with space"},        // blanks do not belong there
        {"x=?utf-8?Q?y?=z", "xyz"},                      // no blanks around
        {"=?utf-8?Q?broken", "=?utf-8?Q?broken"},
        {"=?utf-8?X?a?=", "=?utf-8?X?a?="},
        {"=?nonsense?Q?caf=C3=A9?=", "café"},
        {"=?nonsense?Q?caf=E9?=", "café"},
        {"=?ks_c_5601-1987?B?x9GxuQ==?=", "한국"},
        {"=?iso-2022-jp?B?GyRCJDMkcxsoQg==?=", "こん"},
        {"=?gb2312?B?1tDOxA==?=", "中文"},
        {"caf\xc3\xa9", "café"},
        {"caf\xe9", "café"},
        {"=?utf-8?Q?a=0D=0Ab?=", "a  b"},
        {"=?"
         "?Q?a?=",
         "=?"
         "?Q?a?="},
        {"=?utf-8?q?"
         "?=",
         ""},
    };
    for (const Text& row : rows) EXPECT_EQ(mime::decode_text(row.in), row.out) << row.in;
}

TEST(Words, encode_reads_back) {
    for (const std::string text :
         {"plain", "Grüße", "日本語のとても長い件名をひとつの行に書くと七十五オクテットを超えます",
          "=?looks?q?encoded?=",
          "a very long text with one ü in it, which needs more than one word because it goes on and on"}) {
        const std::string encoded = mime::encode_word(text);
        EXPECT_EQ(mime::decode_text(encoded), text) << encoded;
        for (std::size_t at = 0; at < encoded.size();) {
            const std::size_t end = std::min(encoded.find(' ', at), encoded.size());
            EXPECT_LE(end - at, 75U);
            EXPECT_TRUE(mime::valid_utf8(mime::decode_text(encoded.substr(at, end - at))));
            at = end + 1;
        }
    }
    EXPECT_EQ(mime::encode_word("plain text"), "plain text");
}

std::string parameter(std::string_view value, std::string_view name) {
    return std::string(mime::parse_structured(value).parameter(name));
}

TEST(Parameters, of_rfc_2045_and_2231) {
    const auto type = mime::parse_structured("text/plain; charset=us-ascii (Plain text)");
    EXPECT_EQ(type.value, "text/plain");
    EXPECT_EQ(type.parameter("charset"), "us-ascii");
    EXPECT_EQ(parameter(R"(text/plain; charset="us-ascii")", "charset"), "us-ascii");
    // RFC 2231 sections 3 and 4
    EXPECT_EQ(parameter("message/external-body; access-type=URL;\r\n URL*0=\"ftp://\";\r\n "
                        "URL*1=\"cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar\"",
                        "url"),
              "ftp://cs.utk.edu/pub/moore/bulk-mailer/bulk-mailer.tar");
    EXPECT_EQ(
        parameter("application/x-stuff; title*=us-ascii'en-us'This%20is%20%2A%2A%2Afun%2A%2A%2A", "title"),
        "This is ***fun***");
    EXPECT_EQ(parameter("application/x-stuff;\r\n title*0*=us-ascii'en'This%20is%20even%20more%20;\r\n "
                        "title*1*=%2A%2A%2Afun%2A%2A%2A%20;\r\n title*2=\"isn't it!\"",
                        "title"),
              "This is even more ***fun*** isn't it!");
}

TEST(Parameters, as_found_in_the_wild) {
    EXPECT_EQ(parameter("a/b; filename*1=b; filename*0=a; filename*3=d", "filename"), "ab");
    EXPECT_EQ(parameter("attachment; filename=plain.txt; filename*=utf-8''b%C3%A9.txt", "filename"),
              "bé.txt");
    EXPECT_EQ(parameter("attachment; filename*0*=utf-8''%E2%82; filename*1*=%AC", "filename"), "€");
    EXPECT_EQ(parameter("attachment; filename=my file (1).pdf; size=3", "filename"), "my file (1).pdf");
    EXPECT_EQ(parameter(R"(attachment; filename="C:\dir\file.txt")", "filename"), R"(C:\dir\file.txt)");
    EXPECT_EQ(parameter(R"(a/b; name="x\"y")", "name"), "x\"y");
    EXPECT_EQ(parameter(R"(a/b; charset="utf-8" name="no semicolon")", "name"), "no semicolon");
    EXPECT_EQ(parameter("a/b;; ;charset = x ;", "charset"), "x");
    EXPECT_EQ(parameter("a/b; name=\"never closed", "name"), "never closed");
    EXPECT_EQ(mime::parse_structured("Text / HTML ; a=b").value, "text/html");
    EXPECT_EQ(mime::parse_structured("text/plain charset=utf-8").parameter("charset"), "utf-8");
    EXPECT_EQ(mime::parse_structured("").value, "");
    EXPECT_EQ(mime::parse_structured("=?;*=;*0=x;a*b*c=d;=").parameters.size(), 1U);
}

// RFC 5256 section 2.1
TEST(Subjects, base) {
    const struct {
        const char* in;
        const char* out;
        bool reply;
    } rows[] = {
        {"hello", "hello", false},
        {"Re: hello", "hello", true},
        {"re:RE :  hello", "hello", true},
        {"Fwd: hello (fwd) (FWD) ", "hello", true},
        {"Fw: [list] Re: hello", "hello", true},
        {"Re[2]: hello", "hello", true},
        {"[list] hello", "hello", false},
        {"[list]", "[list]", false},
        {"[Fwd: hello]", "hello", true},
        {"[fwd: [a] Re: hello (fwd)]", "hello", true},
        {"reply to all", "reply to all", false},
        {"", "", false},
        {"Re:", "", true},
        {"  a   b\tc  ", "a b c", false},
        {"[a][b]c", "c", false},
        {"Re: [a", "[a", true},
    };
    for (const auto& row : rows) {
        const mime::BaseSubject base = mime::base_subject(row.in);
        EXPECT_EQ(base.text, row.out) << row.in;
        EXPECT_EQ(base.reply_or_forward, row.reply) << row.in;
    }
}

TEST(Ids, of_references) {
    using Ids = std::vector<std::string_view>;
    EXPECT_EQ(mime::parse_ids(" <a@b>\r\n <c@d>,<e@f>", 10), (Ids{"a@b", "c@d", "e@f"}));
    EXPECT_EQ(mime::parse_ids("<1><2><3><4><5>", 3), (Ids{"1", "4", "5"}));
    EXPECT_EQ(mime::parse_ids("no angles", 10), (Ids{"no", "angles"}));
    EXPECT_EQ(mime::parse_ids("Your message <a@b> of today", 10), (Ids{"a@b"}));
    EXPECT_EQ(mime::parse_ids("<a <b@c> <d", 10), (Ids{"b@c"}));
    EXPECT_EQ(mime::hash_id("a@b"), mime::hash_id(" a@\r\n b "));
    EXPECT_NE(mime::hash_id("a@b"), mime::hash_id("a@c"));
}

TEST(Html, to_text) {
    const Text rows[] = {
        {"a<br>b", "a\nb"},
        {"a &amp; b &lt;&gt; &eacute;&#233;&#xe9; &unknown; &", "a & b <> ééé &unknown; &"},
        {"<style>x</style>a<SCRIPT>if (a<b) c</script >b", "ab"},
        {"<!-- a > b -->c<!--d", "c"},
        {"<a title=\"x>y\">z</a>", "z"},
        {"<a title=\"x>y", "y"},
        {"1 < 2", "1 < 2"},
        {"<td>a</td><td>b</td>", " a  b "},
        {"&#0;&#xffffffff;",
         "&#0;\xef\xbf\xbd"
         "fff;"},
    };
    for (const Text& row : rows) {
        if (std::string_view(row.in).starts_with("&#0;")) {
            EXPECT_TRUE(mime::valid_utf8(mime::html_to_text(row.in)));
        } else {
            EXPECT_EQ(mime::html_to_text(row.in), row.out) << row.in;
        }
    }
}

// RFC 8970 section 3.1: at most 256 characters; ours 200.
TEST(Preview, of_text) {
    EXPECT_EQ(mime::preview_of("a\r\n\r\n  b\t c\r\n"), "a b c");
    EXPECT_EQ(mime::preview_of("> q\nX wrote:\n> r\nanswer\n-- \nme"), "answer");
    EXPECT_EQ(mime::preview_of("On Monday\nX wrote:\n\n> r\n"), "On Monday");
    EXPECT_EQ(mime::preview_of("> only\n> quotes\n"), "only quotes");
    EXPECT_EQ(mime::preview_of("-- \nonly a signature"), "only a signature");
    EXPECT_EQ(mime::preview_of("=====\ntitle\n=====\n"), "title");
    EXPECT_EQ(mime::preview_of("a\xc2\xa0\xe2\x80\x8b\xe2\x80\x8c"
                               "b"),
              "a b");
    EXPECT_EQ(mime::preview_of("日本語", 2), "日本");
    EXPECT_EQ(mime::preview_of("ab cd", 3), "ab");
    EXPECT_EQ(mime::preview_of(""), "");
}

/// Pieces of mail that previews treat in their own ways, in any order.
std::string random_text(std::mt19937& random, std::size_t pieces) {
    static constexpr std::string_view list[] = {"word ",
                                                "another ",
                                                "\r\n",
                                                "\n",
                                                "\r\n\r\n",
                                                "> quoted\r\n",
                                                "X wrote:\r\n",
                                                "-- \r\n",
                                                "-----\r\n",
                                                "<p>",
                                                "</p>",
                                                "<br",
                                                ">",
                                                "<style>",
                                                "</style>",
                                                "<!--",
                                                "-->",
                                                "&amp;",
                                                "&nbsp",
                                                "<a href=\"b",
                                                "\"",
                                                "<td class='",
                                                "'",
                                                "\xc3\xbc",
                                                "\xe2\x80\x8b",
                                                "<",
                                                "</",
                                                "longer text of many words "};
    std::string text;
    while (pieces-- > 0) text += list[random() % std::size(list)];
    return text;
}

TEST(Preview, of_a_beginning_is_that_of_the_whole) {
    std::mt19937 random(3);
    std::size_t decided = 0;
    for (int round = 0; round < 20'000; ++round) {
        const std::string text = random_text(random, random() % 60);
        const std::string_view beginning = std::string_view(text).substr(0, random() % (text.size() + 1));
        const std::size_t characters = random() % 80;
        if (const auto preview = mime::preview_of_beginning(beginning, characters)) {
            ++decided;
            ASSERT_EQ(*preview, mime::preview_of(text, characters)) << text << "\n of " << beginning;
        }
        if (const auto html = mime::html_text_of_beginning(beginning, characters)) {
            ++decided;
            ASSERT_TRUE(mime::html_to_text(text).starts_with(*html)) << text << "\n of " << beginning;
        }
    }
    EXPECT_GT(decided, 2'000U);
}

}  // namespace
