#include "store/account_draft.hpp"

#include <algorithm>
#include <utility>

#include "store/keys.hpp"

namespace store {
namespace {

base::FolderId root_of(FolderKind kind) { return kind == FolderKind::mail ? base::FolderId() : items_root; }

}  // namespace

Result<AccountState> AccountState::read(const std::vector<engine::Row>& rows) {
    AccountState state;
    bool header = false, sound = true;
    for (const engine::Row& row : rows) {
        if (row.key == keys::header) {
            const auto value = decode_account_header(row.value);
            header = value.has_value();
            if (header) state.header = *value;
        } else if (const auto folder = keys::number_in(row.key, 'f')) {
            auto value = decode_folder_row(row.value);
            sound = sound && value.has_value();
            if (value) state.folders.emplace(base::FolderId(*folder), std::move(*value));
        } else if (const auto gone = keys::number_in(row.key, 'x')) {
            const auto value = decode_tombstone(row.value);
            sound = sound && value.has_value();
            if (value) state.tombstones.emplace(base::FolderId(*gone), *value);
        } else if (const auto listed = keys::number_in(row.key, 'c')) {
            auto value = decode_acl(row.value);
            sound = sound && value.has_value();
            if (value)
                state.acls.emplace(base::FolderId(*listed), std::make_shared<const Acl>(std::move(*value)));
        } else if (row.key.starts_with('w')) {
            const auto value = decode_sharer(row.value);
            sound = sound && value.has_value();
            if (value) state.sharers.insert(*value);
        } else if (const auto shown = keys::number_in(row.key, 'i')) {
            const auto value = decode_item_subscription(row.value);
            sound = sound && value.has_value();
            if (value) state.subscribed_items.emplace(base::FolderId(*shown), *value);
        } else if (row.key.starts_with('s')) {
            auto value = decode_subscription(row.value);
            sound = sound && value.has_value();
            if (value) state.subscribed.insert(std::move(*value));
        }
    }
    if (!header || !sound) return Error(Errc::corrupt, "the account's rows are damaged");
    return state;
}

FolderTreePtr AccountState::tree() const {
    auto tree = std::make_shared<FolderTree>();
    tree->subscribed = subscribed;
    tree->sharers = sharers;
    tree->subscribed_items = subscribed_items;
    std::map<base::FolderId, std::string> names;
    for (const auto& [id, row] : folders) {
        // Up to the top; a row whose parents are broken (a cycle, a missing one) shows at the top.
        std::string name = row.leaf;
        std::size_t depth = 0;
        for (auto at = folders.find(row.parent); at != folders.end() && depth < 256;
             at = folders.find(at->second.parent), ++depth)
            name = at->second.leaf + '/' + name;
        FolderInfo info;
        info.id = id;
        info.parent = row.parent == items_root ? base::FolderId() : row.parent;
        info.kind = row.kind;
        info.first = row.first;
        info.name = std::move(name);
        info.use = row.use;
        info.selectable = row.selectable;
        info.uid_validity = row.uid_validity;
        info.was_inbox = were_inbox.contains(id);
        if (const auto listed = acls.find(id); listed != acls.end()) info.acl = listed->second;
        (row.kind == FolderKind::mail ? tree->folders : tree->items).push_back(std::move(info));
    }
    for (std::vector<FolderInfo>* all : {&tree->folders, &tree->items})
        std::sort(all->begin(), all->end(),
                  [](const FolderInfo& a, const FolderInfo& b) { return name_before(a.name, b.name); });
    tree->index();
    return tree;
}

AccountDraft::AccountDraft(const AccountState& base, const StoreLimits& limits, std::int64_t now,
                           base::IdSource& ids)
    : state_(base), limits_(limits), now_(now), ids_(ids) {
    for (const auto& [id, row] : state_.folders) names_.emplace(std::pair(row.parent, row.leaf), id);
}

engine::Batch AccountDraft::finish(std::uint64_t opid) {
    state_.header.opid = opid;
    batch_.put.push_back(engine::Row{std::string(keys::header), encode(state_.header)});
    // One value for a key: the last that was said of it.
    std::map<std::string, std::string> last;
    for (engine::Row& row : batch_.put) last[std::move(row.key)] = std::move(row.value);
    batch_.put.clear();
    for (auto& [key, value] : last) {
        if (std::find(batch_.erase.begin(), batch_.erase.end(), key) != batch_.erase.end()) continue;
        batch_.put.push_back(engine::Row{key, std::move(value)});
    }
    return std::move(batch_);
}

base::FolderId AccountDraft::find(std::string_view name, base::FolderId root) const {
    base::FolderId at = root;
    for (std::size_t start = 0; start <= name.size();) {
        const std::size_t end = std::min(name.find('/', start), name.size());
        const auto found = names_.find(std::pair(at, std::string(name.substr(start, end - start))));
        if (found == names_.end()) return {};
        at = found->second;
        start = end + 1;
    }
    return at;
}

bool AccountDraft::has_children(base::FolderId id) const {
    const auto below = names_.lower_bound(std::pair(id, std::string()));
    return below != names_.end() && below->first.first == id;
}

void AccountDraft::put_row(base::FolderId id) {
    batch_.put.push_back(engine::Row{keys::folder_row(id), encode(state_.folders.at(id))});
}

base::FolderId AccountDraft::make_row(base::FolderId parent, std::string_view leaf, NewRow as) {
    const base::FolderId id(ids_.next());
    // RFC 9051 section 2.3.1.1: greater than that of any folder that had this name before.
    const auto seconds = static_cast<std::uint32_t>(std::clamp<std::int64_t>(now_, 1, 0xFFFFFFFELL));
    state_.header.uid_validity = std::max(state_.header.uid_validity + 1, seconds);
    FolderRow row;
    row.parent = parent;
    row.leaf = leaf;
    row.use = as.use;
    row.kind = as.kind;
    row.uid_validity = state_.header.uid_validity;
    names_[std::pair(parent, row.leaf)] = id;
    state_.folders.emplace(id, std::move(row));
    put_row(id);
    // RFC 4314 section 4: a new folder has the rights of the one that it is made in.
    if (const auto above = state_.acls.find(parent); above != state_.acls.end()) set_acl(id, above->second);
    return id;
}

Result<base::FolderId> AccountDraft::make_parents(std::string_view name, FolderKind kind) {
    const std::string_view above = parent_of(name);
    if (above.empty()) return root_of(kind);
    if (const base::FolderId known = find(above, root_of(kind))) return known;
    const Result<base::FolderId> parent = make_parents(above, kind);
    if (!parent) return parent;
    return make_row(*parent, leaf_of(above), NewRow{SpecialUse::none, kind});
}

void AccountDraft::set_first(base::FolderId id) {
    state_.folders.at(id).first = true;
    put_row(id);
}

Result<base::FolderId> AccountDraft::create(std::string_view name, SpecialUse use, FolderKind kind) {
    const auto levels = static_cast<std::size_t>(std::count(name.begin(), name.end(), '/')) + 1;
    if (state_.folders.size() + levels > limits_.folders_max) return Error(Errc::limit, "too many folders");
    if (use != SpecialUse::none)
        for (const auto& [id, row] : state_.folders)
            if (row.use == use) return Error(Errc::denied, "there is a folder for that use");
    const base::FolderId known = find(name, root_of(kind));
    if (known && state_.folders.at(known).selectable) return Error(Errc::exists, "the folder exists");
    const Result<base::FolderId> parent = make_parents(name, kind);
    if (!parent) return parent;
    const base::FolderId id = make_row(*parent, leaf_of(name), NewRow{use, kind});
    if (known) {
        // It was a level only, kept for its children: they go over to the new folder, whose id was never
        // used.
        for (auto& [child, row] : state_.folders) {
            if (row.parent != known) continue;
            names_.erase(std::pair(known, row.leaf));
            row.parent = id;
            names_[std::pair(id, row.leaf)] = child;
            put_row(child);
        }
        if (const auto listed = state_.acls.find(known); listed != state_.acls.end()) {
            set_acl(id, listed->second);
            set_acl(known, nullptr);
        }
        state_.folders.erase(known);
        erase(keys::folder_row(known));
    }
    return id;
}

Result<base::FolderId> AccountDraft::remove(std::string_view name, base::FolderId root) {
    const base::FolderId id = find(name, root);
    if (!id) return Error(Errc::not_found, "no such folder");
    FolderRow& row = state_.folders.at(id);
    if (row.use == SpecialUse::inbox) return Error(Errc::denied, "INBOX cannot be deleted");
    const bool children = has_children(id);
    // RFC 9051 section 6.3.5: a level that only holds others stays while it does.
    if (children && !row.selectable) return Error(Errc::denied, "the folder has others in it");
    set_acl(id, nullptr);  // RFC 4314 section 4
    state_.were_inbox.erase(id);
    if (row.selectable) {
        state_.tombstones[id] = now_;
        batch_.put.push_back(engine::Row{keys::tombstone(id), encode_tombstone(now_)});
    }
    if (children) {
        row.selectable = false;
        row.use = SpecialUse::none;
        put_row(id);
        return id;
    }
    names_.erase(std::pair(row.parent, row.leaf));
    state_.folders.erase(id);
    erase(keys::folder_row(id));
    return id;
}

Result<void> AccountDraft::rename(std::string_view from, std::string_view to, base::FolderId root) {
    const base::FolderId id = find(from, root);
    if (!id) return Error(Errc::not_found, "no such folder");
    if (find(to, root)) return Error(Errc::exists, "the folder exists");
    if (is_below(to, from)) return Error(Errc::invalid, "a folder cannot be inside itself");
    if (state_.folders.size() + static_cast<std::size_t>(std::count(to.begin(), to.end(), '/')) >
        limits_.folders_max)
        return Error(Errc::limit, "too many folders");
    // The children's names grow along.
    const auto depth_of = [](std::string_view name) { return std::count(name.begin(), name.end(), '/'); };
    const FolderTreePtr tree = state_.tree();
    for (const FolderInfo& info : root == items_root ? tree->items : tree->folders) {
        if (!is_below(info.name, from)) continue;
        if (info.name.size() - from.size() + to.size() > limits_.folder_name_bytes_max ||
            depth_of(info.name) - depth_of(from) + depth_of(to) >= limits_.folder_depth_max)
            return Error(Errc::limit, "a folder in it would have too long a name");
    }
    const Result<base::FolderId> parent = make_parents(to, state_.folders.at(id).kind);
    if (!parent) return parent.error();
    FolderRow& row = state_.folders.at(id);
    names_.erase(std::pair(row.parent, row.leaf));
    row.parent = *parent;
    row.leaf = leaf_of(to);
    names_[std::pair(row.parent, row.leaf)] = id;
    put_row(id);
    return {};
}

/// One value for a key: the last that was said of it.
void AccountDraft::put(std::string key, std::string value) {
    std::erase(batch_.erase, key);
    batch_.put.push_back(engine::Row{std::move(key), std::move(value)});
}

void AccountDraft::erase(std::string key) {
    std::erase_if(batch_.put, [&key](const engine::Row& row) { return row.key == key; });
    batch_.erase.push_back(std::move(key));
}

void AccountDraft::set_acl(base::FolderId folder, AclPtr acl) {
    const bool known = state_.acls.contains(folder);
    if (acl != nullptr && !acl->empty()) {
        put(keys::acl(folder), encode(*acl));
        state_.acls[folder] = std::move(acl);
    } else if (known) {
        state_.acls.erase(folder);
        erase(keys::acl(folder));
    }
}

void AccountDraft::set_sharer(base::AccountId owner, bool yes) {
    if (yes && state_.sharers.insert(owner).second) {
        put(keys::sharer(owner), encode_sharer(owner));
    } else if (!yes && state_.sharers.erase(owner) != 0) {
        erase(keys::sharer(owner));
    }
}

void AccountDraft::subscribe_items(base::FolderId folder, std::optional<ItemSubscription> says) {
    const auto known = state_.subscribed_items.find(folder);
    const bool there = known != state_.subscribed_items.end();
    if (says && !(there && known->second == *says)) {
        state_.subscribed_items.insert_or_assign(folder, *says);
        put(keys::item_subscription(folder), encode(*says));
    } else if (!says && there) {
        state_.subscribed_items.erase(known);
        erase(keys::item_subscription(folder));
    }
}

void AccountDraft::subscribe(std::string_view name, bool yes) {
    const auto known = state_.subscribed.find(name);
    if ((known != state_.subscribed.end()) == yes) return;
    if (yes) {
        state_.subscribed.emplace(name);
        put(keys::subscription(name), encode_subscription(name));
    } else {
        state_.subscribed.erase(known);
        erase(keys::subscription(name));
    }
}

void AccountDraft::set_quota(std::uint64_t bytes_max, std::uint64_t messages_max) {
    if (state_.header.bytes_max == bytes_max && state_.header.messages_max == messages_max) return;
    state_.header.bytes_max = bytes_max;
    state_.header.messages_max = messages_max;
    batch_.put.push_back(engine::Row{std::string(keys::header), std::string()});  // finish() writes it
}

void AccountDraft::mark_removed() {
    state_.header.removed = true;
    batch_.put.push_back(engine::Row{std::string(keys::header), std::string()});
}

void AccountDraft::drop_tombstone(base::FolderId folder) {
    if (state_.tombstones.erase(folder) != 0) batch_.erase.push_back(keys::tombstone(folder));
}

}  // namespace store
