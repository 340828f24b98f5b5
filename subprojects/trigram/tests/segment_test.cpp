// Segments: what is written is read, and damage never passes for an answer nor makes the reader fall over.
#include <random>

#include <gtest/gtest.h>

#include "index.hpp"
#include "postings.hpp"
#include "trigram/writer.hpp"

namespace trigram {
namespace {

std::mt19937_64 random_source(7);

Ordinals some_of(std::uint32_t documents, double share) {
    Ordinals out;
    std::bernoulli_distribution in(share);
    for (std::uint32_t i = 0; i < documents; ++i)
        if (in(random_source)) out.push_back(i);
    return out;
}

TEST(Postings, AnyDensityComesBack) {
    for (const std::uint32_t documents : {1U, 2U, 63U, 1'000U, 70'000U}) {
        for (const double share : {0.0005, 0.01, 0.3, 0.5, 0.95, 1.0}) {
            const Ordinals ordinals = some_of(documents, share);
            if (ordinals.empty()) continue;
            std::string octets;
            put_postings(octets, ordinals, documents);
            Ordinals read;
            ASSERT_TRUE(get_postings(octets, static_cast<std::uint32_t>(ordinals.size()), documents, read));
            ASSERT_EQ(read, ordinals);
        }
    }
    Ordinals last{4'000'000'000U};
    std::string octets;
    put_postings(octets, last, 4'100'000'000U);
    Ordinals read;
    ASSERT_TRUE(get_postings(octets, 1, 4'100'000'000U, read));
    EXPECT_EQ(read, last);
}

TEST(Postings, CostNoMoreThanTheyMust) {
    std::string octets;
    put_postings(octets, some_of(80'000, 0.5), 80'000);
    EXPECT_LT(octets.size(), 11'000U);  // a bitmap has 10,000
    octets.clear();
    const Ordinals rare = some_of(80'000, 0.01);
    put_postings(octets, rare, 80'000);
    EXPECT_LT(octets.size(), rare.size() * 9 / 8);
}

TEST(Postings, DamageIsNoticedOrBounded) {
    Ordinals out;
    EXPECT_FALSE(get_postings("", 1, 10, out));
    EXPECT_FALSE(get_postings("\xFF", 0, 10, out));
    EXPECT_FALSE(get_postings(std::string(100, '\0'), 5, 10, out));
    EXPECT_FALSE(get_postings("\xFF\xFF", 16, 10, out));
}

test::Segment wide_segment(std::uint32_t documents, std::uint32_t terms,
                           std::vector<std::pair<std::string, Ordinals>>& written) {
    std::vector<DocumentId> ids;
    for (std::uint32_t i = 0; i < documents; ++i) ids.push_back((std::uint64_t{i} << 30U) + 5);
    SegmentWriter writer(ids);
    test::Segment out;
    for (std::uint32_t i = 0; i < terms; ++i) {
        const std::string term = term_of((Gram{i} * 7'919) << 8U);
        Ordinals ordinals = some_of(documents, i % 7 == 0 ? 0.6 : 0.01);
        if (ordinals.empty()) continue;
        writer.add(term, ordinals);
        written.emplace_back(term, std::move(ordinals));
        out.octets += writer.take();
    }
    writer.finish();
    out.octets += writer.take();
    EXPECT_EQ(out.octets.size(), writer.size());
    EXPECT_TRUE(out.open());
    return out;
}

TEST(Segment, WhatIsWrittenIsRead) {
    std::vector<std::pair<std::string, Ordinals>> written;
    const test::Segment segment = wide_segment(3'000, 600, written);
    ASSERT_GT(segment.directory->term_blocks(), 3U);
    bool sound = true;
    EXPECT_EQ(segment.all(sound), written);
    for (const auto& [term, ordinals] : written) ASSERT_EQ(segment.find(term, sound), ordinals);
    EXPECT_TRUE(segment.find(term_of(3), sound).empty());
    EXPECT_TRUE(segment.find("\xFE", sound).empty());
    EXPECT_TRUE(segment.find("", sound).empty());
    const std::vector<DocumentId> ids = segment.documents(sound);
    ASSERT_EQ(ids.size(), 3'000U);
    EXPECT_EQ(ids[2'999], (std::uint64_t{2'999} << 30U) + 5);
    for (const std::size_t i : {0U, 255U, 256U, 2'999U})
        EXPECT_EQ(segment.directory->find_document(ids[i]), i / documents_a_block);
    EXPECT_FALSE(segment.directory->find_document(4));
    EXPECT_TRUE(sound);
}

TEST(Segment, NoDocumentsAtAll) {
    SegmentBuilder builder;
    test::Segment segment;
    segment.octets = builder.build();
    ASSERT_TRUE(segment.open());
    EXPECT_EQ(segment.directory->documents(), 0U);
    EXPECT_FALSE(segment.directory->find_term(unknown_term));
}

TEST(Segment, ASpoiltOctetIsNoticed) {
    std::vector<std::pair<std::string, Ordinals>> written;
    const test::Segment good = wide_segment(600, 150, written);
    for (std::size_t at = 8; at < good.octets.size(); at += at % 11 + 1) {
        test::Segment bad;
        bad.octets = good.octets;
        bad.octets[at] = static_cast<char>(bad.octets[at] ^ 0x10);
        bool sound = bad.open();
        if (sound) {
            bad.documents(sound);
            bad.all(sound);
        }
        ASSERT_FALSE(sound) << at;
    }
    for (std::size_t size = 0; size < good.octets.size(); size += 13) {
        test::Segment cut;
        cut.octets = good.octets.substr(0, size);
        ASSERT_FALSE(cut.open());
    }
}

}  // namespace
}  // namespace trigram
