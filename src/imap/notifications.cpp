// What NOTIFY (RFC 5465) changes in how a session tells of its selected mailbox.
#include "imap/commands/fetch_run.hpp"
#include "imap/notifier.hpp"

namespace imap {

/// Whether the client wants to hear of messages of the selected mailbox.
bool Session::follows() const { return !notifier_ || notifier_->wants_messages(); }

/// Sends what is due, then waits for more of a command; with NOTIFY what happens meanwhile is told (RFC 5465
/// section 3.1). False: the session is over.
awaitable<bool> Session::wait_for_command() {
    using Clock = std::chrono::steady_clock;
    const std::chrono::seconds patience = services_.limits.inactivity_max;
    if (!notifier_) co_return co_await wait_for_octets(patience);
    const Clock::time_point end = Clock::now() + patience;
    for (;;) {
        // Arm first, look then: a change between the two wakes, and is not lost.
        if (selected_ && follows()) selected_->watcher.arm(true);
        const bool more = co_await tell_changes(!notifier_->delays_expunge());
        if (!more) co_return false;
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now());
        const net::Wake wake = co_await wait_once(left);
        if (wake != net::Wake::event) co_return wake == net::Wake::octets;
    }
}

/// In IDLE, and between commands with NOTIFY. False: the session is over.
awaitable<bool> Session::tell_changes(bool may_expunge) {
    if (selected_) {
        if (selected_->folder->deleted()) {
            say_bye({}, "The selected mailbox was deleted");
            co_return false;
        }
        if (!rights_hold()) co_return false;
        if (is_behind(may_expunge)) {
            const bool more = co_await synchronise(may_expunge, false);
            if (!more) co_return false;
            // What happened while much was told: its event may have been taken on the way.
            if (is_behind(may_expunge) || selected_->folder->deleted())
                connection_.waker()->wake(net::event_mail);
            // RFC 7162 section 6: no tagged reply says so here.
            if (qresync_ && selected_->view.keeps_expunged())
                write_condition(out(), "*", Condition::ok,
                                code::highest_mod_seq(selected_->view.told_modseq()), "Highest");
        }
    }
    if (contexts_wait()) {
        const bool more = co_await update_contexts();
        if (!more) co_return false;
        if (is_behind(may_expunge)) connection_.waker()->wake(net::event_mail);
    }
    co_return co_await tell_elsewhere();
}

/// What happened elsewhere than to messages of the selected mailbox. False: the session is over.
awaitable<bool> Session::tell_elsewhere() {
    Notifier* const notifier = notifier_ ? notifier_.get() : annotations_watch_.get();
    if (notifier == nullptr) co_return true;
    co_return co_await notifier->tell();
}

/// RFC 5464 section 4.1: who has said ENABLE METADATA hears of annotations that others change, where others
/// may know of the mailbox at all. Not between commands, as with NOTIFY, but with their replies and in IDLE.
awaitable<void> Session::watch_annotations() {
    if (notifier_ || annotations_watch_) co_return;
    annotations_watch_ = std::make_unique<Notifier>(*this, Notifier::all_annotations());
    annotations_watch_->be_quiet();
    const Reply reply = co_await annotations_watch_->start(false);
    if (reply.condition != Condition::ok) annotations_watch_.reset();
}

/// What a command has expunged is told, also to a client that wants to hear of nothing else.
awaitable<bool> Session::tell_own(store::UidRanges uids) {
    if (follows()) co_return true;  // with all else, at the end of the command
    OwnChange own;
    own.uids = &uids;
    co_return co_await synchronise_to(selected_->folder->snapshot(), true, false, &own);
}

/// New messages as the client wants them given (RFC 5465 sections 5.2 and 7). False: the session is over.
awaitable<bool> Session::fetch_unasked(FetchAttributes what, NumberRanges uids) {
    if (what.empty()) co_return true;  // another NOTIFY came between: nothing of it is wanted now
    cmd::Fetch fetch;
    fetch.items = what.items;
    fetch.uid_named = (what.items & fetch_uid) != 0;
    // RFC 7162 section 3.2.4: what is told unasked has these.
    if (condstore_) fetch.items |= fetch_uid | fetch_mod_seq;
    fetch.sections = std::move(what.sections);
    FetchRun run(*this, std::move(fetch), selected_->view.numbers_of(uids));
    run.be_silent();
    const Reply told = co_await run.run();
    co_return told.then == Reply::Then::go_on;
}

/// \param appended uids in a folder that may be the selected one
void Session::note_own(base::FolderId folder, const std::vector<Uid>* appended) {
    if (notifier_) notifier_->note_own(folder);
    if (annotations_watch_) annotations_watch_->note_own(folder);
    if (appended == nullptr || !selected_ || selected_->folder->id() != folder) return;
    if (!notifier_ && selected_->contexts.empty()) return;
    NumberRanges uids;
    for (const Uid uid : *appended) push(uids, uid.value);
    selected_->own_new = unite(selected_->own_new, uids);
}

void Session::note_own(std::string_view name) {
    if (notifier_) notifier_->note_own(name);
}

}  // namespace imap
