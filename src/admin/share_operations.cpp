// What mailboxes share with each other: rights on folders of all kinds, and which of those that others share
// a user's devices show.
#include <array>

#include "admin/rights.hpp"
#include "directory/neighbours.hpp"

namespace admin {
namespace {

using store::FolderInfo;
using store::FolderKind;

constexpr std::array<const char*, 5> kinds{"mail", "calendar", "contacts", "tasks", "notes"};

constexpr std::size_t sharers_a_turn = 100;  // that a listing looks into before others get the thread

const char* name_of(FolderKind kind) { return kinds.at(static_cast<std::size_t>(kind)); }

/// A mailbox by an address, or the public tree of a post office by its name. A name without "@" is a post
/// office's first: a mailbox may have the same one.
awaitable<base::Result<SharedFolder, Fault>> owner_of(ServicesPtr services, std::string name) {
    SharedFolder out;
    const bool is_address = name.find('@') != std::string::npos;
    auto commons = co_await commons_of(services, name, false);
    if (!commons && !commons.error().is(store::Errc::not_found) && !commons.error().is(store::Errc::invalid))
        co_return fault_of(commons.error(), name);
    if (!is_address && commons && *commons != nullptr) {
        out.office = std::move(name);
        out.owner = std::move(*commons);
        co_return out;
    }
    const auto login = co_await services->directory.login(name);
    if (!login) co_return fault_of(login.error(), name);
    out.office = login->mailbox.post_office;
    auto account = co_await services->store.account(login->mailbox.account);
    if (!account) co_return fault_of(account.error(), name);
    out.owner = std::move(*account);
    co_return out;
}

/// The folder that the arguments name. Of mail and of items two may have one name: then `kind` says which.
awaitable<base::Result<SharedFolder, Fault>> folder_of(ServicesPtr services, Json arguments) {
    const std::string name = text(arguments, "folder"), kind = text(arguments, "kind");
    if (!kind.empty() && std::ranges::find(kinds, kind) == kinds.end())
        co_return Fault("invalid", kind + ": kinds are mail, calendar, contacts, tasks, notes");
    const std::string owner = text(arguments, "owner");
    auto out = co_await owner_of(services, owner);
    if (!out) co_return out.error();
    const auto commons = co_await commons_of(services, out->office, false);
    if (!commons) co_return fault_of(commons.error(), owner);
    if (*commons == nullptr || (*commons)->id() != out->owner->id()) {
        // Devices make them when they come first; they may be shared before.
        const auto made = co_await out->owner->make_item_folders();
        if (!made) co_return fault_of(made.error(), owner);
    }
    const store::FolderTreePtr tree = out->owner->folders();
    const auto fits = [&kind](const FolderInfo* info) {
        return info != nullptr && info->selectable && (kind.empty() || kind == name_of(info->kind));
    };
    const FolderInfo *mail = tree->find(name), *item = tree->find_item_folder(name);
    if (!fits(mail)) mail = nullptr;
    if (!fits(item)) item = nullptr;
    if (mail != nullptr && item != nullptr)
        co_return Fault("invalid", name + ": a folder of mail and one of " + name_of(item->kind) +
                                       " are called so: the kind must be said");
    if (mail == nullptr && item == nullptr) co_return Fault("not_found", name + ": no such folder");
    out->folder = mail != nullptr ? *mail : *item;
    co_return out;
}

awaitable<Reply> share_acl(ServicesPtr services, Json arguments, CallerPtr) {
    auto what = co_await folder_of(services, arguments);
    if (!what) co_return what.error();
    co_return co_await change_rights(services, std::move(*what), text(arguments, "who"),
                                     text(arguments, "rights"));
}

/// What the names of the owner's folders begin with for the user; empty: he is no neighbour. `user` may be a
/// public tree, which stands for all of its post office.
awaitable<store::Result<std::string>> prefix_for(ServicesPtr services, SharedFolder user,
                                                 base::AccountId owner) {
    const auto commons = co_await commons_of(services, user.office, false);
    if (!commons) co_return commons.error();
    const directory::Neighbours neighbours(services->store, &services->directory);
    if (*commons == nullptr || (*commons)->id() != user.owner->id())
        co_return co_await neighbours.prefix_of(user.owner->id(), owner);
    co_return co_await neighbours.prefix_in(user.office, owner);
}

/// One mailbox, or the public tree of a post office for all who live there.
awaitable<base::Result<SharedFolder, Fault>> subscriber_of(ServicesPtr services, std::string name) {
    const auto office = co_await services->directory.post_office(name);
    // Who subscribes for all needs no public folder to be there already.
    if (office) {
        const auto made = co_await commons_of(services, name, true);
        if (!made) co_return fault_of(made.error(), name);
    }
    co_return co_await owner_of(services, name);
}

awaitable<Reply> set_subscribed(ServicesPtr services, Json arguments, bool yes) {
    const std::string name = text(arguments, "mailbox");
    const auto what = co_await folder_of(services, arguments);
    if (!what) co_return what.error();
    const auto user = co_await subscriber_of(services, name);
    if (!user) co_return user.error();
    const base::AccountId who = user->owner->id(), owner = what->owner->id();
    const auto prefix = co_await prefix_for(services, *user, owner);
    if (!prefix) co_return fault_of(prefix.error(), name);
    if (prefix->empty()) co_return Fault("invalid", name + ": shares nothing with that owner");
    store::Result<void> done;
    if (what->folder.kind != FolderKind::mail) {
        // He does not want what all the others see.
        const auto commons = co_await commons_of(services, user->office, false);
        if (!commons) co_return fault_of(commons.error(), user->office);
        const bool for_all = *commons && (*commons)->id() != who &&
                             (*commons)->folders()->subscribed_items.contains(what->folder.id);
        std::optional<store::ItemSubscription> says;
        if (yes || for_all) says = store::ItemSubscription{owner, yes};
        done = co_await user->owner->set_items_subscribed(what->folder.id, says);
    } else if (name == user->office) {
        co_return Fault("invalid", "mail is subscribed to by each mailbox for itself");
    } else {
        done = co_await user->owner->set_subscribed(*prefix + what->folder.name, yes);
    }
    if (!done) co_return fault_of(done.error(), name);
    const store::Rights rights = store::rights_of(what->folder.acl.get(), owner, who);
    co_return Json{{"rights", rights.letters(false)}};
}

awaitable<Reply> share_subscribe(ServicesPtr services, Json arguments, CallerPtr) {
    return set_subscribed(std::move(services), std::move(arguments), true);
}

awaitable<Reply> share_unsubscribe(ServicesPtr services, Json arguments, CallerPtr) {
    return set_subscribed(std::move(services), std::move(arguments), false);
}

/// What a mailbox lets others do.
awaitable<Json> given(ServicesPtr services, store::FolderTreePtr tree) {
    Json out = Json::array();
    for (const std::vector<FolderInfo>* all : {&tree->folders, &tree->items}) {
        for (const FolderInfo& folder : *all) {
            if (!folder.acl) continue;
            for (const store::AclEntry& entry : folder.acl->entries()) {
                const std::string who = co_await admin::name_of(services, entry.who);
                out.push_back({{"folder", folder.name},
                               {"kind", name_of(folder.kind)},
                               {"who", who},
                               {"rights", entry.rights.letters(false)}});
            }
        }
    }
    co_return out;
}

/// Whether the user's devices show it, if his rights let them.
bool is_subscribed(const FolderInfo& folder, const std::string& name, const store::FolderTree& own,
                   const store::FolderTree* all) {
    if (folder.kind == FolderKind::mail) return own.subscribed.contains(name);
    for (const store::FolderTree* tree : {&own, all}) {
        if (tree == nullptr) continue;
        const auto known = tree->subscribed_items.find(folder.id);
        if (known != tree->subscribed_items.end()) return known->second.wanted;
    }
    return false;
}

/// What one of the others lets `user` do. `for_all`: the public tree, if there is one.
void add_taken(const store::Account& owner, const std::string& prefix, const store::Account& user,
               const store::FolderTreePtr& for_all, Json& out) {
    const store::FolderTreePtr theirs = owner.folders(), own = user.folders();
    for (const std::vector<FolderInfo>* all : {&theirs->folders, &theirs->items}) {
        for (const FolderInfo& folder : *all) {
            const store::Rights rights = store::rights_of(folder.acl.get(), owner.id(), user.id());
            if (!folder.selectable || !rights.has(store::Right::lookup)) continue;
            const bool subscribed = is_subscribed(folder, prefix + folder.name, *own, for_all.get());
            out.push_back({{"folder", prefix + folder.name},
                           {"kind", name_of(folder.kind)},
                           {"rights", rights.letters(false)},
                           {"subscribed", subscribed}});
        }
    }
}

awaitable<Reply> share_list(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string name = text(arguments, "mailbox");
    const auto user = co_await owner_of(services, name);
    if (!user) co_return user.error();
    const store::FolderTreePtr tree = user->owner->folders();
    Json taken = Json::array();
    auto commons = co_await commons_of(services, user->office, false);
    if (!commons) co_return fault_of(commons.error(), user->office);
    const store::FolderTreePtr all = *commons ? (*commons)->folders() : nullptr;
    directory::Neighbourhood near;
    near.post_office = user->office;
    near.commons = std::move(*commons);
    const directory::Neighbours neighbours(services->store, &services->directory);
    const auto sharers = co_await neighbours.sharers(user->owner, std::move(near), sharers_a_turn);
    if (!sharers) co_return fault_of(sharers.error(), name);
    for (const directory::Neighbour& sharer : *sharers)
        add_taken(*sharer.account, sharer.prefix, *user->owner, all, taken);
    Json out;
    out["by"] = co_await given(services, tree);
    out["with"] = std::move(taken);
    co_return out;
}

}  // namespace

std::span<const Operation> share_operations() {
    static constexpr std::array table{
        Operation{"share.acl", "owner folder who", "rights kind", share_acl},
        Operation{"share.list", "mailbox", "", share_list},
        Operation{"share.subscribe", "mailbox owner folder", "kind", share_subscribe},
        Operation{"share.unsubscribe", "mailbox owner folder", "kind", share_unsubscribe},
    };
    return table;
}

}  // namespace admin
