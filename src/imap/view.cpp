// The view's arithmetic: snapshots, numbers and uids.
#include "imap/view.hpp"

namespace imap {

store::Difference View::advance(store::SnapshotPtr newest, bool may_expunge) {
    store::SnapshotPtr target = may_expunge ? newest : store::keep_expunged(shown_, newest);
    // keep_expunged() of a folder that lost nothing is the folder itself: share it, and know that nothing is
    // kept.
    if (!may_expunge && target != newest && target->size() == newest->size()) target = newest;
    store::Difference difference = store::compare(*shown_, *target);
    shown_ = std::move(target);
    newest_ = std::move(newest);
    waits_for_expunge_ = keeps_expunged();
    if (!keeps_expunged()) told_ = newest_->totals().highest_modseq;
    return difference;
}

store::Difference View::advance(store::SnapshotPtr newest, const store::Takeover& wanted) {
    store::SnapshotPtr target = store::take_over(shown_, newest, wanted);
    if (target->groups() == newest->groups()) target = newest;
    store::Difference difference = store::compare(*shown_, *target);
    shown_ = std::move(target);
    newest_ = std::move(newest);
    waits_for_expunge_ = keeps_expunged() && wanted.gone != store::Takeover::Part::all;
    if (!keeps_expunged()) told_ = newest_->totals().highest_modseq;
    return difference;
}

void View::add_recent(Uid first, Uid end) {
    if (first.value == 0 || first >= end) return;
    const Uid last(end.value - 1);
    if (!recent_.empty() && recent_.back().last.value + 1 >= first.value) {
        recent_.back().last = std::max(recent_.back().last, last);
    } else {
        recent_.push_back(store::UidRange{first, last});
    }
}

bool View::is_recent(Uid uid) const {
    if (recent_.empty() || uid < recent_.front().first) return false;
    for (const store::UidRange& range : recent_)
        if (uid >= range.first && uid <= range.last) return true;
    return false;
}

std::uint32_t View::recent() const {
    std::uint32_t count = 0;
    for (const store::UidRange& range : recent_) {
        const std::uint32_t end = range.last.value == UINT32_MAX
                                      ? size() + 1
                                      : shown_->lower_bound(Uid(range.last.value + 1)).value;
        count += end - shown_->lower_bound(range.first).value;
    }
    return count;
}

NumberRanges View::numbers_of(const NumberRanges& uids) const {
    NumberRanges numbers;
    for (const NumberRange& range : uids) {
        const std::uint32_t first = shown_->lower_bound(Uid(range.first)).value;
        const std::uint32_t end =
            range.last == UINT32_MAX ? size() + 1 : shown_->lower_bound(Uid(range.last + 1)).value;
        if (first >= end) continue;
        if (!numbers.empty() && numbers.back().last + 1 == first) {
            numbers.back().last = end - 1;
        } else {
            numbers.push_back(NumberRange{first, end - 1});
        }
    }
    return numbers;
}

NumberRanges View::numbers(const SequenceSet& set, bool by_uid, const NumberRanges& saved) const {
    if (set.saved) return numbers_of(saved);
    if (by_uid) return numbers_of(set.resolve(shown_->last_uid().value));
    NumberRanges numbers = set.resolve(size());
    while (!numbers.empty() && numbers.back().first > size()) numbers.pop_back();
    if (!numbers.empty()) numbers.back().last = std::min(numbers.back().last, size());
    return numbers;
}

store::UidRanges View::uids_of(const NumberRanges& numbers) const {
    store::UidRanges uids;
    uids.reserve(numbers.size());
    for (const NumberRange& range : numbers) {
        const store::Entry* first = shown_->at(SeqNum(range.first));
        const store::Entry* last = shown_->at(SeqNum(range.last));
        if (first == nullptr || last == nullptr) continue;
        if (!uids.empty() && uids.back().last.value + 1 == first->uid.value) {
            uids.back().last = last->uid;
        } else {
            uids.push_back(store::UidRange{first->uid, last->uid});
        }
    }
    return uids;
}

bool View::out_of_range(const SequenceSet& set) const {
    // "n:*" names the last message whatever n is (RFC 9051 section 9, seq-range), and "1:*" of an empty
    // mailbox, which real clients send, names nothing.
    for (const NumberRange& range : set.ranges) {
        const bool star = range.first == SequenceSet::star || range.last == SequenceSet::star;
        if (!star && std::max(range.first, range.last) > size()) return true;
    }
    return false;
}

}  // namespace imap
