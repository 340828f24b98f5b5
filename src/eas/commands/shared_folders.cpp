// What commands do otherwise to folders of others: docs/decisions/0017-shared-folders-on-devices.md.
#include "eas/items/items.hpp"
#include "eas/sync_answer.hpp"

namespace eas {

/// FolderCreate of "Calendar (anna)": hers is shown. Where it has another name or place than the device said,
/// the next FolderSync tells.
Answer Session::join_shared(base::FolderId id, std::string_view name) {
    Answer out = folder_changed(folder_status::ok, write_folder_id(id));
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find_any(id);
    if (info != nullptr && info->name == name) return out;
    for (KnownFolder& known : rows_.hierarchy->now)
        if (known.id == id) known.hash = 0;
    return out;
}

/// FolderDelete of somebody else's folder: it stays, and the user sees it no more, nor what is below it.
awaitable<Answer> Session::leave_shared(const store::FolderInfo* folder, std::string_view server_id) {
    const store::FolderTreePtr tree = account_->folders();
    const bool is_mail = folder->kind == store::FolderKind::mail;
    std::vector<base::FolderId> left;
    for (const store::FolderInfo& one : is_mail ? tree->folders : tree->items)
        if (one.id == folder->id || one.name.starts_with(folder->name + "/")) left.push_back(one.id);
    for (const base::FolderId id : left) {
        const auto done = co_await account_->unsubscribe(id);
        if (!done && !done.error().is(store::Errc::not_found))
            co_return folder_changed(folder_status::server_error, {});
        changes_.forgotten.push_back(id);
    }
    co_return folder_changed(folder_status::ok, server_id);
}

/// \errors not_found
awaitable<store::Result<OpenedFolder>> Session::open_folder(base::FolderId id) {
    const store::FolderTreePtr tree = account_->folders();
    const store::FolderInfo* info = tree->find_any(id);
    if (info == nullptr) co_return store::Error(store::Errc::not_found, "no such folder");
    OpenedFolder out;
    out.kind = info->kind;
    auto opened = co_await account_->open(id);
    if (!opened) co_return opened.error();
    out.folder = std::move(*opened);
    out.is_others = account_->is_of_others(*out.folder);
    co_return out;
}

/// Nobody can tell attendees in somebody else's name what becomes of a meeting in his calendar, or on its way
/// there. What is there and cannot be read is taken for one.
awaitable<bool> Session::may_be_meeting(store::FolderPtr folder, base::Uid uid, store::FolderKind kind) {
    if (kind != store::FolderKind::calendar) co_return false;
    const auto item = co_await fetch_stored(folder, uid, kind);
    if (!item) co_return folder->snapshot()->find(uid) != nullptr;
    co_return is_meeting(kind, *item);
}

/// Of what is to be deleted, meetings in somebody else's calendar stay there.
awaitable<void> Session::keep_meetings(CollectionAnswer* out, store::UidRanges* uids) {
    if (!out->is_others || out->kind != store::FolderKind::calendar) co_return;
    store::UidRanges rest;
    for (CommandResult& result : out->results) {
        const auto id = parse_item_id(result.server_id);
        const bool removes = static_cast<SyncCommand::Kind>(result.kind) == SyncCommand::Kind::remove;
        if (!removes || !id || result.status != sync_status::ok || !store::contains_uid(*uids, id->uid))
            continue;
        const bool stays = co_await may_be_meeting(out->folder, id->uid, out->kind);
        if (!stays) rest.push_back({id->uid, id->uid});
        if (!stays) continue;
        result.status = sync_status::conflict;
        note_dropped(out->cursor, id->uid);
    }
    *uids = store::normalised(std::move(rest));
}

}  // namespace eas
