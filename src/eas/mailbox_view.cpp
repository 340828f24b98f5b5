#include "eas/mailbox_view.hpp"

#include <algorithm>

#include "base/log.hpp"
#include "eas/guarded_folder.hpp"
#include "store/folder_names.hpp"

namespace eas {
namespace {

using store::Errc;
using store::Error;
using store::Result;

constexpr Error nowhere{Errc::not_found, "no such folder"};
constexpr Error not_his{Errc::denied, "the folder is somebody else's"};

constexpr std::string_view label_of_public = "Public";

/// "Other Users/anna/" is anna's.
std::string label_of(const directory::SpaceName& name) {
    return name.space == directory::Space::commons ? std::string(label_of_public) : name.owner;
}

/// Several subscriptions as one.
class Subscriptions final : public store::Subscription {
public:
    explicit Subscriptions(std::vector<store::SubscriptionPtr> all) : all_(std::move(all)) {}

private:
    std::vector<store::SubscriptionPtr> all_;
};

}  // namespace

/// What the names of those begin with whose folders he has subscribed to. Most users have no such
/// subscriptions, and then this costs nothing.
awaitable<Result<std::set<std::string>>> MailboxView::prefixes(store::FolderTreePtr tree,
                                                               ItemsWanted items) const {
    std::set<std::string> out;
    for (const std::string_view space : {directory::others_prefix, directory::public_prefix}) {
        for (auto at = tree->subscribed.lower_bound(space);
             at != tree->subscribed.end() && at->starts_with(space); ++at) {
            const directory::SpaceName name = directory::space_of(*at);
            if (!name.rest.empty()) out.insert(at->substr(0, at->size() - name.rest.size()));
        }
    }
    std::set<base::AccountId> owners;
    for (const auto& [folder, owner] : items) owners.insert(owner);
    for (const base::AccountId owner : owners) {
        auto prefix = co_await neighbours_.prefix_of(own_->id(), owner);
        if (!prefix) co_return prefix.error();
        if (!prefix->empty()) out.insert(std::move(*prefix));
    }
    co_return out;
}

awaitable<Result<bool>> MailboxView::refresh() {
    const auto near = co_await neighbours_.around(own_->id());
    if (!near) co_return near.error();
    const store::FolderTreePtr tree = own_->folders();
    const store::FolderTreePtr all = near->commons ? near->commons->folders() : nullptr;
    if (tree == looked_at_ && all == all_) co_return false;
    ItemsWanted items = items_wanted(*tree, all.get());
    const auto wanted = co_await prefixes(tree, items);
    if (!wanted) co_return wanted.error();
    std::vector<Sharer> found;
    for (const std::string& prefix : *wanted) {
        if (found.size() >= limits_.sharers_max) {
            base::log::warn("eas", "too many share folders with a user: not all are shown",
                            {{"account", own_->id().value}});
            break;
        }
        const directory::SpaceName name = directory::space_of(prefix);
        auto account = co_await neighbours_.account_of(own_->id(), name);
        if (!account && account.error().temporary()) co_return account.error();
        if (!account) {  // what is wrong with his mailbox is no reason to serve others nothing
            base::log::error("eas", "a sharer's mailbox cannot be opened",
                             {{"account", own_->id().value}, {"why", account.error().what()}});
            continue;
        }
        if (*account == nullptr) continue;
        Sharer one;
        one.account = std::move(*account);
        one.prefix = prefix;
        one.label = label_of(name);
        found.push_back(std::move(one));
    }
    const bool same = std::ranges::equal(found, sharers_, {}, &Sharer::account, &Sharer::account);
    looked_at_ = tree;
    all_ = all;
    items_ = std::move(items);
    sharers_ = std::move(found);
    merged_from_.clear();
    co_return !same;
}

/// Made anew when one of the trees is another: they are immutable.
const MergedTree& MailboxView::merged() const {
    std::vector<store::FolderTreePtr> trees{own_->folders()};
    for (const Sharer& one : sharers_) trees.push_back(one.account->folders());
    if (trees == merged_from_) return merged_;
    std::vector<OthersTree> others;
    for (std::size_t i = 0; i < sharers_.size(); ++i) {
        OthersTree one;
        one.owner = sharers_[i].account->id();
        one.prefix = sharers_[i].prefix;
        one.label = sharers_[i].label;
        one.tree = trees[i + 1];
        others.push_back(std::move(one));
    }
    merged_ = merge_trees(trees.front(), items_, others, own_->id(), limits_.shared_folders_max);
    merged_from_ = std::move(trees);
    return merged_;
}

store::FolderTreePtr MailboxView::folders() const {
    return sharers_.empty() ? own_->folders() : merged().tree;
}

/// Null: his own, or nobody's.
const MailboxView::Sharer* MailboxView::sharer_of(base::FolderId folder) const {
    if (sharers_.empty()) return nullptr;
    const MergedTree& all = merged();
    const auto known = all.shared.find(folder);
    return known == all.shared.end() ? nullptr : &sharers_[known->second];
}

bool MailboxView::is_shared(base::FolderId folder) const { return sharer_of(folder) != nullptr; }

store::SubscriptionPtr MailboxView::subscribe(store::Subscriber& subscriber) const {
    if (sharers_.empty()) return own_->subscribe(subscriber);
    std::vector<store::SubscriptionPtr> all;
    all.push_back(own_->subscribe(subscriber));
    for (const Sharer& one : sharers_) all.push_back(one.account->subscribe(subscriber));
    return std::make_unique<Subscriptions>(std::move(all));
}

awaitable<Result<store::FolderPtr>> MailboxView::open(base::FolderId folder) const {
    const Sharer* sharer = sharer_of(folder);
    if (sharers_.empty()) co_return co_await own_->open(folder);
    const store::AccountPtr owner = sharer == nullptr ? nullptr : sharer->account;
    Result<store::FolderPtr> opened = nowhere;
    if (owner) {
        opened = co_await owner->open_for(folder, own_->id());
    } else {
        opened = co_await own_->open(folder);
    }
    if (!opened) co_return opened.error();
    co_return std::make_shared<GuardedFolder>(std::move(*opened), owner, own_->id());
}

awaitable<Result<store::FolderTotals>> MailboxView::totals(base::FolderId folder) const {
    const Sharer* sharer = sharer_of(folder);
    const store::AccountPtr of = sharer == nullptr ? own_ : sharer->account;
    return of->totals(folder);
}

/// Its own, or of what it would be below.
bool MailboxView::lies_in_shared(std::string_view name, bool items) const {
    if (sharers_.empty()) return false;
    const store::FolderTreePtr tree = folders();
    for (std::string_view at = name; !at.empty(); at = store::parent_of(at)) {
        const store::FolderInfo* info = items ? tree->find_item_folder(at) : tree->find(at);
        if (info != nullptr) return is_shared(info->id);
    }
    return false;
}

awaitable<Result<store::FolderInfo>> MailboxView::create(std::string name, store::SpecialUse use) const {
    if (lies_in_shared(name, false)) co_return not_his;
    co_return co_await own_->create(std::move(name), use);
}

awaitable<Result<store::FolderInfo>> MailboxView::create_items(std::string name,
                                                               store::FolderKind kind) const {
    if (lies_in_shared(name, true)) co_return not_his;
    co_return co_await own_->create_items(std::move(name), kind);
}

awaitable<Result<void>> MailboxView::remove(std::string name) const {
    if (lies_in_shared(name, false)) co_return not_his;
    co_return co_await own_->remove(std::move(name));
}

awaitable<Result<void>> MailboxView::remove_items(std::string name) const {
    if (lies_in_shared(name, true)) co_return not_his;
    co_return co_await own_->remove_items(std::move(name));
}

awaitable<Result<void>> MailboxView::rename(std::string from, std::string to) const {
    if (lies_in_shared(from, false) || lies_in_shared(to, false)) co_return not_his;
    co_return co_await own_->rename(std::move(from), std::move(to));
}

awaitable<Result<void>> MailboxView::rename_items(std::string from, std::string to) const {
    if (lies_in_shared(from, true) || lies_in_shared(to, true)) co_return not_his;
    co_return co_await own_->rename_items(std::move(from), std::move(to));
}

awaitable<Result<void>> MailboxView::unsubscribe(base::FolderId folder) const {
    const Sharer* sharer = sharer_of(folder);
    if (sharer == nullptr) co_return nowhere;
    const store::FolderTreePtr theirs = sharer->account->folders();
    const store::FolderInfo* info = theirs->find_any(folder);
    if (info == nullptr) co_return nowhere;
    if (info->kind == store::FolderKind::mail)
        co_return co_await own_->set_subscribed(sharer->prefix + info->name, false);
    // What all others see needs a word of his own.
    std::optional<store::ItemSubscription> says;
    if (all_ && all_->subscribed_items.contains(folder))
        says = store::ItemSubscription{sharer->account->id(), false};
    co_return co_await own_->set_items_subscribed(folder, says);
}

/// Which folder of somebody else is called so, or would be; one that is not shown, if there are several.
awaitable<Result<std::optional<MailboxView::Offered>>> MailboxView::offered(std::string name,
                                                                            store::FolderKind kind) const {
    using Found = std::optional<Offered>;
    const std::size_t open = name.rfind(" (");
    if (open == std::string::npos || !name.ends_with(')')) co_return Found();
    directory::SpaceName space;
    space.owner = name.substr(open + 2, name.size() - open - 3);
    space.space = directory::Space::others;
    auto owner = co_await neighbours_.account_of(own_->id(), space);
    if (owner && *owner == nullptr && space.owner == label_of_public) {
        space.space = directory::Space::commons;
        owner = co_await neighbours_.account_of(own_->id(), space);
    }
    if (!owner && owner.error().temporary()) co_return owner.error();
    if (!owner || *owner == nullptr) co_return Found();
    const base::AccountId whose = (*owner)->id();
    const auto prefix = co_await neighbours_.prefix_of(own_->id(), whose);
    if (!prefix) co_return prefix.error();
    if (prefix->empty()) co_return Found();
    const store::FolderTreePtr theirs = (*owner)->folders();
    Found out;
    for (const store::FolderInfo& info : kind == store::FolderKind::mail ? theirs->folders : theirs->items) {
        const store::Rights rights = store::rights_of(info.acl.get(), whose, own_->id());
        const bool fits = info.kind == kind && info.selectable && rights.has(store::Right::lookup) &&
                          rights.has(store::Right::read) && shared_name(info.name, label_of(space)) == name;
        if (!fits || (out && is_shared(info.id))) continue;
        out = Offered{whose, *prefix + info.name, info};
        if (!is_shared(info.id)) break;
    }
    co_return out;
}

/// Whether one more of hers would be shown.
bool MailboxView::has_room_for(base::AccountId owner) const {
    const auto is_hers = [owner](const Sharer& one) { return one.account->id() == owner; };
    const bool known = std::ranges::any_of(sharers_, is_hers);
    if (!known && sharers_.size() >= limits_.sharers_max) return false;
    return sharers_.empty() || merged().shared.size() < limits_.shared_folders_max;
}

/// Subscribes to it, and makes sure that it is shown. \errors limit: it is not, and all is as before
awaitable<Result<void>> MailboxView::show(Offered what) {
    const base::FolderId id = what.folder.id;
    const bool is_mail = what.folder.kind == store::FolderKind::mail;
    const store::FolderTreePtr before = own_->folders();
    Result<void> done;
    if (is_mail) {
        done = co_await own_->set_subscribed(what.name, true);
    } else {
        const store::ItemSubscription wanted{what.owner, true};
        done = co_await own_->set_items_subscribed(id, wanted);
    }
    if (!done) co_return done;
    const auto refreshed = co_await refresh();
    if (!refreshed) co_return refreshed.error();
    if (is_shared(id)) co_return Result<void>();
    // Something else came in between: others are shown in its place.
    if (is_mail) {
        if (!before->subscribed.contains(what.name)) done = co_await own_->set_subscribed(what.name, false);
    } else {
        std::optional<store::ItemSubscription> said;
        const auto known = before->subscribed_items.find(id);
        if (known != before->subscribed_items.end()) said = known->second;
        done = co_await own_->set_items_subscribed(id, said);
    }
    if (!done) co_return done;
    co_return Error(Errc::limit, "too many folders of others");
}

awaitable<Result<std::optional<base::FolderId>>> MailboxView::subscribe_to(std::string name,
                                                                           store::FolderKind kind) {
    using Found = std::optional<base::FolderId>;
    const store::FolderTreePtr tree = folders();
    const bool is_mail = kind == store::FolderKind::mail;
    const store::FolderInfo* there = is_mail ? tree->find(name) : tree->find_item_folder(name);
    if (there != nullptr && is_shared(there->id)) co_return Error(Errc::exists, "his devices show it");
    if (there != nullptr) co_return Found();  // his own
    auto found = co_await offered(std::move(name), kind);
    if (!found) co_return found.error();
    if (!*found) co_return Found();
    const base::FolderId id = (*found)->folder.id;
    if (is_shared(id)) co_return Error(Errc::exists, "his devices show it");
    if (!has_room_for((*found)->owner)) co_return Error(Errc::limit, "too many folders of others");
    const auto done = co_await show(std::move(**found));
    if (!done) co_return done.error();
    co_return Found(id);
}

}  // namespace eas
