// A folder's behaviour: append, flags, expunge, copy, move, reading, and what subscribers hear.
#include "fixture.hpp"

namespace store::test {
namespace {

class FolderTest : public StoreTest {
protected:
    FolderTest() { open_account(); }
};

TEST_F(FolderTest, AMessageComesInAndIsReadBackOctetForOctet) {
    const std::string text = message_text("hello", 300'000);
    const auto result = run(append_text(store.get(), inbox, text, named(SystemFlag::flagged, {"work"})));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(result->uids, std::vector<Uid>{Uid(1)});
    EXPECT_EQ(result->uid_validity, inbox->snapshot()->totals().uid_validity);
    EXPECT_EQ(text_of(inbox, Uid(1)), text);
    const Entry entry = *inbox->snapshot()->at(SeqNum(1));
    EXPECT_EQ(entry.size, text.size());
    EXPECT_EQ(entry.internal_date, base::unix_seconds(clock.now()));
    EXPECT_TRUE(entry.flags.has(SystemFlag::flagged));
    EXPECT_EQ(inbox->snapshot()->keywords().find("work"), 0U);
    EXPECT_TRUE(entry.flags.has_keyword(0));
    const DetailPtr detail = (*run(inbox->details({entry})))[0];
    EXPECT_NE(detail->envelope.find("\"hello\""), std::string_view::npos);
    EXPECT_NE(detail->body_structure.find("\"text\" \"plain\""), std::string_view::npos)
        << detail->body_structure;
    EXPECT_EQ(detail->header_bytes, text.find("\r\n\r\n") + 4);
    EXPECT_EQ(*run(inbox->read(detail, 100'000, 50)), text.substr(100'000, 50));
    EXPECT_EQ(*run(inbox->read(detail, text.size() - 10, 50)), text.substr(text.size() - 10));
    EXPECT_EQ(*run(inbox->read(detail, text.size() + 10, 50)), "");
    expect_clean();
}

TEST_F(FolderTest, ThePrefixBelongsToOneCopyOnly) {
    const std::string text = message_text("prefixed");
    const auto content = run(write_message(store.get(), text));
    std::vector<Incoming> messages;
    messages.emplace_back(*content);
    messages.back().prefix = "Return-Path: <a@example.test>\r\n";
    messages.back().internal_date = 12'345;
    messages.emplace_back(*content);
    const auto result = run(inbox->append(std::move(messages)));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(text_of(inbox, Uid(1)), "Return-Path: <a@example.test>\r\n" + text);
    EXPECT_EQ(text_of(inbox, Uid(2)), text);
    EXPECT_EQ(inbox->snapshot()->find(Uid(1))->internal_date, 12'345);
    const DetailPtr detail = (*run(inbox->details({*inbox->snapshot()->find(Uid(1))})))[0];
    EXPECT_EQ(detail->header_bytes, 31 + text.find("\r\n\r\n") + 4);
    EXPECT_EQ(*run(inbox->read(detail, 20, 30)), ("Return-Path: <a@example.test>\r\n" + text).substr(20, 30));
    expect_clean();
}

TEST_F(FolderTest, FlagsChangeAndOnlyRealChangesHaveAModseq) {
    for (int i = 0; i < 5; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq before = inbox->snapshot()->totals().highest_modseq;
    auto result = run(inbox->store(add_flags(everything(), named(SystemFlag::seen))));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->modseq.value, before.value + 1);
    EXPECT_EQ(result->snapshot->totals().unseen, 0U);
    const std::uint64_t calls = steps();
    result = run(inbox->store(add_flags(everything(), named(SystemFlag::seen))));  // nothing new
    ASSERT_TRUE(result);
    EXPECT_EQ(result->modseq.value, before.value + 1);
    EXPECT_EQ(steps(), calls);
    StoreRequest request = add_flags(one(2), named(SystemFlag::answered, {"$Forwarded"}));
    request.change = FlagChange::replace;
    result = run(inbox->store(request));
    ASSERT_TRUE(result);
    EXPECT_FALSE(result->snapshot->find(Uid(2))->flags.has(SystemFlag::seen));
    EXPECT_EQ(result->snapshot->find(Uid(2))->modseq, result->modseq);
    EXPECT_EQ(result->snapshot->find(Uid(3))->modseq.value, before.value + 1);
    request = add_flags(one(2), named(SystemFlag::answered, {"unknown"}));
    request.change = FlagChange::remove;
    result = run(inbox->store(request));
    EXPECT_FALSE(result->snapshot->find(Uid(2))->flags.has(SystemFlag::answered));
    EXPECT_FALSE(result->snapshot->keywords().find("unknown"));
    result = run(inbox->store(add_flags(one(77), named(SystemFlag::seen))));
    EXPECT_EQ(result->missing, std::vector<Uid>{Uid(77)});
    expect_clean();
}

TEST_F(FolderTest, UnchangedSinceRefusesWhatChangedMeanwhile) {  // RFC 7162 section 3.1.3
    for (int i = 0; i < 3; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq seen = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->store(add_flags(one(2), named(SystemFlag::flagged)))));
    StoreRequest request = add_flags(everything(), named(SystemFlag::deleted));
    request.unchanged_since = seen;
    const auto result = run(inbox->store(request));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->modified, one(2));
    EXPECT_EQ(result->snapshot->totals().deleted, 2U);
}

TEST_F(FolderTest, TheKeywordDictionaryHasItsLimit) {
    append(inbox, "m");
    std::vector<std::string> names;
    for (unsigned i = 0; i < FlagSet::keywords_max; ++i) names.push_back("k" + std::to_string(i));
    ASSERT_TRUE(run(inbox->store(add_flags(one(1), named({}, names)))));
    const auto full = run(inbox->store(add_flags(one(1), named({}, {"onemore"}))));
    ASSERT_FALSE(full);
    EXPECT_TRUE(full.error().is(Errc::limit));
    const auto bad = run(inbox->store(add_flags(one(1), named({}, {"not an atom"}))));
    EXPECT_TRUE(bad.error().is(Errc::invalid));
    for (unsigned i = 0; i < FlagSet::keywords_max; ++i)
        EXPECT_TRUE(inbox->snapshot()->find(Uid(1))->flags.has_keyword(i));
    restart();
    open_account();
    EXPECT_TRUE(inbox->snapshot()->find(Uid(1))->flags.has_keyword(119));
    expect_clean();
}

TEST_F(FolderTest, ExpungeTakesOutTheDeletedOfThoseAsked) {
    for (int i = 0; i < 6; ++i) append(inbox, "m" + std::to_string(i));
    ASSERT_TRUE(run(inbox->store(add_flags({{Uid(2), Uid(4)}}, named(SystemFlag::deleted)))));
    const SnapshotPtr before = inbox->snapshot();
    auto result = run(inbox->expunge(UidRanges{{Uid(3), Uid(6)}}));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->uids, (UidRanges{{Uid(3), Uid(4)}}));
    EXPECT_EQ(inbox->snapshot()->size(), 4U);
    EXPECT_EQ(compare(*before, *inbox->snapshot()).vanished, (std::vector<Uid>{Uid(3), Uid(4)}));
    EXPECT_EQ(run(inbox->expunge(std::nullopt))->uids, one(2));
    EXPECT_EQ(run(inbox->remove(one(1)))->uids, one(1));
    EXPECT_TRUE(run(inbox->expunge(std::nullopt))->uids.empty());
    // Those who still show the message can read it.
    EXPECT_TRUE((*run(inbox->details({*before->find(Uid(3))})))[0]);
    const auto vanished = run(inbox->vanished_since(before->totals().highest_modseq));
    EXPECT_EQ(vanished->vanished, (UidRanges{{Uid(1), Uid(4)}}));
    EXPECT_TRUE(vanished->exact);
    expect_clean();
    EXPECT_EQ(append(inbox, "next"), std::vector<Uid>{Uid(7)});
}

TEST_F(FolderTest, WhatVanishedIsToldAsOfASnapshot) {
    for (int i = 0; i < 6; ++i) append(inbox, "m" + std::to_string(i));
    const ModSeq start = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->remove(one(2))));
    const SnapshotPtr view = inbox->snapshot();
    ASSERT_TRUE(run(inbox->remove(one(4))));
    auto gone = run(inbox->vanished_since(start, view));
    EXPECT_EQ(gone->vanished, one(2));
    EXPECT_TRUE(gone->exact);
    gone = run(inbox->vanished_since(view->totals().highest_modseq, view));
    EXPECT_TRUE(gone->vanished.empty());
    gone = run(inbox->vanished_since(ModSeq(), view));  // before the log
    EXPECT_EQ(gone->vanished, one(2));
    EXPECT_FALSE(gone->exact);
}

TEST_F(FolderTest, ATouchIsAModseqAndNothingElse) {
    append(inbox, "m");
    const SnapshotPtr before = inbox->snapshot();
    const auto touched = run(inbox->touch());
    ASSERT_TRUE(touched);
    EXPECT_EQ(touched->value, before->totals().highest_modseq.value + 1);
    EXPECT_EQ(inbox->snapshot()->totals().highest_modseq, *touched);
    EXPECT_TRUE(compare(*before, *inbox->snapshot()).empty());
    const auto gone = run(inbox->vanished_since(before->totals().highest_modseq));
    EXPECT_TRUE(gone->exact);
    EXPECT_TRUE(gone->vanished.empty());
    restart();
    open_account();
    EXPECT_EQ(inbox->snapshot()->totals().highest_modseq, *touched);
    expect_clean();
}

TEST_F(FolderTest, TheFirstUnseenAndTheChangedAreFoundByPages) {
    for (int i = 0; i < 300; ++i) append(inbox, "m");
    const auto first = [this] { return inbox->snapshot()->first_unseen(); };
    EXPECT_EQ(first(), SeqNum(1));
    const ModSeq start = inbox->snapshot()->totals().highest_modseq;
    ASSERT_TRUE(run(inbox->store(add_flags({{Uid(1), Uid(299)}}, named(SystemFlag::seen)))));
    EXPECT_EQ(first(), SeqNum(300));
    ASSERT_TRUE(run(inbox->remove(one(7))));
    EXPECT_EQ(first(), SeqNum(299));
    restart();
    open_account();
    EXPECT_EQ(first(), SeqNum(299));
    ASSERT_TRUE(run(inbox->store(add_flags(one(300), named(SystemFlag::seen)))));
    EXPECT_EQ(first(), SeqNum());
    const SnapshotPtr now = inbox->snapshot();
    const auto changed = [&now](SeqNum from, SeqNum to, ModSeq since) {
        std::vector<SeqNum> out;
        now->for_each_changed(from, to, since, [&](SeqNum seq, const Entry& entry) {
            EXPECT_EQ(now->at(seq)->uid, entry.uid);
            out.push_back(seq);
        });
        return out;
    };
    EXPECT_EQ(changed(SeqNum(1), SeqNum(299), ModSeq(start.value + 2)), std::vector<SeqNum>{SeqNum(299)});
    EXPECT_EQ(changed(SeqNum(1), SeqNum(298), ModSeq(start.value + 2)), std::vector<SeqNum>{});
    EXPECT_EQ(changed(SeqNum(64), SeqNum(66), start),
              (std::vector<SeqNum>{SeqNum(64), SeqNum(65), SeqNum(66)}));
    EXPECT_EQ(changed(SeqNum(300), SeqNum(400), ModSeq()), std::vector<SeqNum>{});
}

TEST_F(FolderTest, CopiesShareTheBlobAndKeepTheId) {
    append(inbox, "original", named(SystemFlag::seen, {"work", "other"}));
    append(inbox, "second");
    const FolderPtr archive = open_folder("Archive");
    append(archive, "there", named({}, {"first"}));
    const auto result = run(inbox->copy_to(archive, everything()));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(result->source, (std::vector<Uid>{Uid(1), Uid(2)}));
    EXPECT_EQ(result->destination, (std::vector<Uid>{Uid(2), Uid(3)}));
    EXPECT_EQ(text_of(archive, Uid(2)), message_text("original"));
    const Entry copy = *archive->snapshot()->find(Uid(2));
    EXPECT_EQ(copy.id, inbox->snapshot()->find(Uid(1))->id);  // RFC 8474 section 5.1
    EXPECT_TRUE(copy.flags.has(SystemFlag::seen));
    EXPECT_TRUE(copy.flags.has_keyword(*archive->snapshot()->keywords().find("work")));
    EXPECT_FALSE(copy.flags.has_keyword(*archive->snapshot()->keywords().find("first")));
    // Into the same folder: new messages again.
    const auto again = run(inbox->copy_to(inbox, one(1)));
    ASSERT_TRUE(again);
    EXPECT_EQ(again->destination, std::vector<Uid>{Uid(3)});
    EXPECT_EQ(run(store->check({}))->blobs, 3U);
    expect_clean();
    // The copy lives when the original is gone.
    ASSERT_TRUE(run(inbox->remove(everything())));
    clock.advance(std::chrono::hours(1));
    run(store->collect());
    EXPECT_EQ(text_of(archive, Uid(2)), message_text("original"));
    EXPECT_EQ(run(store->check({}))->blobs, 3U);
    expect_clean();
}

TEST_F(FolderTest, MovesLeaveTheSource) {
    for (int i = 0; i < 4; ++i) append(inbox, "m" + std::to_string(i));
    const FolderPtr trash = open_folder("Trash");
    const auto result = run(inbox->move_to(trash, {{Uid(2), Uid(3)}}));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(result->source, (std::vector<Uid>{Uid(2), Uid(3)}));
    EXPECT_EQ(result->destination, (std::vector<Uid>{Uid(1), Uid(2)}));
    EXPECT_EQ(result->source_modseq, inbox->snapshot()->totals().highest_modseq);
    EXPECT_EQ(inbox->snapshot()->size(), 2U);
    EXPECT_EQ(text_of(trash, Uid(2)), message_text("m2"));
    // Into the same folder (RFC 6851 section 3.3 allows it): new uids.
    const auto same = run(inbox->move_to(inbox, one(1)));
    ASSERT_TRUE(same);
    EXPECT_EQ(same->destination, std::vector<Uid>{Uid(5)});
    EXPECT_EQ(inbox->snapshot()->size(), 2U);
    expect_clean();
    clock.advance(std::chrono::hours(1));
    run(store->collect());
    EXPECT_EQ(text_of(trash, Uid(2)), message_text("m2"));
    EXPECT_EQ(text_of(inbox, Uid(5)), message_text("m0"));
    expect_clean();
}

TEST_F(FolderTest, AReplacementWithinAFolderIsOneCommit) {  // RFC 8508
    for (int i = 0; i < 3; ++i) append(inbox, "m" + std::to_string(i), named(SystemFlag::flagged, {"work"}));
    const SnapshotPtr before = inbox->snapshot();
    const auto result = run(replace_text(store.get(), inbox, Uid(2), inbox, message_text("anew")));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(result->uid, Uid(4));
    EXPECT_EQ(result->uid_validity, before->totals().uid_validity);
    const SnapshotPtr now = inbox->snapshot();
    EXPECT_EQ(now->size(), 3U);
    EXPECT_EQ(now->find(Uid(2)), nullptr);
    ASSERT_NE(now->find(Uid(4)), nullptr);
    // Section 1: nothing is inherited; section 4.6: another id.
    EXPECT_EQ(now->find(Uid(4))->flags, FlagSet());
    EXPECT_NE(now->find(Uid(4))->id, before->find(Uid(2))->id);
    EXPECT_EQ(result->source_modseq, now->totals().highest_modseq);
    EXPECT_LT(now->find(Uid(4))->modseq, result->source_modseq);
    const auto vanished = run(inbox->vanished_since(before->totals().highest_modseq));
    ASSERT_TRUE(vanished);
    EXPECT_EQ(vanished->vanished, one(2));
    EXPECT_EQ(text_of(inbox, Uid(4)), message_text("anew"));
    expect_clean();
    clock.advance(std::chrono::hours(1));
    run(store->collect());
    EXPECT_EQ(run(store->check({}))->blobs, 3U);
    expect_clean();
}

TEST_F(FolderTest, WhatIsGoneIsNotReplaced) {
    append(inbox, "one");
    const FolderPtr sent = open_folder("Sent");
    for (const FolderPtr& to : {inbox, sent}) {
        const auto result = run(replace_text(store.get(), inbox, Uid(7), to, message_text("anew")));
        ASSERT_TRUE(result) << result.error().what();
        EXPECT_EQ(result->uid, Uid());
    }
    EXPECT_EQ(inbox->snapshot()->size(), 1U);
    EXPECT_EQ(sent->snapshot()->size(), 0U);
    const auto result = run(replace_text(store.get(), inbox, Uid(1), sent, message_text("anew")));
    ASSERT_TRUE(result);
    EXPECT_EQ(result->uid, Uid(1));
    EXPECT_EQ(result->source_modseq, inbox->snapshot()->totals().highest_modseq);
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    EXPECT_EQ(text_of(sent, Uid(1)), message_text("anew"));
    expect_clean();
}

TEST_F(FolderTest, AReplacementNeedsRoomForTheDifferenceOnly) {  // RFC 8508 section 3.4
    append(inbox, "m");
    const FolderPtr sent = open_folder("Sent");
    const std::uint64_t size = message_text("m").size();
    ASSERT_TRUE(run(account->set_quota(size, 1)));
    auto result = run(replace_text(store.get(), inbox, Uid(1), inbox, message_text("n")));
    ASSERT_TRUE(result) << result.error().what();
    result = run(replace_text(store.get(), inbox, Uid(2), inbox, message_text("longer")));
    EXPECT_TRUE(result.error().is(Errc::over_quota));
    EXPECT_EQ(text_of(inbox, Uid(2)), message_text("n"));
    result = run(replace_text(store.get(), inbox, Uid(2), sent, message_text("o")));
    ASSERT_TRUE(result) << result.error().what();
    EXPECT_EQ(run(account->quota())->bytes, size);
    EXPECT_EQ(run(account->quota())->messages, 1U);
    // One who is over his quota already may still make what he has smaller.
    ASSERT_TRUE(run(account->set_quota(size / 2, 1)));
    EXPECT_TRUE(run(replace_text(store.get(), sent, Uid(1), sent, message_text(""))));
    expect_clean();
}

TEST_F(FolderTest, DetailsKeepTheOrderWhetherNearOrFar) {
    for (int i = 0; i < 60; ++i) append(inbox, "m" + std::to_string(i));
    ASSERT_TRUE(run(inbox->remove({{Uid(10), Uid(30)}, {Uid(40), Uid(40)}, {Uid(44), Uid(52)}})));
    clock.advance(std::chrono::hours(1));
    const SnapshotPtr snapshot = inbox->snapshot();
    std::vector<Entry> all;
    snapshot->for_each(SeqNum(1), SeqNum(snapshot->size()),
                       [&](SeqNum, const Entry& entry) { all.push_back(entry); });
    run(store->collect());
    Entry gone = all[3];
    gone.uid = Uid(20);
    all.insert(all.begin() + 9, gone);
    const auto details = run(inbox->details(all));
    ASSERT_TRUE(details);
    ASSERT_EQ(details->size(), all.size());
    for (std::size_t i = 0; i < all.size(); ++i) {
        if (all[i].uid == Uid(20)) {
            EXPECT_FALSE((*details)[i]);
            continue;
        }
        ASSERT_TRUE((*details)[i]) << all[i].uid.value;
        EXPECT_EQ((*details)[i]->uid, all[i].uid);
        EXPECT_EQ((*details)[i]->id, all[i].id);
    }
    expect_clean();
}

/// A message whose facts fill some hundred KiB.
std::string of_many_parts() {
    std::string text = "Content-Type: multipart/mixed; boundary=b\r\n\r\n";
    for (int i = 0; i < 1'500; ++i)
        text += "--b\r\nContent-Type: text/plain; name=" + std::string(180, 'n') + "\r\n\r\nx\r\n";
    return text + "--b--\r\n";
}

TEST_F(FolderTest, LargeDetailsComeInPartsAndAreCopiedWhole) {
    const auto content = run(write_message(store.get(), of_many_parts()));
    ASSERT_TRUE(content);
    ASSERT_TRUE(run(inbox->append(std::vector<Incoming>(60, Incoming(*content)))));
    const SnapshotPtr snapshot = inbox->snapshot();
    std::vector<Entry> left;
    snapshot->for_each(SeqNum(1), SeqNum(60), [&](SeqNum, const Entry& entry) { left.push_back(entry); });
    std::size_t calls = 0;
    while (!left.empty()) {
        ++calls;
        const auto details = run(inbox->details(left));
        ASSERT_TRUE(details);
        ASSERT_FALSE(details->empty());
        std::size_t octets = 0;
        for (std::size_t i = 0; i < details->size(); ++i) {
            ASSERT_TRUE((*details)[i]);
            EXPECT_EQ((*details)[i]->uid, left[i].uid);
            octets += (*details)[i]->row.size();
        }
        EXPECT_GE(octets / details->size(), 200'000U);
        EXPECT_LE(octets, 8U << 20);
        left.erase(left.begin(), left.begin() + static_cast<std::ptrdiff_t>(details->size()));
    }
    EXPECT_GT(calls, 1U);
    const FolderPtr sent = open_folder("Sent");
    UidRanges all;
    all.push_back(UidRange{Uid(1), Uid(60)});
    const auto copied = run(inbox->copy_to(sent, all));
    ASSERT_TRUE(copied);
    EXPECT_EQ(copied->source.size(), 60U);
    EXPECT_EQ(sent->snapshot()->size(), 60U);
    ASSERT_TRUE(run(inbox->move_to(sent, all)));
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    EXPECT_EQ(sent->snapshot()->size(), 120U);
    expect_clean();
}

struct Counter final : Subscriber {
    int calls = 0;
    void changed() noexcept override { ++calls; }
};

TEST_F(FolderTest, SubscribersHearOfChangesUntilTheyLeave) {
    Counter folder_counter, account_counter;
    {
        const SubscriptionPtr folder_side = inbox->subscribe(folder_counter);
        const SubscriptionPtr account_side = account->subscribe(account_counter);
        append(inbox, "one");
        EXPECT_EQ(folder_counter.calls, 1);
        EXPECT_GE(account_counter.calls, 1);
        ASSERT_TRUE(run(inbox->store(add_flags(one(1), named(SystemFlag::seen)))));
        EXPECT_EQ(folder_counter.calls, 2);
    }
    append(inbox, "two");
    EXPECT_EQ(folder_counter.calls, 2);
}

TEST_F(FolderTest, RecentIsClaimedOnce) {
    append(inbox, "one");
    EXPECT_EQ(inbox->take_recent(false), Uid(1));
    EXPECT_EQ(inbox->take_recent(true), Uid(1));
    EXPECT_EQ(inbox->take_recent(true), Uid(2));
    append(inbox, "two");
    EXPECT_EQ(inbox->take_recent(true), Uid(2));
    append(inbox, "three");  // this commit keeps the floor
    restart();
    open_account();
    EXPECT_EQ(inbox->take_recent(false), Uid(3));
}

TEST_F(FolderTest, AThreadIsFoundByItsReferences) {
    append(inbox, "root");
    const std::string reply =
        "Message-ID: <r@example.test>\r\nIn-Reply-To: <root@example.test>\r\n\r\nYes.\r\n";
    ASSERT_TRUE(run(append_text(store.get(), inbox, reply)));
    append(inbox, "alone");
    const SnapshotPtr snapshot = inbox->snapshot();
    EXPECT_EQ(snapshot->find(Uid(2))->thread, snapshot->find(Uid(1))->thread);
    EXPECT_EQ(snapshot->find(Uid(3))->thread.value, snapshot->find(Uid(3))->id.value);
}

}  // namespace
}  // namespace store::test
