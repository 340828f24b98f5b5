// AccountState: the rows of an account. AccountDraft: the same in the middle of a round of changes. Pure.
#pragma once
#include <map>
#include <set>
#include <string>
#include <vector>

#include "store/engine/engine.hpp"
#include "store/folder_names.hpp"
#include "store/keys.hpp"
#include "store/records.hpp"

namespace store {

/// Above the folders of other kinds than mail: no folder has this id, which is below all that are given.
inline constexpr base::FolderId items_root{2};

struct AccountState {
    AccountHeader header;
    std::map<base::FolderId, FolderRow> folders;
    std::set<std::string, std::less<>> subscribed;
    std::map<base::FolderId, AclPtr> acls;
    std::set<base::AccountId> sharers;
    std::map<base::FolderId, ItemSubscription> subscribed_items;
    std::map<base::FolderId, std::int64_t> tombstones;  ///< deleted folders and when
    std::set<base::FolderId> were_inbox;  ///< made by a RENAME of INBOX; for who listens, not kept in rows

    /// \errors corrupt
    static Result<AccountState> read(const std::vector<engine::Row>& rows);
    FolderTreePtr tree() const;
};

class AccountDraft {
public:
    AccountDraft(const AccountState& base, const StoreLimits& limits, std::int64_t now, base::IdSource& ids);

    const AccountState& state() const { return state_; }
    bool clean() const { return batch_.put.empty() && batch_.erase.empty(); }
    /// The rows to commit, and the state after it.
    engine::Batch finish(std::uint64_t opid);
    AccountState take() { return std::move(state_); }

    // Names are canonical.
    Result<base::FolderId> create(std::string_view name, SpecialUse use, FolderKind kind = FolderKind::mail);
    /// The folder whose content goes. `root`: items_root, or none for mail.
    Result<base::FolderId> remove(std::string_view name, base::FolderId root = {});
    Result<void> rename(std::string_view from, std::string_view to, base::FolderId root = {});
    /// The folder becomes the one of its kind that every mailbox has.
    void set_first(base::FolderId id);
    void note_was_inbox(base::FolderId id) { state_.were_inbox.insert(id); }
    void subscribe(std::string_view name, bool yes);
    void set_sharer(base::AccountId owner, bool yes);
    void subscribe_items(base::FolderId folder, std::optional<ItemSubscription> says);
    /// Null: the folder is the owner's alone.
    void set_acl(base::FolderId folder, AclPtr acl);
    void set_quota(std::uint64_t bytes_max, std::uint64_t messages_max);
    void set_created(std::int64_t time) { state_.header.created = time; }
    /// finish() writes the header.
    void note_change() { put(std::string(keys::header), std::string()); }
    void mark_removed();
    void drop_tombstone(base::FolderId folder);

    /// Null: no such folder.
    base::FolderId find(std::string_view name, base::FolderId root = {}) const;

private:
    struct NewRow {
        SpecialUse use = SpecialUse::none;
        FolderKind kind = FolderKind::mail;
    };
    base::FolderId make_row(base::FolderId parent, std::string_view leaf, NewRow as);
    Result<base::FolderId> make_parents(std::string_view name, FolderKind kind);
    void put_row(base::FolderId id);
    void put(std::string key, std::string value);
    void erase(std::string key);
    bool has_children(base::FolderId id) const;

    AccountState state_;
    const StoreLimits& limits_;
    std::int64_t now_;
    base::IdSource& ids_;
    std::map<std::pair<base::FolderId, std::string>, base::FolderId> names_;  // (parent, leaf) → folder
    engine::Batch batch_;
};

}  // namespace store
