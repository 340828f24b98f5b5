// The promise of the index, against a search through the texts: never a document too few among the
// candidates, never one too many among the certain.
#include <algorithm>
#include <random>

#include <gtest/gtest.h>

#include "index.hpp"

namespace trigram::test {
namespace {

std::vector<Unit> folded(std::string_view text) {
    std::vector<Unit> out;
    fold(text, out);
    return out;
}
bool contains(std::string_view text, std::string_view needle) {
    const std::vector<Unit> in = folded(text), what = folded(needle);
    return !std::ranges::search(in, what).empty() || needle.empty();
}

class Texts {
public:
    explicit Texts(unsigned seed) : random_(seed) {}
    std::size_t number(std::size_t below) {
        return std::uniform_int_distribution<std::size_t>(0, below - 1)(random_);
    }
    std::string word() {
        static const std::vector<std::string> alphabets[] = {{"a", "b", "e", "Q", "-", "1", "E"},
                                                             {"п", "р", "И", "в", "е", "Ё"},
                                                             {"日", "本", "語", "の", "、"},
                                                             {"ß", "ﬁ", "Å", "A\u030A", "ı", "İ"},
                                                             {"한", "국", "어"},
                                                             {"😀", "👍", "\u0301", "ك", "ไ"},
                                                             {"\xFF", "\xC3", std::string("\0", 1), "z"}};
        const auto& letters = alphabets[number(10) < 6 ? 0 : number(std::size(alphabets))];
        std::string out;
        for (std::size_t i = 0, length = 1 + number(7); i < length; ++i)
            out += letters[number(letters.size())];
        return out;
    }
    std::string text() {
        std::string out;
        for (std::size_t i = 0, words = number(30); i < words; ++i)
            out += word() + (number(5) == 0 ? "\r\n" : " ");
        return out;
    }

private:
    std::mt19937 random_;
};

TEST(Search, NeverMissesAndNeverInvents) {
    std::size_t pruned = 0, asked = 0, sure = 0;
    for (unsigned seed = 1; seed <= 5; ++seed) {
        SCOPED_TRACE(seed);
        Texts texts(seed);
        std::vector<Document> documents;
        for (std::size_t i = 0; i < 60; ++i) {
            Document document;
            // Not in order of id.
            document.first = (i * 37 % 61) * 1'000 + 3;
            for (std::size_t field = 0; field < fields; ++field)
                for (std::size_t part = texts.number(3); part > 0; --part)
                    document.second.emplace_back(static_cast<Field>(field), texts.text());
            documents.push_back(std::move(document));
        }
        const Segment segment = make_segment(documents, seed % 4);
        for (std::size_t i = 0; i < 80; ++i) {
            std::string needle = texts.word();
            if (i % 3 == 0) {  // taken from a text, cut anywhere
                const auto& some = documents[texts.number(documents.size())].second;
                if (!some.empty() && !some.front().second.empty()) {
                    const std::string& from = some.front().second;
                    const std::size_t at = texts.number(from.size());
                    needle = from.substr(at, 1 + texts.number(12));
                }
            }
            const auto field = static_cast<Field>(texts.number(fields));
            const std::set<DocumentId> candidates = segment.candidates(needle, field);
            const std::set<DocumentId> certain = segment.certain(needle, field);
            for (const auto& [id, parts] : documents) {
                const bool there = std::ranges::any_of(parts, [&](const auto& part) {
                    return part.first == field && contains(part.second, needle);
                });
                ASSERT_TRUE(!there || candidates.contains(id)) << needle;
                ASSERT_TRUE(!certain.contains(id) || there) << needle;
                pruned += !candidates.contains(id);
                sure += certain.contains(id);
                ++asked;
            }
        }
    }
    EXPECT_GT(pruned * 3, asked);  // it is of use
    EXPECT_GT(sure, 0U);
}

TEST(Search, ShortTextsAreFoundWhereverTheyStand) {
    const Segment segment = make_segment({{1, {{Field::body, "x"}}},
                                          {2, {{Field::body, "wx"}}},
                                          {3, {{Field::body, "xw"}}},
                                          {4, {{Field::body, ""}}},
                                          {5, {{Field::body, "abc"}, {Field::body, "xyz"}}},
                                          {6, {{Field::subject, "x"}}},
                                          {7, {{Field::body, "日本"}}}});
    using Ids = std::set<DocumentId>;
    EXPECT_EQ(segment.candidates("x", Field::body), (Ids{1, 2, 3, 5}));
    EXPECT_EQ(segment.candidates("xw", Field::body), (Ids{3}));
    EXPECT_EQ(segment.candidates("cx", Field::body), Ids{});
    EXPECT_EQ(segment.candidates("本", Field::body), (Ids{7}));
    EXPECT_EQ(segment.candidates("X", Field::subject), (Ids{6}));
    EXPECT_EQ(segment.candidates("", Field::body).size(), 7U);
}

TEST(Search, WhatWasNotReadIsAlwaysACandidate) {
    Collector collector({.grams_max = 100, .word_octets_max = 10});
    SegmentBuilder builder;
    collector.begin_document();
    collector.begin_text(Field::body);
    std::string much;
    for (int i = 0; i < 2'000; ++i) much += std::to_string(i * i);
    collector.feed(much);
    collector.end_text();
    EXPECT_TRUE(collector.overflow());
    builder.add(9, collector);
    builder.add_unknown(4);
    collector.begin_document();
    collector.begin_text(Field::body);
    collector.feed("short");
    collector.end_text();
    EXPECT_FALSE(collector.overflow());
    builder.add(5, collector);
    Segment segment;
    segment.octets = builder.build();
    ASSERT_TRUE(segment.open());
    EXPECT_EQ(segment.candidates("nowhere", Field::body), (std::set<DocumentId>{4, 9}));
    EXPECT_EQ(segment.candidates("hor", Field::body), (std::set<DocumentId>{4, 5, 9}));
}

TEST(Search, WordsAreCertainOnlyAsWholeWords) {
    std::vector<Document> documents;
    for (DocumentId id = 1; id <= 8; ++id)
        documents.push_back({id, {{Field::body, "The Meeting, naïve ПРИВЕТ_x"}}});
    documents.push_back({9, {{Field::body, "meetings"}}});
    const Segment segment = make_segment(documents);
    EXPECT_EQ(segment.certain("MEETING", Field::body).size(), 8U);
    EXPECT_EQ(segment.certain("привет", Field::body).size(), 8U);
    EXPECT_TRUE(segment.certain("meeting", Field::subject).empty());
    EXPECT_TRUE(segment.certain("the meeting", Field::body).empty());
    EXPECT_TRUE(segment.certain("meetings", Field::body).empty());  // once is not worth it
    EXPECT_EQ(segment.candidates("meeting", Field::body).size(), 9U);
}

TEST(Plan, LooksUpTheRarest) {
    const Plan plan("the quiz", PlanLimits{.grams_max = 2});
    ASSERT_EQ(plan.grams().size(), 2U);
    EXPECT_EQ(plan.grams()[0], make_gram(Field::body, 'u', 'i', 'z'));
    EXPECT_FALSE(Plan("").prunes());
    EXPECT_FALSE(Plan("\xFF\xFF\xFF").prunes());
    EXPECT_TRUE(Plan("ab").by_prefix());
}

TEST(Plan, SetsOfOrdinals) {
    std::mt19937 random(3);
    for (int round = 0; round < 300; ++round) {
        Ordinals a, b;
        std::bernoulli_distribution in_a(0.01 + 0.003 * round), in_b(0.9 - 0.0029 * round);
        for (Ordinal i = 0; i < 500; ++i) {
            if (in_a(random)) a.push_back(i);
            if (in_b(random)) b.push_back(i);
        }
        Ordinals both, either;
        std::ranges::set_intersection(a, b, std::back_inserter(both));
        std::ranges::set_union(a, b, std::back_inserter(either));
        Ordinals kept = a, all = a;
        intersect(kept, b);
        unite(all, b);
        ASSERT_EQ(kept, both);
        ASSERT_EQ(all, either);
    }
}

}  // namespace
}  // namespace trigram::test
