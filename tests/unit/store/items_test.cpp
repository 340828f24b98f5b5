// Folders of other kinds than mail, and messages that are revised in their place.
#include "fixture.hpp"

namespace store::test {
namespace {

class ItemsTest : public StoreTest {
protected:
    void SetUp() override { open_account(); }

    Result<ModSeq> revise(const FolderPtr& folder, Uid uid, ModSeq expected, const std::string& text) {
        const auto content = run(write_message(store.get(), text));
        EXPECT_TRUE(content);
        Incoming message(*content);
        message.internal_date = 77;
        return run(folder->revise(uid, expected, std::move(message)));
    }
    FolderPtr first(FolderKind kind) {
        EXPECT_TRUE(run(account->make_item_folders()));
        const FolderInfo* info = account->folders()->first_of(kind);
        return info == nullptr ? nullptr : *run(account->open(info->id));
    }
};

TEST_F(ItemsTest, FoldersOfItemsHaveNamesOfTheirOwn) {
    ASSERT_TRUE(run(account->make_item_folders()));
    const FolderTreePtr tree = account->folders();
    ASSERT_EQ(tree->items.size(), 4U);
    const FolderInfo contacts = *tree->first_of(FolderKind::contacts);
    EXPECT_EQ(contacts.name, "Contacts");
    EXPECT_EQ(tree->find("Contacts"), nullptr);  // not for who knows mail alone
    EXPECT_EQ(tree->find(contacts.id), nullptr);
    EXPECT_EQ(tree->find_any(contacts.id)->kind, FolderKind::contacts);
    ASSERT_TRUE(run(account->create("Contacts", SpecialUse::none)));
    EXPECT_TRUE(run(account->make_item_folders()));  // once is enough
    EXPECT_EQ(account->folders()->items.size(), 4U);
    EXPECT_TRUE(run(account->remove("Contacts")));  // that of mail
    EXPECT_TRUE(account->folders()->first_of(FolderKind::contacts));
    EXPECT_TRUE(run(account->remove_items("Contacts")).error().is(Errc::denied));

    const auto made = run(account->create_items("Calendar/Work", FolderKind::calendar));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->parent, account->folders()->first_of(FolderKind::calendar)->id);
    EXPECT_TRUE(run(account->create_items("Calendar/Work", FolderKind::notes)).error().is(Errc::exists));
    EXPECT_TRUE(run(account->create_items("Mail", FolderKind::mail)).error().is(Errc::invalid));
    EXPECT_TRUE(run(account->rename_items("Calendar/Work", "Team/Work")));
    restart();
    open_account();
    EXPECT_EQ(account->folders()->find_item_folder("Team/Work")->kind, FolderKind::calendar);
    EXPECT_TRUE(run(account->remove_items("Team/Work")));
    EXPECT_EQ(account->folders()->find_item_folder("Team/Work"), nullptr);
    expect_clean();
}

TEST_F(ItemsTest, ARevisedMessageKeepsItsUid) {
    const FolderPtr folder = first(FolderKind::notes);
    ASSERT_TRUE(folder);
    append(folder, "first");
    append(folder, "second");
    const Entry before = *folder->snapshot()->find(Uid(1));
    const std::string text = message_text("other", 70'000);
    const auto done = revise(folder, Uid(1), before.modseq, text);
    ASSERT_TRUE(done) << done.error().what();
    const Entry after = *folder->snapshot()->find(Uid(1));
    EXPECT_EQ(after.modseq, *done);
    EXPECT_NE(after.id, before.id);
    EXPECT_EQ(after.size, text.size());
    EXPECT_EQ(after.internal_date, 77);
    EXPECT_EQ(text_of(folder, Uid(1)), text);
    EXPECT_EQ(folder->snapshot()->totals().exists, 2U);
    // Somebody was faster: what he wrote stays.
    EXPECT_TRUE(revise(folder, Uid(1), before.modseq, message_text("late")).error().is(Errc::conflict));
    EXPECT_TRUE(revise(folder, Uid(9), before.modseq, message_text("none")).error().is(Errc::not_found));
    EXPECT_EQ(text_of(folder, Uid(1)), text);
    const auto vanished = run(folder->vanished_since(before.modseq));
    ASSERT_TRUE(vanished);
    EXPECT_TRUE(vanished->vanished.empty());
    expect_clean();
    restart();
    open_account();
    EXPECT_EQ(text_of(first(FolderKind::notes), Uid(1)), text);
    expect_clean();
}

TEST_F(ItemsTest, WhatWasRevisedIsCollected) {
    const FolderPtr folder = first(FolderKind::notes);
    append(folder, "first");
    for (int i = 0; i < 5; ++i)
        ASSERT_TRUE(revise(folder, Uid(1), folder->snapshot()->find(Uid(1))->modseq,
                           message_text("again" + std::to_string(i))));
    const auto quota = run(account->quota());
    ASSERT_TRUE(quota);
    EXPECT_EQ(quota->messages, 1U);
    EXPECT_EQ(quota->bytes, folder->snapshot()->find(Uid(1))->size);
    clock.advance(std::chrono::hours(48));
    run(store->collect());
    EXPECT_EQ(text_of(folder, Uid(1)), message_text("again4"));
    expect_clean();
    ASSERT_TRUE(run(folder->remove(one(1))));
    clock.advance(std::chrono::hours(48));
    run(store->collect());
    expect_clean();
}

TEST_F(ItemsTest, AFullMailboxTakesNoMoreThanItFrees) {
    const FolderPtr folder = first(FolderKind::notes);
    append(folder, "first");
    const Entry entry = *folder->snapshot()->find(Uid(1));
    ASSERT_TRUE(run(account->set_quota(entry.size + 10, 1)));
    EXPECT_TRUE(
        revise(folder, Uid(1), entry.modseq, message_text("large", 4'000)).error().is(Errc::over_quota));
    EXPECT_TRUE(revise(folder, Uid(1), entry.modseq, message_text("fits!")));
    expect_clean();
}

}  // namespace
}  // namespace store::test
