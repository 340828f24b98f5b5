// SELECT and EXAMINE (RFC 9051 sections 6.3.2, 6.3.3), CLOSE, UNSELECT and CHECK (sections 6.4.1, 6.4.2; RFC
// 3501 section 6.4.1).
#include "imap/ids.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

/// RFC 4314 section 5.2. \Seen is shared with nobody unless it is the owner's own folder.
bool writable(const Selected& selected) {
    store::Rights writing = store::Rights(store::Right::insert) | store::Right::expunge |
                            store::Right::write | store::Right::remove;
    if (selected.space == Space::personal) writing = writing | store::Right::seen;
    return selected.rights.any(writing);
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Select select) {
    // RFC 7162 section 3.2.5
    if (select.qresync && !qresync_) co_return bad("QRESYNC is not enabled");
    if (selected_) {
        deselect();  // also when the new one cannot be opened (RFC 9051 section 6.3.2)
        write_condition(out(), "*", Condition::ok, code::closed, "Previous mailbox is closed");
    }
    Place place;
    Reply refused = co_await reach(std::move(select.mailbox), store::Right::read, &place);
    if (refused.condition != Condition::ok) co_return refused;
    auto opened = co_await open(&place);
    if (!opened) co_return reply_of(opened.error());

    selected_ = std::make_unique<Selected>(std::move(*opened), place, select.read_only, connection_.waker());
    state_ = state_selected;
    if (select.condstore) enable_condstore();
    registration_.set_folder(selected_->name);

    selected_->view = View(selected_->folder->snapshot());
    const store::Snapshot& messages = selected_->view.messages();
    const store::FolderTotals& totals = messages.totals();
    write_flag_lists();
    write_exists(out(), messages.size());
    if (!rev2_) {
        selected_->view.add_recent(selected_->folder->take_recent(!select.read_only), totals.uid_next);
        write_recent(out(), selected_->view.recent());
        const SeqNum unseen = messages.first_unseen();
        if (unseen.value != 0 && !uid_only_)  // it is a message number
            write_condition(out(), "*", Condition::ok, code::unseen(unseen), "First unseen message");
    }
    const auto fact = [this](std::string_view code, std::string_view text) {
        write_condition(out(), "*", Condition::ok, code, text);
    };
    fact(code::uid_validity(totals.uid_validity), "UIDs are valid");
    fact(code::uid_next(totals.uid_next), "Next UID");
    fact(code::highest_mod_seq(totals.highest_modseq), "Highest");
    fact(code::mailbox_id(folder_id_text(place.info.id)), "Mailbox");
    if (rev2_) {
        // RFC 9051 section 6.3.2: the name as the server knows it.
        ListResponse response;
        response.name = selected_->name;
        write_list(out(), response, write_mode());
    }
    // RFC 7162 section 3.2.5: of another UIDVALIDITY nothing that the client knows is true.
    if (select.qresync && select.qresync->uid_validity == totals.uid_validity) {
        const auto failed = co_await resynchronise(std::move(*select.qresync));
        if (failed) co_return *failed;
    }
    if (select.read_only || !writable(*selected_)) {
        const char* done = select.read_only ? "Examine completed" : "Select completed";
        co_return ok(done, code::read_only);
    }
    co_return ok("Select completed", code::read_write);
}

/// Expunges without telling (RFC 9051 section 6.4.1).
awaitable<Reply> Session::handle(cmd::Close) {
    const store::FolderPtr folder = selected_->folder;
    // RFC 4314 section 4: without the right CLOSE only closes.
    const bool expunges = selected_->may(store::Right::expunge) && folder->snapshot()->totals().deleted != 0;
    deselect();
    if (!expunges) co_return ok("Close completed");
    const auto expunged = co_await folder->expunge(std::nullopt);
    if (!expunged) co_return reply_of(expunged.error());
    note_own(folder->id());
    co_return ok("Close completed");
}

awaitable<Reply> Session::handle(cmd::Unselect) {
    deselect();
    co_return ok("Unselect completed");
}

/// RFC 3501 section 6.4.1: a checkpoint; here everything acknowledged is on disk already.
awaitable<Reply> Session::handle(cmd::Check) { co_return ok("Check completed"); }

}  // namespace imap
