// REPLACE and UID REPLACE: RFC 8508. The message comes as APPEND's does; what it replaces is looked up before
// its octets are asked for.
#include "imap/commands/append_run.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Replace replace) {
    AppendRun run(*this, std::move(replace.by.pieces));
    co_return co_await run.replace(std::move(replace));
}

/// RFC 8508 section 4.1: what STORE of \Deleted and EXPUNGE need here.
bool AppendRun::may_expunge() const {
    const Selected& selected = *session_.selected_;
    return selected.may(store::Right::remove) && selected.may(store::Right::expunge);
}

/// A reply: why nothing can be replaced.
std::optional<Reply> AppendRun::choose_replaced(const cmd::Replace& what) {
    const Selected& selected = *session_.selected_;
    const View& view = selected.view;
    if (selected.read_only) return no(code::cannot, "Mailbox is open for reading only");
    if (!may_expunge()) return no(code::no_perm, "Permission denied");
    const store::Entry* entry = nullptr;
    if (what.message == SequenceSet::star) {
        entry = view.messages().at(SeqNum(view.size()));
    } else if (what.uid) {
        entry = view.messages().find(Uid(what.message));
    } else {
        entry = view.messages().at(SeqNum(what.message));
    }
    if (entry == nullptr) return what.uid ? no({}, "No such message") : bad("No such message");
    if (view.is_gone(entry->uid)) return no(code::expunge_issued, "The message no longer exists");
    replaced_ = *entry;
    return std::nullopt;
}

awaitable<Reply> AppendRun::replace(cmd::Replace what) {
    if (auto refused = choose_replaced(what)) fail(std::move(*refused));
    Place place;
    End end = co_await receive(std::move(what.by.mailbox), &place);
    if (end) co_return std::move(*end);
    if (!session_.rights_hold()) co_return gone();
    if (!may_expunge()) co_return no(code::no_perm, "Permission denied");
    const store::FolderPtr source = session_.selected_->folder;
    store::Incoming message = std::move(messages_.front());
    const auto replaced = co_await source->replace(replaced_.uid, folder_, std::move(message));
    if (!replaced) co_return reply_of(replaced.error(), true);
    if (!replaced->uid) co_return no(code::expunge_issued, "The message no longer exists");
    // RFC 8508 section 4.3: APPENDUID before the EXPUNGE; RFC 4315 section 4: not of a mailbox that one may
    // not open.
    const std::vector<Uid> uids(1, replaced->uid);
    session_.note_own(place.info.id, &uids);
    if (place.rights.has(store::Right::read))
        write_condition(session_.out(), "*", Condition::ok, code::append_uid(replaced->uid_validity, uids),
                        "Replacement message ready");
    if (!replaced->failed.is(store::Errc::none)) co_return reply_of(replaced->failed);
    store::UidRanges left;
    store::append_uid(left, replaced_.uid);
    const bool told = co_await session_.tell_own(std::move(left));
    if (!told) co_return gone();
    // As in the RFC's examples what came is told first; what went follows with the tagged reply.
    if (session_.is_behind(false)) {
        const bool more = co_await session_.synchronise(false, what.uid);
        if (!more) co_return gone();
    }
    // RFC 8508 section 4.5: as with UID EXPUNGE.
    if (session_.condstore_)
        co_return ok("Replace completed", code::highest_mod_seq(replaced->source_modseq));
    co_return ok("Replace completed");
}

}  // namespace imap
