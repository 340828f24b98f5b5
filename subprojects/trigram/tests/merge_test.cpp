// Merging gives the index that one build of the same documents gives.
#include <gtest/gtest.h>

#include "index.hpp"

namespace trigram::test {
namespace {

std::vector<Document> some_documents(DocumentId first, DocumentId step, std::size_t count) {
    std::vector<Document> out;
    for (std::size_t i = 0; i < count; ++i) {
        const DocumentId id = first + step * i;
        std::string text = "shared words " + std::to_string(id * 7'919 % 1'009) + " ";
        for (DocumentId n = id; n < id + 40; ++n) text += std::to_string(n * n) + (n % 3 == 0 ? "x " : " ");
        out.push_back({id, {{Field::body, text}, {Field::subject, std::to_string(id)}}});
    }
    return out;
}

TEST(Merge, EqualsOneBuildOfAll) {
    const auto a = some_documents(1, 3, 400), b = some_documents(2, 3, 300), c = some_documents(5'000, 1, 50);
    std::vector<Document> all = a;
    all.insert(all.end(), b.begin(), b.end());
    all.insert(all.end(), c.begin(), c.end());
    const Segment first = make_segment(a), second = make_segment(b), third = make_segment(c);
    const Segment merged = merge({&first, &second, &third}, [](DocumentId) { return true; });
    const Segment built = make_segment(all);
    bool sound = true;
    EXPECT_EQ(merged.documents(sound), built.documents(sound));
    const auto terms = merged.all(sound), expected = built.all(sound);
    std::size_t words = 0;
    for (const auto& [term, ordinals] : expected) words += is_word_term(term);
    EXPECT_GT(words, 0U);
    // Words may be fewer: what was rare in each input was not kept there.
    const auto trigrams_of = [](const auto& from) {
        std::vector<std::pair<std::string, Ordinals>> out;
        for (const auto& item : from)
            if (!is_word_term(item.first)) out.push_back(item);
        return out;
    };
    EXPECT_EQ(trigrams_of(terms), trigrams_of(expected));
    EXPECT_TRUE(sound);
}

TEST(Merge, LeavesOutWhatIsGoneAndWhatIsThereTwice) {
    const auto documents = some_documents(10, 1, 600);
    const Segment first = make_segment(documents),
                  again = make_segment({documents.begin() + 100, documents.end()});
    const auto odd = [](DocumentId id) { return id % 2 == 1; };
    const Segment merged = merge({&first, &again}, odd);
    std::vector<Document> left;
    for (const Document& document : documents)
        if (odd(document.first)) left.push_back(document);
    bool sound = true;
    EXPECT_EQ(merged.documents(sound), make_segment(left).documents(sound));
    EXPECT_EQ(merged.directory->documents(), 300U);
    EXPECT_TRUE(merged.candidates("12", Field::subject).contains(121));
    EXPECT_FALSE(merged.candidates("12", Field::subject).contains(120));
    const Segment none = merge({&first}, [](DocumentId) { return false; });
    EXPECT_EQ(none.directory->documents(), 0U);
    EXPECT_EQ(none.directory->terms(), 0U);
}

TEST(Merge, KeepsTheUnknown) {
    SegmentBuilder builder;
    builder.add_unknown(77);
    Segment unknown;
    unknown.octets = builder.build();
    ASSERT_TRUE(unknown.open());
    const Segment other = make_segment(some_documents(1, 1, 20));
    const Segment merged = merge({&other, &unknown}, [](DocumentId) { return true; });
    EXPECT_EQ(merged.candidates("nowhere at all", Field::body), (std::set<DocumentId>{77}));
}

TEST(Merge, ADamagedInputIsNamed) {
    const Segment good = make_segment(some_documents(1, 2, 50)),
                  other = make_segment(some_documents(2, 2, 50));
    bool sound = true;
    std::vector<MergeInput> inputs{{good.directory, good.documents(sound)},
                                   {other.directory, other.documents(sound)}};
    Merger merger(std::move(inputs), [](DocumentId) { return true; });
    bool well = true;
    while (well && !merger.done()) {
        well = merger.run(1'000'000);
        const auto need = merger.need();
        if (!well || !need) continue;
        std::string block((need->input == 0 ? good : other).at(need->block));
        if (need->input == 1) block[20] = static_cast<char>(block[20] + 1);
        merger.give(std::move(block));
    }
    EXPECT_FALSE(well);
    EXPECT_EQ(merger.damaged_input(), 1U);
}

}  // namespace
}  // namespace trigram::test
