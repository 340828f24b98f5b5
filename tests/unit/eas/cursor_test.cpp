// Cursors: a device that does what its steps say has what the folder has, whatever happened in between, with
// any size of window, with lost answers.
#include "eas/state/cursor.hpp"

#include <map>
#include <random>
#include <set>

#include <gtest/gtest.h>

#include "eas/state/uid_set.hpp"

namespace eas {
namespace {

using store::Entry;
using store::SystemFlag;

/// A folder, simple: entries, and who left when.
class Folder {
public:
    OwnChange append(std::int64_t date, std::uint32_t size = 100, std::uint64_t thread = 0) {
        Entry entry;
        entry.uid = base::Uid(next_++);
        entry.modseq = base::ModSeq(++modseq_);
        entry.internal_date = date;
        entry.size = size;
        entry.thread = base::ThreadId(thread != 0 ? thread : entry.uid.value);
        entries_[entry.uid.value] = entry;
        return {entry.uid, entry.modseq, OwnChange::Kind::added};
    }
    base::ModSeq set(std::uint32_t uid, SystemFlag flag, bool yes) {
        Entry& entry = entries_.at(uid);
        entry.flags = yes ? entry.flags | store::FlagSet(flag) : entry.flags.without(store::FlagSet(flag));
        entry.modseq = base::ModSeq(++modseq_);
        return entry.modseq;
    }
    base::ModSeq set_date(std::uint32_t uid, std::int64_t date) {
        entries_.at(uid).internal_date = date;
        return entries_.at(uid).modseq = base::ModSeq(++modseq_);
    }
    base::ModSeq remove(std::uint32_t uid) {
        entries_.erase(uid);
        gone_.emplace_back(++modseq_, uid);
        return base::ModSeq(modseq_);
    }
    std::uint32_t any(std::mt19937& random) const {
        auto at = entries_.begin();
        std::advance(at, random() % entries_.size());
        return at->first;
    }
    const std::map<std::uint32_t, Entry>& entries() const { return entries_; }
    const Entry* find(std::uint32_t uid) const {
        const auto at = entries_.find(uid);
        return at == entries_.end() ? nullptr : &at->second;
    }

    store::SnapshotPtr snapshot() const {
        std::map<std::uint32_t, std::shared_ptr<store::Page>> pages;
        for (const auto& [uid, entry] : entries_) {
            auto& page = pages[uid >> 6];
            if (!page) page = std::make_shared<store::Page>();
            page->number = uid >> 6;
            page->entries.push_back(entry);
        }
        std::map<std::uint32_t, std::shared_ptr<store::PageGroup>> groups;
        for (const auto& [number, page] : pages) {
            store::sum_up(*page);
            auto& group = groups[number >> 6];
            if (!group) group = std::make_shared<store::PageGroup>();
            group->number = number >> 6;
            group->modseq_max = std::max(group->modseq_max, page->modseq_max);
            group->count += static_cast<std::uint32_t>(page->entries.size());
            group->pages.push_back(page);
        }
        std::vector<store::PageGroupPtr> list;
        for (const auto& [number, group] : groups) list.push_back(group);
        store::FolderTotals totals;
        totals.exists = static_cast<std::uint32_t>(entries_.size());
        totals.uid_next = base::Uid(next_);
        totals.highest_modseq = base::ModSeq(modseq_);
        return std::make_shared<store::Snapshot>(totals, std::make_shared<store::Keywords>(),
                                                 std::move(list));
    }
    store::UidRanges vanished(base::ModSeq since) const {
        store::UidRanges out;
        for (const auto& [modseq, uid] : gone_)
            if (modseq > since.value) out.push_back({base::Uid(uid), base::Uid(uid)});
        return store::normalised(std::move(out));
    }

private:
    std::map<std::uint32_t, Entry> entries_;
    std::vector<std::pair<std::uint64_t, std::uint32_t>> gone_;
    std::uint32_t next_ = 1;
    std::uint64_t modseq_ = 1;
};

Plan plan(const Folder& folder, const Cursor& cursor, std::int64_t window, std::size_t steps,
          bool dated = false, bool conversations = false) {
    const store::SnapshotPtr now = folder.snapshot();
    const store::UidRanges vanished =
        needs_vanished(cursor, *now) ? folder.vanished(cursor.done) : store::UidRanges();
    PlanRequest request;
    request.now = now.get();
    request.vanished = &vanished;
    request.window = window;
    request.steps_max = steps;
    request.dated = dated;
    request.conversations = conversations;
    return plan_changes(cursor, request);
}

/// Does what it is told; complains of what makes no sense.
struct Device {
    std::map<std::uint32_t, store::FlagSet> items;

    void take(const Step& step) {
        const std::uint32_t uid = step.entry.uid.value;
        if (step.kind == Step::Kind::add) {
            EXPECT_FALSE(items.contains(uid)) << "added twice: " << uid;
            items[uid] = step.entry.flags;
        } else if (step.kind == Step::Kind::change) {
            EXPECT_TRUE(items.contains(uid)) << "changed, but not there: " << uid;
            items[uid] = step.entry.flags;
        } else {
            items.erase(uid);  // it may never have had it: what left is known by its uid alone
        }
    }
};

std::map<std::uint32_t, store::FlagSet> visible(const Folder& folder, std::int64_t window,
                                                bool conversations = false) {
    const auto inside = [window](const Entry& entry) {
        return entry.internal_date >= window && !entry.flags.has(SystemFlag::deleted);
    };
    std::set<base::ThreadId> whole;
    for (const auto& [uid, entry] : folder.entries())
        if (conversations && inside(entry)) whole.insert(entry.thread);
    std::map<std::uint32_t, store::FlagSet> out;
    for (const auto& [uid, entry] : folder.entries()) {
        const bool along = whole.contains(entry.thread) && !entry.flags.has(SystemFlag::deleted);
        if (inside(entry) || along) out[uid] = entry.flags;
    }
    return out;
}

/// Syncs until nothing more comes.
void catch_up(const Folder& folder, Device& device, Cursor& cursor, std::int64_t window, std::size_t steps,
              bool conversations = false) {
    for (int rounds = 0; rounds < 10'000; ++rounds) {
        Plan next = plan(folder, cursor, window, steps, false, conversations);
        EXPECT_LE(next.steps.size(), steps);
        for (const Step& step : next.steps) device.take(step);
        cursor = next.next;
        if (!next.more) return;
    }
    FAIL() << "no end";
}

TEST(Cursor, NewestFirstThenNothing) {
    Folder folder;
    for (int i = 0; i < 10; ++i) folder.append(i);
    Cursor cursor;
    Plan first = plan(folder, cursor, Cursor::no_window, 4);
    ASSERT_EQ(first.steps.size(), 4U);
    EXPECT_EQ(first.steps.front().entry.uid.value, 10U);
    EXPECT_TRUE(first.more);
    folder.append(11);
    Plan second = plan(folder, first.next, Cursor::no_window, 100);
    ASSERT_EQ(second.steps.size(), 7U);
    EXPECT_EQ(second.steps.front().entry.uid.value, 11U);
    EXPECT_FALSE(second.more);
    EXPECT_EQ(plan(folder, second.next, Cursor::no_window, 100).count, 0U);
}

TEST(Cursor, OwnChangesAreNotTold) {
    Folder folder;
    for (int i = 0; i < 5; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    const Entry before = *folder.find(2);
    note_own(cursor, {base::Uid(2), folder.set(2, SystemFlag::seen, true), OwnChange::Kind::flags}, &before);
    note_own(cursor, {base::Uid(3), folder.remove(3), OwnChange::Kind::removed}, nullptr);
    EXPECT_EQ(plan(folder, cursor, Cursor::no_window, 100).count, 0U);
    // Somebody else's change that the device has not heard of comes, though the device changed it too.
    folder.set(4, SystemFlag::flagged, true);
    const Entry other = *folder.find(4);
    note_own(cursor, {base::Uid(4), folder.set(4, SystemFlag::seen, true), OwnChange::Kind::flags}, &other);
    EXPECT_EQ(plan(folder, cursor, Cursor::no_window, 100).count, 1U);
    // And so does a change that came behind it.
    folder.set(2, SystemFlag::seen, false);
    EXPECT_EQ(plan(folder, cursor, Cursor::no_window, 100).count, 2U);
}

TEST(Cursor, OwnAdditionsAreToldOfTheirEnd) {
    for (const bool synced_before : {false, true}) {
        Folder folder;
        Cursor cursor;
        if (synced_before) cursor = plan(folder, cursor, Cursor::no_window, 100).next;
        note_own(cursor, folder.append(5), nullptr);
        note_own(cursor, folder.append(6), nullptr);
        folder.remove(2);
        const Plan next = plan(folder, cursor, Cursor::no_window, 100);
        ASSERT_EQ(next.steps.size(), 1U);
        EXPECT_EQ(next.steps.front().entry.uid.value, 2U);
        folder.remove(1);
        const Plan last = plan(folder, next.next, Cursor::no_window, 100);
        ASSERT_EQ(last.steps.size(), 1U);
        EXPECT_EQ(last.steps.front().kind, Step::Kind::remove);
        EXPECT_EQ(plan(folder, last.next, Cursor::no_window, 100).count, 0U);
    }
}

TEST(Cursor, AddsNoMoreThanSoManyOctets) {
    Folder folder;
    for (int i = 0; i < 5; ++i) folder.append(i, 1'000);
    const store::SnapshotPtr now = folder.snapshot();
    PlanRequest request;
    request.now = now.get();
    request.bytes_max = 1'500;
    Plan next = plan_changes(Cursor(), request);
    EXPECT_EQ(next.steps.size(), 2U);
    EXPECT_TRUE(next.more);
    next = plan_changes(next.next, request);
    next = plan_changes(next.next, request);
    EXPECT_EQ(next.steps.size(), 1U);
    EXPECT_FALSE(next.more);
}

TEST(Cursor, WithheldUntilItChanges) {
    Folder folder;
    for (int i = 0; i < 3; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    withhold(cursor, base::Uid(2));
    EXPECT_EQ(plan(folder, cursor, Cursor::no_window, 100).count, 0U);
    folder.set(2, SystemFlag::seen, true);
    const Plan next = plan(folder, cursor, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 1U);
    EXPECT_EQ(next.steps.front().kind, Step::Kind::add);
}

TEST(Cursor, WhatWasDroppedComesAgain) {
    Folder folder;
    for (int i = 0; i < 5; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    note_dropped(cursor, base::Uid(2));
    note_dropped(cursor, base::Uid(3));
    note_dropped(cursor, base::Uid(4));
    folder.remove(3);
    folder.set(4, SystemFlag::seen, true);
    Plan next = plan(folder, cursor, Cursor::no_window, 1);  // in several answers
    ASSERT_EQ(next.steps.size(), 1U);
    EXPECT_TRUE(next.more);
    EXPECT_EQ(next.steps.front().kind, Step::Kind::add);
    EXPECT_EQ(next.steps.front().entry.uid.value, 2U);
    next = plan(folder, next.next, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 2U);  // as it is now, once; the other is gone
    EXPECT_EQ(next.steps.front().kind, Step::Kind::add);
    EXPECT_TRUE(next.steps.front().entry.flags.has(SystemFlag::seen));
    EXPECT_EQ(next.steps.back().kind, Step::Kind::remove);
    EXPECT_EQ(plan(folder, next.next, Cursor::no_window, 100).count, 0U);
    folder.set(2, SystemFlag::flagged, true);
    EXPECT_EQ(plan(folder, next.next, Cursor::no_window, 100).steps.front().kind, Step::Kind::change);
}

TEST(Cursor, WhatWasDroppedBeforeItCameComesOnce) {
    for (const std::uint32_t uid : {1U, 5U}) {
        Folder folder;
        for (int i = 0; i < 5; ++i) folder.append(i);
        Cursor cursor;
        note_dropped(cursor, base::Uid(uid));
        Device device;
        catch_up(folder, device, cursor, Cursor::no_window, 3);
        EXPECT_EQ(device.items.size(), 5U);
        EXPECT_EQ(plan(folder, cursor, Cursor::no_window, 100).count, 0U);
    }
}

TEST(Cursor, WhatWasRefusedIsToldAsItIs) {
    Folder folder;
    for (int i = 0; i < 5; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    EXPECT_FALSE(owes(cursor));
    for (const std::uint32_t uid : {1U, 2U, 3U, 4U}) note_refused(cursor, base::Uid(uid));
    EXPECT_TRUE(owes(cursor));
    folder.remove(3);
    folder.set(4, SystemFlag::seen, true);
    Plan next = plan(folder, cursor, Cursor::no_window, 1);  // in several answers
    ASSERT_EQ(next.steps.size(), 1U);
    EXPECT_TRUE(next.more);
    EXPECT_EQ(next.steps.front().kind, Step::Kind::change);
    next = plan(folder, next.next, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 3U);  // as they are now, once; one is gone
    EXPECT_EQ(next.steps[0].entry.uid.value, 2U);
    EXPECT_EQ(next.steps[1].entry.uid.value, 4U);
    EXPECT_TRUE(next.steps[1].entry.flags.has(SystemFlag::seen));
    EXPECT_EQ(next.steps[2].kind, Step::Kind::remove);
    EXPECT_FALSE(owes(next.next));
    EXPECT_EQ(plan(folder, next.next, Cursor::no_window, 100).count, 0U);
}

/// A device that guesses: it hears of no message by that before its turn.
TEST(Cursor, WhatTheDeviceNeverHadIsNotToldAsChanged) {
    Folder folder;
    for (int i = 0; i < 5; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 2).next;  // 5 and 4, the newest
    withhold(cursor, base::Uid(5));
    note_refused(cursor, base::Uid(5));
    note_refused(cursor, base::Uid(1));
    const Plan next = plan(folder, cursor, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 3U);
    for (const Step& step : next.steps) EXPECT_EQ(step.kind, Step::Kind::add);
    EXPECT_FALSE(owes(next.next));
}

/// Whatever a device does in one go, it hears of what was refused.
TEST(Cursor, NothingThatIsOwedIsForgottenForWhatIsNot) {
    Folder folder;
    const std::size_t most = own_changes_max;
    for (std::size_t i = 0; i < most + 2; ++i) folder.append(1);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, most + 2).next;
    for (std::uint32_t uid = 1; uid <= most; ++uid) {
        const Entry former = *folder.find(uid);
        note_own(cursor, {base::Uid(uid), folder.set(uid, SystemFlag::seen, true), OwnChange::Kind::flags},
                 &former);
    }
    note_refused(cursor, base::Uid(static_cast<std::uint32_t>(most) + 1));
    note_dropped(cursor, base::Uid(static_cast<std::uint32_t>(most) + 2));
    EXPECT_EQ(cursor.own.size(), most);
    const Plan next = plan(folder, cursor, Cursor::no_window, most);
    EXPECT_EQ(next.steps.size(), 4U);  // and two of its own, which does no harm
    EXPECT_EQ(next.steps[0].entry.uid.value, most + 1);
    EXPECT_EQ(next.steps[1].entry.uid.value, most + 2);
}

/// Whatever else the device did to them before.
TEST(Cursor, WhatWasChangedAndDroppedComesAgain) {
    Folder folder;
    for (int i = 0; i < 3; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    const store::Entry former = *folder.find(1);
    folder.set(1, SystemFlag::seen, true);
    note_own(cursor, {base::Uid(1), folder.find(1)->modseq, OwnChange::Kind::flags}, &former);
    note_dropped(cursor, base::Uid(1));
    note_dropped(cursor, base::Uid(2));
    const Plan next = plan(folder, cursor, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 2U);
    for (const Step& step : next.steps) EXPECT_EQ(step.kind, Step::Kind::add);
    EXPECT_EQ(plan(folder, next.next, Cursor::no_window, 100).count, 0U);
}

/// What was told in a pass that has not ended is known: a change by the device is no conflict.
TEST(Cursor, KnowsWhatAPassHasTold) {
    Folder folder;
    for (int i = 0; i < 4; ++i) folder.append(i);
    Cursor cursor = plan(folder, Cursor(), Cursor::no_window, 100).next;
    for (std::uint32_t uid = 1; uid <= 4; ++uid) folder.set(uid, SystemFlag::seen, true);
    EXPECT_FALSE(knows(cursor, *folder.find(1)));
    Plan next = plan(folder, cursor, Cursor::no_window, 2);
    EXPECT_TRUE(knows(next.next, *folder.find(1)));
    EXPECT_TRUE(knows(next.next, *folder.find(2)));
    EXPECT_FALSE(knows(next.next, *folder.find(3)));
    // The device's own change of it is neither a conflict nor told.
    const Entry former = *folder.find(1);
    note_own(next.next, {base::Uid(1), folder.set(1, SystemFlag::flagged, true), OwnChange::Kind::flags},
             &former);
    EXPECT_TRUE(knows(next.next, *folder.find(1)));
    folder.set(2, SystemFlag::flagged, true);  // by somebody else
    EXPECT_FALSE(knows(next.next, *folder.find(2)));
    // What changes behind the pass's beginning, and is told in it, is told once.
    folder.set(4, SystemFlag::flagged, true);
    next = plan(folder, next.next, Cursor::no_window, 2);
    EXPECT_TRUE(knows(next.next, *folder.find(4)));
    next = plan(folder, next.next, Cursor::no_window, 100);
    ASSERT_EQ(next.steps.size(), 1U);
    EXPECT_EQ(next.steps.front().entry.uid.value, 2U);
    EXPECT_EQ(plan(folder, next.next, Cursor::no_window, 100).count, 0U);
}

TEST(UidSet, OneMoreOrLess) {
    std::mt19937 random(3);
    store::UidRanges set;
    std::map<std::uint32_t, bool> expected;
    for (int round = 0; round < 3'000; ++round) {
        const std::uint32_t uid = 1 + random() % 60;
        const bool in = random() % 2 == 0;
        if (in) {
            insert(set, base::Uid(uid));
        } else {
            erase(set, base::Uid(uid));
        }
        expected[uid] = in;
        store::UidRanges wanted;
        for (const auto& [one, there] : expected)
            if (there) store::append_uid(wanted, base::Uid(one));
        ASSERT_EQ(set, wanted) << round;
    }
}

TEST(Cursor, AConversationComesWhole) {
    Folder folder;
    folder.append(10, 100, 7);
    folder.append(11, 100, 8);
    folder.append(90, 100, 9);
    const auto next = [&folder](const Cursor& cursor) { return plan(folder, cursor, 50, 100, false, true); };
    Plan first = next(Cursor());
    ASSERT_EQ(first.steps.size(), 1U);
    EXPECT_EQ(first.steps[0].entry.uid.value, 3U);
    // A word to what is long past brings it back.
    folder.append(91, 100, 7);
    Plan second = next(first.next);
    ASSERT_EQ(second.steps.size(), 2U);
    EXPECT_EQ(second.steps[0].entry.uid.value, 1U);
    EXPECT_EQ(second.steps[0].kind, Step::Kind::add);
    EXPECT_TRUE(store::contains_uid(second.next.joined, base::Uid(1)));
    EXPECT_FALSE(store::contains_uid(second.next.joined, base::Uid(4)));
    EXPECT_EQ(next(second.next).count, 0U);
    // What changes there is told, what does not come along is not.
    folder.set(1, SystemFlag::seen, true);
    folder.set(2, SystemFlag::seen, true);
    Plan third = next(second.next);
    ASSERT_EQ(third.steps.size(), 1U);
    EXPECT_EQ(third.steps[0].kind, Step::Kind::change);
    // \Deleted is gone; and what it brought along leaves with it.
    folder.set(4, SystemFlag::deleted, true);
    Plan fourth = next(third.next);
    ASSERT_EQ(fourth.steps.size(), 2U);
    EXPECT_EQ(fourth.steps[0].entry.uid.value, 1U);
    EXPECT_EQ(fourth.steps[0].kind, Step::Kind::soft_delete);
    EXPECT_EQ(fourth.steps[1].kind, Step::Kind::remove);
    EXPECT_TRUE(fourth.next.joined.empty());
    EXPECT_EQ(next(fourth.next).count, 0U);
    // Who does not want them any more, or asks for all, has no need of it.
    folder.set(4, SystemFlag::deleted, false);
    Plan fifth = next(fourth.next);
    EXPECT_EQ(fifth.count, 2U);
    Plan without = plan(folder, fifth.next, 50, 100);
    ASSERT_EQ(without.steps.size(), 1U);
    EXPECT_EQ(without.steps[0].kind, Step::Kind::soft_delete);
    Plan all = plan(folder, fifth.next, Cursor::no_window, 100, false, true);
    ASSERT_EQ(all.steps.size(), 1U);
    EXPECT_EQ(all.steps[0].entry.uid.value, 2U);
    EXPECT_TRUE(all.next.joined.empty());
}

TEST(Cursor, WhatCameAlongIsLikeAllElse) {
    Folder folder;
    folder.append(10, 100, 7);
    folder.append(90, 100, 7);
    const auto next = [&folder](const Cursor& cursor) { return plan(folder, cursor, 50, 100, false, true); };
    Cursor cursor = next(Cursor()).next;
    note_refused(cursor, base::Uid(1));
    Plan again = next(cursor);
    ASSERT_EQ(again.steps.size(), 1U);
    EXPECT_EQ(again.steps[0].kind, Step::Kind::change);
    note_dropped(again.next, base::Uid(1));
    again = next(again.next);
    ASSERT_EQ(again.steps.size(), 1U);
    EXPECT_EQ(again.steps[0].kind, Step::Kind::add);
    // The device's own comes along as others do, and leaves as they do.
    const OwnChange own = folder.append(11, 100, 7);
    note_own(again.next, own, nullptr);
    again = next(again.next);
    EXPECT_EQ(again.count, 0U);
    folder.remove(2);
    again = next(again.next);
    ASSERT_EQ(again.steps.size(), 3U);
    EXPECT_EQ(again.steps[0].kind, Step::Kind::soft_delete);
    EXPECT_EQ(again.steps[2].entry.uid, own.uid);
    EXPECT_EQ(again.steps[2].kind, Step::Kind::soft_delete);
    // Nothing is kept in mind of what is gone.
    folder.append(90, 100, 7);
    again = next(again.next);
    EXPECT_EQ(again.count, 3U);
    folder.remove(1);
    folder.remove(own.uid.value);
    EXPECT_TRUE(next(again.next).next.joined.empty());
}

TEST(Cursor, NoMoreComeAlongThanCanBeKept) {
    Folder folder;
    // Every other one belongs to the conversation.
    for (std::uint64_t i = 0; i < 2 * joined_ranges_max + 100; ++i) folder.append(1, 100, i % 2 == 0 ? 1 : 0);
    folder.append(90, 100, 1);
    Device device;
    Cursor cursor;
    catch_up(folder, device, cursor, 50, 500, true);
    EXPECT_EQ(device.items.size(), joined_ranges_max + 1);
    EXPECT_EQ(cursor.joined.size(), joined_ranges_max);
    for (const auto& [uid, flags] : std::map(device.items)) folder.set(uid, SystemFlag::seen, true);
    catch_up(folder, device, cursor, 50, 500, true);
    EXPECT_EQ(device.items.size(), joined_ranges_max + 1);
    for (const auto& [uid, flags] : device.items) EXPECT_TRUE(flags.has(SystemFlag::seen)) << uid;
}

// Two devices of one folder, with windows of their own, in any order of events; answers are lost.
TEST(Cursor, DevicesHaveWhatTheFolderHas) {
    for (std::uint32_t seed = 1; seed <= 120; ++seed) {
        std::mt19937 random(seed);
        const auto any_thread = [&random] { return random() % 2 == 0 ? 0 : 10'000 + random() % 30; };
        Folder folder;
        for (int i = 0; i < 200; ++i)
            folder.append(static_cast<std::int64_t>(random() % 1'000), 100, any_thread());
        Device device;
        Cursor cursor;
        std::int64_t window = Cursor::no_window;
        bool whole = false;  // conversations
        for (int turn = 0; turn < 120; ++turn) {
            for (std::uint32_t events = random() % 12; events > 0; --events) {
                const std::uint32_t what = random() % 10;
                if (what < 3 || folder.entries().empty()) {
                    folder.append(static_cast<std::int64_t>(random() % 1'000), 100, any_thread());
                } else if (what < 6) {
                    folder.set(folder.any(random), SystemFlag::seen, random() % 2 == 0);
                } else if (what < 8) {
                    folder.set(folder.any(random), SystemFlag::deleted, random() % 3 != 0);
                } else {
                    folder.remove(folder.any(random));
                }
            }
            // What the device adds itself; it is old enough for any window.
            if (random() % 4 == 0) {
                const OwnChange own = folder.append(2'000);
                note_own(cursor, own, nullptr);
                device.items[own.uid.value] = {};
                if (random() % 2 == 0) folder.set(own.uid.value, SystemFlag::seen, true);
                if (random() % 4 == 0) folder.remove(own.uid.value);
            }
            if (random() % 10 == 0)
                window = random() % 4 == 0 ? Cursor::no_window : static_cast<std::int64_t>(random() % 1'000);
            if (random() % 15 == 0) whole = !whole;
            Plan next = plan(folder, cursor, window, 1 + random() % 20, false, whole);
            if (random() % 5 == 0) continue;  // the answer is lost: the device asks again with the same key
            for (const Step& step : next.steps) device.take(step);
            cursor = next.next;
            if (random() % 6 != 0) continue;
            catch_up(folder, device, cursor, window, 1 + random() % 30, whole);
            ASSERT_EQ(device.items, visible(folder, window, whole)) << "seed " << seed << ", turn " << turn;
        }
    }
}

/// Items whose dates change go in and out of the window; the device has what is inside, whoever changed it.
TEST(Cursor, DatesThatChange) {
    for (unsigned seed = 1; seed <= 60; ++seed) {
        std::mt19937 random(seed);
        Folder folder;
        Device device;
        Cursor cursor;
        std::int64_t window = 50;
        const std::size_t steps = 1 + random() % 5;
        for (int i = 0; i < 20; ++i) folder.append(static_cast<std::int64_t>(random() % 100));
        for (int round = 0; round < 60; ++round) {
            for (unsigned left = random() % 4; left > 0; --left) {
                const auto date = static_cast<std::int64_t>(random() % 100);
                const std::uint32_t uid = folder.entries().empty() ? 0 : folder.any(random);
                const unsigned what = random() % 6;
                if (what == 0 || uid == 0) {
                    folder.append(date);
                } else if (what == 1) {
                    folder.remove(uid);
                } else if (what == 2) {  // its own: a new item, wherever its date is
                    const OwnChange own = folder.append(date);
                    device.items[own.uid.value] = {};
                    note_own(cursor, own, nullptr);
                } else if (what == 3 && device.items.contains(uid)) {
                    const Entry former = *folder.find(uid);
                    note_own(cursor, {base::Uid(uid), folder.set_date(uid, date), OwnChange::Kind::flags},
                             &former);
                } else {
                    folder.set_date(uid, date);
                }
            }
            if (random() % 10 == 0) window = static_cast<std::int64_t>(random() % 100);
            // Sometimes not all of it, or the answer is lost.
            const Plan some = plan(folder, cursor, window, steps, true);
            if (random() % 3 == 0) continue;
            for (const Step& step : some.steps) device.take(step);
            cursor = some.next;
        }
        for (int rounds = 0; rounds < 1'000; ++rounds) {
            const Plan next = plan(folder, cursor, window, steps, true);
            for (const Step& step : next.steps) device.take(step);
            cursor = next.next;
            if (!next.more) break;
        }
        // Of its own items the device keeps one that was made outside until somebody changes it.
        for (const auto& [uid, entry] : folder.entries()) {
            const bool inside = entry.internal_date >= window;
            if (inside) {
                EXPECT_TRUE(device.items.contains(uid)) << seed << " " << uid;
            }
        }
        for (const auto& [uid, flags] : device.items)
            EXPECT_NE(folder.find(uid), nullptr) << seed << " " << uid;
        const Plan quiet = plan(folder, cursor, window, steps, true);
        EXPECT_TRUE(quiet.steps.empty()) << seed;
    }
}

}  // namespace
}  // namespace eas
