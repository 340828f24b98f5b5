#include "eas/folders.hpp"

#include <algorithm>
#include <map>

#include "base/fingerprint.hpp"

namespace eas {
namespace {

using store::FolderInfo;
using store::SpecialUse;

FolderType type_of(SpecialUse use) {
    switch (use) {
        case SpecialUse::inbox:
            return FolderType::inbox;
        case SpecialUse::drafts:
            return FolderType::drafts;
        case SpecialUse::sent:
            return FolderType::sent;
        case SpecialUse::trash:
            return FolderType::deleted;
        default:
            return FolderType::user_mail;
    }
}

/// Of folders of other kinds than mail: the one that every mailbox has, and others.
FolderType type_of(store::FolderKind kind, bool first) {
    switch (kind) {
        case store::FolderKind::calendar:
            return first ? FolderType::calendar : FolderType::user_calendar;
        case store::FolderKind::contacts:
            return first ? FolderType::contacts : FolderType::user_contacts;
        case store::FolderKind::tasks:
            return first ? FolderType::tasks : FolderType::user_tasks;
        case store::FolderKind::notes:
            return first ? FolderType::notes : FolderType::user_notes;
        case store::FolderKind::mail:
            break;
    }
    return FolderType::user_mail;
}

FolderType type_of(const FolderInfo& folder) {
    return folder.kind == store::FolderKind::mail ? type_of(folder.use) : type_of(folder.kind, folder.first);
}

std::string_view leaf_of(std::string_view name) { return name.substr(name.rfind('/') + 1); }

DeviceFolder make(base::FolderId id, FolderRow row) {
    DeviceFolder out;
    out.known.id = id;
    std::uint64_t hash = base::fingerprint(row.parent_id);
    hash = base::fingerprint(row.name, hash ^ static_cast<std::uint64_t>(row.type));
    out.known.hash = hash;
    out.row = std::move(row);
    return out;
}

}  // namespace

bool is_special(const FolderInfo& folder) {
    if (folder.kind != store::FolderKind::mail) return folder.first;
    return type_of(folder.use) != FolderType::user_mail;
}

std::optional<store::FolderKind> kind_of(int type) {
    switch (static_cast<FolderType>(type)) {
        case FolderType::generic:
        case FolderType::user_mail:
            return store::FolderKind::mail;
        case FolderType::user_calendar:
            return store::FolderKind::calendar;
        case FolderType::user_contacts:
            return store::FolderKind::contacts;
        case FolderType::user_tasks:
            return store::FolderKind::tasks;
        case FolderType::user_notes:
            return store::FolderKind::notes;
        default:
            return std::nullopt;
    }
}

std::vector<DeviceFolder> device_folders(const store::FolderTree& tree) {
    std::vector<DeviceFolder> out;
    out.reserve(tree.folders.size() + 1);
    // In order of name a parent comes before its children, but where it sorts behind its children ("a" and
    // "a-b" do not matter, INBOX comes first): ids of parents are looked at, not names.
    std::vector<const FolderInfo*> waiting;
    for (const FolderInfo& folder : tree.folders) waiting.push_back(&folder);
    for (const FolderInfo& folder : tree.items) waiting.push_back(&folder);
    std::map<base::FolderId, bool> told;
    while (!waiting.empty()) {
        std::vector<const FolderInfo*> later;
        for (const FolderInfo* folder : waiting) {
            const bool orphan = tree.find_any(folder->parent) == nullptr;
            if (folder->parent && !orphan && !told[folder->parent]) {
                later.push_back(folder);
                continue;
            }
            FolderRow row;
            row.server_id = write_folder_id(folder->id);
            row.parent_id = folder->parent && !orphan ? write_folder_id(folder->parent) : "0";
            row.name = folder->use == SpecialUse::inbox ? "Inbox" : std::string(leaf_of(folder->name));
            row.type = type_of(*folder);
            out.push_back(make(folder->id, std::move(row)));
            told[folder->id] = true;
        }
        if (later.size() == waiting.size()) break;  // a circle: the store has none
        waiting = std::move(later);
    }
    // Outlook and the official test suite look for one; nothing is ever in it.
    FolderRow outbox;
    outbox.server_id = write_folder_id(outbox_id);
    outbox.parent_id = "0";
    outbox.name = "Outbox";
    outbox.type = FolderType::outbox;
    out.push_back(make(outbox_id, std::move(outbox)));
    return out;
}

std::vector<KnownFolder> known_folders(const std::vector<DeviceFolder>& folders) {
    std::vector<KnownFolder> out;
    out.reserve(folders.size());
    for (const DeviceFolder& folder : folders) out.push_back(folder.known);
    std::ranges::sort(out, {}, &KnownFolder::id);
    return out;
}

FolderSyncAnswer folder_changes(const std::vector<KnownFolder>& before,
                                const std::vector<DeviceFolder>& now) {
    FolderSyncAnswer out;
    const auto find = [&before](base::FolderId id) {
        const auto found = std::ranges::lower_bound(before, id, {}, &KnownFolder::id);
        return found != before.end() && found->id == id ? &*found : nullptr;
    };
    for (const DeviceFolder& folder : now) {
        const KnownFolder* known = find(folder.known.id);
        if (known == nullptr) out.added.push_back(folder.row);
        if (known != nullptr && known->hash != folder.known.hash) out.updated.push_back(folder.row);
    }
    const std::vector<KnownFolder> there = known_folders(now);
    for (const KnownFolder& folder : before) {
        const auto found = std::ranges::lower_bound(there, folder.id, {}, &KnownFolder::id);
        if (found == there.end() || found->id != folder.id) out.deleted.push_back(write_folder_id(folder.id));
    }
    return out;
}

}  // namespace eas
