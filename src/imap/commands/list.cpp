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
    // RFC 7162 section 3.1
    if ((list.return_status & status_highest_mod_seq) != 0) enable_condstore();
    auto listed = co_await listing();
    if (!listed) co_return reply_of(listed.error());
    const store::FolderTreePtr tree = listed->tree;
    ListRows names(*tree, list);
    while (names.step()) {
        const bool more = co_await give_way();
        if (!more) co_return gone();
    }
    const std::vector<ListRow> rows = names.take();
    struct Shown {
        store::AccountPtr account;
        store::Rights rights;
        bool exists = false;
    };
    const auto shown_of = [&](const ListRow& row) {
        Shown out{account_, {}, false};
        const store::FolderInfo* info = row.folder ? tree->find(row.folder) : tree->find(row.name);
        if (info == nullptr || !info->id) return out;
        out.exists = true;
        const auto other = listed->shared.empty() ? listed->shared.end() : listed->shared.find(info->id);
        if (other != listed->shared.end()) {
            out.account = other->second.account;
            out.rights = other->second.rights;
        } else {
            out.rights = store::rights_of(info->acl.get(), account_->id(), account_->id());
        }
        return out;
    };
    for (const ListRow& row : rows) {
        response.name = row.name;
        response.attributes = row.attributes;
        response.child_info_subscribed = row.child_info;
        const Shown shown = shown_of(row);
        if (list.return_status == 0 || !row.folder || !shown.rights.has(store::Right::read)) {
            // RFC 5819 section 2: no STATUS where STATUS would be refused.
            write_list(out(), response, write_mode());
        } else {
            // RFC 5819 section 2: LIST, then its STATUS; what cannot be read any more is shown as not
            // selectable.
            auto status = co_await status_of(shown.account, row.folder, list.return_status);
            if (!status && status.error().is(store::Errc::not_found))
                response.attributes |= ListResponse::no_select;
            write_list(out(), response, write_mode());
            if (status) {
                std::string id;
                if ((list.return_status & status_mailbox_id) != 0) id = folder_id_text(row.folder);
                status->name = row.name;
                status->mailbox_id = id;
                write_status(out(), *status, write_mode());
            }
        }
        // RFC 8440 section 3: after LIST, and not for levels that only hold what matches.
        if (list.return_my_rights && shown.exists && !row.child_info)
            write_my_rights(out(), row.name, shown.rights.letters(true), write_mode());
        if (!list.return_metadata.empty() && shown.exists && !row.child_info) {
            Annotated place;
            place.name = row.name;
            place.keeper = shown.account;
            place.folder = tree->find(row.name)->id;
            place.rights = shown.rights;
            // RFC 9590 section 3: where GETMETADATA would be refused there is none.
            if (may_annotate(shown.rights)) co_await list_metadata(&list.return_metadata, std::move(place));
        }
        if (!wants_breath()) continue;
        const bool more = co_await breathe();
        if (!more) co_return gone();
    }
    co_return ok(done);
}

}  // namespace imap
