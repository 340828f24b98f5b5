// Where things end: message numbers, the log, the engine's limits, the quota, and a MOVE that stops half-way.
#include "fixture.hpp"
#include "store/keys.hpp"
#include "store/records.hpp"

namespace store::test {
namespace {

class BoundsTest : public StoreTest {
protected:
    BoundsTest() { open_account(); }

    void append_many(const FolderPtr& folder, std::size_t count) {
        constexpr std::size_t at_once = 1'000, of_one_blob = 25;  // check() reads all tags of a blob
        while (count > 0) {
            std::vector<Incoming> messages;
            while (messages.size() < std::min(count, at_once)) {
                const auto content = run(write_message(store.get(), message_text("many")));
                ASSERT_TRUE(content);
                messages.insert(messages.end(), std::min(of_one_blob, count - messages.size()),
                                Incoming(*content));
            }
            count -= messages.size();
            ASSERT_TRUE(run(folder->append(std::move(messages))));
        }
    }
    /// Changes rows of the folder behind the store's back, while nobody has it open.
    void edit(base::FolderId folder, const std::function<void(engine::Batch&, FolderHeader&)>& change) {
        const auto rows = run(owned_engine->get(keys::folder(folder), {std::string(keys::header)}));
        ASSERT_TRUE(rows);
        ASSERT_EQ(rows->rows.size(), 1U);
        auto header = decode_folder_header(rows->rows.front().value);
        ASSERT_TRUE(header);
        engine::Batch batch;
        batch.partition = keys::folder(folder);
        batch.expect = rows->version;
        change(batch, *header);
        batch.put.push_back({std::string(keys::header), encode(*header)});
        ASSERT_TRUE(run(owned_engine->commit(std::move(batch))));
    }
    std::vector<std::string> log_rows(base::FolderId folder) {
        const auto rows = run(owned_engine->scan(keys::folder(folder), "", "l", 0, 0));
        std::vector<std::string> out;
        if (rows)
            for (const engine::Row& row : rows->rows) out.push_back(row.key);
        return out;
    }
};

TEST_F(BoundsTest, TheLastMessageNumberIsGivenAndNoneAfterIt) {  // RFC 9051 section 2.3.1.1
    append(inbox, "first");
    const base::FolderId id = inbox->id();
    restart();
    edit(id, [](engine::Batch&, FolderHeader& header) { header.totals.uid_next = Uid(0xFFFFFFFE); });
    open_account();
    EXPECT_EQ(append(inbox, "last"), std::vector<Uid>{Uid(0xFFFFFFFE)});
    EXPECT_EQ(inbox->snapshot()->totals().uid_next, Uid(0xFFFFFFFF));
    const auto more = run(append_text(store.get(), inbox, message_text("one too many")));
    ASSERT_FALSE(more);
    EXPECT_TRUE(more.error().is(Errc::limit));
    const auto copy = run(inbox->copy_to(inbox, one(1)));
    ASSERT_FALSE(copy);
    EXPECT_TRUE(copy.error().is(Errc::limit));
    EXPECT_EQ(inbox->snapshot()->size(), 2U);
    EXPECT_EQ(text_of(inbox, Uid(0xFFFFFFFE)), message_text("last"));
    ASSERT_TRUE(run(inbox->store(add_flags(everything(), named(SystemFlag::deleted)))));
    EXPECT_EQ(run(inbox->expunge(std::nullopt))->uids,
              (UidRanges{one(1)[0], {Uid(0xFFFFFFFE), Uid(0xFFFFFFFE)}}));
    EXPECT_EQ(inbox->snapshot()->totals().uid_next, Uid(0xFFFFFFFF));  // never given again
    const auto gone = run(inbox->vanished_since(ModSeq(1)));
    ASSERT_TRUE(gone);
    EXPECT_EQ(gone->vanished.back().last, Uid(0xFFFFFFFE));
    expect_clean();
}

class Told final : public ChangeProgress {
public:
    awaitable<void> changed_so_far(std::uint64_t done, std::uint64_t goal) override {
        told.emplace_back(done, goal);
        co_return;
    }
    std::vector<std::pair<std::uint64_t, std::uint64_t>> told;
};

TEST_F(BoundsTest, WhatOneCommitCannotHoldGoesInSeveral) {
    stop();
    engine_limits.batch_bytes_max = (1U << 20) + 170 * 4'384;  // 106 pages in a commit
    engine_limits.batch_rows_max = 7'000;
    start_anew();
    open_account();
    constexpr std::uint32_t count = 8'300;  // 130 pages
    ASSERT_NO_FATAL_FAILURE(append_many(inbox, count));
    const ModSeq before = inbox->snapshot()->totals().highest_modseq;
    StoreRequest request = add_flags(everything(), named(SystemFlag::deleted));
    Told of_store, of_copy;
    request.progress = &of_store;
    const auto flagged = run(inbox->store(std::move(request)));
    ASSERT_TRUE(flagged) << flagged.error().what();
    EXPECT_EQ(of_store.told, (decltype(of_store.told){{1, 3}, {2, 3}}));
    EXPECT_GT(flagged->modseq.value, before.value + 1);  // really several
    EXPECT_EQ(inbox->snapshot()->totals().deleted, count);
    const FolderPtr archive = open_folder("Archive");
    const auto copied = run(inbox->copy_to(archive, everything(), every_flag, &of_copy));
    ASSERT_TRUE(copied) << copied.error().what();
    EXPECT_EQ(of_copy.told,
              (decltype(of_copy.told){{2'048, count}, {4'096, count}, {6'144, count}, {8'192, count}}));
    EXPECT_EQ(copied->destination.size(), count);
    EXPECT_EQ(copied->destination.back(), Uid(count));
    const auto gone = run(inbox->expunge(std::nullopt));
    ASSERT_TRUE(gone) << gone.error().what();
    EXPECT_EQ(gone->uids, (UidRanges{{Uid(1), Uid(count)}}));
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    EXPECT_EQ(archive->snapshot()->size(), count);
    const auto vanished = run(inbox->vanished_since(flagged->modseq));
    ASSERT_TRUE(vanished);
    EXPECT_EQ(vanished->vanished, gone->uids);
    expect_clean();
}

TEST_F(BoundsTest, WhatFlagsSayGoesInSeveralCommitsToo) {
    ASSERT_NO_FATAL_FAILURE(append_many(inbox, 4'250));
    for (std::uint32_t uid = 4'000; uid <= 4'200; ++uid) {  // of two groups of pages
        StoreRequest request = add_flags(one(uid), named(SystemFlag::flagged));
        request.follow_up.emplace();
        request.follow_up->subject = std::to_string(uid);
        ASSERT_TRUE(run(inbox->store(std::move(request))));
    }
    engine_limits.batch_rows_max = 300;  // half of it for rows that go
    restart();
    open_account();
    StoreRequest request = add_flags(everything(), named(SystemFlag::flagged));
    request.change = FlagChange::remove;
    Told told;
    request.progress = &told;
    const auto cleared = run(inbox->store(std::move(request)));
    ASSERT_TRUE(cleared) << cleared.error().what();
    EXPECT_EQ(told.told, (decltype(told.told){{1, 2}}));
    EXPECT_TRUE(run(owned_engine->scan(keys::folder(inbox->id()), "", "t", 0, 0))->rows.empty());
    expect_clean();
}

TEST_F(BoundsTest, WhatTheLogCannotTellAnyMoreIsAnsweredWithEverything) {  // RFC 7162 section 3.2.5.2
    stop();
    limits.log_rows_min = 2;
    limits.log_age_min = std::chrono::hours(1);
    start_anew();
    open_account();
    for (int i = 0; i < 6; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq full = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->remove({{Uid(2), Uid(3)}})));
    clock.advance(std::chrono::hours(2));
    ASSERT_TRUE(run(inbox->remove(one(5))));
    const ModSeq highest = inbox->snapshot()->totals().highest_modseq;
    clock.advance(std::chrono::hours(2));
    run(store->collect());
    EXPECT_EQ(log_rows(inbox->id()).size(), 2U);
    const UidRanges all{{Uid(2), Uid(3)}, {Uid(5), Uid(5)}};
    auto gone = run(inbox->vanished_since(ModSeq(full.value - 1)));  // before the first row that is left
    ASSERT_TRUE(gone);
    EXPECT_FALSE(gone->exact);
    EXPECT_EQ(gone->vanished, all);
    gone = run(inbox->vanished_since(full));  // at it
    EXPECT_TRUE(gone->exact);
    EXPECT_EQ(gone->vanished, all);
    gone = run(inbox->vanished_since(ModSeq(highest.value - 1)));
    EXPECT_TRUE(gone->exact);
    EXPECT_EQ(gone->vanished, one(5));
    expect_clean();
}

TEST_F(BoundsTest, ALogWithoutAnyRowTellsNothing) {
    stop();
    limits.log_rows_min = 0;
    limits.log_age_min = std::chrono::hours(0);
    start_anew();
    open_account();
    for (int i = 0; i < 4; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq before = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->remove(one(2))));
    const ModSeq highest = inbox->snapshot()->totals().highest_modseq;
    clock.advance(std::chrono::hours(2));
    run(store->collect());
    ASSERT_EQ(log_rows(inbox->id()).size(), 0U);
    for (int twice = 0; twice < 2; ++twice) {
        auto gone = run(inbox->vanished_since(before));
        ASSERT_TRUE(gone);
        EXPECT_FALSE(gone->exact);
        EXPECT_EQ(gone->vanished, one(2));
        gone = run(inbox->vanished_since(highest));
        EXPECT_TRUE(gone->exact);
        EXPECT_TRUE(gone->vanished.empty());
        restart(engine::Unsynced::kept);
        open_account();
    }
    append(inbox, "later");
    const auto gone = run(inbox->vanished_since(highest));
    EXPECT_TRUE(gone->exact);
    EXPECT_TRUE(gone->vanished.empty());
    expect_clean();
}

TEST_F(BoundsTest, ALogTrimmedWhileItIsReadIsNotTakenForItsEnd) {
    for (int i = 0; i < 4; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq before = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->remove(one(2))));
    // The floor was read before the rows went: as if the collector came between.
    edit(inbox->id(), [this](engine::Batch& batch, FolderHeader&) { batch.erase = log_rows(inbox->id()); });
    const auto gone = run(inbox->vanished_since(before));
    ASSERT_TRUE(gone);
    EXPECT_FALSE(gone->exact);
    EXPECT_EQ(gone->vanished, one(2));
}

TEST_F(BoundsTest, RoomIsAskedForBeforeAMessageIsTaken) {
    append(inbox, "one");
    const std::uint64_t size = message_text("one").size();
    EXPECT_TRUE(run(inbox->room_for(UINT64_MAX, 1)));  // no limit
    ASSERT_TRUE(run(account->set_quota(3 * size, 3)));
    EXPECT_TRUE(run(inbox->room_for(2 * size, 2)));
    EXPECT_TRUE(run(account->room_for(2 * size, 2)));
    for (const std::uint64_t bytes : {2 * size + 1, UINT64_MAX, UINT64_MAX - size}) {
        const auto room = run(inbox->room_for(bytes, 1));
        ASSERT_FALSE(room);
        EXPECT_TRUE(room.error().is(Errc::over_quota));
    }
    EXPECT_TRUE(run(account->room_for(1, 3)).error().is(Errc::over_quota));
    ASSERT_TRUE(run(account->set_quota(size / 2, 0)));  // lowered below what is there
    EXPECT_TRUE(run(inbox->room_for(0, 1)).error().is(Errc::over_quota));
}

struct Calls final : Subscriber {
    int count = 0;
    void changed() noexcept override { ++count; }
};

TEST_F(BoundsTest, OnlyWhatChangedIsAnnounced) {
    append(inbox, "one");
    append(open_folder("Archive"), "two");
    restart();
    open_account();
    Calls of_account, of_folder;
    const SubscriptionPtr account_side = account->subscribe(of_account);
    const SubscriptionPtr folder_side = inbox->subscribe(of_folder);
    const FolderPtr archive = open_folder("Archive");
    ASSERT_EQ(archive->snapshot()->size(), 1U);
    ASSERT_TRUE(run(account->quota()));
    ASSERT_TRUE(run(inbox->remove(one(77))));  // nothing
    EXPECT_EQ(of_account.count, 0);
    EXPECT_EQ(of_folder.count, 0);
    ASSERT_TRUE(run(archive->remove(one(1))));
    EXPECT_EQ(of_account.count, 1);
    clock.advance(std::chrono::hours(1));
    run(store->collect());  // the removed message's rows
    EXPECT_EQ(of_account.count, 1);
    EXPECT_EQ(of_folder.count, 0);
    ASSERT_TRUE(run(inbox->store(add_flags(one(1), named({}, {"new"})))));
    EXPECT_EQ(of_account.count, 2);
    EXPECT_EQ(of_folder.count, 1);
}

#ifndef STORE_TEST_ROCKSDB
TEST_F(BoundsTest, ARoundThatThrowsOrFailsGivesItsRoomBack) {
    const std::uint64_t size = message_text("m0").size();
    ASSERT_TRUE(run(account->set_quota(size, 1)));  // room for one
    for (const char* how : {"throws", "fails", "is unknown"}) {
        SCOPED_TRACE(how);
        inject([how](const engine::Step& step) {
            if (step.op != engine::Op::commit) return engine::Fault::none;
            if (how[0] == 't') throw std::runtime_error("injected");
            return how[0] == 'f' ? engine::Fault::unavailable : engine::Fault::unknown_not_done;
        });
        for (int i = 0; i < 3; ++i) {
            const auto refused = run(append_text(store.get(), inbox, message_text("m0")));
            ASSERT_FALSE(refused);
            EXPECT_TRUE(refused.error().is(Errc::unavailable)) << refused.error().what();
        }
        inject({});
        EXPECT_TRUE(run(inbox->room_for(size, 1)));
    }
    append(inbox, "m0");
    EXPECT_TRUE(run(inbox->room_for(1, 1)).error().is(Errc::over_quota));
    expect_clean();
}

TEST_F(BoundsTest, AMoveThatStopsHalfWaySaysSo) {        // RFC 6851 section 3.3
    ASSERT_NO_FATAL_FAILURE(append_many(inbox, 2'100));  // one transaction takes 2,048
    const FolderPtr trash = open_folder("Trash");
    int commits = 0;
    inject([&commits, into = keys::folder(trash->id())](const engine::Step& step) {
        const bool fails = step.op == engine::Op::commit && ++commits > 2;
        return fails ? engine::Fault::unavailable : engine::Fault::none;
    });
    const auto moved = run(inbox->move_to(trash, everything()));
    inject({});
    ASSERT_TRUE(moved);
    EXPECT_TRUE(moved->failed.is(Errc::unavailable));
    EXPECT_EQ(moved->source.size(), 2'048U);
    EXPECT_EQ(moved->destination.size(), 2'048U);
    EXPECT_EQ(inbox->snapshot()->size(), 52U);
    EXPECT_EQ(trash->snapshot()->size(), 2'048U);
    const auto rest = run(inbox->move_to(trash, everything()));
    ASSERT_TRUE(rest);
    EXPECT_TRUE(rest->failed.is(Errc::none));
    EXPECT_EQ(trash->snapshot()->size(), 2'100U);
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    expect_clean();
}

TEST_F(BoundsTest, AMoveThatCouldNotEmptyItsSourceIsFinishedByTheCollector) {
    append(inbox, "one");
    const FolderPtr trash = open_folder("Trash");
    int commits = 0;
    inject([&commits](const engine::Step& step) {  // the copy succeeds, the removal fails
        const bool fails = step.op == engine::Op::commit && ++commits > 1;
        return fails ? engine::Fault::unavailable : engine::Fault::none;
    });
    const auto moved = run(inbox->move_to(trash, one(1)));
    inject({});
    ASSERT_FALSE(moved);
    EXPECT_TRUE(moved.error().is(Errc::unavailable));
    EXPECT_EQ(inbox->snapshot()->size(), 1U);
    EXPECT_EQ(trash->snapshot()->size(), 1U);
    run(store->collect());
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    EXPECT_EQ(text_of(trash, Uid(1)), message_text("one"));
    expect_clean();
}
#endif

}  // namespace
}  // namespace store::test
