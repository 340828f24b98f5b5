// FUZZY: words in any order, misspelt, in pieces. RFC 6203 section 3.
#include <string>

#include <gtest/gtest.h>

#include "imap/fuzzy_match.hpp"

namespace {

unsigned score(std::string_view wanted, std::string_view text) {
    imap::FuzzyMatcher matcher(wanted);
    matcher.feed(text);
    return matcher.score();
}

TEST(Fuzzy, words_in_any_order) {
    EXPECT_EQ(score("imap break", "imap break"), 100U);
    EXPECT_EQ(score("imap break", "break: the imap server"), 100U);
    EXPECT_GT(score("imap break", "imap breaks"), 80U);
    EXPECT_EQ(score("imap break", "imap only"), 0U);
    EXPECT_EQ(score("", "anything"), 100U);
    EXPECT_EQ(score("helo", ""), 0U);
}

TEST(Fuzzy, misspelt_is_less) {
    EXPECT_GT(score("helo", "hello"), 0U);
    EXPECT_LT(score("helo", "hello"), score("hello", "hello"));
    EXPECT_GT(score("recieved", "received"), 0U);  // two letters of a long word
    EXPECT_EQ(score("cat", "car"), 0U);            // of a short word every letter matters
    EXPECT_EQ(score("hello", "world"), 0U);
}

TEST(Fuzzy, pieces_give_the_same) {
    const std::string text = "some words, and recieved mail of the day";
    for (std::size_t cut = 1; cut < text.size(); ++cut) {
        imap::FuzzyMatcher matcher("received words");
        for (std::size_t at = 0; at < text.size(); at += cut)
            matcher.feed(std::string_view(text).substr(at, cut));
        EXPECT_EQ(matcher.score(), score("received words", text)) << cut;
    }
    imap::FuzzyMatcher apart("together");
    apart.feed("toge");
    apart.restart();
    apart.feed("ther");
    EXPECT_EQ(apart.score(), 0U);
}

TEST(Fuzzy, bounded_whatever_it_gets) {
    const std::string word(1U << 20, 'a');
    EXPECT_EQ(score(word, word), 100U);
    std::string many;
    for (int i = 0; i < 10'000; ++i) many += "word" + std::to_string(i) + " ";
    EXPECT_EQ(score(many, many), 100U);
    EXPECT_EQ(score("\xFF\xFE", "\xFF\xFE"), 100U);
}

}  // namespace
