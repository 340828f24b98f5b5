// EXPUNGE and UID EXPUNGE: RFC 9051 sections 6.4.3 and 6.4.9, RFC 4315.
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Expunge expunge) {
    if (selected_->read_only) co_return no(code::cannot, "Mailbox is open for reading only");
    if (!selected_->may(store::Right::expunge)) co_return no(code::no_perm, "Permission denied");
    std::optional<store::UidRanges> only;
    if (expunge.uids) {
        const View& view = selected_->view;
        NumberRanges numbers = view.numbers(*expunge.uids, true, selected_->saved);
        if (services_.limits.command_messages_max != 0) {
            // RFC 9738: those count that are to go.
            NumberRanges deleted;
            for (const NumberRange& range : numbers)
                view.messages().for_each(SeqNum(range.first), SeqNum(range.last),
                                         [&](SeqNum seq, const store::Entry& entry) {
                                             if (entry.flags.has(store::SystemFlag::deleted))
                                                 push(deleted, seq.value);
                                         });
            limit_messages(&deleted, view.messages());
            numbers = std::move(deleted);
        }
        only = view.uids_of(numbers);
        if (only->empty()) co_return ok("Expunge completed");
    }
    const auto expunged = co_await selected_->folder->expunge(std::move(only));
    if (!expunged) co_return reply_of(expunged.error());
    const bool more = co_await tell_own(expunged->uids);
    if (!more) co_return gone();
    // RFC 7162 section 3.2.7
    if (condstore_ && !expunged->uids.empty())
        co_return ok("Expunge completed", code::highest_mod_seq(expunged->modseq));
    co_return ok("Expunge completed");
}

}  // namespace imap
