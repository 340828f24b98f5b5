// MailboxView: the folders that a user's devices may reach: his own, and those that others share with him and
// he has subscribed to. All that a request does to folders goes this way, so that no command needs to know
// whose one is (docs/decisions/0017-shared-folders-on-devices.md).
#pragma once
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "directory/neighbours.hpp"
#include "eas/shared_tree.hpp"
#include "store/account.hpp"

namespace eas {

using boost::asio::awaitable;

struct MailboxViewLimits {
    std::size_t sharers_max = 50;          ///< whose folders one user's devices show
    std::size_t shared_folders_max = 500;  ///< of all of them: a device's state has a line for each
};

/// On the strand of its request, and then of the News that waits for it. Of folders that are not in
/// `folders()` all is answered as of those that do not exist.
class MailboxView {
public:
    MailboxView(store::AccountPtr own, directory::Neighbours neighbours, MailboxViewLimits limits = {})
        : own_(std::move(own)), neighbours_(neighbours), limits_(limits) {}

    /// Looks who shares with him; to be called first, and when something has changed. True: others than
    /// before, whom a subscription does not listen to. \errors unavailable
    awaitable<store::Result<bool>> refresh();

    /// The mailbox alone.
    const store::AccountPtr& own() const { return own_; }
    store::FolderTreePtr folders() const;
    /// As the lists of rights are now: between two of a request's steps they may change.
    bool is_shared(base::FolderId folder) const;
    /// Whoever has it open knows this for as long as he has, whatever becomes of his rights.
    bool is_of_others(const store::Folder& folder) const { return folder.account() != own_->id(); }
    /// Of all whose folders are here.
    store::SubscriptionPtr subscribe(store::Subscriber& subscriber) const;
    awaitable<store::Result<store::FolderPtr>> open(base::FolderId folder) const;
    awaitable<store::Result<store::FolderTotals>> totals(base::FolderId folder) const;

    // As of store::Account. \errors denied: what is somebody else's stays as it is
    awaitable<store::Result<store::FolderInfo>> create(std::string name, store::SpecialUse use) const;
    awaitable<store::Result<store::FolderInfo>> create_items(std::string name, store::FolderKind kind) const;
    awaitable<store::Result<void>> remove(std::string name) const;
    awaitable<store::Result<void>> remove_items(std::string name) const;
    awaitable<store::Result<void>> rename(std::string from, std::string to) const;
    awaitable<store::Result<void>> rename_items(std::string from, std::string to) const;
    awaitable<store::Result<void>> make_item_folders() const { return own_->make_item_folders(); }
    awaitable<store::Result<void>> set_subscribed(std::string name, bool yes) const {
        return own_->set_subscribed(std::move(name), yes);
    }
    /// A folder of somebody else is not shown any more. \errors not_found
    awaitable<store::Result<void>> unsubscribe(base::FolderId folder) const;
    /// "Calendar (anna)": a folder that somebody shares with the user and that his devices do not show is
    /// shown from now on. Nothing: the name is of no such folder. \errors exists: they show it already ·
    /// limit: it would be one too many, and is not subscribed to · unavailable
    awaitable<store::Result<std::optional<base::FolderId>>> subscribe_to(std::string name,
                                                                         store::FolderKind kind);

private:
    struct Sharer {
        store::AccountPtr account;
        std::string prefix, label;  // as OthersTree has them
    };
    struct Offered {
        base::AccountId owner;
        std::string name;  ///< among the user's subscriptions
        store::FolderInfo folder;
    };
    awaitable<store::Result<std::optional<Offered>>> offered(std::string name, store::FolderKind kind) const;
    awaitable<store::Result<void>> show(Offered what);
    bool has_room_for(base::AccountId owner) const;
    awaitable<store::Result<std::set<std::string>>> prefixes(store::FolderTreePtr tree,
                                                             ItemsWanted items) const;
    const Sharer* sharer_of(base::FolderId folder) const;
    bool lies_in_shared(std::string_view name, bool items) const;
    const MergedTree& merged() const;

    const store::AccountPtr own_;
    const directory::Neighbours neighbours_;
    const MailboxViewLimits limits_;
    store::FolderTreePtr looked_at_, all_;  // the own tree and the public one that sharers_ are of
    ItemsWanted items_;                     // of these two
    std::vector<Sharer> sharers_;
    mutable std::vector<store::FolderTreePtr> merged_from_;  // the own tree, and those of sharers_
    mutable MergedTree merged_;
};
using MailboxViewPtr = std::shared_ptr<MailboxView>;  // a request's, and the News' that outlives it

}  // namespace eas
