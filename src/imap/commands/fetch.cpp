// FETCH and UID FETCH: RFC 9051 sections 6.4.5 and 6.4.9, RFC 7162 section 3.1.4 (CHANGEDSINCE). Here: which
// messages, in what pieces, and \Seen. What is written of one message is in fetch_message.cpp.
#include "imap/commands/fetch_run.hpp"
#include "imap/ids.hpp"

namespace imap {

namespace {

constexpr std::uint32_t detail_items =
    fetch_envelope | fetch_body | fetch_body_structure | fetch_preview | fetch_preview_lazy;

// Of messages that the snapshot alone answers for: between two of these the output may leave.
constexpr std::uint32_t plain_piece = 512;

}  // namespace

awaitable<Reply> Session::handle(cmd::Fetch fetch) {
    if (fetch.vanished && !qresync_) co_return bad("QRESYNC is not enabled");
    if (!fetch.uid && selected_->view.out_of_range(fetch.set)) co_return bad("No such message");
    if ((fetch.items & fetch_mod_seq) != 0) enable_condstore();
    NumberRanges numbers = selected_->view.numbers(fetch.set, fetch.uid, selected_->saved);
    if (fetch.part) {  // RFC 9394 section 3.3: before CHANGEDSINCE
        const Places which = places_of(*fetch.part, count(numbers));
        numbers = which.first > which.last ? NumberRanges() : slice(numbers, which.first, which.last);
        // RFC 9738 section 3.3: the client chose the piece, and it is too large.
        if (auto refused = refuse_many(count(numbers), false)) co_return std::move(*refused);
    }
    limit_messages(&numbers, selected_->view.messages());
    if (fetch.changed_since)
        numbers = changed_since(selected_->view.messages(), numbers, *fetch.changed_since);
    if (fetch.vanished) {
        const auto failed = co_await tell_vanished_since(resync_of(fetch, selected_->view, selected_->saved));
        if (failed) co_return *failed;
    }
    FetchRun run(*this, std::move(fetch), std::move(numbers));
    co_return co_await run.run();
}

FetchRun::FetchRun(Session& session, cmd::Fetch fetch, NumberRanges numbers)
    : session_(session),
      fetch_(std::move(fetch)),
      numbers_(std::move(numbers)),
      progress_(session.begin_progress()),
      goal_(count(numbers_)),
      folder_(session.selected_->folder),
      writer_(session.out()) {
    reads_ = (fetch_.items & detail_items) != 0 || !fetch_.sections.empty();
    for (const FetchSection& section : fetch_.sections) sets_seen_ |= !section.peek;
    sets_seen_ &= session.selected_->may(store::Right::seen);  // RFC 4314 section 4
}

awaitable<Reply> FetchRun::run() {
    for (std::size_t at = 0; at < numbers_.size(); ++at) {
        const bool more = co_await run_range(numbers_[at]);
        if (!more) co_return gone();
    }
    co_return ended();
}

/// The messages of one range, in batches. False: the session is over.
awaitable<bool> FetchRun::run_range(NumberRange range) {
    const std::uint32_t piece =
        reads_ ? static_cast<std::uint32_t>(session_.services_.limits.fetch_batch) : plain_piece;
    for (std::uint64_t first = range.first; first <= range.last; first += piece) {
        const SeqNum from(static_cast<std::uint32_t>(first));
        const SeqNum to(static_cast<std::uint32_t>(std::min<std::uint64_t>(first + piece - 1, range.last)));
        const store::Snapshot& messages = session_.selected_->view.messages();
        bool more = true;
        if (reads_) {
            std::vector<Item> items;
            messages.for_each(from, to, [&](SeqNum seq, const store::Entry& entry) {
                if (wanted(entry)) items.push_back(Item{seq, entry, false});
            });
            // A FETCH may take minutes: RFC 4314 section 5.1.1 holds within it too.
            more = session_.rights_hold();
            sets_seen_ = sets_seen_ && session_.selected_->may(store::Right::seen);
            if (more && !items.empty()) more = co_await run_batch(std::move(items));
        } else {
            messages.for_each(from, to, [&](SeqNum seq, const store::Entry& entry) {
                if (!wanted(entry)) return;
                write_facts(seq, entry, false);
                writer_.end();
            });
            more = co_await session_.breathe();
        }
        if (!more) co_return false;
        done_ += to.value - from.value + 1;
        if (done_ == goal_ || silent_) continue;
        const bool told = co_await session_.tell_progress(&progress_, done_, goal_);
        if (!told) co_return false;
    }
    co_return true;
}

awaitable<bool> FetchRun::run_batch(std::vector<Item> items) {
    if (sets_seen_) {
        const bool more = co_await mark_seen(&items);
        if (!more) co_return false;
    }
    for (std::size_t at = 0; at < items.size();) {
        std::vector<store::Entry> entries;
        entries.reserve(items.size() - at);
        for (std::size_t i = at; i < items.size(); ++i) entries.push_back(items[i].entry);
        const auto details = co_await folder_->details(std::move(entries));
        if (!details) {
            note(details.error());
            co_return true;
        }
        const bool more = co_await write_details(&*details, &items[at]);
        if (!more) co_return false;
        at += details->size();
    }
    co_return true;
}

/// One response for each. What the rows hold is copied without a coroutine of its own: ENVELOPE of a whole
/// mailbox is the first thing that many clients ask for.
awaitable<bool> FetchRun::write_details(const std::vector<store::DetailPtr>* details, const Item* items) {
    for (const store::DetailPtr& detail : *details) {
        const Item& item = *items++;
        if (!detail) {
            expunged_ = true;
            continue;
        }
        if (is_stored(*detail)) {
            write_stored(item, *detail);
        } else {
            const bool more = co_await write_message(item, detail);
            if (!more) co_return false;
        }
        if (!session_.wants_breath()) continue;
        const bool more = co_await session_.breathe();
        if (!more) co_return false;
    }
    co_return true;
}

/// RFC 9051 section 6.4.5: reading a body sets \Seen, and the FETCH tells it. One commit for the batch, made
/// before anything is sent; when the store refuses it, the messages are still given, unseen. False: the
/// session is over.
awaitable<bool> FetchRun::mark_seen(std::vector<Item>* items) {
    store::StoreRequest request;
    for (Item& item : *items) {
        if (item.entry.flags.has(store::SystemFlag::seen)) continue;
        item.seen_now = true;
        request.uids.push_back(store::UidRange{item.entry.uid, item.entry.uid});
    }
    if (request.uids.empty()) co_return true;
    request.change = store::FlagChange::add;
    request.flags.system = store::SystemFlag::seen;
    const store::UidRanges uids = request.uids;
    const auto result = co_await folder_->store(std::move(request));
    if (!result) {
        for (Item& item : *items) item.seen_now = false;
        co_return true;
    }
    OwnChange own;
    own.uids = &uids;
    own.told = OwnChange::Told::elsewhere;
    const bool more = co_await session_.synchronise_to(result->snapshot, false, fetch_.uid, &own);
    if (!more) co_return false;
    const store::Snapshot& messages = session_.selected_->view.messages();
    for (Item& item : *items)
        if (const store::Entry* entry = messages.at(item.seq)) item.entry = *entry;
    co_return true;
}

bool FetchRun::wanted(const store::Entry& entry) const {
    return !fetch_.changed_since || entry.modseq > *fetch_.changed_since;
}

/// Begins a response with what the snapshot knows; no disk, no waiting.
void FetchRun::write_facts(SeqNum seq, const store::Entry& entry, bool with_flags) {
    const std::uint32_t items = fetch_.items;
    if (session_.uid_only_) {
        writer_.begin(entry.uid);
    } else {
        writer_.begin(seq);
    }
    // RFC 7162 section 3.2.4: a change of flags that the client did not ask for comes with UID and MODSEQ.
    const bool untold = (items & fetch_uid) != 0 || (with_flags && session_.condstore_);
    if (session_.uid_only_ ? fetch_.uid_named : untold) writer_.uid(entry.uid);
    if ((items & fetch_flags) != 0 || with_flags) {
        const View& view = session_.selected_->view;
        writer_.flags(entry.flags.low(), entry.flags.high(), view.messages().keywords(),
                      !session_.rev2_ && view.is_recent(entry.uid));
    }
    if ((items & fetch_internal_date) != 0) writer_.internal_date(entry.internal_date);
    if ((items & fetch_size) != 0) writer_.size(entry.size);
    // RFC 7162 section 3.1.4.2: once CONDSTORE is on, a change of flags comes with its MODSEQ.
    if ((items & fetch_mod_seq) != 0 || (with_flags && session_.condstore_)) writer_.mod_seq(entry.modseq);
    if ((items & fetch_save_date) != 0) writer_.save_date(entry.save_date);
    if ((items & fetch_email_id) != 0) writer_.email_id(message_id_text(entry.id));
    if ((items & fetch_thread_id) != 0) writer_.thread_id(thread_id_text(entry.thread));
    if ((items & fetch_gm_message_id) != 0) writer_.gm_message_id(entry.id.value);
    if ((items & fetch_gm_thread_id) != 0) writer_.gm_thread_id(entry.thread.value);
}

void FetchRun::note(const store::Error& error) {
    if (error.is(store::Errc::not_found)) {
        expunged_ = true;
    } else {
        failed_ = error;
    }
}

Reply FetchRun::ended() const {
    if (failed_.code() != store::Errc::none) return reply_of(failed_);
    if (unknown_cte_) return no(code::unknown_cte, "Unknown Content-Transfer-Encoding");
    if (expunged_) return no(code::expunge_issued, "Some of the messages no longer exist");
    return ok("Fetch completed");
}

}  // namespace imap
