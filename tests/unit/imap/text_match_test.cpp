// Substring search over pieces: any cut finds the same. RFC 9051 section 6.4.4.
#include "imap/text_match.hpp"

#include <gtest/gtest.h>

namespace {

using imap::TextMatcher;

std::string fold_case(std::string_view text) { return imap::search_key_text(imap::default_comparator, text); }

TEST(TextMatch, folds_case_of_all_scripts) {
    EXPECT_EQ(fold_case("MiXed 1"), "mixed 1");
    EXPECT_EQ(fold_case("Straße"), "strasse");
    EXPECT_EQ(fold_case("ÄÖÜ"), fold_case("äöü"));
    EXPECT_EQ(fold_case("É"), "e\xCC\x81");  // decomposed (RFC 5051 section 2)
    EXPECT_EQ(fold_case("ﬁ"), "fi");
    EXPECT_EQ(fold_case("ПОЧТА"), "почта");
    EXPECT_EQ(fold_case(std::string(3000, 'A') + "ẞ"), std::string(3000, 'a') + "ss");
    EXPECT_EQ(fold_case(""), "");
}

TEST(TextMatch, finds_across_every_cut) {
    const std::string text = "Die lange STRAẞE nach Wien";
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        TextMatcher matcher;
        matcher.add(7, fold_case("straße NACH"));
        matcher.add(8, fold_case("Wien am"));
        for (std::size_t at = 0; at < text.size(); at += cut)
            matcher.feed(std::string_view(text).substr(at, cut));
        EXPECT_TRUE(matcher.found(7)) << cut;
        EXPECT_FALSE(matcher.found(8)) << cut;
        EXPECT_FALSE(matcher.all_found());
    }
}

/// By std::string::find() these take minutes: both texts are chosen by strangers.
TEST(TextMatch, long_texts_cost_the_sum_of_their_sizes) {
    const std::string text(4U << 20, 'a');
    const std::string needle = std::string(2U << 20, 'a') + 'b';
    EXPECT_FALSE(imap::has_text(text, needle));
    EXPECT_TRUE(imap::has_text(text + 'b', needle));
    EXPECT_TRUE(imap::has_text("", ""));
    TextMatcher matcher;
    matcher.add(0, needle);
    matcher.add(1, "ab");
    matcher.feed(text);
    EXPECT_EQ(matcher.open(), 2U);
    matcher.feed("b");
    EXPECT_TRUE(matcher.all_found());
}

TEST(TextMatch, does_not_find_across_a_restart) {
    TextMatcher matcher;
    matcher.add(0, "ab");
    matcher.feed("a");
    matcher.restart();
    matcher.feed("b");
    EXPECT_FALSE(matcher.found(0));
    matcher.feed("ab");
    EXPECT_TRUE(matcher.all_found());
}

TEST(TextMatch, finds_the_empty_text_in_nothing) {
    TextMatcher matcher;
    matcher.add(3, "");
    EXPECT_TRUE(matcher.all_found());
    EXPECT_TRUE(matcher.found(3));
    EXPECT_FALSE(matcher.found(4));
}

TEST(TextMatch, takes_octets_that_are_no_text) {
    TextMatcher matcher;
    matcher.add(0, "x");
    for (const char* piece : {"\xFF\xFE", "\xC3", "\xC3", "\xF0\x9F", "", "\x80\x80\x80\x80"})
        matcher.feed(piece);
    EXPECT_FALSE(matcher.found(0));
    matcher.feed("X");
    EXPECT_TRUE(matcher.found(0));
}

}  // namespace
