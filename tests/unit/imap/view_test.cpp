// The view's arithmetic: what is told when EXPUNGE may and may not be sent. RFC 9051 sections 5.5, 7.5.1.
#include "imap/view.hpp"

#include <gtest/gtest.h>

#include "unit/imap/snapshots.hpp"

namespace {

using imap::NumberRanges;
using imap::SequenceSet;
using imap::Uid;
using imap::View;
using imap_test::make_snapshot;

SequenceSet set_of(std::initializer_list<imap::NumberRange> ranges) {
    SequenceSet set;
    set.ranges = ranges;
    return set;
}

TEST(View, keeps_numbers_until_expunge_may_be_told) {
    View view(make_snapshot({1, 2, 3, 4}));
    const auto newest = make_snapshot({1, 3, 4, 7});
    const auto quiet = view.advance(newest, false);
    EXPECT_TRUE(quiet.expunged.empty());
    EXPECT_EQ(quiet.appended, 1U);
    EXPECT_EQ(view.size(), 5U);
    EXPECT_TRUE(view.keeps_expunged());
    EXPECT_TRUE(view.is_up_to_date(newest, false));
    EXPECT_FALSE(view.is_up_to_date(newest, true));
    EXPECT_EQ(view.messages().at(imap::SeqNum(2))->uid, Uid(2));

    const auto told = view.advance(newest, true);
    ASSERT_EQ(told.expunged.size(), 1U);
    EXPECT_EQ(told.expunged.front(), imap::SeqNum(2));
    EXPECT_EQ(told.appended, 0U);
    EXPECT_FALSE(view.keeps_expunged());
    EXPECT_TRUE(view.is_up_to_date(newest, true));
}

TEST(View, is_the_newest_when_nothing_was_lost) {
    View view(make_snapshot({1, 2}));
    const auto newest = make_snapshot({1, 2, 3});
    view.advance(newest, false);
    EXPECT_FALSE(view.keeps_expunged());
    EXPECT_EQ(view.shared(), newest);
}

TEST(View, turns_sets_into_numbers_and_uids) {
    const View view(make_snapshot({2, 5, 6, 9}));
    EXPECT_EQ(view.numbers(set_of({{3, 1}}), false, {}), (NumberRanges{{1, 3}}));
    EXPECT_EQ(view.numbers(set_of({{3, 0}}), false, {}), (NumberRanges{{3, 4}}));
    EXPECT_EQ(view.numbers(set_of({{7, 0}}), false, {}), (NumberRanges{{4, 4}}));  // "7:*" of four messages
    EXPECT_EQ(view.numbers(set_of({{1, 5}, {9, 9}}), true, {}), (NumberRanges{{1, 2}, {4, 4}}));
    EXPECT_EQ(view.numbers(set_of({{3, 4}}), true, {}), NumberRanges{});
    EXPECT_EQ(view.numbers(set_of({{100, 0}}), true, {}), (NumberRanges{{4, 4}}));
    EXPECT_EQ(view.numbers(set_of({{6, UINT32_MAX}}), true, {}), (NumberRanges{{3, 4}}));
    SequenceSet saved;
    saved.saved = true;
    EXPECT_EQ(view.numbers(saved, false, {{5, 5}, {7, 9}}), (NumberRanges{{2, 2}, {4, 4}}));
    const auto uids = view.uids_of({{1, 2}, {4, 4}});
    EXPECT_EQ(uids, (store::UidRanges{{Uid(2), Uid(5)}, {Uid(9), Uid(9)}}));
}

TEST(View, knows_numbers_that_are_not_there) {
    const View view(make_snapshot({2, 5}));
    EXPECT_FALSE(view.out_of_range(set_of({{1, 2}})));
    EXPECT_TRUE(view.out_of_range(set_of({{3, 3}})));
    EXPECT_TRUE(view.out_of_range(set_of({{1, 1}, {2, 9}})));
    EXPECT_FALSE(view.out_of_range(set_of({{9, 0}})));
    const View empty(make_snapshot({}));
    EXPECT_FALSE(empty.out_of_range(set_of({{1, 0}})));
    EXPECT_EQ(empty.numbers(set_of({{1, 0}}), false, {}), NumberRanges{});
    EXPECT_EQ(empty.numbers(set_of({{1, 0}}), true, {}), NumberRanges{});
}

TEST(View, counts_recent_messages) {
    View view(make_snapshot({1, 2, 3, 8}));
    EXPECT_EQ(view.recent(), 0U);
    view.add_recent(Uid(2), Uid(4));
    EXPECT_EQ(view.recent(), 2U);
    view.add_recent(Uid(4), Uid(4));  // nothing
    view.add_recent(Uid(7), Uid(9));
    EXPECT_EQ(view.recent(), 3U);
    EXPECT_TRUE(view.is_recent(Uid(3)));
    EXPECT_FALSE(view.is_recent(Uid(1)));
    EXPECT_FALSE(view.is_recent(Uid(5)));
    EXPECT_TRUE(view.is_recent(Uid(8)));
}

}  // namespace
