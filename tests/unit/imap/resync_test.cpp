// QRESYNC's arithmetic: RFC 7162 sections 3.2.5.1, 3.2.5.2 and 3.2.6.
#include "imap/resync.hpp"

#include <random>

#include <gtest/gtest.h>

#include "unit/imap/snapshots.hpp"

namespace {

using base::ModSeq;
using imap::NumberRanges;
using imap::Resync;
using imap::Uid;
using imap_test::make_snapshot;
using store::UidRanges;

Uid matched(const store::SnapshotPtr& now, const NumberRanges& seqs, const NumberRanges& uids) {
    return imap::matched_up_to(*now, seqs, uids);
}

TEST(Resync, ThePairsOfTheRfc) {  // section 3.2.5.2: the 4th message has uid 8, the 12th another one than 24
    const auto now = make_snapshot({2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 25});
    EXPECT_EQ(matched(now, {{4, 4}, {12, 12}}, {{8, 8}, {24, 24}}), Uid(8));
    EXPECT_EQ(matched(now, {{4, 4}, {12, 12}}, {{8, 8}, {25, 25}}), Uid(25));
    EXPECT_EQ(matched(now, {{3, 3}}, {{8, 8}}), Uid());
    EXPECT_EQ(matched(now, {{13, 13}}, {{26, 26}}), Uid());
    EXPECT_EQ(matched(now, {}, {}), Uid());
    EXPECT_EQ(matched(make_snapshot({}), {{1, 9}}, {{1, 9}}), Uid());
}

TEST(Resync, RangesAreNeverExpanded) {
    const auto now = make_snapshot({1, 2, 3, 7, 8, 9});
    EXPECT_EQ(matched(now, {{1, UINT32_MAX}}, {{1, UINT32_MAX}}), Uid(3));
    EXPECT_EQ(matched(now, {{1, UINT32_MAX - 4}}, {{5, UINT32_MAX}}), Uid());
    EXPECT_EQ(matched(now, {{4, UINT32_MAX - 3}}, {{7, UINT32_MAX}}), Uid(9));
    EXPECT_EQ(matched(now, {{1, 2}, {4, 5}}, {{1, 2}, {7, 7}, {9, 9}}), Uid(7));
}

/// Against the definition, pair by pair.
TEST(Resync, TheLastPairThatIsTrueIsFound) {
    std::mt19937 chance(7162);
    for (int round = 0; round < 2'000; ++round) {
        std::vector<Uid> uids;
        std::uint32_t uid = 0;
        const std::size_t size = chance() % 20;
        for (std::size_t i = 0; i < size; ++i) uids.emplace_back(uid += 1 + chance() % 3 / 2);
        std::vector<store::PageGroupPtr> groups;
        store::FolderTotals totals;
        if (!uids.empty()) {
            auto page = std::make_shared<store::Page>();
            for (const Uid one : uids) page->entries.emplace_back().uid = one;
            auto group = std::make_shared<store::PageGroup>();
            group->count = static_cast<std::uint32_t>(uids.size());
            group->pages.push_back(page);
            groups.push_back(group);
        }
        const store::Snapshot now(totals, std::make_shared<store::Keywords>(), groups);
        std::vector<Uid> numbers, known;
        std::uint32_t a = 0, b = 0;
        for (std::size_t i = chance() % 12; i > 0; --i) {
            numbers.emplace_back(a += 1 + chance() % 4 / 3);
            known.emplace_back(b += 1 + chance() % 4 / 2);
        }
        Uid expected;
        for (std::size_t i = 0; i < numbers.size(); ++i) {
            const store::Entry* entry = now.at(base::SeqNum(numbers[i].value));
            if (entry != nullptr && entry->uid == known[i]) expected = known[i];
        }
        EXPECT_EQ(imap::matched_up_to(now, imap::ranges_of(numbers), imap::ranges_of(known)), expected);
    }
}

TEST(Resync, OnlyWhatIsAskedForIsTold) {
    const UidRanges gone{
        {Uid(1), Uid(4)}, {Uid(6), Uid(6)}, {Uid(9), Uid(20)}, {Uid(UINT32_MAX), Uid(UINT32_MAX)}};
    EXPECT_EQ(imap::to_tell(gone, Resync(ModSeq(1), {{1, UINT32_MAX}})),
              (NumberRanges{{1, 4}, {6, 6}, {9, 20}, {UINT32_MAX, UINT32_MAX}}));
    EXPECT_EQ(imap::to_tell(gone, Resync(ModSeq(1), {{3, 6}, {12, 13}, {15, 15}, {19, 30}})),
              (NumberRanges{{3, 4}, {6, 6}, {12, 13}, {15, 15}, {19, 20}}));
    EXPECT_EQ(imap::to_tell(gone, Resync(ModSeq(1), {{1, 100}}, Uid(10))), (NumberRanges{{11, 20}}));
    EXPECT_EQ(imap::to_tell(gone, Resync(ModSeq(1), {{1, UINT32_MAX}}, Uid(UINT32_MAX))), NumberRanges{});
    EXPECT_EQ(imap::to_tell(gone, Resync(ModSeq(1), {})), NumberRanges{});
    EXPECT_EQ(imap::to_tell({}, Resync(ModSeq(1), {{1, 9}})), NumberRanges{});
}

TEST(View, TheModseqThatIsToldStaysBelowWhatIsNot) {  // section 6
    const auto at = [](std::initializer_list<std::uint32_t> uids, std::uint64_t modseq) {
        const auto made = make_snapshot(uids);
        store::FolderTotals totals = made->totals();
        totals.highest_modseq = ModSeq(modseq);
        return std::make_shared<const store::Snapshot>(totals, made->shared_keywords(), made->groups());
    };
    imap::View view(at({1, 2, 3}, 10));
    EXPECT_EQ(view.told_modseq(), ModSeq(10));
    view.advance(at({1, 2, 3, 4}, 11), false);
    EXPECT_EQ(view.told_modseq(), ModSeq(11));
    view.advance(at({1, 3, 4}, 12), false);
    view.advance(at({1, 3, 4, 5}, 13), false);
    EXPECT_EQ(view.told_modseq(), ModSeq(11));
    view.advance(at({1, 3, 4, 5}, 13), true);
    EXPECT_EQ(view.told_modseq(), ModSeq(13));
}

}  // namespace
