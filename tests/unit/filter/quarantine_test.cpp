// The quarantine: what is kept is kept whole; bounds; every call of the store failing in turn.
#include "filter/quarantine.hpp"

#include "stand.hpp"

namespace filter_test {
namespace {

Quarantined some(const std::string& reason = "a reason") {
    Quarantined out;
    out.filter = "rule x";
    out.reason = reason;
    out.sender = "sender@client.test";
    out.recipients = {"anna@acme.test"};
    out.client = "203.0.113.7";
    return out;
}

TEST(Quarantine, KeepsListsAndRemoves) {
    Stand stand;
    Quarantine quarantine(*stand.engine, stand.ids, stand.clock);
    std::string large = some_message;
    while (large.size() < 300'000) large += "and so on\r\n";
    const auto first = stand.run(quarantine.add(some(), make_message(large)));
    stand.clock.advance(std::chrono::seconds(10));
    const auto second =
        stand.run(quarantine.add(some("two"), make_message("Subject: =?utf-8?q?=C3=A9?=\r\n\r\n")));
    ASSERT_TRUE(first && second);
    const auto all = stand.run(quarantine.list(0, 10));
    ASSERT_TRUE(all);
    ASSERT_EQ(all->size(), 2U);
    EXPECT_EQ((*all)[0].reason, "two");
    EXPECT_EQ((*all)[0].subject, "é");
    EXPECT_EQ((*all)[1].subject, "hello");
    EXPECT_EQ((*all)[1].message_id, "<1@client.test>");
    EXPECT_EQ((*all)[1].recipients, std::vector<std::string>{"anna@acme.test"});
    EXPECT_EQ(stand.run(quarantine.list(second->id, 10))->size(), 1U);
    EXPECT_EQ(stand.run(quarantine.list(0, 1))->front().id, second->id);
    const auto found = stand.run(quarantine.find(*parse_quarantine_id(first->id_text())));
    ASSERT_TRUE(found);
    EXPECT_EQ(stand.text_of(quarantine.message(*found)), large);
    EXPECT_EQ(quarantine.figures().messages, 2U);

    ASSERT_TRUE(stand.run(quarantine.remove(first->id)));
    EXPECT_TRUE(stand.run(quarantine.find(first->id)).error().is(store::Errc::not_found));
    EXPECT_TRUE(stand.run(quarantine.remove(first->id)).error().is(store::Errc::not_found));
    EXPECT_TRUE(stand.run(stand.engine->blob_size(first->blob)).error().is(store::Errc::not_found));
    EXPECT_EQ(quarantine.figures().messages, 1U);
}

TEST(Quarantine, IsBoundedByAgeNumberAndSize) {
    Stand stand;
    QuarantineLimits limits;
    limits.age_max = std::chrono::hours(1);
    limits.messages_max = 5;
    limits.bytes_max = 10'000;
    Quarantine quarantine(*stand.engine, stand.ids, stand.clock, limits);
    for (int i = 0; i < 8; ++i) {
        ASSERT_TRUE(stand.run(quarantine.add(some(std::to_string(i)), make_message(some_message))));
        stand.clock.advance(std::chrono::seconds(1));
    }
    auto left = stand.run(quarantine.list(0, 100));
    ASSERT_EQ(left->size(), 5U);
    EXPECT_EQ(left->back().reason, "3");  // the oldest went
    ASSERT_TRUE(stand.run(quarantine.add(some("big"), make_message(some_message + std::string(9'700, 'x')))));
    left = stand.run(quarantine.list(0, 100));
    EXPECT_LE(quarantine.figures().bytes, limits.bytes_max);
    EXPECT_EQ(left->front().reason, "big");
    EXPECT_TRUE(stand.run(quarantine.add(some(), make_message(std::string(10'001, 'x'))))
                    .error()
                    .is(store::Errc::limit));
    stand.clock.advance(std::chrono::hours(2));
    Quarantine again(*stand.engine, stand.ids, stand.clock, limits);
    EXPECT_EQ(*stand.run(again.sweep()), left->size());
    EXPECT_TRUE(stand.run(again.list(0, 100))->empty());
    EXPECT_TRUE(stand.run(stand.engine->blob_list(base::BlobId(), 100))->empty());
}

TEST(Quarantine, EveryFaultOfTheStoreIsTold) {
    std::uint64_t steps = 1;
    for (std::uint64_t n = 1; n <= steps; ++n) {
        Stand stand;
        Quarantine quarantine(*stand.engine, stand.ids, stand.clock);
        stand.engine->inject(store::engine::fault_at(n, store::engine::Fault::unavailable));
        const auto added = stand.run(quarantine.add(some(), make_message(some_message)));
        const auto listed = stand.run(quarantine.list(0, 10));
        steps = std::max(steps, stand.engine->steps());
        stand.engine->inject({});
        const auto all = stand.run(quarantine.list(0, 10));
        ASSERT_TRUE(all);
        EXPECT_EQ(all->size(), added ? 1U : 0U) << n;
        EXPECT_TRUE(!added || !listed || n == steps + 1) << n;  // the fault was met somewhere
        if (added) EXPECT_EQ(stand.text_of(quarantine.message(all->front())), some_message);
    }
    EXPECT_GT(steps, 2U);
}

TEST(Quarantine, SurvivesAPowerCut) {
    Stand stand;
    Quarantine quarantine(*stand.engine, stand.ids, stand.clock);
    const auto added = stand.run(quarantine.add(some(), make_message(some_message)));
    ASSERT_TRUE(added);
    const auto after = store::engine::make_memory_engine(stand.ids, stand.engine->power_cut());
    Quarantine again(*after, stand.ids, stand.clock);
    const auto found = stand.run(again.find(added->id));
    ASSERT_TRUE(found);
    EXPECT_EQ(stand.text_of(again.message(*found)), some_message);
}

TEST(Quarantine, RowsThatAreDamaged) {
    EXPECT_FALSE(decode_quarantined(""));
    EXPECT_FALSE(decode_quarantined("{}"));
    EXPECT_FALSE(decode_quarantined("[1]"));
    EXPECT_FALSE(decode_quarantined(R"({"format":2,"recipients":[],"blob":1})"));
    EXPECT_FALSE(decode_quarantined(R"({"format":1,"recipients":3,"blob":1})"));
    Quarantined one = some("bad \xff octets");
    one.blob = base::BlobId(7);
    const auto read = decode_quarantined(encode(one));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->recipients, one.recipients);
    for (const char* bad : {"", "0", "x", "00112233445566778", "-1", "1 "})
        EXPECT_FALSE(parse_quarantine_id(bad)) << bad;
}

}  // namespace
}  // namespace filter_test
