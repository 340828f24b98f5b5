// Collector and Gathered against the plainest way to get the same.
#include "trigram/collector.hpp"

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "trigram/gathered.hpp"

namespace {

using namespace trigram;
using Words = std::set<std::string>;

/// Characters that stand in words, others that do not, in runs around the limits of length.
std::string random_text(std::mt19937& random) {
    static const std::vector<std::string> letters = {"a", "Z", "m", "0", "9", "q", "\xD0\x96", "\xD1\x8F"};
    static const std::vector<std::string> others = {
        " ", "\r\n", "-", "@", "[", "`", "{", "/", ":", "\x7F", "\x01", "\xC3\xA9", "\xE2\x82\xAC"};
    std::string out;
    for (std::size_t runs = random() % 40; runs > 0; --runs) {
        const std::size_t kinds = random() % 3 == 0 ? letters.size() : 6;
        for (std::size_t length = random() % (random() % 4 == 0 ? 70 : 9); length > 0; --length)
            out += letters[random() % kinds];
        for (std::size_t length = 1 + random() % 2; length > 0; --length)
            out += others[random() % others.size()];
    }
    return out;
}

Words words_of(const Collector& collector) {
    Words out;
    for (std::string_view left = collector.words(); !left.empty();)
        out.emplace(Collector::take_word(left).octets);
    return out;
}

Words plain_words(std::string_view text) {
    Words out;
    std::string word;
    const auto end = [&] {
        if (word.size() >= word_bytes_min && word.size() <= word_bytes_max) out.insert(word);
        word.clear();
    };
    char32_t character = 0;
    for (std::size_t at = 0; at < text.size() && next_character(text, at, character, true);) {
        if (!append_word_character(character, word)) end();
    }
    end();
    return out;
}

void collect(Collector& collector, const std::vector<std::string_view>& pieces) {
    collector.begin_document();
    collector.begin_text(Field::body);
    for (const std::string_view piece : pieces) collector.feed(piece);
    collector.end_text();
}

std::vector<Gram> sorted(std::vector<Gram> grams) {
    std::ranges::sort(grams);
    return grams;
}

TEST(Collector, WordsAreTheRunsOfLettersAndDigitsHoweverTheTextComes) {
    std::mt19937 random(5);
    Collector collector;  // of many documents: nothing of one is left in the next
    for (int round = 0; round < 2'000; ++round) {
        const std::string text = random_text(random);
        const Words expected = plain_words(text);
        collect(collector, {text});
        ASSERT_EQ(words_of(collector), expected) << text;
        const std::vector<Gram> grams = sorted(collector.grams());
        ASSERT_EQ(std::ranges::adjacent_find(grams), grams.end());

        std::vector<std::string_view> pieces;
        for (std::string_view left = text; !left.empty();) {
            pieces.push_back(left.substr(0, 1 + random() % 90));
            left.remove_prefix(pieces.back().size());
        }
        collect(collector, pieces);
        ASSERT_EQ(words_of(collector), expected) << text;
        ASSERT_EQ(sorted(collector.grams()), grams) << text;
    }
}

TEST(Collector, WordsBeyondTheLimitAreLeftOut) {
    Collector collector(CollectorLimits{.word_octets_max = 1'000});
    std::string text;
    for (int i = 0; i < 1'000; ++i) text += "word" + std::to_string(i) + ' ';
    collect(collector, {text});
    EXPECT_LT(collector.words().size(), 3'000U);
    EXPECT_GT(words_of(collector).size(), 10U);
    EXPECT_FALSE(collector.overflow());
}

TEST(Gathered, SortsAsASortDoes) {
    std::mt19937_64 random(9);
    for (const std::size_t count : {0U, 1U, 4'096U, 4'097U, 8'192U, 8'193U, 100'000U}) {
        for (const std::uint64_t mask :
             {~std::uint64_t{0}, std::uint64_t{0x7F07F07F} << 24U, std::uint64_t{0}}) {
            Gathered gathered;
            std::vector<std::uint64_t> expected;
            for (std::uint64_t i = 0; i < count; ++i) {
                expected.push_back((random() & mask & ~std::uint64_t{0xFFFFFF}) | i);
                gathered.push_back(expected.back());
            }
            ASSERT_EQ(gathered.size(), count);
            std::ranges::sort(expected);
            const auto values = gathered.sort(24);
            ASSERT_TRUE(std::ranges::equal(values, expected)) << count << ' ' << mask;
        }
    }
}

TEST(Gathered, SortsByAllBitsToo) {
    std::mt19937_64 random(10);
    Gathered gathered;
    std::vector<std::uint64_t> expected;
    for (int i = 0; i < 20'000; ++i) gathered.push_back(expected.emplace_back(random() % 1'000'000));
    gathered.for_each([](std::uint64_t& value) { value ^= 5; });
    for (std::uint64_t& value : expected) value ^= 5;
    std::ranges::sort(expected);
    EXPECT_TRUE(std::ranges::equal(gathered.sort(0), expected));
}

}  // namespace
