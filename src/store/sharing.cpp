#include "store/sharing.hpp"

#include <algorithm>
#include <utility>

namespace store {
namespace {

bool is_everybody(const AclWho& who) { return who.kind != AclWho::Kind::account; }

/// True when some folder of the tree, of whatever kind, gives something to the same people.
bool gives(const FolderTree& tree, const AclWho& who) {
    const auto gives_some = [&who](const FolderInfo& folder) {
        if (folder.acl == nullptr) return false;
        if (is_everybody(who))
            return folder.acl->names(AclWho::Kind::anyone) || folder.acl->names(AclWho::Kind::authenticated);
        const AclEntry* entry = folder.acl->find(who);
        return entry != nullptr && !entry->rights.empty();
    };
    return std::any_of(tree.folders.begin(), tree.folders.end(), gives_some) ||
           std::any_of(tree.items.begin(), tree.items.end(), gives_some);
}

}  // namespace

boost::asio::awaitable<Result<AclPtr>> share(Store* store, ShareRequest request) {
    const AclWho who = request.entry.who;
    const base::AccountId owner = request.owner->id();
    const bool concerns_others = !who.negative && (is_everybody(who) || who.account != owner);
    const bool grants = !request.entry.rights.empty() &&
                        (request.change == AclChange::replace || request.change == AclChange::add);
    AccountPtr gains = request.commons;
    if (concerns_others && !is_everybody(who)) {
        auto grantee = co_await store->account(who.account);
        if (!grantee && (grants || !grantee.error().is(Errc::not_found))) co_return grantee.error();
        gains = grantee ? std::move(*grantee) : nullptr;
    }
    const bool noted = concerns_others && gains != nullptr && gains->id() != owner;
    if (concerns_others && grants && gains == nullptr)
        co_return Error(Errc::invalid, "nothing can be shared with everybody here");
    if (noted && grants) {
        const auto done = co_await gains->set_sharer(owner, true);
        if (!done) co_return done.error();
    }
    auto changed = co_await request.owner->change_acl(request.folder, request.entry, request.change);
    if (!changed || !noted) co_return changed;
    if (gives(*request.owner->folders(), who)) {
        // Another folder's right was taken back meanwhile, by one who did not see ours yet: our note has gone
        // with his.
        if (gains->folders()->sharers.contains(owner)) co_return changed;
        const auto again = co_await gains->set_sharer(owner, true);
        if (!again) co_return again.error();
        co_return changed;
    }
    const auto done = co_await gains->set_sharer(owner, false);
    if (!done) co_return done.error();
    // Shared again meanwhile: the other's note may have gone with ours.
    if (gives(*request.owner->folders(), who)) {
        const auto again = co_await gains->set_sharer(owner, true);
        if (!again) co_return again.error();
    }
    co_return changed;
}

}  // namespace store
