// Snapshots: lookups, and the property that views which follow by differences alone equal the truth.
#include "store/snapshot.hpp"

#include <map>
#include <random>

#include <gtest/gtest.h>

namespace store {
namespace {

Entry entry_of(std::uint32_t uid) {
    Entry entry;
    entry.uid = Uid(uid);
    entry.modseq = ModSeq(uid);
    entry.id = base::MessageId(uid + 1000ULL);
    return entry;
}

/// Builds pages and groups anew, taking those of `old` that are equal.
SnapshotPtr build(const std::map<std::uint32_t, Entry>& entries, const SnapshotPtr& old) {
    std::map<std::uint32_t, std::shared_ptr<Page>> pages;
    for (const auto& [uid, entry] : entries) {
        auto& page = pages[uid >> 6];
        if (!page) page = std::make_shared<Page>();
        page->number = uid >> 6;
        page->modseq_max = std::max(page->modseq_max, entry.modseq);
        page->entries.push_back(entry);
    }
    std::map<std::uint32_t, PagePtr> old_pages;
    std::map<std::uint32_t, PageGroupPtr> old_groups;
    if (old) {
        for (const auto& group : old->groups()) {
            old_groups[group->number] = group;
            for (const auto& page : group->pages) old_pages[page->number] = page;
        }
    }
    std::map<std::uint32_t, std::shared_ptr<PageGroup>> groups;
    for (const auto& [number, page] : pages) {
        auto& group = groups[number >> 6];
        if (!group) group = std::make_shared<PageGroup>();
        group->number = number >> 6;
        const auto known = old_pages.find(number);
        const bool same = known != old_pages.end() && known->second->entries == page->entries;
        group->pages.push_back(same ? known->second : page);
        group->count += static_cast<std::uint32_t>(page->entries.size());
    }
    std::vector<PageGroupPtr> list;
    for (const auto& [number, group] : groups) {
        const auto known = old_groups.find(number);
        const bool same = known != old_groups.end() && known->second->pages == group->pages;
        list.push_back(same ? known->second : group);
    }
    FolderTotals totals;
    totals.exists = static_cast<std::uint32_t>(entries.size());
    totals.uid_next = Uid(entries.empty() ? 1 : entries.rbegin()->first + 1);
    return std::make_shared<Snapshot>(totals, std::make_shared<Keywords>(), std::move(list));
}

TEST(Snapshot, FindsByNumberAndByUid) {
    std::map<std::uint32_t, Entry> entries;
    std::mt19937 random(3);
    for (int i = 0; i < 3000; ++i) {
        const std::uint32_t uid = 1 + random() % 40'000;
        entries[uid] = entry_of(uid);
    }
    const SnapshotPtr snapshot = build(entries, nullptr);
    ASSERT_EQ(snapshot->size(), entries.size());
    EXPECT_EQ(snapshot->at(SeqNum(0)), nullptr);
    EXPECT_EQ(snapshot->at(SeqNum(snapshot->size() + 1)), nullptr);
    EXPECT_EQ(snapshot->last_uid().value, entries.rbegin()->first);
    std::uint32_t seq = 0, last = 0;
    for (const auto& [uid, entry] : entries) {
        ++seq;
        ASSERT_TRUE(snapshot->at(SeqNum(seq)));
        EXPECT_EQ(snapshot->at(SeqNum(seq))->uid.value, uid);
        EXPECT_EQ(snapshot->find(Uid(uid))->id, entry.id);
        EXPECT_EQ(snapshot->lower_bound(Uid(uid)), SeqNum(seq));
        EXPECT_EQ(snapshot->lower_bound(Uid(last + 1)), SeqNum(seq));
        if (!entries.contains(uid + 1)) {
            EXPECT_EQ(snapshot->find(Uid(uid + 1)), nullptr);
        }
        last = uid;
    }
    EXPECT_EQ(snapshot->lower_bound(Uid(last + 1)), SeqNum(seq + 1));
    EXPECT_EQ(snapshot->lower_bound(Uid(0xFFFFFFFF)), SeqNum(seq + 1));
    std::uint32_t visited = 0;
    snapshot->for_each(SeqNum(100), SeqNum(2000), [&](SeqNum at, const Entry& entry) {
        EXPECT_EQ(snapshot->at(at), &entry);
        ++visited;
        return visited < 500;
    });
    EXPECT_EQ(visited, 500U);
}

TEST(Snapshot, AnEmptyOneAnswersEverything) {
    const SnapshotPtr empty = build({}, nullptr);
    EXPECT_EQ(empty->size(), 0U);
    EXPECT_EQ(empty->last_uid(), Uid());
    EXPECT_EQ(empty->lower_bound(Uid(1)), SeqNum(1));
    EXPECT_EQ(empty->find(Uid(1)), nullptr);
    EXPECT_TRUE(compare(*empty, *empty).empty());
}

/// A client: what it knows comes from the first snapshot and from differences only.
struct View {
    SnapshotPtr shown;
    std::vector<Entry> messages;

    void follow(const SnapshotPtr& now, bool expunge_allowed) {
        const SnapshotPtr next = expunge_allowed ? now : keep_expunged(shown, now);
        const Difference difference = compare(*shown, *next);
        if (!expunge_allowed) {
            ASSERT_TRUE(difference.expunged.empty());
        }
        std::vector<Uid> gone;
        for (const SeqNum seq : difference.expunged) {  // descending: each is right as it stands
            ASSERT_LE(seq.value, messages.size());
            gone.insert(gone.begin(), messages[seq.value - 1].uid);
            messages.erase(messages.begin() + (seq.value - 1));
        }
        ASSERT_EQ(gone, difference.vanished);
        for (std::uint32_t i = 0; i < difference.appended; ++i)
            messages.push_back(*next->at(SeqNum(static_cast<std::uint32_t>(messages.size()) + 1)));
        for (const SeqNum seq : difference.changed) messages[seq.value - 1].flags = next->at(seq)->flags;
        for (const SeqNum seq : difference.changed) messages[seq.value - 1].modseq = next->at(seq)->modseq;
        for (const SeqNum seq : difference.modseq_only)
            messages[seq.value - 1].modseq = next->at(seq)->modseq;
        shown = next;
        ASSERT_EQ(shown->size(), shown->totals().exists);
        ASSERT_EQ(messages.size(), shown->size());
        for (std::uint32_t seq = 1; seq <= messages.size(); ++seq)
            ASSERT_EQ(messages[seq - 1], *shown->at(SeqNum(seq)));
    }
};

class Views : public testing::TestWithParam<unsigned> {};

TEST_P(Views, ThatFollowByDifferencesEqualTheTruth) {
    std::mt19937 random(GetParam());
    std::map<std::uint32_t, Entry> truth;
    std::uint32_t next_uid = 1 + random() % 5000;
    std::uint64_t modseq = 100;
    SnapshotPtr now = build(truth, nullptr);
    std::vector<View> views(4);
    for (View& view : views) view.shown = now;
    for (int step = 0; step < 100; ++step) {
        const unsigned what = random() % 10;
        ++modseq;
        if (what < 4) {
            for (unsigned n = 1 + random() % 40; n > 0; --n, next_uid += 1 + random() % 90)
                truth[next_uid] = entry_of(next_uid);
        } else {
            for (auto at = truth.begin(); at != truth.end();) {
                const bool hit = random() % 20 == 0;
                if (hit && what < 7) {
                    at = truth.erase(at);
                    continue;
                }
                if (hit) at->second.modseq = ModSeq(modseq);
                if (hit && what < 9) at->second.flags = FlagSet(random() & 255U, 0);
                ++at;
            }
        }
        now = build(truth, now);
        for (View& view : views)
            if (random() % 3 == 0) ASSERT_NO_FATAL_FAILURE(view.follow(now, random() % 2 == 0));
    }
    for (View& view : views) {
        ASSERT_NO_FATAL_FAILURE(view.follow(now, true));
        ASSERT_EQ(view.messages.size(), truth.size());
        auto expected = truth.begin();
        for (const Entry& entry : view.messages) EXPECT_EQ(entry, (expected++)->second);
    }
}
INSTANTIATE_TEST_SUITE_P(Seeds, Views, testing::Range(1U, 9U));

TEST(Compare, SeesOneChangeAndSharedPages) {
    std::map<std::uint32_t, Entry> entries;
    for (std::uint32_t uid = 1; uid <= 20'000; ++uid) entries[uid] = entry_of(uid);
    const SnapshotPtr before = build(entries, nullptr);
    entries[12'345].flags = FlagSet(SystemFlag::flagged);
    const SnapshotPtr after = build(entries, before);
    EXPECT_EQ(after->groups()[0], before->groups()[0]);
    const Difference difference = compare(*before, *after);
    EXPECT_EQ(difference.changed, std::vector<SeqNum>{SeqNum(12'345)});
    EXPECT_TRUE(difference.expunged.empty());
    EXPECT_EQ(difference.appended, 0U);
}

/// Each message by itself, against what the parts say.
TEST(Snapshot, AViewTakesOverThePartsThatItWants) {
    using Part = Takeover::Part;
    std::mt19937 random(11);
    for (int round = 0; round < 300; ++round) {
        std::map<std::uint32_t, Entry> old_entries, new_entries;
        Takeover what;
        what.gone = static_cast<Part>(random() % 3);
        what.flags = random() % 2 == 0 ? Part::own : Part::all;
        what.fresh = random() % 2 == 0;
        std::uint32_t uid = 0;
        for (int i = 0; i < 60; ++i) {
            uid += 1 + random() % 300;
            Entry entry = entry_of(uid);
            if (random() % 3 == 0) append_uid(what.own, Uid(uid));
            old_entries[uid] = entry;
            if (random() % 4 == 0) continue;  // gone
            if (random() % 4 == 0) entry.flags = SystemFlag::flagged;
            new_entries[uid] = entry;
        }
        for (int i = 0; i < 5; ++i) {
            uid += 1 + random() % 100;
            new_entries[uid] = entry_of(uid);
        }
        const SnapshotPtr before = build(old_entries, nullptr), after = build(new_entries, before);
        const auto taken = [&](Part part, std::uint32_t of) {
            return part == Part::all || (part == Part::own && contains_uid(what.own, Uid(of)));
        };
        std::map<std::uint32_t, Entry> expected;
        for (const auto& [of, entry] : old_entries) {
            const auto now = new_entries.find(of);
            if (now == new_entries.end()) {
                if (!taken(what.gone, of)) expected[of] = entry;
            } else {
                expected[of] = taken(what.flags, of) ? now->second : entry;
            }
        }
        if (what.fresh)
            for (const auto& [of, entry] : new_entries)
                if (!old_entries.contains(of)) expected[of] = entry;
        const SnapshotPtr view = take_over(before, after, what);
        ASSERT_EQ(view->size(), expected.size());
        ASSERT_EQ(view->totals().exists, expected.size());
        std::map<std::uint32_t, Entry> found;
        view->for_each(SeqNum(1), SeqNum(view->size()),
                       [&](SeqNum, const Entry& entry) { found[entry.uid.value] = entry; });
        ASSERT_TRUE(found == expected);
        if (what.everything()) {
            EXPECT_TRUE(compare(*view, *after).empty());
        }
    }
}

TEST(Snapshot, WhatAViewDoesNotTakeOverItShares) {
    std::map<std::uint32_t, Entry> entries;
    for (std::uint32_t uid = 1; uid < 10'000; ++uid) entries[uid] = entry_of(uid);
    const SnapshotPtr before = build(entries, nullptr);
    entries[70].flags = SystemFlag::flagged;
    entries[10'000] = entry_of(10'000);
    const SnapshotPtr after = build(entries, before);
    Takeover nothing;
    nothing.gone = nothing.flags = Takeover::Part::own;
    nothing.fresh = false;
    EXPECT_EQ(take_over(before, after, nothing)->groups(), before->groups());
    EXPECT_EQ(take_over(before, after, Takeover())->groups(), after->groups());
}

}  // namespace
}  // namespace store
