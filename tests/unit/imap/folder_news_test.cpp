// What a user hears of the names of an account, from two trees of it. RFC 5465 sections 5.4, 5.5, 5.9.
#include "imap/folder_news.hpp"

#include <gtest/gtest.h>

#include "imap/mailbox_filters.hpp"

namespace {

using imap::FolderNews;
using imap::MailboxFilter;
using imap::MailboxFilters;
constexpr base::AccountId owner(1), reader(2);

struct Tree {
    store::FolderTree tree;
    Tree& add(std::uint64_t id, std::string name, std::uint64_t parent = 0, const char* rights = nullptr) {
        store::FolderInfo info;
        info.id = base::FolderId(id);
        info.parent = base::FolderId(parent);
        info.name = std::move(name);
        info.uid_validity = static_cast<std::uint32_t>(id);
        if (rights != nullptr) {
            store::Acl acl;
            store::AclEntry entry;
            entry.who.account = reader;
            entry.rights = store::Rights::parse(rights).value_or(store::Rights());
            acl.change(entry, store::AclChange::replace, owner);
            info.acl = std::make_shared<const store::Acl>(acl);
        }
        tree.folders.push_back(info);
        return *this;
    }
    Tree& level() {
        tree.folders.back().selectable = false;
        return *this;
    }
};

std::string news(const Tree& before, const Tree& after, base::AccountId user = owner) {
    static constexpr std::array<const char*, 5> kinds{"appeared", "vanished", "renamed", "opened", "closed"};
    std::string out;
    for (const FolderNews& each : imap::compare_trees(before.tree, after.tree, owner, user)) {
        if (!out.empty()) out += ", ";
        out += std::string(kinds[static_cast<std::size_t>(each.kind)]) + " " + each.folder.name;
        if (!each.old_name.empty()) out += " from " + each.old_name;
        if (each.still_there) out += " (still there)";
        if (each.anew) out += " (anew)";
    }
    return out;
}

TEST(FolderNews, names_come_go_and_change) {
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "a").add(2, "b")), "appeared b");
    EXPECT_EQ(news(Tree().add(1, "a").add(2, "b"), Tree().add(1, "a")), "vanished b");
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "c")), "renamed c from a");
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "a")), "");
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(7, "a")), "vanished a, appeared a (anew)");
}

TEST(FolderNews, inbox_is_renamed_and_stays) {
    Tree before = Tree().add(1, "INBOX"), after = Tree().add(1, "INBOX").add(2, "Old", 0, "lr");
    before.tree.folders.back().use = after.tree.folders.front().use = store::SpecialUse::inbox;
    after.tree.folders.back().was_inbox = true;
    EXPECT_EQ(news(before, after), "renamed Old from INBOX");
    EXPECT_EQ(news(after, after), "");
    // Who does not see INBOX sees a new folder.
    EXPECT_EQ(news(before, after, reader), "appeared Old");
}

TEST(FolderNews, children_go_along_with_their_parent) {
    const Tree before = Tree().add(1, "a").add(2, "a/b", 1).add(3, "a/b/c", 2);
    EXPECT_EQ(news(before, Tree().add(1, "x").add(2, "x/b", 1).add(3, "x/b/c", 2)), "renamed x from a");
    EXPECT_EQ(news(before, Tree().add(1, "a").add(2, "b", 0).add(3, "b/c", 2)), "renamed b from a/b");
    EXPECT_EQ(news(before, Tree().add(1, "x").add(2, "x/y", 1).add(3, "x/y/c", 2)),
              "renamed x from a, renamed x/y from a/b");
    // He does not see the parent, so he must hear of the child.
    const Tree shared = Tree().add(1, "a").add(2, "a/b", 1, "lr");
    EXPECT_EQ(news(shared, Tree().add(1, "x").add(2, "x/b", 1, "lr"), reader), "renamed x/b from a/b");
}

TEST(FolderNews, levels_are_no_mailboxes) {
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "a").level()), "vanished a");
    EXPECT_EQ(news(Tree().add(1, "a").level(), Tree().add(1, "a")), "appeared a (anew)");
}

TEST(FolderNews, rights_that_come_and_go) {
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "a", 0, "lr"), reader), "appeared a");
    EXPECT_EQ(news(Tree().add(1, "a", 0, "lr"), Tree().add(1, "a"), reader), "vanished a (still there)");
    EXPECT_EQ(news(Tree().add(1, "a", 0, "lr"), Tree().add(1, "a", 0, "l"), reader), "closed a");
    EXPECT_EQ(news(Tree().add(1, "a", 0, "l"), Tree().add(1, "a", 0, "lr"), reader), "opened a");
    EXPECT_EQ(news(Tree().add(1, "a"), Tree().add(1, "a", 0, "r"), reader), "");
    EXPECT_EQ(news(Tree().add(1, "a", 0, "lr"), Tree(), reader), "vanished a");
}

TEST(FolderNews, subscriptions_that_come_and_go) {
    Tree before, after;
    before.tree.subscribed = {"a", "b"};
    after.tree.subscribed = {"b", "c"};
    EXPECT_EQ(imap::compare_subscriptions(before.tree, after.tree), (std::vector<std::string>{"a", "c"}));
}

TEST(MailboxFilters, cover_what_they_name) {
    using Kind = MailboxFilter::Kind;
    const auto covers = [](Kind kind, std::vector<std::string> names, const std::string& name,
                           bool own = true, bool subscribed = false) {
        std::vector<MailboxFilter> filters(1);
        filters.front().kind = kind;
        filters.front().names = std::move(names);
        store::FolderInfo folder;
        folder.name = name;
        if (name == "INBOX") folder.use = store::SpecialUse::inbox;
        return MailboxFilters(filters).cover(folder, own, subscribed);
    };
    EXPECT_TRUE(covers(Kind::personal, {}, "a"));
    EXPECT_FALSE(covers(Kind::personal, {}, "a", false));
    EXPECT_TRUE(covers(Kind::inboxes, {}, "INBOX"));
    EXPECT_FALSE(covers(Kind::inboxes, {}, "a"));
    EXPECT_TRUE(covers(Kind::subscribed, {}, "a", false, true));
    EXPECT_FALSE(covers(Kind::subscribed, {}, "a"));
    EXPECT_TRUE(covers(Kind::subtree, {"a"}, "a/b/c"));
    EXPECT_TRUE(covers(Kind::subtree, {"a"}, "a", false));
    EXPECT_FALSE(covers(Kind::subtree, {"a"}, "ab"));
    EXPECT_TRUE(covers(Kind::mailboxes, {"a", "b"}, "b"));
    EXPECT_FALSE(covers(Kind::mailboxes, {"a*"}, "ab"));
    EXPECT_FALSE(covers(Kind::selected, {}, "a"));
}

}  // namespace
