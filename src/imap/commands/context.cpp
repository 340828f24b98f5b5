// Contexts: results that are kept up to date (RFC 5267 section 4.3), and CANCELUPDATE.
//
// What leaves the mailbox is told before its EXPUNGE, while its number is still right (section 4.3.4). What
// comes, or changes its flags, is told after the EXISTS and FETCH that say so, as soon as it was looked at.
#include "imap/commands/sort_run.hpp"
#include "imap/notifier.hpp"

namespace imap {

namespace {

/// RFC 5267 section 4.3: sequence numbers, and "$", mean what they meant when the command came.
SearchProgram frozen(SearchProgram program, const SearchSource& source) {
    for (SearchKey& key : program.keys) {
        if (key.op != SearchKey::Op::seq && !key.set.saved) continue;
        SequenceSet uids;
        if (key.set.saved) {
            uids.ranges = source.selected->saved;
        } else {
            for (const NumberRange& range : key.set.resolve(source.messages->size()))
                source.messages->for_each(
                    SeqNum(range.first), SeqNum(range.last),
                    [&](SeqNum, const store::Entry& entry) { push(uids.ranges, entry.uid.value); });
        }
        key.op = SearchKey::Op::uid;
        key.set = std::move(uids);
    }
    return program;
}

NumberRanges uids_of(const store::Snapshot& messages, const NumberRanges& numbers) {
    NumberRanges uids;
    for (const NumberRange& range : numbers)
        messages.for_each(SeqNum(range.first), SeqNum(range.last),
                          [&](SeqNum, const store::Entry& entry) { push(uids, entry.uid.value); });
    return uids;
}

/// The numbers that the client of this context is told of: uids, or where they are in the snapshot.
NumberRanges told(const UpdateContext& context, const store::Snapshot& messages, const NumberRanges& uids) {
    if (context.search->uid) return uids;
    NumberRanges numbers;
    for (const NumberRange& range : uids) {
        for (std::uint64_t uid = range.first; uid <= range.last; ++uid) {
            const SeqNum seq = messages.lower_bound(Uid(static_cast<std::uint32_t>(uid)));
            push(numbers, seq.value);
        }
    }
    return numbers;
}

bool is_sorted(const UpdateContext& context) { return !context.search->order.empty(); }

NumberRanges one(std::uint32_t number) { return NumberRanges(1, NumberRange{number, number}); }

/// What leaves, with its places: from the end, so that each place is right as it stands (section 4.3.4).
std::vector<ContextChange> leaving(UpdateContext& context, const store::Snapshot& messages,
                                   const NumberRanges& uids) {
    std::vector<ContextChange> changes;
    if (!is_sorted(context)) {
        changes.push_back(ContextChange{0, told(context, messages, uids)});
        return changes;
    }
    for (std::size_t place = context.order.size(); place > 0; --place) {
        const std::uint32_t uid = context.order[place - 1];
        if (contains(uids, uid))
            changes.push_back(
                ContextChange{static_cast<std::uint32_t>(place), told(context, messages, one(uid))});
    }
    std::erase_if(context.order, [&](std::uint32_t uid) { return contains(uids, uid); });
    return changes;
}

/// What comes, with its places in the new order: upwards, so that each place is right as it stands.
std::vector<ContextChange> coming(const UpdateContext& context, const store::Snapshot& messages,
                                  const NumberRanges& uids, const std::vector<std::uint32_t>& order) {
    std::vector<ContextChange> changes;
    if (!is_sorted(context)) {
        changes.push_back(ContextChange{0, told(context, messages, uids)});
        return changes;
    }
    for (std::size_t place = 0; place < order.size(); ++place) {
        if (!contains(uids, order[place])) continue;
        changes.push_back(
            ContextChange{static_cast<std::uint32_t>(place + 1), told(context, messages, one(order[place]))});
    }
    return changes;
}

}  // namespace

/// RFC 5267 section 4.3: a tag that has a context already.
std::optional<Reply> Session::refuse_update(const cmd::Search& search) const {
    if ((search.returns & cmd::Search::update) == 0) return std::nullopt;
    if (!selected_) return bad("Select a mailbox first");  // RFC 7377 section 2.2
    for (const UpdateContext& context : selected_->contexts)
        if (context.tag == tag_) return bad("Tag reuse");
    return std::nullopt;
}

/// RFC 5267 section 4.3.1. Also of a context that was kept so far: silence would be taken for "no change".
void Session::refuse_updates(std::string_view tag) {
    write_condition(out(), "*", Condition::no, code::no_update(tag), "This result is not kept up to date");
}

/// \param order of SORT: the found uids in their order
void Session::begin_context(const cmd::Search& search, const SearchSource& source, const NumberRanges& found,
                            const std::vector<std::uint32_t>& order) {
    const Limits& limits = services_.limits;
    bool by_relevancy = false;  // that would be another search of all messages at each change
    for (const SortCriterion& criterion : search.order)
        by_relevancy |= criterion.key == SortCriterion::Key::relevancy;
    // Sorted ones count together: each change sorts them all anew.
    std::uint64_t messages = count(found);
    for (const UpdateContext& context : selected_->contexts)
        if (!search.order.empty()) messages += context.order.size();
    if (by_relevancy || selected_->contexts.size() >= limits.contexts_max ||
        messages > limits.context_messages_max) {
        refuse_updates(tag_);
        return;
    }
    cmd::Search kept = search;
    kept.program = frozen(std::move(kept.program), source);
    UpdateContext context;
    context.tag = tag_;
    context.search = std::make_shared<const cmd::Search>(std::move(kept));
    context.seen = source.messages;
    context.uids = uids_of(*source.messages, found);
    context.order = order;
    selected_->contexts.push_back(std::move(context));
}

/// Before the EXPUNGEs of a difference are told.
void Session::leave_contexts(const store::Snapshot& before, const store::Difference& difference) {
    if (difference.vanished.empty()) return;
    NumberRanges vanished;
    for (const Uid uid : difference.vanished) push(vanished, uid.value);
    for (UpdateContext& context : selected_->contexts) {
        const NumberRanges staying = subtract(context.uids, vanished);
        const NumberRanges left = subtract(context.uids, staying);
        if (left.empty()) continue;
        const auto changes = leaving(context, before, left);
        write_context_change(out(), context.tag, context.search->uid, false, changes);
        context.uids = staying;
    }
}

bool Session::contexts_wait() const {
    if (selected_ && !(selected_->fresh.empty() && selected_->own_new.empty())) return true;
    return selected_ && std::ranges::any_of(selected_->contexts, [this](const UpdateContext& context) {
               return context.seen != selected_->view.shared();
           });
}

/// After what changed was told. False: the session is over.
awaitable<bool> Session::update_contexts() {
    for (std::size_t at = 0; selected_ && at < selected_->contexts.size();) {
        const bool more = co_await update_context(&selected_->contexts[at]);
        if (!more) co_return false;
        if (selected_->contexts[at].lost) {
            refuse_updates(selected_->contexts[at].tag);
            selected_->contexts.erase(selected_->contexts.begin() + static_cast<std::ptrdiff_t>(at));
        } else {
            ++at;
        }
    }
    if (!selected_) co_return true;
    selected_->own_new.clear();
    // RFC 5465 section 5.2: behind what contexts say.
    NumberRanges fresh = std::exchange(selected_->fresh, {});
    if (fresh.empty() || !notifier_) co_return true;
    co_return co_await fetch_unasked(notifier_->fetch(), std::move(fresh));
}

/// RFC 5465 section 7: messages that are new, and come into the result, are given as the client asked for it,
/// together with what NOTIFY asks for of new messages. \param added uids
awaitable<bool> Session::fetch_added(FetchAttributes what, NumberRanges added) {
    NumberRanges fresh = subtract(added, selected_->own_new);
    if (fresh.empty()) co_return true;
    if (count(selected_->fresh) != 0) {
        const FetchAttributes& also = notifier_->fetch();
        what.items |= also.items;
        for (const FetchSection& section : also.sections)
            if (std::ranges::find(what.sections, section) == what.sections.end())
                what.sections.push_back(section);
        selected_->fresh = subtract(selected_->fresh, fresh);
    }
    co_return co_await fetch_unasked(std::move(what), std::move(fresh));
}

/// The view does not move meanwhile: only this coroutine moves it.
awaitable<bool> Session::update_context(UpdateContext* context) {
    SearchSource source = selected_source();
    if (context->seen == source.messages) co_return true;
    const auto search = context->search;
    const store::Snapshot& now = *source.messages;
    const store::Difference difference = store::compare(*context->seen, now);
    NumberRanges touched;
    for (const SeqNum seq : difference.changed) touched.push_back(NumberRange{seq.value, seq.value});
    if (search->program.uses_mod_seq)
        for (const SeqNum seq : difference.modseq_only) touched.push_back(NumberRange{seq.value, seq.value});
    if (difference.appended != 0)
        touched.push_back(NumberRange{now.size() - difference.appended + 1, now.size()});
    normalise(touched);
    context->seen = source.messages;
    if (touched.empty()) co_return true;

    SearchRun run(*this, search->program, source);
    bool more = co_await run.run(touched);
    if (!more) co_return false;
    context->lost = run.failed().code() != store::Errc::none;
    if (context->lost) co_return true;
    const NumberRanges matching = uids_of(now, run.found());
    const NumberRanges looked_at = uids_of(now, touched);
    const NumberRanges other = subtract(looked_at, matching);
    const NumberRanges left = subtract(context->uids, subtract(context->uids, other));
    const NumberRanges added = subtract(matching, context->uids);
    if (!left.empty()) {
        const auto changes = leaving(*context, now, left);
        write_context_change(out(), context->tag, search->uid, false, changes);
        context->uids = subtract(context->uids, left);
    }
    if (added.empty()) co_return true;
    if (difference.appended != 0 && !search->update_fetch.empty()) {
        NumberRanges appended =
            uids_of(now, NumberRanges(1, NumberRange{now.size() - difference.appended + 1, now.size()}));
        NumberRanges fresh = subtract(added, subtract(added, appended));
        more = co_await fetch_added(search->update_fetch, std::move(fresh));
        if (!more) co_return false;
    }
    context->uids = unite(context->uids, added);
    // It may grow to twice of what it could begin with, then it is too much work.
    context->lost = count(context->uids) / 2 > services_.limits.context_messages_max;
    if (context->lost) co_return true;
    if (is_sorted(*context)) {
        SortRun sorting(*this, search->order, source, nullptr);
        NumberRanges numbers = selected_->view.numbers_of(context->uids);
        more = co_await sorting.run(std::move(numbers), std::vector<std::uint8_t>());
        if (!more) co_return false;
        context->lost = sorting.failed().code() != store::Errc::none;
        if (context->lost) co_return true;
        context->order = sorting.uids();
    }
    const auto changes = coming(*context, now, added, context->order);
    write_context_change(out(), context->tag, search->uid, true, changes);
    co_return true;
}

awaitable<Reply> Session::handle(cmd::CancelUpdate cancel) {
    for (const std::string& tag : cancel.tags) {
        const auto of_tag = [&](const UpdateContext& context) { return context.tag == tag; };
        if (std::erase_if(selected_->contexts, of_tag) == 0) co_return bad("No such context");
    }
    co_return ok("No further updates");
}

}  // namespace imap
