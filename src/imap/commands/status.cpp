// STATUS: RFC 9051 section 6.3.11, RFC 8438, RFC 7162, RFC 7889, RFC 8474. One row of the store, whatever the
// size.
#include "imap/ids.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Status status) {
    const store::FolderTreePtr tree = folders();
    const store::FolderInfo* info = tree->find(status.mailbox);
    if (info == nullptr || !info->selectable) co_return no(code::nonexistent, "No such mailbox");
    auto response = co_await status_of(info->id, status.items);
    if (!response) co_return reply_of(response.error());
    const std::string id = folder_id_text(info->id);
    response->name = info->name;
    response->mailbox_id = id;
    write_status(out(), *response, write_mode());
    co_return ok("Status completed");
}

/// All but the name and the mailbox's id. RFC 7162 section 3.1: HIGHESTMODSEQ turns CONDSTORE on.
awaitable<store::Result<StatusResponse>> Session::status_of(base::FolderId folder, std::uint16_t items) {
    const auto totals = co_await account_->totals(folder);
    if (!totals) co_return totals.error();
    StatusResponse response;
    response.items = items;
    response.messages = totals->exists;
    response.unseen = totals->unseen;
    response.deleted = totals->deleted;
    response.uid_validity = totals->uid_validity;
    response.uid_next = totals->uid_next;
    response.size = totals->bytes;
    response.highest_mod_seq = totals->highest_modseq;
    response.append_limit = services_.store.limits().message_bytes_max;
    if ((items & status_highest_mod_seq) != 0) enable_condstore();
    if ((items & status_recent) != 0) {
        const auto opened = co_await account_->open(folder);
        if (!opened) co_return opened.error();
        const store::SnapshotPtr snapshot = (*opened)->snapshot();
        response.recent = snapshot->size() + 1 - snapshot->lower_bound((*opened)->take_recent(false)).value;
    }
    co_return response;
}

}  // namespace imap
