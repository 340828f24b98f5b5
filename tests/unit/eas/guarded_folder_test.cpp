// What a user may do in somebody else's folder that his devices show: each right of RFC 4314 that matters
// there, looked at anew for each step; what a Sync says of deletions that were done in part; and who is told
// of a change.
#include "eas/guarded_folder.hpp"

#include "eas/mailbox_view.hpp"
#include "eas/sync_answer.hpp"
#include "store/sharing.hpp"
#include "unit/directory/fixture.hpp"

namespace eas {
namespace {

using directory::run;
using store::Errc;
using store::SystemFlag;

store::UidRanges only(base::Uid uid) { return {store::UidRange{uid, uid}}; }

awaitable<store::Result<store::Incoming>> message_of(store::Store* store, std::string text) {
    const auto writer = store->new_message();
    const auto written = co_await writer->write(text);
    if (!written) co_return written.error();
    auto content = co_await writer->finish();
    if (!content) co_return content.error();
    co_return store::Incoming(std::move(*content));
}

class GuardedFolderTest : public directory::DirectoryTest {
protected:
    void SetUp() override {
        base::log::set_level("eas", base::log::Level::off);
        base::log::set_level("store", base::log::Level::off);
        add_office();
        anna_ = add("anna", {"anna@example.test"});
        bob_ = add("bob", {"bob@example.test"});
        make_store({});
    }
    void TearDown() override {
        own_.reset();
        theirs_.reset();
        shared_.reset();
        view_.reset();
        owner_.reset();
        user_.reset();
        store_.reset();
    }
    void make_store(store::StoreLimits limits) {
        TearDown();
        store_ = store::make_store(engine(), clock_, limits);
        for (const base::AccountId id : {anna_, bob_}) {
            auto account = run(store_->account(id));
            if (!account) account = run(store_->create_account(id));
            ASSERT_TRUE(account);
            (id == anna_ ? owner_ : user_) = *account;
        }
        if (owner_->folders()->find("Projects") == nullptr)
            ASSERT_TRUE(run(owner_->create("Projects", store::SpecialUse::none)));
        ASSERT_TRUE(run(user_->set_subscribed("Other Users/anna/Projects", true)));
        projects_ = owner_->folders()->find("Projects")->id;
        give("lr");
        view_ = std::make_shared<MailboxView>(user_, directory::Neighbours(*store_, &directory()));
        ASSERT_TRUE(run(view_->refresh()));
        theirs_ = *run(owner_->open(projects_));
        own_ = *run(view_->open(user_->folders()->find("INBOX")->id));
        const auto opened = run(view_->open(projects_));
        ASSERT_TRUE(opened);
        shared_ = *opened;
    }
    void give(std::string_view letters) { give(projects_, letters); }
    void give(base::FolderId folder, std::string_view letters) {
        store::ShareRequest request;
        request.owner = owner_;
        request.folder = folder;
        request.entry.who.account = bob_;
        request.entry.rights = *store::Rights::parse(letters);
        request.change = store::AclChange::replace;
        ASSERT_TRUE(run(store::share(&*store_, std::move(request))));
    }
    store::Incoming message(store::NamedFlags flags = {}) {
        auto made = run(message_of(&*store_, "From: a@example.test\r\n\r\ntext\r\n"));
        EXPECT_TRUE(made);
        made->flags = std::move(flags);
        return std::move(*made);
    }
    store::Result<store::AppendResult> append(const store::FolderPtr& to, store::NamedFlags flags = {}) {
        std::vector<store::Incoming> one;
        one.push_back(message(std::move(flags)));
        return run(to->append(std::move(one)));
    }
    /// A mail by the owner.
    base::Uid put(const store::FolderPtr& to) {
        const auto done = append(to);
        EXPECT_TRUE(done);
        return done ? done->uids.front() : base::Uid();
    }
    Errc store_flags(base::Uid uid, store::FlagSet system, std::vector<std::string> keywords = {}) {
        store::StoreRequest request;
        request.uids = only(uid);
        request.flags.system = system;
        request.flags.keywords = std::move(keywords);
        return error_of(run(shared_->store(std::move(request))));
    }
    store::FlagSet flags_of(const store::FolderPtr& folder, base::Uid uid) {
        const store::SnapshotPtr now_there = folder->snapshot();
        const store::Entry* entry = now_there->find(uid);
        return entry == nullptr ? store::every_flag : entry->flags;
    }

    base::AccountId anna_, bob_;
    std::unique_ptr<store::Store> store_;
    store::AccountPtr owner_, user_;
    base::FolderId projects_;
    MailboxViewPtr view_;
    store::FolderPtr theirs_, own_, shared_;  // the owner's Projects, the user's INBOX, Projects as his
};

/// One thing that may be done, and the rights that it takes.
struct Deed {
    const char* name;
    std::string needs;
    std::function<Errc()> act;
};

TEST_F(GuardedFolderTest, EachRightAllowsWhatItSaysAndNothingElse) {
    ASSERT_TRUE(run(owner_->make_item_folders()));
    const std::vector<Deed> deeds{
        {"details", "r",
         [&] {
             const base::Uid uid = put(theirs_);
             std::vector<store::Entry> entries{*shared_->snapshot()->find(uid)};
             return error_of(run(shared_->details(std::move(entries))));
         }},
        {"octets", "r",
         [&] {
             const base::Uid uid = put(theirs_);
             std::vector<store::Entry> entries{*theirs_->snapshot()->find(uid)};
             const auto details = run(theirs_->details(std::move(entries)));
             return error_of(run(shared_->read(details->front(), 0, 4)));
         }},
        {"vanished", "r", [&] { return error_of(run(shared_->vanished_since(base::ModSeq(1)))); }},
        {"seen", "rs", [&] { return store_flags(put(theirs_), SystemFlag::seen); }},
        {"flagged", "rw", [&] { return store_flags(put(theirs_), SystemFlag::flagged); }},
        {"keyword", "rw", [&] { return store_flags(put(theirs_), {}, {"$Forwarded"}); }},
        {"deleted", "rt", [&] { return store_flags(put(theirs_), SystemFlag::deleted); }},
        {"append", "i", [&] { return error_of(append(shared_)); }},
        {"room", "i", [&] { return error_of(run(shared_->room_for(1, 1))); }},
        {"expunge", "re", [&] { return error_of(run(shared_->expunge(only(put(theirs_))))); }},
        {"remove", "ret", [&] { return error_of(run(shared_->remove(only(put(theirs_))))); }},
        {"copy out", "r", [&] { return error_of(run(shared_->copy_to(own_, only(put(theirs_))))); }},
        {"move out", "ret", [&] { return error_of(run(shared_->move_to(own_, only(put(theirs_))))); }},
        {"copy in", "i", [&] { return error_of(run(own_->copy_to(shared_, only(put(own_))))); }},
        {"move in", "i", [&] { return error_of(run(own_->move_to(shared_, only(put(own_))))); }},
        {"replace", "rite",
         [&] { return error_of(run(shared_->replace(put(theirs_), shared_, message()))); }},
        {"touch", "rw", [&] { return error_of(run(shared_->touch())); }},
    };
    constexpr std::string_view letters = "rswite";
    for (unsigned bits = 0; bits < 1U << letters.size(); ++bits) {
        // What lets him see it in lists, make and remove folders, or administer it helps with none of these.
        std::string given = bits % 2 == 0 ? "lkxap" : "";
        for (std::size_t i = 0; i < letters.size(); ++i)
            if ((bits >> i & 1U) != 0) given += letters[i];
        give(given);
        const store::Rights rights = *store::Rights::parse(given);
        for (const Deed& deed : deeds) {
            const store::Rights needed = *store::Rights::parse(deed.needs);
            Errc wanted = (rights & needed) == needed ? Errc::none : Errc::denied;
            const bool hidden = needed.has(store::Right::read) && !rights.has(store::Right::read);
            if (hidden) wanted = Errc::not_found;
            EXPECT_EQ(deed.act(), wanted) << deed.name << " with " << given;
        }
    }
    const base::FolderId gone = projects_;
    ASSERT_TRUE(run(owner_->remove("Projects")));
    EXPECT_FALSE(run(view_->open(gone)));
    EXPECT_EQ(error_of(append(shared_)), Errc::denied);  // who has it open has no right there any more
    EXPECT_EQ(error_of(run(shared_->vanished_since(base::ModSeq(1)))), Errc::not_found);
}

TEST_F(GuardedFolderTest, WhatIsShownOrWouldBeOneTooManyIsNotSubscribedTo) {
    ASSERT_TRUE(run(owner_->make_item_folders()));
    ASSERT_TRUE(run(owner_->create("News", store::SpecialUse::none)));
    give(owner_->folders()->find("News")->id, "lr");
    const base::FolderId calendar = owner_->folders()->first_of(store::FolderKind::calendar)->id;
    const base::FolderId notes = owner_->folders()->first_of(store::FolderKind::notes)->id;
    for (const base::FolderId id : {calendar, notes}) give(id, "lr");
    const auto view = [&](std::size_t sharers, std::size_t folders) {
        MailboxViewLimits limits;
        limits.sharers_max = sharers;
        limits.shared_folders_max = folders;
        view_ = std::make_shared<MailboxView>(user_, directory::Neighbours(*store_, &directory()), limits);
        EXPECT_TRUE(run(view_->refresh()));
    };
    const auto make = [&](const char* name, store::FolderKind kind) {
        return error_of(run(view_->subscribe_to(name, kind)));
    };
    using store::FolderKind;
    const auto is_as_before = [&] {
        const store::FolderTreePtr tree = user_->folders();
        return tree->subscribed_items.empty() && !tree->subscribed.contains("Other Users/anna/News");
    };
    view(1, 1);
    EXPECT_EQ(make("Projects (anna)", FolderKind::mail), Errc::exists);  // it is shown
    EXPECT_EQ(make("News (anna)", FolderKind::mail), Errc::limit);
    EXPECT_EQ(make("Calendar (anna)", FolderKind::calendar), Errc::limit);
    EXPECT_TRUE(is_as_before());
    view(0, 10);
    EXPECT_EQ(make("Calendar (anna)", FolderKind::calendar), Errc::limit);
    EXPECT_TRUE(is_as_before());
    view(1, 3);
    EXPECT_EQ(make("Calendar (anna)", FolderKind::calendar), Errc::none);
    EXPECT_TRUE(view_->is_shared(calendar));
    EXPECT_EQ(make("Calendar (anna)", FolderKind::calendar), Errc::exists);
    EXPECT_EQ(make("News (anna)", FolderKind::mail), Errc::none);
    EXPECT_EQ(make("Notes (anna)", FolderKind::notes), Errc::limit);
    EXPECT_FALSE(user_->folders()->subscribed_items.contains(notes));
}

TEST_F(GuardedFolderTest, ItemsAreRevisedByWhoMayWrite) {
    ASSERT_TRUE(run(owner_->make_item_folders()));
    const base::FolderId id = owner_->folders()->first_of(store::FolderKind::notes)->id;
    give(id, "lr");
    ASSERT_TRUE(run(user_->set_items_subscribed(id, store::ItemSubscription{anna_, true})));
    ASSERT_TRUE(run(view_->refresh()));
    const store::FolderPtr theirs = *run(owner_->open(id)), notes = *run(view_->open(id));
    const base::Uid uid = put(theirs);
    const auto revise = [&] {
        const base::ModSeq known = theirs->snapshot()->find(uid)->modseq;
        return error_of(run(notes->revise(uid, known, message())));
    };
    for (const auto& [rights, wanted] : std::vector<std::pair<const char*, Errc>>{
             {"lr", Errc::denied}, {"lrsite", Errc::denied}, {"lw", Errc::not_found}, {"rw", Errc::none}}) {
        give(id, rights);
        EXPECT_EQ(revise(), wanted) << rights;
    }
}

TEST_F(GuardedFolderTest, WhatComesInHasTheFlagsThatHeMaySet) {
    store::NamedFlags flags;
    flags.system = store::FlagSet(SystemFlag::seen) | SystemFlag::flagged | SystemFlag::deleted;
    flags.keywords = {"Blue"};
    const store::FlagSet blue = store::FlagSet::keyword(0);
    const std::vector<std::pair<const char*, store::FlagSet>> table{
        {"lrite", SystemFlag::deleted},
        {"lrsi", {}},  // \Seen is the reader's own: the owner does not see it
        {"lrwi", store::FlagSet(SystemFlag::flagged) | blue},
    };
    for (const auto& [rights, wanted] : table) {
        give(rights);
        const auto added = append(shared_, flags);
        ASSERT_TRUE(added);
        EXPECT_EQ(flags_of(theirs_, added->uids.front()), wanted) << rights;
        const bool may_see = std::string_view(rights).find('s') != std::string_view::npos;
        EXPECT_EQ(flags_of(shared_, added->uids.front()).has(SystemFlag::seen), may_see) << rights;
        const auto mine = append(own_, flags);
        const auto copied = run(own_->copy_to(shared_, only(mine->uids.front())));
        ASSERT_TRUE(copied);
        EXPECT_EQ(flags_of(theirs_, copied->destination.front()), wanted) << rights;
    }
    give("lrite");
    const auto replaced = run(shared_->replace(put(theirs_), shared_, message(flags)));
    ASSERT_TRUE(replaced);
    EXPECT_EQ(flags_of(theirs_, replaced->uid), store::FlagSet(SystemFlag::deleted));
    // What the owner has set stays where it is kept: he changes nothing of it.
    give("rswite");
    const base::Uid marked = put(theirs_);
    ASSERT_EQ(store_flags(marked, SystemFlag::flagged, {"Blue"}), Errc::none);
    give("lrite");
    const auto kept = run(shared_->replace(marked, shared_, message(flags), store::every_flag));
    ASSERT_TRUE(kept);
    EXPECT_EQ(flags_of(theirs_, kept->uid), store::FlagSet(SystemFlag::flagged) | SystemFlag::deleted | blue);
}

TEST_F(GuardedFolderTest, OfSeveralFlagsThoseThatHeMaySetAreSet) {
    const base::Uid uid = put(theirs_);
    give("lrs");
    EXPECT_EQ(store_flags(uid, store::FlagSet(SystemFlag::seen) | SystemFlag::flagged), Errc::denied);
    EXPECT_EQ(flags_of(shared_, uid), store::FlagSet(SystemFlag::seen));
    EXPECT_EQ(flags_of(theirs_, uid), store::FlagSet());
    give("lrw");
    EXPECT_EQ(store_flags(uid, SystemFlag::flagged, {"Blue"}), Errc::none);
    store::StoreRequest replace;
    replace.uids = only(uid);
    replace.change = store::FlagChange::replace;
    EXPECT_EQ(error_of(run(shared_->store(std::move(replace)))), Errc::none);
    EXPECT_EQ(flags_of(shared_, uid), store::FlagSet(SystemFlag::seen));  // which is not his to change now
}

TEST_F(GuardedFolderTest, WhoseItIsIsKnownAlsoWhenTheRightsAreGone) {
    EXPECT_TRUE(view_->is_shared(projects_));
    EXPECT_TRUE(view_->is_of_others(*shared_));
    EXPECT_FALSE(view_->is_of_others(*own_));
    give("i");
    EXPECT_FALSE(view_->is_shared(projects_));  // it is not shown any more
    EXPECT_TRUE(view_->is_of_others(*shared_));
    EXPECT_EQ(error_of(append(shared_)), Errc::none);
    EXPECT_FALSE(run(view_->open(projects_)));
}

/// What the device has deleted of `uids`.
CollectionAnswer deletions(const store::FolderPtr& folder, const std::vector<base::Uid>& uids) {
    CollectionAnswer out;
    out.id = folder->id();
    out.folder = folder;
    for (const base::Uid uid : uids) {
        const std::string id = write_item_id({out.id, uid});
        SyncCommand command;
        command.kind = SyncCommand::Kind::remove;
        command.server_id = id;
        out.results.push_back(command_result(command, sync_status::ok));
    }
    return out;
}

TEST_F(GuardedFolderTest, OfDeletionsThatAreDoneInPartEachIsAnsweredAsItIs) {
    store::StoreLimits limits;
    limits.copy_messages_max = 1;  // each is moved by itself
    make_store(limits);
    give("lrte");
    ASSERT_TRUE(run(user_->set_quota(0, 1)));
    const std::vector<base::Uid> uids{put(theirs_), put(theirs_)};
    CollectionAnswer answer = deletions(shared_, uids);
    const store::UidRanges all{{uids.front(), uids.back()}};
    const auto moved = run(shared_->move_to(own_, all));
    ASSERT_TRUE(moved);
    ASSERT_EQ(moved->destination.size(), 1U);
    DeletesDone done;
    done.modseq = moved->source_modseq;
    done.failed = moved->failed;
    settle_deletes(answer, all, done);
    EXPECT_EQ(answer.results[0].status, sync_status::ok);
    EXPECT_EQ(answer.results[1].status, sync_status::no_space);  // why the second is still there
    EXPECT_TRUE(owes(answer.cursor));                            // and it comes again
    const std::vector<OwnChange> noted{{uids[0], moved->source_modseq, OwnChange::Kind::removed},
                                       {uids[1], base::ModSeq(), OwnChange::Kind::dropped}};
    EXPECT_EQ(answer.cursor.own, noted);
}

class Listener final : public store::Subscriber {
public:
    void changed() noexcept override { ++heard; }
    unsigned heard = 0;
};

TEST_F(GuardedFolderTest, WhoWaitsIsWokenByTheChangeItselfAndByNothingElse) {
    Listener listener;
    const store::SubscriptionPtr subscription = view_->subscribe(listener);
    const auto heard = [&](auto&& act) {
        listener.heard = 0;
        act();
        return listener.heard != 0;
    };
    // As soon as the delivery is answered, it has been told: nobody needs to look.
    EXPECT_TRUE(heard([&] { put(theirs_); }));
    EXPECT_TRUE(heard([&] { put(own_); }));
    EXPECT_TRUE(heard([&] { give("l"); }));
    EXPECT_TRUE(heard([&] { give("lr"); }));
    EXPECT_FALSE(heard([&] { EXPECT_TRUE(run(view_->totals(projects_))); }));
    // Whom he has nothing to do with any more he does not hear of.
    ASSERT_TRUE(run(view_->unsubscribe(projects_)));
    const auto others = run(view_->refresh());
    ASSERT_TRUE(others);
    EXPECT_TRUE(*others);
    Listener later;
    const store::SubscriptionPtr after = view_->subscribe(later);
    put(theirs_);
    EXPECT_EQ(later.heard, 0U);
    put(own_);
    EXPECT_NE(later.heard, 0U);
}

}  // namespace
}  // namespace eas
