// COPY and MOVE, by number and by uid: RFC 9051 sections 6.4.7, 6.4.8, 6.4.9, RFC 4315, RFC 6851.
#include "imap/commands/change_teller.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Copy copy) {
    const View& view = selected_->view;
    if (!copy.uid && view.out_of_range(copy.set)) co_return bad("No such message");
    const NumberRanges numbers = view.numbers(copy.set, copy.uid, selected_->saved);
    if (auto refused = refuse_many(count(numbers), true)) co_return std::move(*refused);
    store::UidRanges uids = view.uids_of(numbers);
    Place place;
    auto destination = co_await open_to_insert(std::move(copy.mailbox), &place);
    if (destination.reply) co_return std::move(*destination.reply);
    if (uids.empty()) co_return ok("No messages to copy");
    ChangeTeller teller(*this);
    // Always new uids, also where the message is already (imap.md quirk 24).
    const auto copied = co_await selected_->folder->copy_to(std::move(destination.folder), std::move(uids),
                                                            place.rights.flags(), &teller);
    if (teller.client_left()) co_return gone();
    if (!copied) co_return reply_of(copied.error(), true);
    if (copied->source.empty()) co_return no(code::expunge_issued, "The messages no longer exist");
    note_own(place.info.id, &copied->destination);
    // RFC 4315 section 4: uids of a mailbox that one may not open are not said.
    if (!place.rights.has(store::Right::read)) co_return ok("Copy completed");
    co_return ok("Copy completed", code::copy_uid(copied->uid_validity, copied->source, copied->destination));
}

awaitable<Reply> Session::handle(cmd::Move move) {
    if (selected_->read_only) co_return no(code::cannot, "Mailbox is open for reading only");
    // RFC 6851 section 4.2: what STORE of \Deleted and EXPUNGE need.
    if (!selected_->may(store::Right::remove) || !selected_->may(store::Right::expunge))
        co_return no(code::no_perm, "Permission denied");
    const View& view = selected_->view;
    if (!move.uid && view.out_of_range(move.set)) co_return bad("No such message");
    NumberRanges numbers = view.numbers(move.set, move.uid, selected_->saved);
    limit_messages(&numbers, view.messages());
    store::UidRanges uids = view.uids_of(numbers);
    Place place;
    auto destination = co_await open_to_insert(std::move(move.mailbox), &place);
    if (destination.reply) co_return std::move(*destination.reply);
    if (uids.empty()) co_return ok("No messages to move");
    ChangeTeller teller(*this);
    const auto moved = co_await selected_->folder->move_to(std::move(destination.folder), std::move(uids),
                                                           place.rights.flags(), &teller);
    if (teller.client_left()) co_return gone();
    if (!moved) co_return reply_of(moved.error(), true);
    if (moved->source.empty()) co_return no(code::expunge_issued, "The messages no longer exist");
    note_own(place.info.id, &moved->destination);
    // RFC 6851 section 4.3: COPYUID comes before the EXPUNGEs that tell of it; RFC 4315 section 4 as above.
    if (place.rights.has(store::Right::read))
        write_condition(out(), "*", Condition::ok,
                        code::copy_uid(moved->uid_validity, moved->source, moved->destination), "Moved");
    store::UidRanges left;
    for (const Uid uid : moved->source) store::append_uid(left, uid);
    const bool more = co_await tell_own(std::move(left));
    if (!more) co_return gone();
    // RFC 6851 section 3.3: what has moved has moved, also when the answer is NO.
    if (!moved->failed.is(store::Errc::none)) co_return reply_of(moved->failed, true);
    if (condstore_) co_return ok("Move completed", code::highest_mod_seq(moved->source_modseq));
    co_return ok("Move completed");
}

}  // namespace imap
