// What several people see of one folder, and who may see it: lists of rights, notes of sharers, each reader's
// own \Seen with its modseqs, over restarts too.
#include "store/sharing.hpp"

#include "fixture.hpp"
#include "store/keys.hpp"
#include "store/metadata.hpp"
#include "store/user_seen.hpp"

namespace store::test {
namespace {

const base::AccountId owner_id(1), reader_id(2), other_id(3), commons_id(4);

AclEntry entry_of(base::AccountId who, std::string_view rights, bool negative = false) {
    AclEntry entry;
    entry.who.account = who;
    entry.who.negative = negative;
    entry.rights = *Rights::parse(rights);
    return entry;
}
AclEntry anyone(std::string_view rights) {
    AclEntry entry;
    entry.who.kind = AclWho::Kind::anyone;
    entry.rights = *Rights::parse(rights);
    return entry;
}

TEST(Rights, ObsoleteLettersStandForTheirMembers) {
    EXPECT_EQ(Rights::parse("lrs")->letters(true), "lrs");
    EXPECT_EQ(Rights::parse("c")->letters(true), "kc");
    EXPECT_EQ(Rights::parse("d")->letters(true), "xted");
    EXPECT_EQ(Rights::parse("d")->letters(false), "xte");
    EXPECT_EQ(Rights::parse("lrswipkxtea"), Rights::all());
    EXPECT_FALSE(Rights::parse("lq"));
    EXPECT_FALSE(Rights::parse("L"));
    EXPECT_TRUE(Rights::parse("")->empty());
}

TEST(Rights, NameTheFlagsThatMayChange) {
    EXPECT_EQ(Rights::parse("s")->flags(), FlagSet(SystemFlag::seen));
    EXPECT_EQ(Rights::parse("t")->flags(), FlagSet(SystemFlag::deleted));
    const FlagSet others = Rights::parse("w")->flags();
    EXPECT_FALSE(others.has(SystemFlag::seen) || others.has(SystemFlag::deleted));
    EXPECT_TRUE(others.has(SystemFlag::draft) && others.has_keyword(0) && others.has_keyword(119));
    EXPECT_EQ(Rights::all().flags(), every_flag);
}

TEST(Acl, AddsUpAndTakesAway) {
    Acl acl;
    EXPECT_EQ(rights_of(nullptr, owner_id, owner_id), Rights::all());
    EXPECT_TRUE(rights_of(nullptr, owner_id, reader_id).empty());
    acl.change(anyone("lr"), AclChange::replace, owner_id);
    acl.change(entry_of(reader_id, "swi"), AclChange::replace, owner_id);
    acl.change(entry_of(reader_id, "w", true), AclChange::replace, owner_id);
    EXPECT_EQ(rights_of(&acl, owner_id, reader_id).letters(false), "lrsi");
    EXPECT_EQ(rights_of(&acl, owner_id, other_id).letters(false), "lr");
    EXPECT_EQ(rights_of(&acl, owner_id, owner_id), Rights::all());
    // The owner's own entry replaces what he has by nature, but for what would give it back.
    acl.change(entry_of(owner_id, ""), AclChange::replace, owner_id);
    EXPECT_EQ(rights_of(&acl, owner_id, owner_id), owner_rights | *Rights::parse("lr"));
    acl.change(entry_of(owner_id, ""), AclChange::erase, owner_id);
    EXPECT_EQ(rights_of(&acl, owner_id, owner_id), Rights::all());
    acl.change(entry_of(reader_id, "si"), AclChange::remove, owner_id);
    EXPECT_EQ(acl.find(entry_of(reader_id, "").who)->rights.letters(false), "w");
    acl.change(entry_of(reader_id, "w"), AclChange::remove, owner_id);
    EXPECT_EQ(acl.find(entry_of(reader_id, "").who), nullptr);  // nothing left: no entry
    const auto read = decode_acl(encode(acl));
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, acl);
}

TEST(SeenPages, AreWrittenAndReadBack) {
    SeenPage page;
    page.number = 7;
    page.seen = 1ULL << 63 | 1;
    page.modseq[0] = ModSeq(3);
    page.modseq[5] = ModSeq(1'000'000);
    page.modseq[63] = ModSeq(4);
    const std::string value = encode(page);
    const auto read = decode_seen_page(7, value);
    ASSERT_TRUE(read);
    EXPECT_EQ(*read, page);
    for (std::size_t i = 0; i < value.size(); ++i) {
        std::string broken = value;
        broken[i] = static_cast<char>(broken[i] ^ 0x10);
        EXPECT_FALSE(decode_seen_page(7, broken)) << i;
    }
}

/// Accounts 1 to 3 and a public tree.
class SharingTest : public StoreTest {
protected:
    SharingTest() {
        for (const base::AccountId id : {owner_id, reader_id, other_id})
            if (!run(store->create_account(id))) throw std::runtime_error("no account");
        if (!run(store->make_commons(commons_id))) throw std::runtime_error("no public tree");
    }
    AccountPtr account_of(base::AccountId id) { return *run(store->account(id)); }
    base::FolderId folder_id(base::AccountId of, std::string_view name) {
        return account_of(of)->folders()->find(name)->id;
    }
    FolderPtr open_for(base::AccountId of, std::string_view name, base::AccountId user) {
        return *run(account_of(of)->open_for(folder_id(of, name), user));
    }
    void share(base::AccountId of, std::string_view name, AclEntry entry,
               AclChange how = AclChange::replace) {
        ShareRequest request;
        request.owner = account_of(of);
        request.folder = folder_id(of, name);
        request.entry = entry;
        request.change = how;
        request.commons = account_of(commons_id);
        ASSERT_TRUE(run(store::share(&*store, std::move(request))));
    }
    bool is_noted(base::AccountId with) { return account_of(with)->folders()->sharers.contains(owner_id); }
};

TEST_F(SharingTest, WhoGainsFindsTheOwnerAmongHisSharers) {
    share(owner_id, "INBOX", entry_of(reader_id, "lr"));
    share(owner_id, "Sent", entry_of(reader_id, "lr"));
    EXPECT_TRUE(is_noted(reader_id));
    EXPECT_FALSE(is_noted(other_id));
    share(owner_id, "INBOX", entry_of(reader_id, ""), AclChange::erase);
    EXPECT_TRUE(is_noted(reader_id));  // for Sent
    share(owner_id, "Sent", entry_of(reader_id, "lr"), AclChange::remove);
    EXPECT_FALSE(is_noted(reader_id));
    share(owner_id, "Sent", anyone("l"));
    EXPECT_TRUE(is_noted(commons_id));
    share(owner_id, "Sent", anyone(""));
    EXPECT_FALSE(is_noted(commons_id));
    EXPECT_EQ(account_of(owner_id)->folders()->find("Sent")->acl, nullptr);
}

TEST_F(SharingTest, FoldersOfItemsAreSharedToo) {
    ASSERT_TRUE(run(account_of(owner_id)->make_item_folders()));
    const base::FolderId calendar = account_of(owner_id)->folders()->first_of(FolderKind::calendar)->id;
    const auto give = [&](AclEntry entry) {
        ShareRequest request;
        request.owner = account_of(owner_id);
        request.folder = calendar;
        request.entry = entry;
        request.commons = account_of(commons_id);
        ASSERT_TRUE(run(store::share(&*store, std::move(request))));
    };
    give(entry_of(reader_id, "lr"));
    EXPECT_TRUE(is_noted(reader_id));
    // Another folder's entry goes; the calendar's is still there.
    share(owner_id, "INBOX", entry_of(reader_id, "lr"));
    share(owner_id, "INBOX", entry_of(reader_id, ""), AclChange::erase);
    EXPECT_TRUE(is_noted(reader_id));
    give(anyone("lr"));
    EXPECT_TRUE(is_noted(commons_id));
    EXPECT_TRUE(run(store->check({}))->problems.empty());
    ASSERT_TRUE(run(account_of(reader_id)->set_sharer(owner_id, false)));  // as if a crash had lost it
    EXPECT_EQ(run(store->check({}))->problems.size(), 1U);
    give(entry_of(reader_id, "lr"));
    give(anyone(""));
    EXPECT_FALSE(is_noted(commons_id));
    give(entry_of(reader_id, ""));
    EXPECT_FALSE(is_noted(reader_id));
}

TEST_F(SharingTest, SubscriptionsOfItemsAreKept) {
    const base::FolderId one(77), two(78);
    const ItemSubscription hers{owner_id, true}, his{other_id, true}, not_his{other_id, false};
    const auto known = [&] { return account_of(reader_id)->folders()->subscribed_items; };
    const auto say = [&](base::FolderId folder, std::optional<ItemSubscription> what) {
        return run(account_of(reader_id)->set_items_subscribed(folder, what));
    };
    ASSERT_TRUE(say(one, hers));
    ASSERT_TRUE(say(two, his));
    ASSERT_TRUE(say(two, his));
    restart();
    EXPECT_EQ(known(), (std::map<base::FolderId, ItemSubscription>{{one, hers}, {two, his}}));
    ASSERT_TRUE(say(one, std::nullopt));
    ASSERT_TRUE(say(one, std::nullopt));
    restart();
    EXPECT_EQ(known(), (std::map<base::FolderId, ItemSubscription>{{two, his}}));
    EXPECT_TRUE(account_of(reader_id)->folders()->subscribed.size() >= 6U);  // those of mail are not these
    for (std::uint64_t id = 100; account_of(reader_id)->folders()->subscribed_items.size() < 500; ++id)
        ASSERT_TRUE(say(base::FolderId(id), hers));
    EXPECT_TRUE(say(one, hers).error().is(Errc::limit));
    // One that is there may be said otherwise: that its user does not want to see it.
    ASSERT_TRUE(say(two, not_his));
    restart();
    EXPECT_EQ(known().at(two), not_his);
    ASSERT_TRUE(say(two, std::nullopt));
    EXPECT_FALSE(known().contains(two));
}

TEST_F(SharingTest, ListsAreInheritedKeptAndForgotten) {
    share(owner_id, "Archive", entry_of(reader_id, "lr"));
    ASSERT_TRUE(run(account_of(owner_id)->create("Archive/2026/May", SpecialUse::none)));
    for (const char* name : {"Archive/2026", "Archive/2026/May"}) {
        const FolderInfo* info = account_of(owner_id)->folders()->find(name);
        ASSERT_TRUE(info->acl) << name;
        EXPECT_EQ(rights_of(info->acl.get(), owner_id, reader_id).letters(false), "lr");
    }
    ASSERT_TRUE(run(account_of(owner_id)->rename("Archive/2026", "Old")));
    EXPECT_TRUE(account_of(owner_id)->folders()->find("Old/May")->acl);
    ASSERT_TRUE(run(account_of(owner_id)->remove("Old")));  // stays as a level for May
    EXPECT_FALSE(account_of(owner_id)->folders()->find("Old")->acl);
    restart();
    EXPECT_FALSE(account_of(owner_id)->folders()->find("Old")->acl);
    EXPECT_TRUE(account_of(owner_id)->folders()->find("Old/May")->acl);
    EXPECT_TRUE(is_noted(reader_id));
}

TEST_F(SharingTest, SeenIsEachReadersOwn) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    for (int i = 0; i < 130; ++i)
        ASSERT_TRUE(run(append_text(&*store, mine, message_text(std::to_string(i)))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    const FolderPtr others = open_for(owner_id, "INBOX", other_id);
    EXPECT_EQ(his->snapshot()->totals().unseen, 130U);
    StoreRequest request =
        add_flags({UidRange{Uid(60), Uid(70)}}, named(FlagSet(SystemFlag::seen) | SystemFlag::flagged));
    const auto done = run(his->store(request));
    ASSERT_TRUE(done);
    EXPECT_EQ(done->snapshot->totals().unseen, 119U);
    EXPECT_EQ(mine->snapshot()->totals().unseen, 130U);
    EXPECT_EQ(others->snapshot()->totals().unseen, 130U);
    const Entry* entry = his->snapshot()->find(Uid(64));
    EXPECT_TRUE(entry->flags.has(SystemFlag::seen) && entry->flags.has(SystemFlag::flagged));
    EXPECT_EQ(entry->modseq, done->modseq);
    EXPECT_EQ(mine->snapshot()->find(Uid(64))->flags, FlagSet(SystemFlag::flagged));
    // Only \Seen: nobody else's message changes, but the modseq is the folder's.
    request = add_flags(one(1), named(SystemFlag::seen));
    const ModSeq before = mine->snapshot()->find(Uid(1))->modseq;
    const auto seen = run(his->store(request));
    ASSERT_TRUE(seen);
    EXPECT_EQ(mine->snapshot()->find(Uid(1))->modseq, before);
    EXPECT_EQ(mine->snapshot()->totals().highest_modseq, seen->modseq);
    EXPECT_EQ(his->snapshot()->find(Uid(1))->modseq, seen->modseq);
    // The owner's \Seen is not his.
    ASSERT_TRUE(run(mine->store(add_flags(one(2), named(SystemFlag::seen)))));
    EXPECT_FALSE(his->snapshot()->find(Uid(2))->flags.has(SystemFlag::seen));
    // What one expunges nobody has seen any more.
    ASSERT_TRUE(run(mine->remove({UidRange{Uid(60), Uid(65)}})));
    EXPECT_EQ(his->snapshot()->totals().exists, 124U);
    EXPECT_EQ(his->snapshot()->totals().unseen, 118U);
    restart();
    const FolderPtr again = open_for(owner_id, "INBOX", reader_id);
    EXPECT_EQ(again->snapshot()->totals().unseen, 118U);
    EXPECT_EQ(again->snapshot()->find(Uid(1))->modseq, seen->modseq);
    EXPECT_EQ(open_for(owner_id, "INBOX", other_id)->snapshot()->totals().unseen, 124U);
    const auto report = run(store->check([](std::string_view) {}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems, std::vector<std::string>());
}

TEST_F(SharingTest, ReplaceKeepsWhatMayNotChange) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    ASSERT_TRUE(run(append_text(&*store, mine, message_text("1"),
                                named(FlagSet(SystemFlag::draft) | SystemFlag::deleted))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    StoreRequest request = add_flags(one(1), named(FlagSet(SystemFlag::seen) | SystemFlag::flagged));
    request.change = FlagChange::replace;
    request.allowed = Rights::parse("lrst")->flags();
    ASSERT_TRUE(run(his->store(request)));
    EXPECT_EQ(mine->snapshot()->find(Uid(1))->flags, FlagSet(SystemFlag::draft));
    EXPECT_EQ(his->snapshot()->find(Uid(1))->flags, FlagSet(SystemFlag::draft) | SystemFlag::seen);
}

TEST_F(SharingTest, UnchangedSinceIsOfWhatTheReaderSees) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    ASSERT_TRUE(run(append_text(&*store, mine, message_text("1"))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    const ModSeq known = his->snapshot()->find(Uid(1))->modseq;
    StoreRequest request = add_flags(one(1), named(SystemFlag::seen));
    request.unchanged_since = known;
    ASSERT_TRUE(run(his->store(request)));
    auto refused = run(his->store(request));  // his own change came between
    ASSERT_TRUE(refused);
    EXPECT_EQ(refused->modified, one(1));
    // Of the owner's entry nothing changed since.
    const auto owners = run(mine->store(request));
    ASSERT_TRUE(owners);
    EXPECT_TRUE(owners->modified.empty());
}

TEST_F(SharingTest, CopiesCarryTheSeenOfWhoCopies) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    for (const char* name : {"1", "2"}) ASSERT_TRUE(run(append_text(&*store, mine, message_text(name))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    ASSERT_TRUE(run(his->store(add_flags(one(1), named(SystemFlag::seen)))));
    ASSERT_TRUE(run(mine->store(add_flags(one(2), named(SystemFlag::seen)))));
    const FolderPtr own = open_for(reader_id, "INBOX", reader_id);
    ASSERT_TRUE(run(his->copy_to(own, everything())));
    EXPECT_TRUE(own->snapshot()->find(Uid(1))->flags.has(SystemFlag::seen));
    EXPECT_FALSE(own->snapshot()->find(Uid(2))->flags.has(SystemFlag::seen));
    // Back: seen by him, new to the owner.
    ASSERT_TRUE(run(own->copy_to(his, everything())));
    EXPECT_TRUE(his->snapshot()->find(Uid(3))->flags.has(SystemFlag::seen));
    EXPECT_FALSE(mine->snapshot()->find(Uid(3))->flags.has(SystemFlag::seen));
    EXPECT_EQ(mine->snapshot()->totals().unseen, 3U);
    // Without "s" and "w" at the destination the flags stay behind.
    ASSERT_TRUE(run(his->copy_to(own, one(3), Rights::parse("i")->flags())));
    EXPECT_TRUE(own->snapshot()->find(Uid(3))->flags.empty());
    // A move takes them along, too.
    ASSERT_TRUE(run(his->move_to(own, one(1))));
    EXPECT_TRUE(own->snapshot()->find(Uid(4))->flags.has(SystemFlag::seen));
    EXPECT_EQ(mine->snapshot()->size(), 3U);
}

struct Counter final : Subscriber {
    void changed() noexcept override { ++count; }
    int count = 0;
};

TEST_F(SharingTest, OnlyTheReaderIsToldOfHisSeen) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    ASSERT_TRUE(run(append_text(&*store, mine, message_text("1"))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    const FolderPtr others = open_for(owner_id, "INBOX", other_id);
    Counter owner_told, reader_told, other_told;
    const auto a = mine->subscribe(owner_told), b = his->subscribe(reader_told),
               c = others->subscribe(other_told);
    const SnapshotPtr before = others->snapshot();
    ASSERT_TRUE(run(his->store(add_flags(one(1), named(SystemFlag::seen)))));
    EXPECT_EQ(owner_told.count, 0);
    EXPECT_EQ(reader_told.count, 1);
    EXPECT_EQ(other_told.count, 0);
    EXPECT_TRUE(compare(*before, *others->snapshot()).empty());
    ASSERT_TRUE(run(others->store(add_flags(one(1), named(SystemFlag::flagged)))));
    EXPECT_EQ(owner_told.count, 1);
    EXPECT_EQ(reader_told.count, 2);
    EXPECT_EQ(other_told.count, 1);
    // A change of rights is something to look at.
    share(owner_id, "INBOX", entry_of(reader_id, "lr"));
    EXPECT_EQ(reader_told.count, 3);
    share(owner_id, "Sent", entry_of(reader_id, "lr"));
    EXPECT_EQ(reader_told.count, 3);
}

TEST_F(SharingTest, LayeredSnapshotsShareWhatDidNotChange) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(run(append_text(&*store, mine, message_text(std::to_string(i)))));
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    EXPECT_EQ(his->snapshot()->groups(), mine->snapshot()->groups());  // nothing is his own yet
    ASSERT_TRUE(run(his->store(add_flags(one(1), named(SystemFlag::seen)))));
    const auto& layered = his->snapshot()->groups().front()->pages;
    const auto& plain = mine->snapshot()->groups().front()->pages;
    EXPECT_NE(layered[0], plain[0]);
    EXPECT_EQ(layered[1], plain[1]);
    const PagePtr kept = layered[0];
    ASSERT_TRUE(run(mine->store(add_flags(one(199), named(SystemFlag::flagged)))));
    EXPECT_EQ(his->snapshot()->groups().front()->pages[0], kept);
    EXPECT_EQ(open_for(owner_id, "INBOX", reader_id), his);
}

TEST_F(SharingTest, WhoIsGoneLeavesNothing) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    ASSERT_TRUE(run(append_text(&*store, mine, message_text("1"))));
    for (const base::AccountId user : {reader_id, other_id})
        ASSERT_TRUE(
            run(open_for(owner_id, "INBOX", user)->store(add_flags(one(1), named(SystemFlag::seen)))));
    const auto rows = [this, id = mine->id()] {
        const auto found = run(owned_engine->scan("f/" + keys::hex(id.value, 16), std::string(), "u", 0, 0));
        return found ? found->rows.size() : 99;
    };
    EXPECT_EQ(rows(), 2U);
    ASSERT_TRUE(run(store->remove_account(reader_id)));
    for (int round = 0; round < 4; ++round) run(store->collect());
    EXPECT_EQ(rows(), 1U);
    EXPECT_EQ(open_for(owner_id, "INBOX", other_id)->snapshot()->totals().unseen, 0U);
}

TEST_F(SharingTest, AnnotationsAreKeptCountedAndForgotten) {
    Metadata metadata(*owned_engine, owner_id);
    const base::FolderId folder = folder_id(owner_id, "Archive");
    const MetadataPlace place{owner_id, folder};
    MetadataEntries entries;
    entries.emplace_back("/shared/comment", "one");
    entries.emplace_back("/private/comment", std::string("t\0o", 3));
    ASSERT_TRUE(run(metadata.write(place, entries)));
    const auto known = run(metadata.read(place));
    ASSERT_TRUE(known);
    EXPECT_EQ(known->size(), 2U);
    EXPECT_EQ(known->at("/private/comment"), std::string("t\0o", 3));
    // All or none: the hundred-and-first entry takes the others with it.
    MetadataEntries many;
    many.emplace_back("/shared/comment", std::nullopt);
    for (int i = 0; i < 100; ++i) many.emplace_back("/private/" + std::to_string(i), "x");
    EXPECT_TRUE(run(metadata.write(place, many)).error().is(Errc::limit));
    EXPECT_EQ(run(metadata.read(place))->at("/shared/comment"), "one");
    many.pop_back();
    ASSERT_TRUE(run(metadata.write(place, many)));
    EXPECT_EQ(run(metadata.read(place))->size(), 100U);
    // Others of the same keeper are elsewhere.
    EXPECT_TRUE(run(metadata.read(MetadataPlace{owner_id, base::FolderId()}))->empty());
    ASSERT_TRUE(run(account_of(owner_id)->remove("Archive")));
    clock.advance(limits.collect_after + std::chrono::seconds(1));
    run(store->collect());
    EXPECT_TRUE(run(metadata.read(place))->empty());
}

/// An account in which another change of rights is made, whole, just before the one that was asked for.
class Overtaken final : public Account {
public:
    Overtaken(Store* store, AccountPtr account, ShareRequest first)
        : store_(store), account_(std::move(account)), first_(std::move(first)) {}
    base::AccountId id() const override { return account_->id(); }
    FolderTreePtr folders() const override { return account_->folders(); }
    SubscriptionPtr subscribe(Subscriber& subscriber) override { return account_->subscribe(subscriber); }
    awaitable<Result<FolderInfo>> create(std::string name, SpecialUse use) override {
        return account_->create(std::move(name), use);
    }
    awaitable<Result<void>> remove(std::string name) override { return account_->remove(std::move(name)); }
    awaitable<Result<void>> rename(std::string from, std::string to) override {
        return account_->rename(std::move(from), std::move(to));
    }
    awaitable<Result<void>> set_subscribed(std::string name, bool yes) override {
        return account_->set_subscribed(std::move(name), yes);
    }
    awaitable<Result<AclPtr>> change_acl(base::FolderId folder, AclEntry entry, AclChange how) override {
        const auto overtook = co_await store::share(store_, first_);
        if (!overtook) co_return overtook;
        co_return co_await account_->change_acl(folder, entry, how);
    }
    awaitable<Result<void>> set_sharer(base::AccountId owner, bool yes) override {
        return account_->set_sharer(owner, yes);
    }
    awaitable<Result<FolderPtr>> open(base::FolderId folder) override { return account_->open(folder); }
    awaitable<Result<FolderPtr>> open_for(base::FolderId folder, base::AccountId user) override {
        return account_->open_for(folder, user);
    }
    awaitable<Result<FolderTotals>> totals(base::FolderId folder) override {
        return account_->totals(folder);
    }
    awaitable<Result<Quota>> quota() override { return account_->quota(); }
    awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) override {
        return account_->room_for(bytes, messages);
    }
    awaitable<Result<void>> set_quota(std::uint64_t bytes_max, std::uint64_t messages_max) override {
        return account_->set_quota(bytes_max, messages_max);
    }

private:
    Store* const store_;
    const AccountPtr account_;
    const ShareRequest first_;
};

/// INBOX is given to him; between his note and the right Sent is taken from him, and the note with it.
TEST_F(SharingTest, ANoteIsNotLostBetweenTwoChanges) {
    share(owner_id, "Sent", entry_of(reader_id, "lr"));
    ShareRequest take;
    take.owner = account_of(owner_id);
    take.folder = folder_id(owner_id, "Sent");
    take.entry = entry_of(reader_id, "");
    take.change = AclChange::erase;
    ShareRequest give;
    give.folder = folder_id(owner_id, "INBOX");
    give.entry = entry_of(reader_id, "lr");
    give.owner = std::make_shared<Overtaken>(&*store, account_of(owner_id), take);
    ASSERT_TRUE(run(store::share(&*store, give)));
    EXPECT_FALSE(account_of(owner_id)->folders()->find("Sent")->acl);
    EXPECT_TRUE(is_noted(reader_id));
}

TEST_F(SharingTest, PagesOfReadersGoWithTheirMessages) {
    const FolderPtr mine = open_for(owner_id, "INBOX", owner_id);
    for (int i = 0; i < 200; ++i)
        ASSERT_TRUE(run(append_text(&*store, mine, message_text(std::to_string(i)))));
    for (const base::AccountId user : {reader_id, other_id})
        ASSERT_TRUE(
            run(open_for(owner_id, "INBOX", user)->store(add_flags(everything(), named(SystemFlag::seen)))));
    const auto rows = [this, id = mine->id()] {
        const auto found = run(owned_engine->scan("f/" + keys::hex(id.value, 16), std::string(), "u", 0, 0));
        return found ? found->rows.size() : 99;
    };
    EXPECT_EQ(rows(), 8U);  // of uids 1-63, 64-127, 128-191, 192-200
    ASSERT_TRUE(run(mine->remove({UidRange{Uid(2), Uid(127)}, UidRange{Uid(190), Uid(200)}})));
    clock.advance(limits.collect_after + std::chrono::seconds(1));
    for (int round = 0; round < 4; ++round) run(store->collect());
    EXPECT_EQ(rows(), 6U);  // in the last page there is room for new messages
    const FolderPtr his = open_for(owner_id, "INBOX", reader_id);
    ASSERT_TRUE(run(append_text(&*store, mine, message_text("new"))));
    EXPECT_EQ(his->snapshot()->totals().unseen, 1U);
    restart();
    EXPECT_EQ(open_for(owner_id, "INBOX", reader_id)->snapshot()->totals().unseen, 1U);
    const auto report = run(store->check([](std::string_view) {}));
    ASSERT_TRUE(report);
    EXPECT_EQ(report->problems, std::vector<std::string>());
}

TEST_F(SharingTest, WhatOthersNotedOfAFolderGoesWithIt) {
    Metadata his(*owned_engine, reader_id);
    MetadataEntries entries;
    entries.emplace_back("/private/comment", "mine");
    const MetadataPlace gone{owner_id, folder_id(owner_id, "Archive")},
        stays{owner_id, folder_id(owner_id, "Sent")}, own{reader_id, base::FolderId()},
        of_another{other_id, folder_id(other_id, "INBOX")};
    for (const MetadataPlace& place : {gone, stays, own, of_another})
        ASSERT_TRUE(run(his.write(place, entries)));
    EXPECT_EQ(run(his.places())->size(), 4U);
    ASSERT_TRUE(run(account_of(owner_id)->remove("Archive")));
    ASSERT_TRUE(run(store->remove_account(other_id)));
    clock.advance(std::chrono::hours(25));
    for (int round = 0; round < 4; ++round) run(store->collect());
    EXPECT_TRUE(run(his.read(gone))->empty());
    EXPECT_TRUE(run(his.read(of_another))->empty());
    EXPECT_EQ(run(his.read(stays))->size(), 1U);
    EXPECT_EQ(run(his.read(own))->size(), 1U);
    // What a session still wrote when its account was gone.
    ASSERT_TRUE(run(store->remove_account(reader_id)));
    for (int round = 0; round < 4; ++round) run(store->collect());
    ASSERT_TRUE(run(his.write(stays, entries)));
    clock.advance(std::chrono::hours(25));
    for (int round = 0; round < 4; ++round) run(store->collect());
    EXPECT_TRUE(run(his.read(stays))->empty());
}

TEST_F(SharingTest, CheckKnowsTheRowsOfSharing) {
    const auto problems = [this] {
        const auto report = run(store->check([](std::string_view) {}));
        return report ? report->problems : std::vector<std::string>{"no report"};
    };
    share(owner_id, "INBOX", entry_of(reader_id, "lr"));
    Metadata metadata(*owned_engine, owner_id);
    MetadataEntries entries;
    entries.emplace_back("/shared/comment", "one");
    const MetadataPlace place{owner_id, folder_id(owner_id, "INBOX")};
    ASSERT_TRUE(run(metadata.write(place, entries)));
    EXPECT_EQ(problems(), std::vector<std::string>());
    ASSERT_TRUE(run(account_of(reader_id)->set_sharer(owner_id, false)));
    EXPECT_EQ(problems(),
              std::vector<std::string>{"account 1 shares folders with 2, who does not find them"});
    ASSERT_TRUE(run(account_of(reader_id)->set_sharer(owner_id, true)));
    const std::string partition = "n/" + keys::hex(owner_id.value, 8);
    const auto rows = run(owned_engine->scan(partition, std::string(), std::string(), 0, 0));
    ASSERT_TRUE(rows && rows->rows.size() == 2);
    engine::Batch batch;
    batch.partition = partition;
    batch.expect = rows->version;
    batch.put.push_back(rows->rows[0]);
    batch.put.back().value[3] = static_cast<char>(batch.put.back().value[3] ^ 1);
    ASSERT_TRUE(run(owned_engine->commit(std::move(batch))));
    EXPECT_EQ(problems(), std::vector<std::string>{partition + ": row " + rows->rows[0].key + " is damaged"});
    engine::Batch less;
    less.partition = partition;
    less.expect = run(owned_engine->get(partition, {rows->rows[0].key}))->version;
    less.erase.push_back(rows->rows[0].key);
    ASSERT_TRUE(run(owned_engine->commit(std::move(less))));
    EXPECT_EQ(problems().size(), 1U);
}

}  // namespace
}  // namespace store::test
