// A message whose static row is damaged costs nobody else anything: it is made anew from its blob where that
// can be proved, else it alone is shown as damaged.

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include "fixture.hpp"
#include "store/keys.hpp"
#include "store/static_record.hpp"
#include "support/log_capture.hpp"

namespace store::test {
namespace {

class MendTest : public StoreTest {
protected:
    MendTest() { open_account(); }

    std::string shard(const FolderPtr& folder) { return keys::shard(folder->id(), Uid(1)); }
    static std::string key(const FolderPtr& folder, std::uint32_t uid) {
        return keys::message(Uid(uid), folder->snapshot()->find(Uid(uid))->id);
    }
    std::string row(const FolderPtr& folder, std::uint32_t uid) {
        const auto rows = run(owned_engine->get(shard(folder), {key(folder, uid)}));
        return rows && rows->rows.size() == 1 ? rows->rows.front().value : std::string();
    }
    void put(const FolderPtr& folder, std::uint32_t uid, std::string value) {
        engine::Prelude prelude;
        prelude.patches.emplace_back();
        prelude.patches.back().partition = shard(folder);
        prelude.patches.back().put.push_back({key(folder, uid), std::move(value)});
        ASSERT_TRUE(run(owned_engine->apply(std::move(prelude))));
    }
    /// Flips a bit of what `text` is in the row, or of octet `at`.
    void damage(const FolderPtr& folder, std::uint32_t uid, std::string_view text, std::size_t at = 0) {
        std::string value = row(folder, uid);
        if (!text.empty()) at = value.find(text);
        ASSERT_LT(at, value.size());
        value[at] = static_cast<char>(value[at] ^ 0x20);
        put(folder, uid, std::move(value));
    }
    std::vector<DetailPtr> details(const FolderPtr& folder) {
        std::vector<Entry> entries;
        const SnapshotPtr now = folder->snapshot();
        now->for_each(SeqNum(1), SeqNum(now->size()),
                      [&](SeqNum, const Entry& entry) { entries.push_back(entry); });
        const auto answer = run(folder->details(entries));
        EXPECT_TRUE(answer) << answer.error().what();
        return answer ? *answer : std::vector<DetailPtr>();
    }
};

constexpr std::size_t blob_at = 1 + 8;  // of a static row: behind its format and link

TEST_F(MendTest, ADamagedRowIsMadeAnewFromTheBlobAndKept) {
    for (const char* subject : {"first", "second", "third"}) append(inbox, subject);
    const std::string sound = row(inbox, 2);
    damage(inbox, 2, "second");
    const auto found = details(inbox);
    ASSERT_EQ(found.size(), 3U);
    for (const DetailPtr& detail : found) {
        ASSERT_TRUE(detail);
        EXPECT_FALSE(detail->damaged);
    }
    EXPECT_NE(found[1]->envelope.find("\"second\""), std::string_view::npos);
    EXPECT_EQ(row(inbox, 2), sound);
    EXPECT_EQ(text_of(inbox, Uid(2)), message_text("second"));
    expect_clean();
}

TEST_F(MendTest, APrefixIsKeptWhereItFitsTheMessagesSize) {
    const auto content = run(write_message(store.get(), message_text("prefixed")));
    std::vector<Incoming> messages;
    messages.emplace_back(*content);
    messages.back().prefix = "Return-Path: <a@example.test>\r\n";
    ASSERT_TRUE(run(inbox->append(std::move(messages))));
    const std::string sound = row(inbox, 1);
    damage(inbox, 1, "plain");
    EXPECT_EQ(text_of(inbox, Uid(1)), "Return-Path: <a@example.test>\r\n" + message_text("prefixed"));
    EXPECT_EQ(row(inbox, 1), sound);
    expect_clean();
}

// A letter that is another letter: nothing but the prefix's own checksum tells.
TEST_F(MendTest, APrefixThatIsNotProvedIsShownButNeitherKeptNorCopied) {
    const std::string prefix = "Return-Path: <a@example.test>\r\n";
    const auto content = run(write_message(store.get(), message_text("prefixed")));
    std::vector<Incoming> messages;
    messages.emplace_back(*content);
    messages.back().prefix = prefix;
    ASSERT_TRUE(run(inbox->append(std::move(messages))));
    damage(inbox, 1, "a@example");
    const std::string damaged = row(inbox, 1);
    EXPECT_EQ(text_of(inbox, Uid(1)), "Return-Path: <A@example.test>\r\n" + message_text("prefixed"));
    EXPECT_EQ(row(inbox, 1), damaged);
    const FolderPtr sent = open_folder("Sent");
    const auto refused = run(inbox->copy_to(sent, one(1)));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(Errc::corrupt));
    EXPECT_EQ(sent->snapshot()->size(), 0U);
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->problems.empty());
}

TEST_F(MendTest, ARowOfAnOlderVersionIsReadAndItsPrefixIsNotProved) {
    const std::string prefix = "Return-Path: <a@example.test>\r\n";
    const auto content = run(write_message(store.get(), message_text("prefixed")));
    std::vector<Incoming> messages;
    messages.emplace_back(*content);
    messages.back().prefix = prefix;
    ASSERT_TRUE(run(inbox->append(std::move(messages))));
    std::string old = row(inbox, 1);
    ASSERT_EQ(old[blob_at + 8], 2);
    old[blob_at + 8] = 0;
    old.erase(old.find(prefix) + prefix.size(), 4);
    put(inbox, 1, relinked(old, static_facts(row(inbox, 1))->link));
    EXPECT_EQ(text_of(inbox, Uid(1)), prefix + message_text("prefixed"));
    expect_clean();
    damage(inbox, 1, "plain");
    const std::string damaged = row(inbox, 1);
    EXPECT_EQ(text_of(inbox, Uid(1)), prefix + message_text("prefixed"));
    EXPECT_EQ(row(inbox, 1), damaged);
}

TEST_F(MendTest, TheLogTellsADamagedMessageOnce) {
    append(inbox, "one");
    damage(inbox, 1, {}, blob_at);
    support::LogCapture log("store");
    for (int i = 0; i < 5; ++i) EXPECT_TRUE(details(inbox)[0]->damaged);
    const std::string text = log.text();
    const std::string_view line = "a message's row is damaged";
    const std::size_t first = text.find(line);
    ASSERT_NE(first, text.npos) << text;
    EXPECT_EQ(text.find(line, first + 1), text.npos) << text;
}

TEST_F(MendTest, WhatCannotBeProvedIsShownAsDamagedAlone) {
    const std::string prefix = "Return-Path: <a@example.test>\r\n";
    for (const char* subject : {"first", "second", "third"}) {
        const auto content = run(write_message(store.get(), message_text(subject)));
        std::vector<Incoming> messages;
        messages.emplace_back(*content);
        messages.back().prefix = prefix;
        ASSERT_TRUE(run(inbox->append(std::move(messages))));
    }
    const std::string sound = row(inbox, 2);
    const std::size_t size = inbox->snapshot()->find(Uid(2))->size;
    const std::vector<std::string> damages{
        [&] {
            std::string bad = sound;
            bad[blob_at] ^= 1;
            return bad;
        }(),  // another blob, or none
        [&] {
            std::string bad = sound;
            bad.replace(blob_at, 8, row(inbox, 1), blob_at, 8);
            return bad;
        }(),
        [&] {
            std::string bad = sound;
            bad[bad.find(prefix) - 1] ^= 3;
            return bad;
        }(),  // the prefix's length
        [&] {
            std::string bad = sound;
            bad[bad.find(prefix) + 4] = '\0';
            return bad;
        }(),
        std::string("x"),
        std::string(sound.size(), '\xFF'),
    };
    for (std::size_t which = 0; which < damages.size(); ++which) {
        SCOPED_TRACE("damage " + std::to_string(which));
        put(inbox, 2, damages[which]);
        const auto found = details(inbox);
        ASSERT_EQ(found.size(), 3U);
        EXPECT_FALSE(found[0]->damaged);
        EXPECT_FALSE(found[2]->damaged);
        const DetailPtr bad = found[1];
        ASSERT_TRUE(bad);
        EXPECT_TRUE(bad->damaged);
        EXPECT_EQ(bad->size, size);
        EXPECT_EQ(bad->envelope, "(NIL NIL NIL NIL NIL NIL NIL NIL NIL NIL)");
        EXPECT_TRUE(bad->body_structure.starts_with("(\"application\" \"octet-stream\""))
            << bad->body_structure;
        EXPECT_TRUE(decode_sort_keys(bad->sort_keys));
        const auto octets = run(inbox->read(bad, 0, 100));
        ASSERT_FALSE(octets);
        EXPECT_TRUE(octets.error().is(Errc::corrupt));
        EXPECT_EQ(row(inbox, 2), damages[which]);  // nothing is made up
        EXPECT_EQ(text_of(inbox, Uid(3)), prefix + message_text("third"));
    }
    const auto report = run(store->check({}));
    ASSERT_TRUE(report);
    EXPECT_FALSE(report->problems.empty());
}

TEST_F(MendTest, OfCopiesInOneFolderTheLinkSaysWhoseTheRowIs) {
    append(inbox, "one");
    ASSERT_TRUE(run(inbox->copy_to(inbox, one(1))));
    const std::string sound = row(inbox, 2);
    damage(inbox, 2, "plain");
    EXPECT_EQ(text_of(inbox, Uid(2)), message_text("one"));
    EXPECT_EQ(row(inbox, 2), sound);
    damage(inbox, 2, {}, 1);  // its link
    EXPECT_TRUE(details(inbox)[1]->damaged);
    EXPECT_FALSE(details(inbox)[0]->damaged);
}

TEST_F(MendTest, ACopyTakesTheMendedRow) {
    append(inbox, "one");
    damage(inbox, 1, "plain");
    const FolderPtr sent = open_folder("Sent");
    ASSERT_TRUE(run(inbox->copy_to(sent, one(1))));
    EXPECT_EQ(text_of(sent, Uid(1)), message_text("one"));
    damage(inbox, 1, {}, blob_at);
    const auto refused = run(inbox->copy_to(sent, one(1)));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(Errc::corrupt));
    EXPECT_EQ(sent->snapshot()->size(), 1U);
}

#ifndef STORE_TEST_ROCKSDB
TEST_F(MendTest, ABlockThatTheDiskLostCostsOnlyTheMessagesInIt) {
    for (int i = 0; i < 10; ++i) append(inbox, "m" + std::to_string(i));
    const std::uint64_t from = steps();
    inject([from](const engine::Step& step) {  // the common read fails, and then that of the third message
        return step.number == from + 1 || step.number == from + 4 ? engine::Fault::corrupt
                                                                  : engine::Fault::none;
    });
    const auto found = details(inbox);
    inject({});
    ASSERT_EQ(found.size(), 10U);
    for (std::size_t i = 0; i < 10; ++i) {
        ASSERT_TRUE(found[i]);
        EXPECT_EQ(found[i]->damaged, i == 2) << i;
    }
    EXPECT_EQ(text_of(inbox, Uid(3)), message_text("m2"));  // the row was never lost
    expect_clean();
}

TEST_F(MendTest, ACopyReadsRowByRowWhenTheDiskLostABlock) {
    for (int i = 0; i < 10; ++i) append(inbox, "m" + std::to_string(i));
    const FolderPtr sent = open_folder("Sent");
    inject(engine::fault_at(steps() + 1, engine::Fault::corrupt));
    const auto copied = run(inbox->copy_to(sent, everything()));
    inject({});
    ASSERT_TRUE(copied) << copied.error().what();
    EXPECT_EQ(copied->source.size(), 10U);
    for (std::uint32_t i = 0; i < 10; ++i)
        EXPECT_EQ(text_of(sent, Uid(i + 1)), message_text("m" + std::to_string(i)));
    expect_clean();
}

awaitable<void> erase(engine::Engine* engine, std::string partition, std::string row) {
    engine::Prelude prelude;
    prelude.patches.emplace_back();
    prelude.patches.back().partition = std::move(partition);
    prelude.patches.back().erase.push_back(std::move(row));
    static_cast<void>(co_await engine->apply(std::move(prelude)));
}

awaitable<void> expunge_and_erase(FolderPtr folder, UidRanges uids, engine::Engine* engine,
                                  std::string partition, std::string row) {
    static_cast<void>(co_await folder->remove(std::move(uids)));
    co_await erase(engine, std::move(partition), std::move(row));
}

TEST_F(MendTest, ARowThatWasCollectedMeanwhileStaysCollected) {
    append(inbox, "one");
    damage(inbox, 1, "plain");
    bool collected = false;
    inject([&](const engine::Step& step) {  // the write is late: the collector is before it
        if (collected || (step.op != engine::Op::commit && step.op != engine::Op::apply))
            return engine::Fault::none;
        collected = true;
        asio::post(io, [&] {
            asio::co_spawn(io, erase(owned_engine.get(), shard(inbox), key(inbox, 1)), asio::detached);
        });
        return engine::Fault::delay;
    });
    EXPECT_FALSE(details(inbox)[0]->damaged);
    inject({});
    EXPECT_TRUE(collected);
    EXPECT_EQ(row(inbox, 1), "");
}

TEST_F(MendTest, ACopyPassesOverAMessageThatWasCollectedMeanwhile) {
    for (const char* subject : {"first", "second", "third"}) append(inbox, subject);
    const FolderPtr sent = open_folder("Sent");
    const std::string gone = key(inbox, 2);
    bool collected = false;
    inject([&](const engine::Step& step) {  // the rows are read late
        if (collected || step.op != engine::Op::get) return engine::Fault::none;
        collected = true;
        asio::post(io, [&] {
            asio::co_spawn(io, expunge_and_erase(inbox, one(2), owned_engine.get(), shard(inbox), gone),
                           asio::detached);
        });
        return engine::Fault::delay;
    });
    const auto copied = run(inbox->copy_to(sent, everything()));
    inject({});
    ASSERT_TRUE(collected);
    ASSERT_EQ(row(inbox, 1).empty(), false);
    ASSERT_TRUE(copied) << copied.error().what();
    EXPECT_EQ(copied->source, (std::vector<Uid>{Uid(1), Uid(3)}));
    EXPECT_EQ(text_of(sent, Uid(2)), message_text("third"));
    EXPECT_EQ(sent->snapshot()->size(), 2U);
    // Lost, not collected: then the client must not believe that it has a copy.
    run(erase(owned_engine.get(), shard(inbox), key(inbox, 3)));
    const auto refused = run(inbox->copy_to(sent, everything()));
    ASSERT_FALSE(refused);
    EXPECT_TRUE(refused.error().is(Errc::corrupt));
}
#endif

}  // namespace
}  // namespace store::test
