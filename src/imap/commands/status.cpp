// STATUS: RFC 9051 section 6.3.11, RFC 8438, RFC 7162, RFC 7889, RFC 8474. One row of the store, whatever the
// size.
#include "imap/ids.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Status status) {
    Place place;
    Reply refused = co_await reach(std::move(status.mailbox), store::Right::read, &place);
    if (refused.condition != Condition::ok) co_return refused;
    if (!place.info.selectable) co_return no(code::nonexistent, "No such mailbox");
    // RFC 7162 section 3.1
    if ((status.items & status_highest_mod_seq) != 0) enable_condstore();
    auto response = co_await status_of(place.account, place.info.id, status.items);
    if (!response) co_return reply_of(response.error());
    const std::string id = folder_id_text(place.info.id);
    const std::string name = place.name();
    response->name = name;
    response->mailbox_id = id;
    write_status(out(), *response, write_mode());
    co_return ok("Status completed");
}

/// All but the name and the mailbox's id.
awaitable<store::Result<StatusResponse>> Session::status_of(store::AccountPtr account, base::FolderId folder,
                                                            std::uint16_t items) {
    auto totals = co_await account->totals(folder);
    if (!totals) co_return totals.error();
    store::FolderPtr opened;
    const bool others = account->id() != account_->id();
    // \Seen is this user's own in what is another's: that is counted where the folder is open.
    if ((others && (items & status_unseen) != 0) || (items & status_recent) != 0) {
        auto folder_open = co_await account->open_for(folder, account_->id());
        if (!folder_open) co_return folder_open.error();
        opened = std::move(*folder_open);
        *totals = opened->snapshot()->totals();
    }
    StatusResponse response;
    response.items = items;
    response.messages = totals->exists;
    response.unseen = totals->unseen;
    response.deleted = totals->deleted;
    response.uid_validity = totals->uid_validity;
    response.uid_next = totals->uid_next;
    response.size = totals->bytes;
    response.deleted_storage = totals->deleted_bytes;
    response.highest_mod_seq = totals->highest_modseq;
    response.append_limit = services_.store.limits().message_bytes_max;
    if ((items & status_recent) != 0) {
        const store::SnapshotPtr snapshot = opened->snapshot();
        response.recent = snapshot->size() + 1 - snapshot->lower_bound(opened->take_recent(false)).value;
    }
    co_return response;
}

}  // namespace imap
