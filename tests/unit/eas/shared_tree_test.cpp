// The tree of a user's own folders and of those that others share with him.
#include "eas/shared_tree.hpp"

#include <gtest/gtest.h>

#include "eas/folders.hpp"

namespace eas {
namespace {

using store::FolderInfo;
using store::FolderKind;
using store::FolderTree;

const base::AccountId user(1), anna(2), office(3);

store::AclPtr acl_for(base::AccountId who, std::string_view rights, base::AccountId owner) {
    store::Acl acl;
    store::AclEntry entry;
    entry.who.account = who;
    entry.rights = *store::Rights::parse(rights);
    acl.change(entry, store::AclChange::replace, owner);
    return std::make_shared<const store::Acl>(std::move(acl));
}

FolderInfo folder(std::uint64_t id, std::string name, store::AclPtr acl = nullptr, std::uint64_t parent = 0) {
    FolderInfo out;
    out.id = base::FolderId(id);
    out.parent = base::FolderId(parent);
    out.name = std::move(name);
    out.acl = std::move(acl);
    return out;
}

FolderInfo calendar(std::uint64_t id, store::AclPtr acl) {
    FolderInfo out = folder(id, "Calendar", std::move(acl));
    out.kind = FolderKind::calendar;
    out.first = true;
    return out;
}

class SharedTreeTest : public testing::Test {
protected:
    SharedTreeTest() {
        own.folders = {folder(10, "INBOX"), folder(11, "Projects")};
        own.folders.front().use = store::SpecialUse::inbox;
        own.items = {calendar(12, nullptr)};
        hers.folders = {folder(20, "INBOX", acl_for(user, "lr", anna)),
                        folder(21, "Projects", acl_for(user, "lr", anna)),
                        folder(22, "Projects/Old", acl_for(user, "lr", anna), 21),
                        folder(23, "Projects/Old/Older", acl_for(user, "lrs", anna), 22)};
        hers.folders.front().use = store::SpecialUse::inbox;
        hers.items = {calendar(24, acl_for(user, "lr", anna))};
    }

    MergedTree merged(std::size_t most = 100) {
        auto mine = std::make_shared<FolderTree>(own);
        auto theirs = std::make_shared<FolderTree>(hers);
        mine->index();
        theirs->index();
        OthersTree others;
        others.owner = anna;
        others.prefix = "Other Users/anna/";
        others.label = "anna";
        others.tree = std::move(theirs);
        return merge_trees(mine, items_wanted(own, for_all), {others}, user, most);
    }
    /// Names of what is shared, in order of id.
    std::vector<std::string> shared(std::size_t most = 100) {
        const MergedTree all = merged(most);
        std::vector<std::string> out;
        for (const auto& [id, place] : all.shared) {
            const FolderInfo* info = all.tree->find_any(id);
            out.push_back(info->name);
        }
        return out;
    }
    void subscribe(const char* name) { own.subscribed.insert(std::string("Other Users/anna/") + name); }

    static void wish(FolderTree& tree, base::AccountId owner = anna, bool wanted = true) {
        tree.subscribed_items[base::FolderId(24)] = {owner, wanted};
    }

    FolderTree own, hers, office_tree;
    const FolderTree* for_all = nullptr;  // what holds for the whole post office
};

using Names = std::vector<std::string>;

TEST_F(SharedTreeTest, WhatIsSubscribedAndMayBeReadIsThere) {
    EXPECT_EQ(shared(), Names());
    subscribe("Projects");
    EXPECT_EQ(shared(), Names{"Projects (anna)"});
    hers.folders[1].acl = acl_for(user, "l", anna);
    EXPECT_EQ(shared(), Names());
    hers.folders[1].acl = acl_for(user, "r", anna);
    EXPECT_EQ(shared(), Names());
    hers.folders[1].acl = acl_for(office, "lr", anna);  // somebody else
    EXPECT_EQ(shared(), Names());
    hers.folders[1].acl = acl_for(user, "lr", anna);
    hers.folders[1].selectable = false;
    EXPECT_EQ(shared(), Names());
}

TEST_F(SharedTreeTest, ItemsAreSubscribedByThemselves) {
    subscribe("Calendar");  // a name of mail says nothing of them
    EXPECT_EQ(shared(), Names());
    wish(own, office);  // not hers
    EXPECT_EQ(shared(), Names());
    wish(own);
    EXPECT_EQ(shared(), Names{"Calendar (anna)"});
    // The user's own stays the one of its kind.
    EXPECT_EQ(merged().tree->first_of(FolderKind::calendar)->id, base::FolderId(12));
}

TEST_F(SharedTreeTest, WhatAllSeeEachMayPutAway) {
    for_all = &office_tree;
    EXPECT_EQ(shared(), Names());
    wish(office_tree);
    EXPECT_EQ(shared(), Names{"Calendar (anna)"});
    wish(own, anna, false);
    EXPECT_EQ(shared(), Names());
    wish(own);
    office_tree.subscribed_items.clear();
    EXPECT_EQ(shared(), Names{"Calendar (anna)"});  // his own word
    wish(office_tree);
    own.subscribed_items.clear();
    hers.items[0].acl = acl_for(user, "l", anna);
    EXPECT_EQ(shared(), Names());  // who may not read it does not see it
}

TEST_F(SharedTreeTest, WhatIsBelowStaysBelow) {
    for (const char* name : {"INBOX", "Projects", "Projects/Old", "Projects/Old/Older"}) subscribe(name);
    EXPECT_EQ(shared(),
              (Names{"Inbox (anna)", "Projects (anna)", "Projects (anna)/Old", "Projects (anna)/Old/Older"}));
    EXPECT_EQ(merged().tree->find(store::SpecialUse::inbox)->id, base::FolderId(10));
    own.subscribed.erase("Other Users/anna/Projects/Old");
    EXPECT_EQ(shared(), (Names{"Inbox (anna)", "Projects (anna)", "Older (anna)"}));
    const MergedTree all = merged();
    EXPECT_EQ(all.tree->find("Older (anna)")->parent, base::FolderId());
    EXPECT_EQ(all.tree->find("Projects")->id, base::FolderId(11));
    for (const DeviceFolder& one : device_folders(*all.tree))
        if (all.shared.contains(one.known.id)) EXPECT_EQ(one.row.type, FolderType::user_mail);
}

TEST_F(SharedTreeTest, NamesAreNotGivenTwice) {
    own.folders.push_back(folder(13, "Projects (anna)"));
    subscribe("Projects");
    EXPECT_EQ(shared(), Names{"Projects (anna) 2"});
    // A folder of his own that is named like hers is what he has subscribed to.
    own.folders.insert(own.folders.begin() + 1, folder(14, "Other Users/anna/Projects"));
    EXPECT_EQ(shared(), Names());
}

TEST_F(SharedTreeTest, ThereAreNoMoreThanSoMany) {
    for (const char* name : {"INBOX", "Projects", "Projects/Old"}) subscribe(name);
    EXPECT_EQ(shared(2), (Names{"Inbox (anna)", "Projects (anna)"}));
}

}  // namespace
}  // namespace eas
