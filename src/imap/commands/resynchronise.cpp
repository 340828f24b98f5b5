// QRESYNC: RFC 7162 section 3.2. What a client missed while it was away, and the modseq it may remember.
#include "imap/commands/fetch_run.hpp"

namespace imap {

namespace {

// Of one VANISHED line: 22 octets each at most, which is well below what clients read as a line.
constexpr std::size_t vanished_piece = 400;

}  // namespace

/// Leaves in pieces. False: the session is over.
awaitable<bool> Session::write_vanished_pieces(bool earlier, NumberRanges uids) {
    const std::span<const NumberRange> all(uids);
    for (std::size_t at = 0; at < all.size(); at += vanished_piece) {
        write_vanished(out(), earlier, all.subspan(at, std::min(vanished_piece, all.size() - at)));
        if (!wants_breath()) continue;
        const bool more = co_await breathe(true);
        if (!more) co_return false;
    }
    co_return true;
}

/// VANISHED (EARLIER), before any FETCH (RFC 7162 section 3.2.6). A reply: why not.
awaitable<std::optional<Reply>> Session::tell_vanished_since(Resync what) {
    // Of the messages that this client is shown: what went since then it hears as VANISHED without EARLIER.
    const auto gone = co_await selected_->folder->vanished_since(what.since, selected_->view.shared());
    if (!gone) co_return reply_of(gone.error());
    const bool more = co_await write_vanished_pieces(true, to_tell(gone->vanished, what));
    if (!more) co_return imap::gone();
    co_return std::nullopt;
}

/// RFC 7162 section 3.2.5.1: as UID FETCH known-uids (FLAGS) (CHANGEDSINCE n VANISHED). A reply: why not;
/// then no mailbox is selected.
awaitable<std::optional<Reply>> Session::resynchronise(cmd::Qresync known) {
    const store::Snapshot& now = selected_->view.messages();  // nothing else moves the view meanwhile
    Resync what = resync_of(known, now);
    cmd::Fetch fetch;
    fetch.uid = true;
    fetch.items = fetch_uid | fetch_flags | fetch_mod_seq;
    fetch.changed_since = what.since;
    NumberRanges numbers = changed_since(now, selected_->view.numbers_of(what.known), what.since);
    auto failed = co_await tell_vanished_since(std::move(what));
    if (failed) {
        deselect();
        co_return failed;
    }
    FetchRun run(*this, std::move(fetch), std::move(numbers));
    Reply told = co_await run.run();
    if (told.then == Reply::Then::go_on) co_return std::nullopt;
    co_return told;
}

/// HIGHESTMODSEQ in the tagged reply, after a VANISHED and while one is delayed (RFC 7162 sections 3.2.7 and
/// 6): the client would take the greatest MODSEQ that it saw, and miss what it was not told.
void Session::tell_modseq(Reply& reply) {
    const View& view = selected_->view;
    const bool told = std::exchange(selected_->vanished_told, false);
    if (!told && !view.keeps_expunged()) return;
    std::string code = code::highest_mod_seq(view.told_modseq());
    const bool room = reply.code.empty() || reply.code.starts_with("HIGHESTMODSEQ");
    if (reply.condition == Condition::ok && room) {
        reply.code = std::move(code);
    } else {
        write_condition(out(), "*", Condition::ok, code, "Highest");
    }
}

}  // namespace imap
