// STORE and UID STORE: RFC 9051 sections 6.4.6 and 6.4.9, RFC 7162 section 3.1.3 (UNCHANGEDSINCE).
#include "imap/commands/change_teller.hpp"

namespace imap {

namespace {

/// The flags of a request as bits of the folder; keywords that are still unknown there were not needed.
store::FlagSet resolve(const store::NamedFlags& flags, const store::Keywords& keywords) {
    store::FlagSet set = flags.system;
    for (const std::string& name : flags.keywords)
        if (const auto index = keywords.find(name)) set |= store::FlagSet::keyword(*index);
    return set;
}

store::FlagChange change_of(cmd::Store::Change change) {
    switch (change) {
        case cmd::Store::Change::replace:
            return store::FlagChange::replace;
        case cmd::Store::Change::add:
            return store::FlagChange::add;
        case cmd::Store::Change::remove:
            break;
    }
    return store::FlagChange::remove;
}

NumberRanges plain(const store::UidRanges& uids) {
    NumberRanges numbers;
    numbers.reserve(uids.size());
    for (const store::UidRange& range : uids)
        numbers.push_back(NumberRange{range.first.value, range.last.value});
    return numbers;
}

/// What a conditional STORE changed of what it named: the rest is as others have made it.
store::UidRanges changed_of(const store::UidRanges& uids, const store::UidRanges& modified) {
    if (modified.empty()) return uids;
    store::UidRanges out;
    for (const NumberRange& range : subtract(plain(uids), plain(modified)))
        out.push_back({Uid(range.first), Uid(range.last)});
    return out;
}

}  // namespace

awaitable<Reply> Session::handle(cmd::Store store) {
    if (selected_->read_only) co_return no(code::cannot, "Mailbox is open for reading only");
    if (!store.uid && selected_->view.out_of_range(store.set)) co_return bad("No such message");
    store::StoreRequest request;
    // By number what the client knows, which the view still is; by uid also what came since.
    const View meant = store.uid ? View(selected_->folder->snapshot()) : selected_->view;
    NumberRanges numbers = meant.numbers(store.set, store.uid, selected_->saved);
    limit_messages(&numbers, meant.messages());
    request.uids = meant.uids_of(numbers);
    if (store.unchanged_since) enable_condstore();
    if (numbers.empty()) co_return ok("Store completed");

    request.change = change_of(store.change);
    request.flags.system = store::FlagSet(store.flags.system, 0);
    request.flags.keywords = std::move(store.flags.keywords);
    request.allowed = selected_->rights.flags();
    // RFC 4314 section 4: flags that the user may not change are passed over; NO only when none is left.
    const bool keywords = !request.flags.keywords.empty();
    if (!selected_->may(store::Right::write)) request.flags.keywords.clear();
    const bool none_left =
        !request.flags.system.intersects(request.allowed) && request.flags.keywords.empty();
    const bool named_some = keywords || !request.flags.system.empty();
    if (request.allowed.empty() || (named_some && none_left))
        co_return no(code::no_perm, "Permission denied");
    request.unchanged_since = store.unchanged_since;
    const store::NamedFlags flags = request.flags;
    const store::UidRanges uids = request.uids;
    ChangeTeller teller(*this);
    request.progress = &teller;
    const auto result = co_await selected_->folder->store(std::move(request));
    if (teller.client_left()) co_return gone();
    if (!result) co_return reply_of(result.error());

    const bool uid_with = store.uid;
    const bool tell_all = !store.silent && !store.unchanged_since;
    const store::UidRanges own_uids = changed_of(uids, result->modified);
    OwnChange own;
    own.uids = &own_uids;
    own.change = change_of(store.change);
    own.flags = resolve(flags, result->snapshot->keywords());
    if (store.silent) own.told = OwnChange::Told::not_at_all;
    if (tell_all) own.told = OwnChange::Told::elsewhere;
    const bool told = co_await synchronise_to(result->snapshot, uid_with, uid_with, &own);
    if (!told) co_return gone();
    if (tell_all) {
        // Every message that was named is told, changed or not: RFC 9051 section 6.4.6.
        const NumberRanges changed = selected_->view.numbers_of(plain(uids));
        const bool more = co_await tell_flags_of(changed, uid_with);
        if (!more) co_return gone();
    }
    const bool is_gone = !store.uid && (!result->missing.empty() || selected_->view.keeps_expunged());
    if (!result->modified.empty()) {
        const NumberRanges modified =
            store.uid ? plain(result->modified) : selected_->view.numbers_of(plain(result->modified));
        co_return ok("Conditional STORE failed for some", code::modified(modified));
    }
    if (is_gone) {
        // RFC 2180 section 4.2.1: what is gone cannot be changed; what is there was.
        bool named_gone = false;
        for (const NumberRange& range : numbers)
            selected_->view.messages().for_each(SeqNum(range.first), SeqNum(range.last),
                                                [&](SeqNum, const store::Entry& entry) {
                                                    named_gone |= selected_->view.is_gone(entry.uid);
                                                    return !named_gone;
                                                });
        if (named_gone) co_return no(code::expunge_issued, "Some of the messages no longer exist");
    }
    co_return ok("Store completed");
}

}  // namespace imap
