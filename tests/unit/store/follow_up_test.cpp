// What the flag of a message says: kept in the commit of \Flagged, carried by copies, gone with the flag and
// with the message.
#include "store/follow_up.hpp"

#include "fixture.hpp"
#include "store/keys.hpp"
#include "store/sharing.hpp"

namespace store::test {
namespace {

using Date = FollowUp::Date;

FollowUp a_follow_up(std::string type = "for Follow Up") {
    FollowUp out;
    out.type = std::move(type);
    out.subject = "Überweisung";
    out.reminds = true;
    out.date(Date::due) = 1'900'000'000'123;
    out.date(Date::start) = -1;
    return out;
}

StoreRequest flag(std::uint32_t uid, FollowUp says, bool active = true) {
    StoreRequest request = add_flags(one(uid), named(SystemFlag::flagged));
    request.change = active ? FlagChange::add : FlagChange::remove;
    request.follow_up = std::move(says);
    return request;
}

class FollowUpTest : public StoreTest {
protected:
    FollowUpTest() { open_account(); }

    Entry entry(const FolderPtr& folder, std::uint32_t uid) { return *folder->snapshot()->find(Uid(uid)); }
    bool is_flagged(const FolderPtr& folder, std::uint32_t uid) {
        return entry(folder, uid).flags.has(SystemFlag::flagged);
    }
    /// Nothing: the flag says no more than that it is there.
    std::optional<FollowUp> says(const FolderPtr& folder, std::uint32_t uid) {
        const auto all = run(folder->follow_ups({entry(folder, uid)}));
        EXPECT_TRUE(all);
        EXPECT_EQ(all && all->contains(Uid(uid)), entry(folder, uid).has_follow_up);
        if (!all || all->empty()) return std::nullopt;
        return all->at(Uid(uid));
    }
    std::size_t rows(const FolderPtr& folder) {
        const auto found = run(owned_engine->scan(keys::folder(folder->id()), std::string(), "t", 0, 0));
        return found ? found->rows.size() : 99;
    }
    StoreResult change(const FolderPtr& folder, StoreRequest request) {
        auto done = run(folder->store(std::move(request)));
        EXPECT_TRUE(done) << done.error().what();
        return done ? std::move(*done) : StoreResult();
    }
    void plain(const FolderPtr& folder, FlagChange how, NamedFlags flags) {
        StoreRequest request = add_flags(one(1), std::move(flags));
        request.change = how;
        change(folder, std::move(request));
    }
};

TEST(FollowUpRecord, IsWrittenAndReadBack) {
    FollowUpRow row{ModSeq(77), a_follow_up()};
    for (std::size_t i = 0; i < FollowUp::dates_count; ++i)
        row.says.dates[i] = 1'000'000 - static_cast<int>(i);
    row.says.sub_ordinal = "5555";
    const std::string value = encode(row);
    EXPECT_EQ(decode_follow_up(value), row);
    EXPECT_LE(value.size(), FollowUpLimits::row_bytes_max);
    for (std::size_t i = 0; i < value.size(); ++i) {
        std::string broken = value;
        broken[i] = static_cast<char>(broken[i] ^ 0x10);
        EXPECT_FALSE(decode_follow_up(broken)) << i;
        EXPECT_FALSE(decode_follow_up(value.substr(0, i))) << i;
    }
    EXPECT_FALSE(decode_follow_up(encode(FollowUpRow{ModSeq(1), FollowUp()})));  // needs no row
    FollowUp longest;
    longest.type.assign(FollowUpLimits::type_bytes_max, 'x');
    longest.subject.assign(FollowUpLimits::subject_bytes_max, 'x');
    longest.sub_ordinal.assign(FollowUpLimits::sub_ordinal_bytes_max, 'x');
    longest.reminds = false;
    longest.dates.fill(INT64_MIN);
    EXPECT_TRUE(fits(longest));
    EXPECT_LE(encode(FollowUpRow{ModSeq(~0ULL), longest}).size(), FollowUpLimits::row_bytes_max);
    for (std::string FollowUp::* text : {&FollowUp::type, &FollowUp::subject, &FollowUp::sub_ordinal}) {
        FollowUp longer = longest;
        (longer.*text) += 'x';
        EXPECT_FALSE(fits(longer));
        EXPECT_FALSE(decode_follow_up(encode(FollowUpRow{ModSeq(1), longer})));
    }
}

TEST_F(FollowUpTest, IsKeptWithTheFlag) {
    append(inbox, "a");
    append(inbox, "b");
    const ModSeq before = inbox->snapshot()->totals().highest_modseq;
    const StoreResult done = change(inbox, flag(1, a_follow_up()));
    EXPECT_EQ(done.modseq.value, before.value + 1);  // one transaction
    EXPECT_TRUE(is_flagged(inbox, 1));
    EXPECT_EQ(says(inbox, 1), a_follow_up());
    EXPECT_EQ(says(inbox, 2), std::nullopt);
    expect_clean();
    restart();
    open_account();
    EXPECT_TRUE(is_flagged(inbox, 1));
    EXPECT_EQ(says(inbox, 1), a_follow_up());
    expect_clean();
}

TEST_F(FollowUpTest, AChangeOfItsDatesIsAChangeOfTheMessage) {
    append(inbox, "a");
    change(inbox, flag(1, a_follow_up()));
    const SnapshotPtr before = inbox->snapshot();
    FollowUp later = a_follow_up();
    later.date(Date::due) = 2'000'000'000'000;
    const StoreResult done = change(inbox, flag(1, later));
    EXPECT_GT(done.modseq, before->totals().highest_modseq);
    EXPECT_EQ(entry(inbox, 1).modseq, done.modseq);
    EXPECT_EQ(says(inbox, 1), later);
    const Difference told = compare(*before, *inbox->snapshot());
    EXPECT_EQ(told.modseq_only, std::vector<SeqNum>{SeqNum(1)});  // to IMAP its flags are what they were
    EXPECT_TRUE(told.changed.empty());
    // Other flags leave it as it is.
    change(inbox, add_flags(one(1), named(SystemFlag::seen)));
    plain(inbox, FlagChange::replace, named(SystemFlag::flagged));
    EXPECT_EQ(says(inbox, 1), later);
    EXPECT_EQ(rows(inbox), 1U);
    expect_clean();
}

TEST_F(FollowUpTest, GoesWhereFlaggedIsTakenAwayOrSetByItself) {
    append(inbox, "a");
    struct Case {
        bool active;  // what says something: an active flag, or one that is complete
        FlagChange how;
        FlagSet flags;
        bool stays;
    };
    const Case cases[] = {{true, FlagChange::remove, SystemFlag::flagged, false},
                          {true, FlagChange::replace, SystemFlag::seen, false},
                          {true, FlagChange::add, SystemFlag::flagged, true},
                          {false, FlagChange::add, SystemFlag::flagged, false},
                          {false, FlagChange::replace, SystemFlag::flagged, false},
                          {false, FlagChange::replace, SystemFlag::answered, true},
                          {false, FlagChange::remove, SystemFlag::flagged, true}};
    for (const Case& one : cases) {
        change(inbox, flag(1, FollowUp(), false));  // none at all
        change(inbox, flag(1, a_follow_up(), one.active));
        ASSERT_EQ(is_flagged(inbox, 1), one.active);
        ASSERT_TRUE(says(inbox, 1));
        plain(inbox, one.how, named(one.flags));
        EXPECT_EQ(says(inbox, 1).has_value(), one.stays);
        EXPECT_EQ(rows(inbox), one.stays ? 1U : 0U);
        expect_clean();
    }
}

TEST_F(FollowUpTest, ACompleteOneIsClearedThoughItIsNotFlagged) {
    append(inbox, "a");
    change(inbox, flag(1, a_follow_up(), false));
    EXPECT_FALSE(is_flagged(inbox, 1));
    EXPECT_EQ(says(inbox, 1), a_follow_up());
    const ModSeq before = entry(inbox, 1).modseq;
    change(inbox, flag(1, FollowUp(), false));
    EXPECT_EQ(says(inbox, 1), std::nullopt);
    EXPECT_GT(entry(inbox, 1).modseq, before);
    const ModSeq after = entry(inbox, 1).modseq;
    change(inbox, flag(1, FollowUp(), false));  // nothing is left to change
    EXPECT_EQ(entry(inbox, 1).modseq, after);
    expect_clean();
}

TEST_F(FollowUpTest, IsOfOneMessageAndBounded) {
    append(inbox, "a");
    append(inbox, "b");
    StoreRequest request = flag(1, a_follow_up());
    request.uids = everything();
    EXPECT_TRUE(run(inbox->store(request)).error().is(Errc::invalid));
    EXPECT_TRUE(run(inbox->store(flag(1, a_follow_up(std::string(FollowUpLimits::type_bytes_max + 1, 'x')))))
                    .error()
                    .is(Errc::limit));
    EXPECT_FALSE(is_flagged(inbox, 1));
    request = flag(1, a_follow_up());
    request.unchanged_since = ModSeq(1);
    EXPECT_EQ(change(inbox, request).modified, one(1));
    EXPECT_EQ(rows(inbox), 0U);
    request.unchanged_since.reset();
    request.allowed = Rights::parse("st")->flags();
    change(inbox, request);
    EXPECT_EQ(rows(inbox), 0U);
    change(inbox, flag(1, a_follow_up()));
    request.follow_up = FollowUp();
    change(inbox, request);  // nor is it taken away
    EXPECT_EQ(says(inbox, 1), a_follow_up());
}

TEST_F(FollowUpTest, TheLogTellsWhichFlagsWereTouched) {
    for (const char* name : {"a", "b", "c", "d"}) append(inbox, name);
    change(inbox, add_flags(one(3), named(SystemFlag::seen)));
    const ModSeq since = inbox->snapshot()->totals().highest_modseq;
    const auto touched = [&](std::uint32_t uid) { return run(inbox->flags_since(since))->of(Uid(uid)); };
    EXPECT_TRUE(touched(1).empty());
    change(inbox, add_flags({UidRange{Uid(1), Uid(3)}}, named(SystemFlag::seen)));
    EXPECT_EQ(touched(1), FlagSet(SystemFlag::seen));
    EXPECT_TRUE(touched(3).empty());  // it was seen
    change(inbox, flag(1, a_follow_up()));
    EXPECT_EQ(touched(1), FlagSet(SystemFlag::seen) | SystemFlag::flagged);
    EXPECT_EQ(touched(2), FlagSet(SystemFlag::seen));
    // What the flag says alone; flags that are replaced by themselves were not touched.
    const ModSeq later = inbox->snapshot()->totals().highest_modseq;
    change(inbox, flag(1, a_follow_up("other")));
    plain(inbox, FlagChange::replace, named(FlagSet(SystemFlag::seen) | SystemFlag::flagged, {"blue"}));
    const FlagSet blue = FlagSet::keyword(*inbox->snapshot()->keywords().find("blue"));
    EXPECT_EQ(run(inbox->flags_since(later))->of(Uid(1)), FlagSet(SystemFlag::flagged) | blue);
    append(inbox, "e");
    ASSERT_TRUE(run(inbox->remove(one(2))));
    const auto all = run(inbox->flags_since(since));
    ASSERT_TRUE(all);
    EXPECT_TRUE(all->exact);
    EXPECT_TRUE(all->of(Uid(5)).empty());
    // Who has missed very much is told all.
    for (int i = 0; i < 300; ++i) {
        change(inbox, add_flags(one(4), named(SystemFlag::answered)));
        StoreRequest back = add_flags(one(4), named(SystemFlag::answered));
        back.change = FlagChange::remove;
        change(inbox, std::move(back));
    }
    EXPECT_FALSE(run(inbox->flags_since(since))->exact);
    EXPECT_EQ(run(inbox->flags_since(since))->of(Uid(4)), every_flag);
    const ModSeq near(inbox->snapshot()->totals().highest_modseq.value - 4);
    EXPECT_EQ(run(inbox->flags_since(near))->of(Uid(4)), FlagSet(SystemFlag::answered));
}

TEST_F(FollowUpTest, CopiesAndMovesCarryIt) {
    for (const char* name : {"a", "b", "c"}) append(inbox, name);
    change(inbox, flag(1, a_follow_up()));
    change(inbox, flag(3, a_follow_up("done"), false));
    const FolderPtr archive = open_folder("Archive");
    ASSERT_TRUE(run(inbox->copy_to(archive, everything())));
    for (const FolderPtr& folder : {inbox, archive}) {
        EXPECT_EQ(says(folder, 1), a_follow_up());
        EXPECT_EQ(says(folder, 2), std::nullopt);
        EXPECT_EQ(says(folder, 3), a_follow_up("done"));
        EXPECT_FALSE(is_flagged(folder, 3));
    }
    const FolderPtr trash = open_folder("Trash");
    ASSERT_TRUE(run(inbox->move_to(trash, everything())));
    EXPECT_EQ(rows(inbox), 0U);
    EXPECT_EQ(says(trash, 1), a_follow_up());
    EXPECT_EQ(says(trash, 3), a_follow_up("done"));
    // Each copy has its own.
    plain(archive, FlagChange::remove, named(SystemFlag::flagged));
    EXPECT_EQ(says(archive, 1), std::nullopt);
    EXPECT_EQ(says(trash, 1), a_follow_up());
    // Who may not set \Flagged there brings none of it.
    ASSERT_TRUE(run(trash->copy_to(inbox, everything(), Rights::parse("is")->flags())));
    EXPECT_EQ(rows(inbox), 0U);
    expect_clean();
}

TEST_F(FollowUpTest, GoesWithItsMessage) {
    for (const char* name : {"a", "b", "c"}) append(inbox, name);
    for (const std::uint32_t uid : {1U, 2U, 3U}) change(inbox, flag(uid, a_follow_up()));
    ASSERT_TRUE(run(inbox->remove(one(1))));
    EXPECT_EQ(rows(inbox), 2U);
    change(inbox, add_flags(one(2), named(SystemFlag::deleted)));
    ASSERT_TRUE(run(inbox->expunge(std::nullopt)));
    EXPECT_EQ(rows(inbox), 1U);
    // RFC 8508 section 1: nothing is inherited, also not where both are flagged.
    ASSERT_TRUE(
        run(replace_text(store.get(), inbox, Uid(3), inbox, message_text("other"), SystemFlag::flagged)));
    EXPECT_EQ(rows(inbox), 0U);
    EXPECT_EQ(says(inbox, 4), std::nullopt);
    expect_clean();
}

TEST_F(FollowUpTest, StaysWithTheOneThatTakesItsPlaceWhereThatKeepsFlags) {
    struct Case {
        bool active;    // what says something: an active flag, or one that is complete
        FlagSet flags;  // of the new one
        FlagSet keep;
        FlagSet expected;
        bool stays;
    };
    const FlagSet answered = SystemFlag::answered, flagged = SystemFlag::flagged, draft = SystemFlag::draft;
    append(inbox, "first", named({}, {"blue"}));
    const FlagSet blue = FlagSet::keyword(*inbox->snapshot()->keywords().find("blue"));
    const Case cases[] = {{true, draft, every_flag, draft | answered | flagged | blue, true},
                          {false, draft, every_flag, draft | answered | blue, true},
                          {true, {}, flagged, flagged, true},
                          {true, flagged, answered | blue, flagged | answered | blue, false},
                          {false, flagged, every_flag, flagged | answered | blue, false},
                          {true, {}, SystemFlag::seen, {}, false}};
    for (const Case& one : cases) {
        const FlagSet seen = SystemFlag::seen;
        const auto old = append(inbox, "old", named(seen | answered, {"blue"})).front();
        change(inbox, flag(old.value, a_follow_up(), one.active));
        const auto done =
            run(replace_text(store.get(), inbox, old, inbox, message_text("new"), one.flags, one.keep));
        ASSERT_TRUE(done);
        EXPECT_EQ(entry(inbox, done->uid.value).flags, one.expected);
        EXPECT_EQ(says(inbox, done->uid.value), one.stays ? std::optional(a_follow_up()) : std::nullopt);
        EXPECT_EQ(rows(inbox), one.stays ? 1U : 0U);
        expect_clean();
        ASSERT_TRUE(run(inbox->remove(UidRanges{{done->uid, done->uid}})));
    }
    EXPECT_TRUE(run(replace_text(store.get(), inbox, Uid(1), open_folder("Archive"), message_text("new"), {},
                                 every_flag))
                    .error()
                    .is(Errc::invalid));
    EXPECT_NE(inbox->snapshot()->find(Uid(1)), nullptr);
}

TEST_F(FollowUpTest, WhatChangesItInTheSameRoundIsWhatStays) {
    for (const bool cleared : {false, true}) {
        const std::uint32_t uid = append(inbox, "a").front().value;
        const std::uint32_t other = append(inbox, "b").front().value;
        change(inbox, flag(uid, a_follow_up("before")));
        const auto content = run(write_message(store.get(), message_text("anew")));
        ASSERT_TRUE(content);
        const auto rounds = [this] {
            for (const auto& [name, value] : store->figures())
                if (name == "store_commit_rounds") return value;
            return std::uint64_t{0};
        };
        const auto later = [this](StoreRequest request) {
            asio::co_spawn(io, inbox->store(std::move(request)),
                           [](std::exception_ptr, Result<StoreResult> done) { EXPECT_TRUE(done); });
        };
        const std::uint64_t before = rounds();
        // The first makes a round that takes its time; the others wait for it and are one.
        inject(engine::fault_at(steps() + 1, engine::Fault::delay));
        later(add_flags(one(other), named(SystemFlag::seen)));
        if (cleared) later(flag(uid, FollowUp(), false));
        if (!cleared) later(flag(uid, a_follow_up("now")));
        std::uint32_t anew = 0;
        asio::co_spawn(io, inbox->replace(Uid(uid), inbox, Incoming(*content), every_flag),
                       [&](std::exception_ptr, Result<ReplaceResult> done) {
                           ASSERT_TRUE(done);
                           anew = done->uid.value;
                       });
        io.restart();
        io.run();
        inject({});
        ASSERT_NE(anew, 0U);
        if (memory_engine != nullptr) EXPECT_EQ(rounds() - before, 2U);
        EXPECT_EQ(is_flagged(inbox, anew), !cleared);
        EXPECT_EQ(says(inbox, anew), cleared ? std::nullopt : std::optional(a_follow_up("now")));
        expect_clean();
    }
}

TEST_F(FollowUpTest, WhoReplacesInASharedFolderKeepsIt) {
    const base::AccountId reader(2);
    ASSERT_TRUE(run(store->create_account(reader)));
    append(inbox, "a");
    const auto his = run(account->open_for(account->folders()->find("INBOX")->id, reader));
    ASSERT_TRUE(his);
    change(inbox, flag(1, a_follow_up()));
    change(inbox, add_flags(one(1), named(SystemFlag::seen)));
    const auto done =
        run(replace_text(store.get(), *his, Uid(1), *his, message_text("new"), SystemFlag::seen, every_flag));
    ASSERT_TRUE(done);
    EXPECT_EQ(entry(inbox, 2).flags, FlagSet(SystemFlag::flagged));  // the owner has not seen that one
    EXPECT_TRUE(entry(*his, 2).flags.has(SystemFlag::seen));
    EXPECT_EQ(says(inbox, 2), a_follow_up());
    expect_clean();
}

TEST_F(FollowUpTest, SeveralChangesOfOneRoundLeaveTheLast) {
    append(inbox, "a");
    append(inbox, "b");
    const auto later = [this](StoreRequest request) {
        asio::co_spawn(io, inbox->store(std::move(request)),
                       [](std::exception_ptr, Result<StoreResult> done) { EXPECT_TRUE(done); });
    };
    // The first makes the round; the others wait for it and are one.
    later(add_flags(one(2), named(SystemFlag::seen)));
    later(flag(1, a_follow_up("first")));
    later(flag(1, FollowUp(), false));
    later(flag(1, a_follow_up("last")));
    later(flag(2, a_follow_up("gone")));
    asio::co_spawn(io, inbox->remove(one(2)),
                   [](std::exception_ptr, Result<ExpungeResult> done) { EXPECT_TRUE(done); });
    io.restart();
    io.run();
    EXPECT_EQ(says(inbox, 1), a_follow_up("last"));
    EXPECT_EQ(rows(inbox), 1U);
    expect_clean();
}

TEST_F(FollowUpTest, ManyAtOnceAreNotTooManyForACommit) {
    stop();
    engine_limits.batch_rows_max = 400;
    start_anew();
    open_account();
    constexpr std::uint32_t count = 150;
    for (std::uint32_t uid = 1; uid <= count; ++uid) {
        append(inbox, std::to_string(uid));
        change(inbox, flag(uid, a_follow_up(std::to_string(uid))));
    }
    const FolderPtr archive = open_folder("Archive");
    ASSERT_TRUE(run(inbox->copy_to(archive, {UidRange{Uid(1), Uid(90)}})));
    EXPECT_EQ(says(archive, 90), a_follow_up("90"));
    StoreRequest request = add_flags(everything(), named(SystemFlag::flagged));
    request.change = FlagChange::remove;
    change(inbox, std::move(request));
    EXPECT_EQ(rows(inbox), 0U);
    ASSERT_TRUE(run(archive->remove(everything())));
    EXPECT_EQ(rows(archive), 0U);
    expect_clean();
}

TEST_F(FollowUpTest, OthersSeeAndChangeIt) {
    const base::AccountId reader(2);
    ASSERT_TRUE(run(store->create_account(reader)));
    append(inbox, "a");
    const FolderInfo* info = account->folders()->find("INBOX");
    const auto opened = run(account->open_for(info->id, reader));
    ASSERT_TRUE(opened);
    const FolderPtr his = *opened;
    change(his, flag(1, a_follow_up()));
    EXPECT_EQ(says(inbox, 1), a_follow_up());
    FollowUp later = a_follow_up("later");
    change(inbox, flag(1, later));
    EXPECT_EQ(says(his, 1), later);
    change(his, add_flags(one(1), named(SystemFlag::seen)));
    EXPECT_EQ(says(his, 1), later);
    // With his \Seen and without a change of \Flagged: both are done.
    StoreRequest both = flag(1, a_follow_up("both"));
    both.flags.system |= SystemFlag::answered;
    change(his, both);
    EXPECT_EQ(says(inbox, 1), a_follow_up("both"));
    EXPECT_TRUE(entry(inbox, 1).flags.has(SystemFlag::answered));
    EXPECT_FALSE(entry(inbox, 1).flags.has(SystemFlag::seen));
    expect_clean();
}

TEST_F(FollowUpTest, CheckKnowsTheRowsAndADamagedOneIsAFlagAndNoMore) {
    append(inbox, "a");
    append(inbox, "b");
    change(inbox, flag(1, a_follow_up()));
    const std::string partition = keys::folder(inbox->id()), key = keys::follow_up(Uid(1));
    const auto put = [&](std::optional<std::string> first, std::optional<std::string> second) {
        engine::Batch batch;
        batch.partition = partition;
        batch.expect = *run(owned_engine->version(partition));
        if (first) batch.put.push_back({key, *first});
        if (!first) batch.erase.push_back(key);
        if (second) batch.put.push_back({keys::follow_up(Uid(2)), *second});
        EXPECT_TRUE(run(owned_engine->commit(std::move(batch))));
    };
    const auto problems = [this] { return run(store->check({}))->problems; };
    const std::string sound = encode(FollowUpRow{entry(inbox, 1).modseq, a_follow_up()});
    std::string damaged = sound;
    damaged[9] = static_cast<char>(damaged[9] ^ 1);
    const std::string lost = partition + ": message 1: what its flag says is lost";
    put(damaged, std::nullopt);
    EXPECT_EQ(problems(), (std::vector<std::string>{partition + ": row " + key + " is damaged", lost}));
    EXPECT_TRUE(run(inbox->follow_ups({entry(inbox, 1)}))->empty());
    const FolderPtr archive = open_folder("Archive");
    ASSERT_TRUE(run(inbox->copy_to(archive, one(1))));
    EXPECT_TRUE(is_flagged(archive, 1));
    EXPECT_EQ(says(archive, 1), std::nullopt);
    put(std::nullopt, std::nullopt);
    EXPECT_EQ(problems(), std::vector<std::string>{lost});
    put(encode(FollowUpRow{ModSeq(1'000), a_follow_up()}), std::nullopt);  // of a time to come
    EXPECT_EQ(problems(), std::vector<std::string>{lost});
    put(sound, sound);
    EXPECT_EQ(problems(), std::vector<std::string>{partition + ": 1 flags say something and are not there"});
}

}  // namespace
}  // namespace store::test
