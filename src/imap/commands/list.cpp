// LIST, LSUB, XLIST: RFC 9051 section 6.3.9, RFC 5258, RFC 5819 (STATUS), RFC 6154 (SPECIAL-USE).
#include "imap/commands/list_rows.hpp"
#include "imap/ids.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::List list) {
    ListResponse response;
    response.kind = list.kind;
    const char* done = list.kind == cmd::List::Kind::lsub ? "Lsub completed" : "List completed";
    if (!list.extended && list.patterns.size() == 1 && list.patterns.front().empty()) {
        // RFC 9051 section 6.3.9: an empty name asks for the delimiter and the root.
        response.attributes = ListResponse::no_select;
        write_list(out(), response, write_mode());
        co_return ok(done);
    }
    const store::FolderTreePtr tree = folders();
    ListRows names(*tree, list);
    while (names.step()) {
        const bool more = co_await give_way();
        if (!more) co_return gone();
    }
    const std::vector<ListRow> rows = names.take();
    for (const ListRow& row : rows) {
        response.name = row.name;
        response.attributes = row.attributes;
        response.child_info_subscribed = row.child_info;
        if (list.return_status == 0 || !row.folder) {
            write_list(out(), response, write_mode());
        } else {
            // RFC 5819 section 2: LIST, then its STATUS; what cannot be read any more is shown as not
            // selectable.
            auto status = co_await status_of(row.folder, list.return_status);
            if (!status && status.error().is(store::Errc::not_found))
                response.attributes |= ListResponse::no_select;
            write_list(out(), response, write_mode());
            if (status) {
                const std::string id = folder_id_text(row.folder);
                status->name = row.name;
                status->mailbox_id = id;
                write_status(out(), *status, write_mode());
            }
        }
        const bool more = co_await breathe();
        if (!more) co_return gone();
    }
    co_return ok(done);
}

}  // namespace imap
