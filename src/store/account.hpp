// Account: the folders of one mailbox, as a tree of names that all its sessions share.
#pragma once
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "store/acl.hpp"
#include "store/folder.hpp"
#include "store/notices.hpp"

namespace store {

/// RFC 6154 section 2, with Important of RFC 8457 and the last three of RFC 9979. `none` for an ordinary
/// folder.
enum class SpecialUse : std::uint8_t {
    none,
    inbox,
    drafts,
    sent,
    trash,
    junk,
    archive,
    all,
    flagged,
    important,
    memos,
    scheduled,
    snoozed
};

/// What a folder holds. All but mail have names of their own, in a tree of their own: mail clients do not see
/// them (docs/decisions/0015-items.md).
enum class FolderKind : std::uint8_t { mail, calendar, contacts, tasks, notes };

/// Names are UTF-8 in NFC, levels separated by '/'; INBOX is always written so.
struct FolderInfo {
    base::FolderId id;
    base::FolderId parent;  ///< 0: top level
    std::string name;       ///< full name
    SpecialUse use = SpecialUse::none;
    FolderKind kind = FolderKind::mail;
    bool first = false;      ///< of its kind, not mail: the one that every mailbox has
    bool selectable = true;  ///< false: only a level of the hierarchy (\Noselect), kept for its children
    /// Made by a RENAME of INBOX, as far as is remembered: not longer than the account is in memory.
    bool was_inbox = false;
    std::uint32_t uid_validity = 0;
    AclPtr acl;  ///< null: the owner's alone
};

/// Whether somebody wants to see a folder of somebody else.
struct ItemSubscription {
    base::AccountId owner;
    bool wanted = true;  ///< false: not even where all others of his post office do
    bool operator==(const ItemSubscription&) const = default;
};

/// Immutable. Folders in order of name, INBOX first.
class FolderTree {
public:
    std::vector<FolderInfo> folders;  ///< of mail
    std::vector<FolderInfo> items;    ///< of all else, in order of name: what find() of mail does not find
    std::set<std::string, std::less<>> subscribed;  ///< names, also of folders that do not exist
    /// Accounts that may share something with this one: look at their folders' rights. Some may not any more.
    std::set<base::AccountId> sharers;
    /// What this user says of folders of others, none of mail; of the public tree's account: what holds for
    /// all who say nothing themselves. Some may not be there any more.
    std::map<base::FolderId, ItemSubscription> subscribed_items;

    const FolderInfo* find(std::string_view name) const;  ///< INBOX in any case
    const FolderInfo* find(base::FolderId id) const;
    const FolderInfo* find(SpecialUse use) const;
    /// Also where it is none of mail.
    const FolderInfo* find_any(base::FolderId id) const;
    const FolderInfo* find_item_folder(std::string_view name) const;
    /// The one that every mailbox has.
    const FolderInfo* first_of(FolderKind kind) const;
    bool has_children(const FolderInfo& folder) const;
    /// Makes find() by id quick. For one who has put the folders in order and adds none.
    void index();

private:
    std::vector<std::uint32_t> by_id_;  // places in `folders`, by id; of another size: not made
};
using FolderTreePtr = std::shared_ptr<const FolderTree>;

struct Quota {
    std::uint64_t bytes = 0, messages = 0;
    std::uint64_t bytes_max = 0, messages_max = 0;  ///< 0: no limit
};

class Account {
public:
    virtual ~Account() = default;
    virtual base::AccountId id() const = 0;
    virtual FolderTreePtr folders() const = 0;
    /// Told when the tree, or any folder's counters, changed.
    virtual SubscriptionPtr subscribe(Subscriber& subscriber) = 0;
    /// What happened since this mark; what concerns others alone is left out. For subscribers: nothing is
    /// kept while there is none. A mark of `notices_mark()` taken after subscribe() misses nothing.
    virtual NoticesRead notices(std::uint64_t mark, base::AccountId user) const;
    virtual std::uint64_t notices_mark() const { return 0; }
    /// Annotations are kept elsewhere (metadata.hpp): who changes one says so. Also tells subscribers.
    virtual void note_annotations(base::FolderId folder, base::AccountId user,
                                  const std::vector<std::string>& entries);

    /// Makes the levels above too, as selectable folders (RFC 9051 section 6.3.4). \errors exists, invalid,
    /// limit, denied (another folder has the use)
    virtual awaitable<Result<FolderInfo>> create(std::string name, SpecialUse use) = 0;
    /// Keeps a level for its children as not selectable; such a level with children cannot be deleted again.
    /// \errors not_found, denied (INBOX)
    virtual awaitable<Result<void>> remove(std::string name) = 0;
    /// Children go along. INBOX: its messages move to the new folder and INBOX stays (RFC 9051
    /// section 6.3.6).
    /// \errors not_found, exists, invalid
    virtual awaitable<Result<void>> rename(std::string from, std::string to) = 0;
    /// The same for folders of other kinds than mail, whose names are apart. \errors as those
    virtual awaitable<Result<FolderInfo>> create_items(std::string name, FolderKind kind);
    virtual awaitable<Result<void>> remove_items(std::string name);
    virtual awaitable<Result<void>> rename_items(std::string from, std::string to);
    /// Calendar, Contacts, Tasks and Notes, where they are missing: mailboxes have them once a device asks.
    virtual awaitable<Result<void>> make_item_folders();
    virtual awaitable<Result<void>> set_subscribed(std::string name, bool yes) = 0;
    /// FolderTree::subscribed_items; nothing: he says nothing of it any more. \errors limit
    virtual awaitable<Result<void>> set_items_subscribed(base::FolderId folder,
                                                         std::optional<ItemSubscription> says);

    /// One entry of a folder's access control list. Who may do that is the caller's affair, and so is who
    /// must know of it: Store::share(). Sessions that have the folder open are told. \errors not_found, limit
    virtual awaitable<Result<AclPtr>> change_acl(base::FolderId folder, AclEntry entry, AclChange how) = 0;
    virtual awaitable<Result<void>> set_sharer(base::AccountId owner, bool yes) = 0;

    /// \errors not_found: unknown or not selectable
    virtual awaitable<Result<FolderPtr>> open(base::FolderId folder) = 0;
    /// The folder as `user` sees it: with his own \Seen, which \Recent and all other flags are not. The owner
    /// gets open(). Rights are not looked at.
    virtual awaitable<Result<FolderPtr>> open_for(base::FolderId folder, base::AccountId user) = 0;
    /// From the live folder if there is one, else one row.
    virtual awaitable<Result<FolderTotals>> totals(base::FolderId folder) = 0;
    /// Sum of the folders' headers: it cannot drift.
    virtual awaitable<Result<Quota>> quota() = 0;
    /// Whether so much more would fit under the quota now. \errors over_quota, unavailable
    virtual awaitable<Result<void>> room_for(std::uint64_t bytes, std::uint64_t messages) = 0;
    virtual awaitable<Result<void>> set_quota(std::uint64_t bytes_max, std::uint64_t messages_max) = 0;
};
using AccountPtr = std::shared_ptr<Account>;

}  // namespace store
