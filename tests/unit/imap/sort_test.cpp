// What SORT and THREAD are made of: comparators, columns, the order of texts, a sort in steps. RFC 5051, RFC
// 5256.
#include <algorithm>
#include <numeric>
#include <random>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "imap/sort/columns.hpp"
#include "imap/sort/comparator.hpp"
#include "imap/sort/intern.hpp"
#include "imap/sort/step_sort.hpp"

namespace imap {
namespace {

std::string casemap(std::string_view text) { return collation_key(Comparator::unicode_casemap, text); }

TEST(Comparators, unicode_casemap_of_rfc_5051) {
    EXPECT_EQ(casemap("abc"), "ABC");
    EXPECT_EQ(casemap("é"), casemap("e\xCC\x81"));  // decomposed
    EXPECT_EQ(casemap("É"), casemap("é"));
    EXPECT_EQ(casemap("ǆ"), casemap("Ǆ"));  // title case is one for all three
    EXPECT_EQ(casemap("ﬁ"), "FI");
    EXPECT_EQ(casemap("Я"), casemap("я"));
    EXPECT_NE(casemap("ß"), "SS");                       // the simple mapping of UnicodeData.txt has none
    EXPECT_EQ(casemap("\xED\x95\x9C"), "\xED\x95\x9C");  // Hangul has no decomposition there
    EXPECT_EQ(casemap("a\xFF"
                      "b"),
              "A\xFF"
              "B");                                              // no UTF-8: octets
    EXPECT_EQ(casemap("\xF0\x90\x90\xA8"), "\xF0\x90\x90\x80");  // beyond the basic plane
    EXPECT_LT(casemap("a"), casemap("B"));
}

TEST(Comparators, ascii_and_octet) {
    EXPECT_EQ(collation_key(Comparator::ascii_casemap, "aé"), "Aé");
    EXPECT_EQ(collation_key(Comparator::octet, "aB"), "aB");
    EXPECT_EQ(search_key_text(Comparator::octet, "aB"), "aB");
    EXPECT_EQ(search_key_text(Comparator::unicode_casemap, "STRASSE"),
              search_key_text(Comparator::unicode_casemap, "Straße"));
}

TEST(Comparators, what_is_equal_is_found_too) {
    // Whatever i;unicode-casemap calls equal, SEARCH must find.
    for (char32_t c = 1; c < 0x3000; ++c) {
        std::string text;
        if (c < 0x80) {
            text += static_cast<char>(c);
        } else if (c < 0x800) {
            text += static_cast<char>(0xC0U | c >> 6U);
            text += static_cast<char>(0x80U | (c & 0x3FU));
        } else {
            text += static_cast<char>(0xE0U | c >> 12U);
            text += static_cast<char>(0x80U | (c >> 6U & 0x3FU));
            text += static_cast<char>(0x80U | (c & 0x3FU));
        }
        const std::string key = casemap(text);
        EXPECT_EQ(casemap(key), key) << std::hex << static_cast<unsigned>(c);
        EXPECT_EQ(search_key_text(Comparator::unicode_casemap, key),
                  search_key_text(Comparator::unicode_casemap, text))
            << std::hex << static_cast<unsigned>(c);
    }
}

TEST(Comparators, patterns_of_rfc_4790) {
    using List = std::vector<Comparator>;
    EXPECT_EQ(match_comparators("i;octet"), List{Comparator::octet});
    EXPECT_EQ(match_comparators("default"), List{Comparator::unicode_casemap});
    EXPECT_EQ(match_comparators("*casemap"), (List{Comparator::unicode_casemap, Comparator::ascii_casemap}));
    EXPECT_EQ(match_comparators("*").size(), 3U);
    EXPECT_TRUE(match_comparators("cz;*").empty());
    EXPECT_TRUE(match_comparators("").empty());
    EXPECT_TRUE(match_comparators(std::string(30'000, '*') + "x").empty());
}

TEST(StepSort, sorts_any_size) {
    std::mt19937 random(7);
    for (const std::size_t size : {0U, 1U, 2U, 4'095U, 4'096U, 4'097U, 8'193U, 50'000U, 131'073U}) {
        std::vector<std::uint32_t> items(size);
        for (std::uint32_t& item : items) item = static_cast<std::uint32_t>(random() % 1'000);
        std::vector<std::uint32_t> expected = items;
        std::ranges::sort(expected);
        StepSort<std::uint32_t, std::less<>> sorting(std::move(items), std::less<>());
        std::size_t steps = 1;
        while (!sorting.step()) ASSERT_LT(++steps, 1'000U);
        EXPECT_EQ(sorting.take(), expected) << size;
    }
}

TEST(Interning, one_number_for_one_value) {
    Texts texts;
    EXPECT_EQ(texts.intern(""), 0U);
    const std::string large(100'000, 'x');
    EXPECT_EQ(texts.intern("a"), 1U);
    EXPECT_EQ(texts.intern(large), 2U);
    EXPECT_EQ(texts.intern("a"), 1U);
    EXPECT_EQ(texts[2], large);
    for (int i = 0; i < 20'000; ++i)
        EXPECT_EQ(texts.intern("t" + std::to_string(i)), 3U + static_cast<unsigned>(i));
    for (int i = 0; i < 20'000; ++i)
        ASSERT_EQ(texts.intern("t" + std::to_string(i)), 3U + static_cast<unsigned>(i));
    MessageIds ids;
    EXPECT_EQ(ids.intern(0), 0U);
    // Ids that share their low bits, as somebody may choose them, are no slower and no less apart.
    for (std::uint64_t i = 1; i <= 20'000; ++i) ASSERT_EQ(ids.intern(i << 40U), i);
    for (std::uint64_t i = 1; i <= 20'000; ++i) ASSERT_EQ(ids.intern(i << 40U), i);
}

mime::SortKeys keys_of(std::string subject, std::string name, std::string mailbox, std::string host) {
    mime::SortKeys keys;
    keys.base_subject = std::move(subject);
    keys.from = mime::Correspondent{std::move(name), std::move(mailbox), std::move(host)};
    return keys;
}

TEST(SortColumns, rows_and_ranks) {
    SortColumns columns;
    columns.add(3, keys_of("beta", "", "ann", "x.test"), 5);
    columns.add(8, keys_of("Alpha", "Zoe", "bob", ""), 6);
    columns.add(9, keys_of("BETA", "", "", ""), 7);
    EXPECT_EQ(columns.extent().rows, 0U);  // nothing is published yet
    columns.publish(10);
    const SortColumns::Extent extent = columns.extent();
    EXPECT_EQ(extent.rows, 3U);
    EXPECT_EQ(extent.filled_to, 10U);
    EXPECT_EQ(columns.text(columns.row(0).display_from), "ann@x.test");  // RFC 5957 section 3
    EXPECT_EQ(columns.text(columns.row(1).display_from), "Zoe");
    EXPECT_EQ(columns.row(2).display_from, 0U);
    EXPECT_EQ(columns.row(1).sent, 6);
    const std::vector<std::uint32_t> expected{0, 0, 0, 1, 1, 2, 3};
    std::vector<std::uint32_t> found;
    for (const std::uint32_t uid : {1U, 2U, 3U, 4U, 8U, 9U, 10U})
        found.push_back(columns.find(uid, 0, extent.rows));
    EXPECT_EQ(found, expected);
    RankMaker maker(columns, extent.texts, Comparator::unicode_casemap);
    while (!maker.step()) {
    }
    const TextRanks ranks = maker.take();
    const auto rank = [&](std::uint32_t row) { return (*ranks)[columns.row(row).subject]; };
    EXPECT_EQ(rank(0), rank(2));
    EXPECT_LT(rank(1), rank(0));
    EXPECT_EQ((*ranks)[0], 0U);  // RFC 5256 section 3: the empty string comes first
    EXPECT_FALSE(columns.ranks(Comparator::unicode_casemap, extent.texts));
    columns.keep_ranks(Comparator::unicode_casemap, ranks);
    EXPECT_EQ(columns.ranks(Comparator::unicode_casemap, extent.texts), ranks);
    EXPECT_FALSE(columns.ranks(Comparator::unicode_casemap, extent.texts + 1));
}

TEST(SortColumns, in_reply_to_only_without_references) {
    SortColumns columns;
    mime::SortKeys keys;
    keys.in_reply_to = 7;
    columns.add(1, keys, 0);
    keys.references = {5, 6};
    columns.add(2, keys, 0);
    EXPECT_EQ(columns.row(0).references, 1U);
    EXPECT_EQ(columns.row(1).references, 2U);
    EXPECT_NE(columns.reference(columns.row(1).references_at),
              columns.reference(columns.row(0).references_at));
}

}  // namespace
}  // namespace imap
