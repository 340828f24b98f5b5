// Modified UTF-7, UTF-8, LIST patterns and dates. Threats 12 and 16, CVE-2026-33607.
#include <chrono>
#include <ctime>
#include <optional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "base/utf7imap.hpp"
#include "base/utf8.hpp"
#include "imap/syntax/date_time.hpp"
#include "imap/syntax/list_pattern.hpp"

namespace imap {
namespace {

TEST(Utf7Imap, BothWays) {
    const std::vector<std::pair<std::string, std::string>> names{
        {"~peter/mail/&U,BTFw-/&ZeVnLIqe-",
         "~peter/mail/\xE5\x8F\xB0\xE5\x8C\x97/\xE6\x97\xA5\xE6\x9C\xAC\xE8\xAA\x9E"},
        {"&-", "&"},
        {"a&-b&-", "a&b&"},
        {"Entw&APw-rfe", "Entw\xC3\xBCrfe"},
        {"&Jjo-", "\xE2\x98\xBA"},
        {"&2D3eAA-", "\xF0\x9F\x98\x80"},
        {"&AAEAAg-", "\x01\x02"},
        {"&AH8-", "\x7F"},
        {"", ""},
    };
    for (const auto& [utf7, utf8] : names) {
        EXPECT_EQ(base::utf7imap_to_utf8(utf7), utf8) << utf7;
        EXPECT_EQ(base::utf8_to_utf7imap(utf8), utf7) << utf7;
    }
}

TEST(Utf7Imap, ClearThoughForbidden) {
    EXPECT_EQ(base::utf7imap_to_utf8("&AEE-"), "A");  // need not be shifted
    EXPECT_EQ(base::utf7imap_to_utf8("&ACY-"), "&");
    EXPECT_EQ(base::utf7imap_to_utf8("&Jjo-&Jjo-"), "\xE2\x98\xBA\xE2\x98\xBA");
    EXPECT_EQ(base::utf7imap_to_utf8("A & B"), "A & B");
    EXPECT_EQ(base::utf7imap_to_utf8("x&"), "x&");
    EXPECT_EQ(base::utf7imap_to_utf8("\xC3\xBC"), "\xC3\xBC");
}

TEST(Utf7Imap, Hostile) {
    const std::vector<std::string_view> names{
        "&Jjo",
        "&Jjo!",
        "&Jjo!-",
        "&AAA-",
        "&J-",
        "&Jj-",
        "&Jjp-" /* bits left over */,
        "&JjoA-",
        "&2D0-",
        "&3gA-",
        "&2D3YPQ-",
        "&2D0AQQ-",
        "&Jjo/-",
        "&=-",
        "\xFF\xFE",
        "\xC0\xAF",
        "\xED\xA0\x80",
        "\xF4\x90\x80\x80",
        "\xC3",
        "&Jjo-\x80",
        std::string_view("a\0b", 3),
    };
    for (const std::string_view name : names) {
        const auto decoded = base::utf7imap_to_utf8(name);
        if (name == "&=-") {
            EXPECT_EQ(decoded, "&=-");  // cannot be a shift
        } else {
            EXPECT_FALSE(decoded) << name << " -> " << *decoded;
        }
    }
    EXPECT_EQ(base::utf8_to_utf7imap("\xFF"), "&,,0-");  // U+FFFD
}

TEST(Utf7Imap, EveryCharacterComesBack) {
    for (char32_t code = 1; code <= 0x10FFFF; code += code < 0x3000 ? 1 : 37) {
        if (code >= 0xD800 && code <= 0xDFFF) continue;
        std::string name = "x";
        base::append_utf8(name, code);
        base::append_utf8(name, code);
        ASSERT_TRUE(base::is_utf8(name));
        const std::string utf7 = base::utf8_to_utf7imap(name);
        ASSERT_TRUE(base::is_ascii(utf7));
        ASSERT_EQ(base::utf7imap_to_utf8(utf7), name) << static_cast<std::uint32_t>(code);
    }
}

TEST(Utf8, OneSpellingOnly) {
    EXPECT_TRUE(base::is_utf8("plain text of more than eight octets \xE2\x98\xBA and more of it"));
    EXPECT_TRUE(base::is_utf8("\xF4\x8F\xBF\xBF"));
    for (const std::string_view bad :
         {"\x80", "\xC0\x80", "\xC1\xBF", "\xE0\x80\x80", "\xE0\x9F\xBF", "\xED\xBF\xBF", "\xF0\x80\x80\x80",
          "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xE2\x98", "\xE2\x98z",
          "12345678\xFF"})
        EXPECT_FALSE(base::is_utf8(bad)) << bad;
    EXPECT_EQ(base::to_nfc("e\xCC\x81"), "\xC3\xA9");
    EXPECT_EQ(base::to_nfc("plain"), "plain");
}

TEST(ListPattern, Matches) {
    struct Row {
        std::string_view pattern, name;
        bool matches;
    };
    const std::vector<Row> rows{
        {"*", "", true},
        {"*", "a/b/c", true},
        {"%", "", true},
        {"%", "ab", true},
        {"%", "a/b", false},
        {"a/%", "a/b", true},
        {"a/%", "a", false},
        {"a/%", "a/b/c", false},
        {"%/%", "a/b", true},
        {"%/%", "a", false},
        {"*/%", "a/b/c", true},
        {"", "", true},
        {"", "a", false},
        {"abc", "abc", true},
        {"abc", "ABC", false},
        {"a*c", "abbc", true},
        {"a*c", "a/c", true},
        {"a%c", "a/c", false},
        {"*a*a*a", "aaa", true},
        {"*a*a*a", "aa", false},
        {"%b", "ab/cb", false},
        {"*b", "ab/cb", true},
        {"%a/%b", "xa/yb", true},
        {"%a/%b", "xa/ya/zb", false},
        {"*%b", "a/ccb", true},
        {"%*%", "a/b", true},
        {"%%", "a/b", false},
        {"inbox", "INBOX", true},
        {"iNb%", "INBOX", true},
        {"inbox", "inboxes", false},
        {"inbox/sub", "INBOX/sub", true},
        {"inbox/SUB", "INBOX/sub", false},
        {"a/inbox", "a/INBOX", false},
        {"x\xC3\xBC*",
         "x\xC3\xBC"
         "b",
         true},
        {"Trash%", "Trash", true},
        {"Trash*", "Trashy/x", true},
    };
    for (const Row& row : rows)
        EXPECT_EQ(ListPattern(row.pattern).matches(row.name), row.matches)
            << row.pattern << " ~ " << row.name;
}

/// What the RFC says, word by word; exponential.
bool naive(std::string_view pattern, std::string_view name) {
    if (pattern.empty()) return name.empty();
    if (pattern[0] == '*' || pattern[0] == '%') {
        for (std::size_t taken = 0;; ++taken) {
            if (naive(pattern.substr(1), name.substr(taken))) return true;
            if (taken == name.size() || (pattern[0] == '%' && name[taken] == '/')) return false;
        }
    }
    return !name.empty() && pattern[0] == name[0] && naive(pattern.substr(1), name.substr(1));
}

TEST(ListPattern, AgreesWithTheDefinition) {
    std::mt19937 random(7);
    const auto text = [&](std::string_view letters, std::size_t longest) {
        std::string out;
        for (std::size_t n = random() % (longest + 1); n > 0; --n)
            out.push_back(letters[random() % letters.size()]);
        return out;
    };
    std::size_t matched = 0;
    for (int i = 0; i < 20000; ++i) {
        const std::string pattern = text("ab/%*", 9);
        const std::string name = text("ab/", 9);
        const bool expected = naive(pattern, name);
        matched += expected ? 1 : 0;
        ASSERT_EQ(ListPattern(pattern).matches(name), expected) << pattern << " ~ " << name;
    }
    EXPECT_GT(matched, 1000U);
}

TEST(ListPattern, HostilePatternsAreLinear) {
    std::string stars;
    for (int i = 0; i < 1000; ++i) stars += "*%";
    EXPECT_TRUE(ListPattern(stars).matches(std::string(1000, 'a')));
    std::string pattern;
    for (int i = 0; i < 500; ++i) pattern += "*a";
    pattern += "*b";
    const ListPattern hostile(pattern);
    const std::string name(1000, 'a');
    const std::clock_t start = std::clock();  // of this process alone, whatever else the machine does
    for (int i = 0; i < 20; ++i) ASSERT_FALSE(hostile.matches(name));
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC);
    EXPECT_FALSE(ListPattern(std::string(5000, 'a')).matches(std::string(5000, 'a')));  // tokens_max
    // Around the words of 64 places
    for (std::size_t length = 60; length < 70; ++length) {
        EXPECT_TRUE(ListPattern(std::string(length, 'a')).matches(std::string(length, 'a')));
        EXPECT_FALSE(ListPattern(std::string(length, 'a')).matches(std::string(length + 1, 'a')));
        EXPECT_TRUE(ListPattern(std::string(length, 'a') + "*").matches(std::string(length, 'a')));
        EXPECT_TRUE(ListPattern(std::string(length, 'a') + "*b").matches(std::string(length, 'a') + "/b"));
    }
}

TEST(Dates, DateTime) {
    EXPECT_EQ(parse_date_time("17-Jul-1996 02:44:25 -0700"), 837596665);
    EXPECT_EQ(parse_date_time(" 1-Jan-1970 00:00:00 +0000"), 0);
    EXPECT_EQ(parse_date_time("1-Jan-1970 00:00:00 +0000"), 0);  // quirk_short_day
    EXPECT_EQ(parse_date_time("01-jan-1970 01:30:00 +0130"), 0);
    EXPECT_EQ(parse_date_time("31-Dec-2016 23:59:60 +0000"), 1483228800);
    EXPECT_EQ(parse_date_time("29-Feb-2000 00:00:00 +0000"), 951782400);
    for (const std::string_view bad :
         {"", "17-Jul-1996", "17-Jul-1996 02:44:25", "17-Jul-96 02:44:25 -0700", "32-Jul-1996 02:44:25 -0700",
          "29-Feb-1900 02:44:25 -0700", "17-Foo-1996 02:44:25 -0700", "17-Jul-1996 24:44:25 -0700",
          "17-Jul-1996 02:60:25 -0700", "17-Jul-1996 02:44:61 -0700", "17-Jul-1996 02:44:25 -2400",
          "17-Jul-1996 02:44:25 -0760", "17-Jul-1996 02:44:25 0700", "17-Jul-1996 02:44:25 -07000",
          "00-Jul-1996 02:44:25 -0700", "  -Jul-1996 02:44:25 -0700", "-1-Jul-1996 02:44:25 -0700"})
        EXPECT_FALSE(parse_date_time(bad)) << bad;
    const auto text = [](std::int64_t seconds, int zone = 0) {
        std::string out;
        write_date_time(out, seconds, zone);
        return out;
    };
    EXPECT_EQ(text(837596665, -420), "17-Jul-1996 02:44:25 -0700");
    EXPECT_EQ(text(0), " 1-Jan-1970 00:00:00 +0000");
    EXPECT_EQ(text(-1), "31-Dec-1969 23:59:59 +0000");
    EXPECT_EQ(text(INT64_MAX), "31-Dec-9999 23:59:59 +0000");
    EXPECT_EQ(text(INT64_MIN), " 1-Jan-0000 00:00:00 +0000");
    std::mt19937_64 random(3);
    for (int i = 0; i < 10000; ++i) {
        const auto seconds = static_cast<std::int64_t>(random() % 300000000000U) - 60000000000;
        const int zone = static_cast<int>(random() % 1681) - 840;
        ASSERT_EQ(parse_date_time(text(seconds, zone)), seconds) << text(seconds, zone);
    }
}

TEST(Dates, Date) {
    using namespace std::chrono;
    EXPECT_EQ(parse_date("1-Feb-1994"), sys_days(1994y / February / 1));
    EXPECT_EQ(parse_date("01-Feb-1994"), sys_days(1994y / February / 1));
    EXPECT_EQ(parse_date("31-dec-9999"), sys_days(9999y / December / 31));
    for (const std::string_view bad :
         {"", "1", "-", "1-Feb-94", "31-Apr-2000", "0-Feb-2000", "001-Feb-2000", "1-Feb-2000 "})
        EXPECT_FALSE(parse_date(bad)) << bad;
    std::string out;
    write_date(out, sys_days(1994y / February / 1));
    EXPECT_EQ(out, "1-Feb-1994");
}

}  // namespace
}  // namespace imap
