// Accounts: the tree of folders, quota, delivery, and what the collector does with what was deleted.
#include <array>

#include "fixture.hpp"
#include "store/folder_names.hpp"

namespace store::test {
namespace {

class AccountTest : public StoreTest {
protected:
    AccountTest() { open_account(); }
    std::vector<std::string> names() {
        std::vector<std::string> out;
        const FolderTreePtr tree = account->folders();
        for (const FolderInfo& info : tree->folders)
            out.push_back(info.name + (info.selectable ? "" : " (level)"));
        return out;
    }
    Errc create_error(const std::string& name, SpecialUse use = SpecialUse::none) {
        const auto made = run(account->create(name, use));
        return made ? Errc::none : made.error().code();
    }
};

TEST_F(AccountTest, BeginsWithItsSpecialFolders) {
    EXPECT_EQ(names(), (std::vector<std::string>{"INBOX", "Archive", "Drafts", "Junk", "Sent", "Trash"}));
    EXPECT_EQ(account->folders()->find(SpecialUse::sent)->name, "Sent");
    EXPECT_EQ(account->folders()->find("inbox")->use, SpecialUse::inbox);
    EXPECT_EQ(account->folders()->subscribed.size(), 6U);
    EXPECT_TRUE(run(store->create_account(base::AccountId(1))).error().is(Errc::exists));
    EXPECT_TRUE(run(store->account(base::AccountId(2))).error().is(Errc::not_found));
    restart();
    open_account();
    EXPECT_EQ(names().size(), 6U);
    expect_clean();
}

TEST_F(AccountTest, LevelsAreMadeKeptAndUsedAgain) {
    ASSERT_EQ(create_error("a/b/c"), Errc::none);
    EXPECT_TRUE(account->folders()->has_children(*account->folders()->find("a")));
    EXPECT_EQ(create_error("a/b"), Errc::exists);
    const base::FolderId old = account->folders()->find("a/b")->id;
    const FolderPtr middle = open_folder("a/b");
    append(middle, "in the middle");
    const std::uint32_t validity = middle->snapshot()->totals().uid_validity;
    ASSERT_TRUE(run(account->remove("a/b")));  // RFC 9051 section 6.3.5
    EXPECT_TRUE(middle->deleted());
    EXPECT_TRUE(run(append_text(store.get(), middle, "x")).error().is(Errc::not_found));
    EXPECT_FALSE(account->folders()->find("a/b")->selectable);
    EXPECT_TRUE(account->folders()->find("a/b/c")->selectable);
    EXPECT_TRUE(run(account->remove("a/b")).error().is(Errc::denied));
    EXPECT_TRUE(run(account->open(old)).error().is(Errc::not_found));
    ASSERT_EQ(create_error("a/b"), Errc::none);
    EXPECT_NE(account->folders()->find("a/b")->id, old);
    EXPECT_GT(account->folders()->find("a/b")->uid_validity, validity);
    EXPECT_EQ(account->folders()->find("a/b/c")->parent, account->folders()->find("a/b")->id);
    EXPECT_EQ(open_folder("a/b")->snapshot()->size(), 0U);
    restart();
    open_account();
    EXPECT_TRUE(account->folders()->find("a/b/c"));
    clock.advance(std::chrono::hours(1));
    run(store->collect());
    expect_clean();
    EXPECT_EQ(run(store->check({}))->blobs, 0U);
}

TEST_F(AccountTest, RenamingTakesTheChildrenAlong) {
    ASSERT_EQ(create_error("x/y/z"), Errc::none);
    append(open_folder("x/y/z"), "kept");
    const base::FolderId id = account->folders()->find("x/y/z")->id;
    ASSERT_TRUE(run(account->rename("x", "new/place")));
    EXPECT_EQ(account->folders()->find("new/place/y/z")->id, id);
    EXPECT_FALSE(account->folders()->find("x"));
    EXPECT_TRUE(run(account->rename("new", "new/place/deeper")).error().is(Errc::invalid));
    EXPECT_TRUE(run(account->rename("new", "Sent")).error().is(Errc::exists));
    EXPECT_TRUE(run(account->rename("nothing", "q")).error().is(Errc::not_found));
    EXPECT_EQ(text_of(open_folder("new/place/y/z"), Uid(1)), message_text("kept"));
}

TEST_F(AccountTest, RenamingInboxMovesItsMessages) {  // RFC 9051 section 6.3.6
    append(inbox, "one");
    append(inbox, "two");
    ASSERT_EQ(create_error("INBOX/child"), Errc::none);
    ASSERT_TRUE(run(account->rename("INBOX", "old mail")));
    EXPECT_EQ(inbox->snapshot()->size(), 0U);
    EXPECT_EQ(text_of(open_folder("old mail"), Uid(2)), message_text("two"));
    EXPECT_TRUE(account->folders()->find("INBOX/child"));
    EXPECT_TRUE(run(account->remove("INBOX")).error().is(Errc::denied));
    expect_clean();
}

TEST_F(AccountTest, NamesAreCanonical) {
    EXPECT_EQ(create_error("iNbOx/sub"), Errc::none);
    EXPECT_TRUE(account->folders()->find("INBOX/sub"));
    EXPECT_TRUE(account->folders()->find("inbox/sub"));
    EXPECT_EQ(create_error("inbox/INBOX"), Errc::invalid);
    EXPECT_EQ(create_error("Cafe\xCC\x81"), Errc::none);   // NFD comes in
    EXPECT_TRUE(account->folders()->find("Caf\xC3\xA9"));  // NFC is kept
    EXPECT_EQ(create_error("Caf\xC3\xA9"), Errc::exists);
    for (const char* bad : {"", "/a", "a/", "a//b", "a\nb", "\xFF", "\xC0\xAF", "a\x7F", "\xED\xA0\x80"})
        EXPECT_EQ(create_error(bad), Errc::invalid) << bad;
    EXPECT_EQ(create_error(std::string(1001, 'a')), Errc::limit);
    std::string deep = "d";
    for (int i = 0; i < 32; ++i) deep += "/d";
    EXPECT_EQ(create_error(deep), Errc::limit);
    EXPECT_EQ(create_error("Second", SpecialUse::trash), Errc::denied);
    EXPECT_EQ(create_error("Starred", SpecialUse::flagged), Errc::none);
    EXPECT_TRUE(name_before("a/b", "a b"));  // a folder's children before its neighbours
    EXPECT_FALSE(name_before("a b", "a/b"));
}

TEST_F(AccountTest, SubscriptionsNeedNoFolder) {
    ASSERT_TRUE(run(account->set_subscribed("not there", true)));
    ASSERT_TRUE(run(account->set_subscribed("Sent", false)));
    restart();
    open_account();
    EXPECT_TRUE(account->folders()->subscribed.contains("not there"));
    EXPECT_FALSE(account->folders()->subscribed.contains("Sent"));
}

TEST_F(AccountTest, TheFoldersHaveALimit) {
    limits.folders_max = 10;
    restart();
    open_account();
    for (int i = 0; i < 4; ++i) EXPECT_EQ(create_error("f" + std::to_string(i)), Errc::none);
    EXPECT_EQ(create_error("more"), Errc::limit);
}

TEST_F(AccountTest, TotalsAndQuotaComeFromHeaders) {
    append(inbox, "one");
    append(open_folder("Sent"), "two", named(SystemFlag::seen));
    const std::uint64_t size = message_text("one").size();
    restart();
    open_account();
    const auto sent = run(account->totals(account->folders()->find("Sent")->id));
    ASSERT_TRUE(sent);
    EXPECT_EQ(sent->exists, 1U);
    EXPECT_EQ(sent->unseen, 0U);
    EXPECT_EQ(sent->bytes, size);
    EXPECT_EQ(run(account->totals(account->folders()->find("Junk")->id))->exists, 0U);
    const auto quota = run(account->quota());
    ASSERT_TRUE(quota);
    EXPECT_EQ(quota->bytes, 2 * size);
    EXPECT_EQ(quota->messages, 2U);
    ASSERT_TRUE(run(inbox->remove(everything())));
    EXPECT_EQ(run(account->quota())->messages, 1U);
    ASSERT_TRUE(run(account->remove("Sent")));
    EXPECT_EQ(run(account->quota())->bytes, 0U);
}

awaitable<int> append_side_by_side(Store* store, std::vector<FolderPtr> folders, int count) {
    struct Shared {
        int accepted = 0, refused = 0, ended = 0;
    };
    auto shared = std::make_shared<Shared>();
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    for (int i = 0; i < count; ++i) {
        FolderPtr folder = folders[static_cast<std::size_t>(i) % folders.size()];
        asio::co_spawn(executor, append_text(store, std::move(folder), message_text("q")),
                       [shared](std::exception_ptr, Result<AppendResult> result) {
                           ++shared->ended;
                           if (result) {
                               ++shared->accepted;
                           } else if (result.error().is(Errc::over_quota)) {
                               ++shared->refused;
                           }
                       });
    }
    while (shared->ended < count) co_await asio::post(executor, asio::use_awaitable);
    EXPECT_EQ(shared->accepted + shared->refused, count);
    co_return shared->accepted;
}

TEST_F(AccountTest, ParallelAppendsNeverPassTheQuota) {
    const std::uint64_t size = message_text("q").size();
    ASSERT_TRUE(run(account->set_quota(size * 7 + size / 2, 0)));
    inject(engine::random_faults(5, {.delay = 500}));
    const std::vector<FolderPtr> folders{inbox, open_folder("Sent"), open_folder("Junk")};
    EXPECT_EQ(run(append_side_by_side(store.get(), folders, 50)), 7);
    EXPECT_EQ(run(account->quota())->bytes, 7 * size);
    ASSERT_TRUE(run(account->set_quota(0, 9)));
    EXPECT_EQ(run(append_side_by_side(store.get(), folders, 20)), 2);
    const auto copy = run(folders[0]->copy_to(folders[1], everything()));
    EXPECT_TRUE(copy.error().is(Errc::over_quota));
    EXPECT_TRUE(run(folders[0]->move_to(folders[1], everything())));  // a move needs no room
    EXPECT_EQ(run(account->quota())->messages, 9U);
    expect_clean();
}

TEST_F(AccountTest, AttachmentsAreNotedWhereThereIsRoomForAKeyword) {  // RFC 9979 sections 4.1, 4.2
    const auto deliver = [this](std::vector<std::string> keywords) {
        std::vector<Delivery> deliveries(1);
        deliveries[0].account = base::AccountId(1);
        deliveries[0].message = Incoming(*run(write_message(store.get(), message_text("news"))));
        deliveries[0].message.flags.keywords = std::move(keywords);
        const auto results = run(store->deliver(std::move(deliveries)));
        return results[0] ? results[0]->uid : Uid();
    };
    const auto shown = [this](Uid uid) {
        const SnapshotPtr now = inbox->snapshot();
        std::vector<std::string> names;
        for (unsigned i = 0; i < now->keywords().size(); ++i)
            if (now->find(uid)->flags.has_keyword(i)) names.emplace_back(now->keywords().name(i));
        return names;
    };
    EXPECT_EQ(shown(deliver({})), std::vector<std::string>{"$HasNoAttachment"});
    EXPECT_EQ(shown(deliver({"$hasattachment"})), std::vector<std::string>{"$hasattachment"});
    ASSERT_TRUE(run(account->remove("Junk")));
    const FolderPtr full = make_folder("Full");
    std::vector<std::string> many;
    for (unsigned i = 0; i < FlagSet::keywords_max; ++i) many.push_back("k" + std::to_string(i));
    append(full, "one", named({}, many));
    std::vector<Delivery> deliveries(1);
    deliveries[0].account = base::AccountId(1);
    deliveries[0].folder = "Full";
    deliveries[0].message = Incoming(*run(write_message(store.get(), message_text("news"))));
    const auto results = run(store->deliver(std::move(deliveries)));
    ASSERT_TRUE(results[0]) << results[0].error().what();
    EXPECT_EQ(full->snapshot()->find(results[0]->uid)->flags, FlagSet());
    expect_clean();
}

TEST_F(AccountTest, DeliveryGoesToManyAndTellsEach) {
    ASSERT_TRUE(run(store->create_account(base::AccountId(2))));
    const AccountPtr small = *run(store->account(base::AccountId(2)));
    ASSERT_TRUE(run(small->set_quota(10, 0)));
    const auto content = run(write_message(store.get(), message_text("news")));
    std::vector<Delivery> deliveries(4);
    const std::array<std::uint32_t, 4> accounts{1, 2, 3, 1};
    for (std::size_t i = 0; i < 4; ++i) {
        deliveries[i].account = base::AccountId(accounts[i]);
        deliveries[i].message = Incoming(*content);
        deliveries[i].message.prefix = "Delivered-To: " + std::to_string(i) + "\r\n";
    }
    deliveries[3].folder = "no such folder";
    const auto results = run(store->deliver(std::move(deliveries)));
    ASSERT_EQ(results.size(), 4U);
    EXPECT_TRUE(results[0]);
    EXPECT_TRUE(results[1].error().is(Errc::over_quota));
    EXPECT_TRUE(results[2].error().is(Errc::not_found));
    ASSERT_TRUE(results[3]);
    EXPECT_EQ(results[3]->folder, inbox->id());
    EXPECT_EQ(inbox->snapshot()->size(), 2U);
    EXPECT_EQ(text_of(inbox, results[3]->uid), "Delivered-To: 3\r\n" + message_text("news"));
    EXPECT_EQ(run(store->check({}))->blobs, 1U);
    expect_clean();
}

TEST_F(AccountTest, ARemovedAccountIsCollectedWhole) {
    append(inbox, "one");
    append(open_folder("Sent"), "two");
    const FolderPtr held = inbox;
    ASSERT_TRUE(run(store->remove_account(base::AccountId(1))));
    EXPECT_TRUE(held->deleted());
    EXPECT_TRUE(run(store->account(base::AccountId(1))).error().is(Errc::not_found));
    run(store->collect());
    const auto report = run(store->check({}));
    EXPECT_EQ(report->accounts, 0U);
    EXPECT_EQ(report->blobs, 0U);
    EXPECT_TRUE(run(store->create_account(base::AccountId(1))));
}

TEST_F(AccountTest, OneObjectForEachFolder) {
    EXPECT_EQ(open_folder("INBOX"), inbox);
    const std::weak_ptr<Folder> kept = inbox;
    inbox.reset();
    EXPECT_FALSE(kept.expired());  // of those used last
    limits.live_bytes_max = 1;
    restart();
    open_account();
    const std::weak_ptr<Folder> first = inbox;
    inbox.reset();
    EXPECT_TRUE(open_folder("Sent"));
    EXPECT_TRUE(open_folder("Junk"));
    EXPECT_TRUE(first.expired());
}

}  // namespace
}  // namespace store::test
