// What the client is told of its selected mailbox: EXPUNGE, EXISTS, RECENT, FLAGS and FETCH, from two
// snapshots.
#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

namespace {

// Messages looked at between two looks around: well below a millisecond.
constexpr std::uint32_t tell_piece = 4'096;

bool covers(const store::UidRanges& ranges, Uid uid) {
    const auto after =
        std::upper_bound(ranges.begin(), ranges.end(), uid,
                         [](Uid value, const store::UidRange& range) { return value < range.first; });
    return after != ranges.begin() && uid <= std::prev(after)->last;
}

store::FlagSet applied(store::FlagSet before, store::FlagChange change, store::FlagSet flags) {
    switch (change) {
        case store::FlagChange::replace:
            return flags;
        case store::FlagChange::add:
            return before | flags;
        case store::FlagChange::remove:
            break;
    }
    return before.without(flags);
}

}  // namespace

/// Brings the view to the newest state as far as EXPUNGE allows, and tells it. Asked first:
/// is_behind(), which costs a comparison of two pointers. False: the session is over.
awaitable<bool> Session::synchronise(bool may_expunge, bool with_uid) {
    return synchronise_to(selected_->folder->snapshot(), may_expunge, with_uid, nullptr);
}

bool Session::is_behind(bool may_expunge) const {
    return follows() && !selected_->view.is_up_to_date(selected_->folder->snapshot(), may_expunge);
}

/// What the client wants to hear of its selected mailbox (RFC 5465 section 3.1), and what its own command
/// did.
store::Takeover Session::wanted(bool may_expunge, const OwnChange* own) const {
    using Part = store::Takeover::Part;
    store::Takeover out;
    if (!follows()) out.gone = Part::own;
    if (!may_expunge) out.gone = Part::none;
    out.fresh = follows();
    if (notifier_ && !notifier_->wants_flags()) out.flags = Part::own;
    if (own != nullptr) out.own = *own->uids;
    return out;
}

awaitable<bool> Session::synchronise_to(store::SnapshotPtr newest, bool may_expunge, bool with_uid,
                                        const OwnChange* own) {
    store::SnapshotPtr before = selected_->view.shared();
    store::Difference difference;
    if (notifier_) {
        difference = selected_->view.advance(std::move(newest), wanted(may_expunge, own));
        if (difference.appended != 0) note_fresh(difference.appended);
        with_uid = true;  // RFC 5465 section 5.1
    } else {
        difference = selected_->view.advance(std::move(newest), may_expunge);
    }
    if (difference.appended != 0) claim_recent(*before);
    leave_contexts(*before, difference);
    if (qresync_ || uid_only_) {
        difference.expunged = {};  // RFC 7162 section 3.2.10, RFC 9586 section 3.4: VANISHED, always
    } else {
        difference.vanished = {};
    }
    // A slow client must not keep the old pages alive.
    if (own == nullptr || own->told != OwnChange::Told::not_at_all) before.reset();
    co_return co_await tell(std::move(before), std::move(difference), with_uid, own);
}

/// \Recent is for the first session that is told of a message (RFC 3501 section 2.3.2).
void Session::claim_recent(const store::Snapshot& before) {
    if (rev2_) return;
    const Uid first = selected_->folder->take_recent(!selected_->read_only);
    selected_->view.add_recent(std::max(first, before.totals().uid_next),
                               selected_->view.messages().totals().uid_next);
}

/// New messages that the client wants to be given, unless it has put them there itself.
void Session::note_fresh(std::uint32_t appended) {
    Selected& selected = *selected_;
    if (notifier_->fetch().empty()) return;
    NumberRanges uids;
    for (const store::UidRange& range :
         selected.view.uids_of({NumberRange{selected.view.size() - appended + 1, selected.view.size()}}))
        uids.push_back(NumberRange{range.first.value, range.last.value});
    selected.fresh = unite(selected.fresh, subtract(uids, selected.own_new));
}

/// In the order that keeps every line true as it stands: numbers go down, then up, then are used (imap.md
/// quirk 23). Leaves in pieces, however much has changed: the view does not move meanwhile, since only this
/// coroutine moves it. `before` is needed for what is not told only. False: the session is over.
awaitable<bool> Session::tell(store::SnapshotPtr before, store::Difference difference, bool with_uid,
                              const OwnChange* own) {
    std::uint32_t steps = 0;  // also what is not told takes time
    const auto pause = [&] { return wants_breath() || ++steps % tell_piece == 0; };
    for (const SeqNum seq : difference.expunged) {
        write_expunge(out(), seq);
        if (!pause()) continue;
        const bool more = co_await breathe(true);
        if (!more) co_return false;
    }
    if (!difference.vanished.empty()) {
        selected_->vanished_told = true;
        const bool more = co_await write_vanished_pieces(false, ranges_of(difference.vanished));
        if (!more) co_return false;
    }
    if (difference.appended != 0) {
        write_exists(out(), selected_->view.size());
        if (!rev2_) write_recent(out(), selected_->view.recent());
    }
    if (difference.keywords_grew) write_flag_lists();
    // Both lists ascend; the client sees one ascending run.
    std::size_t flags = 0, modseq = 0;
    const std::vector<SeqNum>& changed = difference.changed;
    const std::vector<SeqNum>& only = difference.modseq_only;
    while (flags < changed.size() || modseq < only.size()) {
        const bool flags_differ =
            modseq == only.size() || (flags < changed.size() && changed[flags] < only[modseq]);
        tell_change(flags_differ ? changed[flags++] : only[modseq++], flags_differ, before.get(), with_uid,
                    own);
        if (!pause()) continue;
        const bool more = co_await breathe(true);
        if (!more) co_return false;
    }
    co_return true;
}

/// One message of a difference, unless the client knows it, because its own command has done it.
void Session::tell_change(SeqNum seq, bool flags_differ, const store::Snapshot* before, bool with_uid,
                          const OwnChange* own) {
    const store::Entry& entry = *selected_->view.messages().at(seq);
    using Told = OwnChange::Told;
    if (own != nullptr && own->told != Told::as_others && covers(*own->uids, entry.uid)) {
        if (own->told == Told::elsewhere) return;
        // What the client itself did it knows; what another session did to the same message it must hear,
        // also when both together left the flags as they were.
        const store::Entry* old = before->find(entry.uid);
        if (old != nullptr) flags_differ = applied(old->flags, own->change, own->flags) != entry.flags;
    }
    if (flags_differ || condstore_) tell_flags(seq, entry, with_uid, flags_differ);
}

void Session::tell_flags(SeqNum seq, const store::Entry& entry, bool with_uid, bool with_flags) {
    FetchWriter fetch(out());
    if (uid_only_) {
        fetch.begin(entry.uid);
    } else {
        fetch.begin(seq);
    }
    // RFC 7162 section 3.1.4.2 and RFC 9051 section 6.4.9: UID is always welcome; it is left out of plain
    // FLAGS updates only because old clients of RFC 3501 do not expect it there.
    if (!uid_only_ && (with_uid || condstore_)) fetch.uid(entry.uid);
    if (with_flags) {
        fetch.flags(entry.flags.low(), entry.flags.high(), selected_->view.messages().keywords(),
                    !rev2_ && selected_->view.is_recent(entry.uid));
    }
    if (condstore_) fetch.mod_seq(entry.modseq);
    fetch.end();
}

/// A FETCH with the flags of each message, in pieces that leave as they fill. False: the session is over.
awaitable<bool> Session::tell_flags_of(NumberRanges numbers, bool with_uid) {
    constexpr std::uint32_t piece = 1'000;
    for (const NumberRange& range : numbers) {
        for (std::uint64_t first = range.first; first <= range.last; first += piece) {
            const std::uint64_t last = std::min<std::uint64_t>(first + piece - 1, range.last);
            selected_->view.messages().for_each(SeqNum(static_cast<std::uint32_t>(first)),
                                                SeqNum(static_cast<std::uint32_t>(last)),
                                                [&](SeqNum seq, const store::Entry& entry) {
                                                    if (!selected_->view.is_gone(entry.uid))
                                                        tell_flags(seq, entry, with_uid, true);
                                                });
            const bool more = co_await breathe();
            if (!more) co_return false;
        }
    }
    co_return true;
}

/// FLAGS and PERMANENTFLAGS: at SELECT, and again when a keyword is new.
void Session::write_flag_lists() {
    const store::Keywords& keywords = selected_->view.messages().keywords();
    FlagList flags;
    flags.system =
        FlagList::seen | FlagList::answered | FlagList::flagged | FlagList::deleted | FlagList::draft;
    for (unsigned index = 0; index < keywords.size(); ++index)
        flags.keywords.emplace_back(keywords.name(index));
    write_flags(out(), flags);
    const bool room = !keywords.full() && selected_->may(store::Right::write);
    // RFC 4314 section 5.1.1: what this user may not change is not kept for him.
    flags.system &= static_cast<std::uint8_t>(selected_->rights.flags().low());
    if (selected_->read_only) flags.system = 0;
    if (!selected_->may(store::Right::write)) flags.keywords.clear();
    write_condition(out(), "*", Condition::ok, code::permanent_flags(flags, room), "Flags that are kept");
}

}  // namespace imap
