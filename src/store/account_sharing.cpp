// What an account shows to others: access control lists, who shares with whom, its folders as others see
// them.
#include <utility>

#include "store/live_account.hpp"

namespace store {

awaitable<Result<AclPtr>> LiveAccount::change_acl(base::FolderId folder, AclEntry entry, AclChange how) {
    auto result = std::make_shared<AclPtr>();
    Apply apply = [result, folder, entry, how, owner = id_](AccountDraft& draft) {
        if (!draft.state().folders.contains(folder)) return Error(Errc::not_found, "no such folder");
        const auto known = draft.state().acls.find(folder);
        Acl acl;
        if (known != draft.state().acls.end()) acl = *known->second;
        acl.change(entry, how, owner);
        if (acl.entries().size() > Acl::entries_max)
            return Error(Errc::limit, "too many entries in the list");
        *result = std::make_shared<const Acl>(std::move(acl));
        if (known == draft.state().acls.end() || **result != *known->second) draft.set_acl(folder, *result);
        return Error();
    };
    const auto done = co_await change(std::move(apply));
    if (!done) co_return done.error();
    co_return *result;
}

awaitable<Result<void>> LiveAccount::create_commons() {
    Apply apply = [now = context_.now()](AccountDraft& draft) {
        draft.set_created(now);
        draft.note_change();
        return Error();
    };
    return change(std::move(apply), true);
}

awaitable<Result<void>> LiveAccount::set_sharer(base::AccountId owner, bool yes) {
    Apply apply = [owner, yes](AccountDraft& draft) {
        draft.set_sharer(owner, yes);
        return Error();
    };
    return change(std::move(apply));
}

awaitable<Result<void>> Account::set_items_subscribed(base::FolderId, std::optional<ItemSubscription>) {
    co_return Error(Errc::invalid, "mail alone is kept here");
}

awaitable<Result<void>> LiveAccount::set_items_subscribed(base::FolderId folder,
                                                          std::optional<ItemSubscription> says) {
    const std::size_t most = context_.limits.subscribed_items_max;
    Apply apply = [folder, says, most](AccountDraft& draft) {
        const auto& known = draft.state().subscribed_items;
        if (says && known.size() >= most && !known.contains(folder))
            return Error(Errc::limit, "too many subscriptions");
        draft.subscribe_items(folder, says);
        return Error();
    };
    return change(std::move(apply));
}

awaitable<Result<FolderPtr>> LiveAccount::open_for(base::FolderId folder, base::AccountId user) {
    auto opened = co_await open(folder);
    if (!opened || user == id_) co_return opened;
    const auto live = std::static_pointer_cast<LiveFolder>(*opened);
    co_return co_await live->for_user(user);
}

/// Folders whose list is another now: who has them open must look at his rights again.
std::vector<LiveFolderPtr> LiveAccount::with_new_rights(const AccountState& next) const {
    std::vector<LiveFolderPtr> out;
    if (next.acls == state_.acls) return out;
    const std::lock_guard lock(mutex_);
    for (const auto& [id, folder] : live_) {
        const auto before = state_.acls.find(id);
        const auto after = next.acls.find(id);
        const bool had = before != state_.acls.end(), has = after != next.acls.end();
        if (had == has && (!had || before->second == after->second)) continue;
        if (LiveFolderPtr open = folder.lock()) out.push_back(std::move(open));
    }
    return out;
}

}  // namespace store
