// What commands do otherwise to folders of others: docs/decisions/0017-shared-folders-on-devices.md.
#include "eas/items/items.hpp"
#include "eas/sync_answer.hpp"

namespace eas {

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

/// A meeting in somebody else's calendar, or on its way there (`to`): nobody can tell its attendees in his
/// name what becomes of it. What cannot be read is taken for one.
awaitable<bool> Session::is_others_meeting(store::FolderPtr folder, base::Uid uid, base::FolderId to) {
    const base::FolderId id = folder->id();
    const store::FolderKind kind = kind_of_folder(id);
    const bool others = account_->is_shared(id) || account_->is_shared(to);
    if (kind != store::FolderKind::calendar || !others) co_return false;
    const auto item = co_await fetch_stored(std::move(folder), uid);
    if (!item) co_return !item.error().is(store::Errc::not_found);
    co_return is_meeting(kind, *item);
}

/// Of what is to be deleted, meetings in somebody else's calendar stay there.
awaitable<void> Session::keep_meetings(CollectionAnswer* out, store::UidRanges* uids) {
    if (out->kind != store::FolderKind::calendar || !account_->is_shared(out->id)) co_return;
    store::UidRanges rest;
    for (CommandResult& result : out->results) {
        const auto id = parse_item_id(result.server_id);
        const bool removes = static_cast<SyncCommand::Kind>(result.kind) == SyncCommand::Kind::remove;
        if (!removes || !id || result.status != sync_status::ok || !store::contains_uid(*uids, id->uid))
            continue;
        const bool stays = co_await is_others_meeting(out->folder, id->uid, out->id);
        if (!stays) rest.push_back({id->uid, id->uid});
        if (!stays) continue;
        result.status = sync_status::conflict;
        note_dropped(out->cursor, id->uid);
    }
    *uids = store::normalised(std::move(rest));
}

}  // namespace eas
