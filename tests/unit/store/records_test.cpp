// Row codecs and keys: what is written reads back, damage is seen, keys sort as their numbers do.
#include "store/records.hpp"

#include <random>

#include <gtest/gtest.h>

#include "store/keys.hpp"
#include "store/wire.hpp"

namespace store {
namespace {

FolderHeader a_header() {
    FolderHeader header;
    header.account = base::AccountId(7);
    header.totals = {11, Uid(4'000'000'000U), ModSeq(1ULL << 40), 5, 4, 3, 1ULL << 50, 99};
    header.log_floor = ModSeq(17);
    header.recent_floor = Uid(3);
    header.entries_xor = 0x0123456789ABCDEFULL;
    EXPECT_TRUE(header.keywords.add("$Forwarded"));
    EXPECT_TRUE(header.keywords.add("work"));
    return header;
}

Page a_page() {
    Page page;
    page.number = 3;
    for (std::uint32_t uid : {192U, 200U, 255U}) {
        Entry entry;
        entry.uid = Uid(uid);
        entry.flags = FlagSet(SystemFlag::seen);
        entry.has_follow_up = uid != 192;
        if (uid == 200) entry.flags |= FlagSet::keyword(119) | FlagSet::keyword(30);
        entry.modseq = ModSeq(uid * 1000ULL);
        entry.id = base::MessageId(0xFEDCBA9876543210ULL + uid);
        entry.thread = base::ThreadId(uid);
        entry.internal_date = uid == 255 ? -62'135'596'800 : 253'402'300'799;  // years 1 and 9999
        entry.save_date = 1'700'000'000;
        entry.size = (1ULL << 33) + uid;
        page.entries.push_back(entry);
    }
    page.modseq_max = ModSeq(255'000);
    return page;
}

TEST(Records, ReadBackEqual) {
    EXPECT_EQ(decode_folder_header(encode(a_header())), a_header());
    const auto page = decode_page(3, encode(a_page()));
    ASSERT_TRUE(page);
    EXPECT_EQ(page->entries, a_page().entries);
    EXPECT_EQ(page->modseq_max, a_page().modseq_max);
    EXPECT_EQ(page->follow_ups, 2U);
    LogRow log{LogOp::flags,
               42,
               1'700'000'000,
               {{Uid(1), Uid(5)}, {Uid(7), Uid(7)}, {Uid(9), Uid(0xFFFFFFFE)}},
               FlagSet(SystemFlag::seen),
               FlagSet::keyword(100)};
    EXPECT_EQ(decode_log(encode(log)), log);
    const Garbage garbage{5, {{Uid(1), base::MessageId(900)}, {Uid(7), base::MessageId(3)}}};
    EXPECT_EQ(decode_garbage(encode(garbage)), garbage);
    const MoveIntent move{base::FolderId(5), base::AccountId(6), {{Uid(3), base::MessageId(~0ULL)}}};
    EXPECT_EQ(decode_move_intent(encode(move)), move);
    const AccountHeader account{1, 2, 3, 4, true, 5};
    EXPECT_EQ(decode_account_header(encode(account)), account);
    const FolderRow row{base::FolderId(1), "Entwürfe", SpecialUse::drafts, false, 9};
    EXPECT_EQ(decode_folder_row(encode(row)), row);
    EXPECT_EQ(decode_tombstone(encode_tombstone(77)), 77);
    EXPECT_EQ(decode_subscription(encode_subscription("a/b")), "a/b");
}

TEST(Records, APageTakesFortyFourOctetsAMessage) {
    Page page;
    for (std::uint32_t uid = 64; uid < 128; ++uid) {
        page.entries.emplace_back();
        page.entries.back().uid = Uid(uid);
    }
    EXPECT_LE(encode(page).size(), 64U * 44 + 8);
}

TEST(Records, DamageAnywhereIsSeen) {
    for (const std::string& good :
         {encode(a_header()), encode(a_page()), encode(AccountHeader{1, 2, 3, 4, false, 6})}) {
        for (std::size_t i = 0; i < good.size(); ++i) {
            std::string bad = good;
            bad[i] = static_cast<char>(bad[i] ^ 0x40);
            EXPECT_FALSE(decode_folder_header(bad));
            EXPECT_FALSE(decode_page(3, bad));
            EXPECT_FALSE(decode_account_header(bad));
            EXPECT_FALSE(decode_folder_header(good.substr(0, i)));
            EXPECT_FALSE(decode_page(3, good.substr(0, i)));
        }
    }
    EXPECT_FALSE(decode_log(encode(a_header())));  // a row of another kind
}

TEST(Keys, SortAsNumbersAndParseBack) {
    std::mt19937_64 random(1);
    for (int i = 0; i < 1000; ++i) {
        const base::Uid a(static_cast<std::uint32_t>(random())), b(static_cast<std::uint32_t>(random()));
        const base::MessageId id(random());
        EXPECT_EQ(keys::message(a, id) < keys::message(b, id), a < b);
        EXPECT_EQ(keys::page(a.value >> 6) < keys::page(b.value >> 6), a.value >> 6 < b.value >> 6);
        const auto parsed = keys::parse_message(keys::message(a, id));
        ASSERT_TRUE(parsed);
        EXPECT_EQ(parsed->uid, a);
        EXPECT_EQ(parsed->id, id);
        EXPECT_LT(keys::before_message(a), keys::message(a, base::MessageId(0)));
        EXPECT_LT(keys::message(base::Uid(a.value - 1), base::MessageId(~0ULL)), keys::before_message(a));
        for (const std::uint64_t link : {std::uint64_t{0}, random()}) {
            const auto tag = keys::parse_tag(keys::tag(base::FolderId(5), id, link));
            ASSERT_TRUE(tag);
            EXPECT_EQ(tag->folder, base::FolderId(5));
            EXPECT_EQ(tag->id, id);
            EXPECT_EQ(tag->link, link);
        }
    }
    EXPECT_EQ(keys::folder(base::FolderId(0xAB)), "f/00000000000000ab");
    EXPECT_FALSE(keys::parse_folder("f/00000000000000AB"));
    EXPECT_EQ(keys::devices(base::AccountId(0xAB)), "e/000000ab");
    for (const char* name : {"e/000000ab", "e/000000ab/DEV1"})
        EXPECT_EQ(keys::parse_devices(name), base::AccountId(0xAB)) << name;
    for (const char* name :
         {"e/", "e/000000a", "e/000000ab/", "e/000000abDEV1", "e/000000AB/DEV1", "a/000000ab"})
        EXPECT_FALSE(keys::parse_devices(name)) << name;
    EXPECT_FALSE(keys::parse_hex("12345678901234567"));
    EXPECT_FALSE(keys::parse_tag("0000000000000000x0000000000000000"));
}

TEST(UidRanges, AreNormalisedAndCoarsened) {
    const UidRanges messy{
        {Uid(9), Uid(5)}, {Uid(1), Uid(2)}, {Uid(3), Uid(3)}, {Uid(0), Uid(0)}, {Uid(12), Uid(12)}};
    const UidRanges clean{{Uid(1), Uid(3)}, {Uid(5), Uid(9)}, {Uid(12), Uid(12)}};
    EXPECT_EQ(normalised(messy), clean);
    EXPECT_EQ(count_uids(clean), 9U);
    EXPECT_TRUE(contains_uid(clean, Uid(5)));
    EXPECT_TRUE(contains_uid(clean, Uid(12)));
    EXPECT_FALSE(contains_uid(clean, Uid(4)));
    EXPECT_FALSE(contains_uid(clean, Uid(13)));
    const UidRanges two = coarsened(clean, 2);
    EXPECT_LE(two.size(), 2U);
    for (std::uint32_t uid = 0; uid < 20; ++uid)
        EXPECT_LE(contains_uid(clean, Uid(uid)), contains_uid(two, Uid(uid)));
    EXPECT_EQ(normalised({{Uid(1), Uid(0xFFFFFFFF)}, {Uid(5), Uid(6)}}).size(), 1U);
}

TEST(Keywords, KeepTheirCaseAndNumber) {
    Keywords keywords;
    EXPECT_EQ(keywords.add("$Junk"), 0U);
    EXPECT_EQ(keywords.add("Work"), 1U);
    EXPECT_EQ(keywords.add("$JUNK"), 0U);
    EXPECT_EQ(keywords.find("work"), 1U);
    EXPECT_EQ(keywords.name(1), "Work");
    EXPECT_FALSE(keywords.find("other"));
    for (unsigned i = 2; i < FlagSet::keywords_max; ++i) EXPECT_EQ(keywords.add("k" + std::to_string(i)), i);
    EXPECT_TRUE(keywords.full());
    EXPECT_FALSE(keywords.add("onemore"));
    EXPECT_EQ(keywords.add("work"), 1U);
    EXPECT_FALSE(valid_keyword("two words"));
    EXPECT_FALSE(valid_keyword("\\Seen"));
    EXPECT_FALSE(valid_keyword(""));
    EXPECT_FALSE(valid_keyword(std::string(65, 'a')));
    EXPECT_TRUE(valid_keyword("$MDNSent"));
}

TEST(Records, ItemSubscriptionsOfEarlierBuilds) {
    const auto before = [](std::uint32_t owner) {
        WireWriter out(0x28);
        out.u32(owner);
        return std::move(out).seal();
    };
    EXPECT_EQ(decode_item_subscription(before(7)), (ItemSubscription{base::AccountId(7), true}));
    EXPECT_EQ(decode_item_subscription(before(0)), (ItemSubscription{base::AccountId(0), false}));
    EXPECT_EQ(decode_item_subscription(before(7).substr(1)), std::nullopt);
    for (const bool wanted : {false, true}) {
        const ItemSubscription now{base::AccountId(9), wanted};
        EXPECT_EQ(decode_item_subscription(encode(now)), now);
    }
}

}  // namespace
}  // namespace store
