// What bodies of requests may hold: of all, of one mailbox, given back.
#include "eas/body_room.hpp"

#include <gtest/gtest.h>

namespace eas {
namespace {

constexpr BodyRoom::Limits limits{.octets_max = 1'000, .mailbox_max = 400, .uncounted_max = 50};
constexpr base::AccountId anna(1), bert(2), cleo(3);

TEST(BodyRoom, SmallOnesAreNotCounted) {
    BodyRoom room(limits);
    BodyRoom::Share share(room, anna);
    EXPECT_TRUE(share.take(20));
    EXPECT_TRUE(share.take(30));
    EXPECT_EQ(room.used(), 0U);
    EXPECT_TRUE(share.take(1));
    EXPECT_EQ(room.used(), 51U);
    EXPECT_TRUE(share.take(49));
    EXPECT_EQ(room.used(), 100U);
    share.give_back();
    EXPECT_EQ(room.used(), 0U);
}

TEST(BodyRoom, OneMailboxDoesNotTakeAll) {
    BodyRoom room(limits);
    BodyRoom::Share first(room, anna), second(room, anna);
    EXPECT_TRUE(first.take(300));
    EXPECT_FALSE(second.take(101));
    EXPECT_TRUE(second.take(100));
    BodyRoom::Share other(room, bert);
    EXPECT_TRUE(other.take(400));
    BodyRoom::Share late(room, cleo);
    EXPECT_FALSE(late.take(201)) << "all have 1,000";
    EXPECT_TRUE(late.take(200));
    EXPECT_EQ(room.used(), 1'000U);
    {
        const BodyRoom::Share gone = std::move(first);
    }
    EXPECT_EQ(room.used(), 700U);
    EXPECT_TRUE(second.take(300));
    EXPECT_FALSE(first.take(1)) << "it was moved from";
    second = std::move(other);
    EXPECT_EQ(room.used(), 600U);
}

}  // namespace
}  // namespace eas
