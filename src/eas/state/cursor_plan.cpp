// What a device must be told next: plan_changes() of a cursor.
#include <algorithm>

#include "eas/state/conversations_inside.hpp"
#include "eas/state/cursor.hpp"
#include "eas/state/own_changes.hpp"
#include "eas/state/uid_set.hpp"

namespace eas {
namespace {

using base::Uid;
using store::Entry;
using store::SystemFlag;
using store::UidRange;
using store::UidRanges;

/// Makes one plan.
class Planner {
public:
    Planner(Cursor from, const PlanRequest& request) : request_(request), now_(*request.now) {
        plan_.next = std::move(from);
    }

    Plan run() {
        begin();
        if (!bring_back()) return finish(true);
        if (cursor().pass.value != 0 && !run_pass()) return finish(true);
        // A window that was changed while a pass ran is taken up at once.
        if (starts_pass()) {
            begin_pass();
            if (!run_pass()) return finish(true);
        }
        if (!lose_own() || !add_new() || !add_older()) return finish(true);
        return finish(false);
    }

private:
    Cursor& cursor() { return plan_.next; }

    void begin() {
        Cursor& c = cursor();
        if (c.begun) return;
        c.begun = true;
        c.done = now_.totals().highest_modseq;
        c.low = c.high = c.oldest = now_.totals().uid_next;
        c.window = c.window_next = request_.window;
        c.conversations = c.conversations_next = request_.conversations;
    }

    bool starts_pass() {
        const Cursor& c = cursor();
        return c.pass.value == 0 && (c.done < now_.totals().highest_modseq || c.window != request_.window ||
                                     c.conversations != request_.conversations);
    }

    void begin_pass() {
        Cursor& c = cursor();
        c.pass = c.low;
        c.target = now_.totals().highest_modseq;
        c.window_next = request_.window;
        c.conversations_next = request_.conversations;
        if (c.pass.value == 0) c.pass = Uid(1);
    }

    bool hides(const Entry& entry) {
        const UidRanges& withheld = cursor().withheld;
        return entry.flags.has(SystemFlag::deleted) &&
               (withheld.size() + below_.size() < withheld_ranges_max ||
                store::contains_uid(withheld, entry.uid));
    }

    /// Outside the window, and told all the same.
    bool comes_along(const Entry& entry, std::int64_t window) {
        const UidRanges& joined = cursor().joined;
        if (entry.internal_date >= window || entry.flags.has(SystemFlag::deleted)) return false;
        if (joined.size() >= joined_ranges_max && !store::contains_uid(joined, entry.uid)) return false;
        if (!inside_ || inside_->window() != window) inside_.emplace(now_, window);
        return inside_->contains(entry.thread);
    }

    void join(Uid uid, bool yes) {
        if (yes) return insert(cursor().joined, uid);
        erase(cursor().joined, uid);
    }

    bool is_own(Uid uid, base::ModSeq modseq) const {
        return std::ranges::any_of(plan_.next.own, [&](const OwnChange& own) {
            return own.kind == OwnChange::Kind::flags && own.uid == uid && own.modseq == modseq;
        });
    }
    bool is_own(Uid uid, OwnChange::Kind kind) const {
        return std::ranges::any_of(plan_.next.own,
                                   [&](const OwnChange& own) { return own.kind == kind && own.uid == uid; });
    }

    /// False: there is no room for it.
    bool step(Step::Kind kind, const Entry& entry) {
        if (plan_.count == request_.steps_max || bytes_ >= request_.bytes_max) return false;
        ++plan_.count;
        if (kind == Step::Kind::add) bytes_ += entry.size;
        if (!request_.count_only) plan_.steps.push_back(Step{kind, entry});
        if (kind == Step::Kind::add && entry.uid < cursor().oldest) cursor().oldest = entry.uid;
        return true;
    }

    /// In a pass: what has changed since the pass began is of a modseq that its end will not count as told.
    bool tell(Step::Kind kind, const Entry& entry) {
        if (!step(kind, entry)) return false;
        if (entry.modseq > cursor().target)
            add_own(cursor(), {entry.uid, entry.modseq, OwnChange::Kind::flags});
        return true;
    }

    /// What the device was never told of it cannot have changed: it comes when its turn is.
    bool has(Uid uid) const {
        const Cursor& c = plan_.next;
        if (store::contains_uid(c.withheld, uid)) return false;
        return (uid >= c.low && uid < c.high) || is_own(uid, OwnChange::Kind::added);
    }

    /// What the device has dropped or changed and the folder has still: it comes again, as it is now.
    bool bring_back() {
        Cursor& c = cursor();
        const std::vector<OwnChange> before = c.own;
        for (const OwnChange& own : before) {
            if (!is_owed(own)) continue;
            const bool dropped = own.kind == OwnChange::Kind::dropped;
            const Entry* entry = now_.find(own.uid);
            // What a wider window takes in comes by the pass that widens it.
            const std::int64_t from = request_.dated ? request_.window : std::max(c.window, request_.window);
            const bool inside =
                entry != nullptr && (entry->internal_date >= from || store::contains_uid(c.joined, own.uid));
            // What was never told comes when its turn is.
            const bool told =
                (own.uid >= c.low && own.uid < c.high) || is_own(own.uid, OwnChange::Kind::added);
            const bool comes = inside && !hides(*entry) && (dropped ? told : has(own.uid));
            if (comes && !step(dropped ? Step::Kind::add : Step::Kind::change, *entry)) return false;
            std::erase(c.own, own);
            if (!comes) continue;
            erase(c.withheld, own.uid);
            add_own(c, {own.uid, entry->modseq, OwnChange::Kind::flags});
        }
        return true;
    }

    /// One message of the interval that has changed, or whose place in the window may have.
    bool look_at(const Entry& entry) {
        Cursor& c = cursor();
        const bool withheld = store::contains_uid(c.withheld, entry.uid);
        if (request_.dated) return look_at_dated(entry, withheld);
        const bool joined = store::contains_uid(c.joined, entry.uid);
        const bool known = (entry.internal_date >= c.window || joined) && !withheld;
        const bool inside = entry.internal_date >= c.window_next;
        const bool along = c.conversations_next && comes_along(entry, c.window_next);
        const bool visible = inside ? !hides(entry) : along;
        if (known && visible) {
            const bool changed = entry.modseq > c.done && !is_own(entry.uid, entry.modseq);
            if (changed && !tell(Step::Kind::change, entry)) return false;
            if (joined != along) join(entry.uid, along);
            return true;
        }
        if (known) {
            const bool gone = inside || entry.flags.has(SystemFlag::deleted);
            if (!step(gone ? Step::Kind::remove : Step::Kind::soft_delete, entry)) return false;
            if (inside) insert(c.withheld, entry.uid);
            if (joined) join(entry.uid, false);
            return true;
        }
        if (visible) {
            // What was withheld for another reason than \Deleted is tried again only once it changes.
            if (withheld && entry.modseq <= c.done) return true;
            if (!tell(Step::Kind::add, entry)) return false;
            erase(c.withheld, entry.uid);
            if (joined != along) join(entry.uid, along);
            return true;
        }
        if (inside) insert(c.withheld, entry.uid);
        if (!inside && withheld) erase(c.withheld, entry.uid);
        if (joined) join(entry.uid, false);
        return true;
    }

    /// The same where dates change: what the device has is what is not withheld.
    bool look_at_dated(const Entry& entry, bool withheld) {
        Cursor& c = cursor();
        const bool visible = entry.internal_date >= c.window_next;
        const bool changed = entry.modseq > c.done;
        if (!withheld && visible)
            return !changed || is_own(entry.uid, entry.modseq) || tell(Step::Kind::change, entry);
        if (!withheld) {
            if (!step(Step::Kind::soft_delete, entry)) return false;
            insert(c.withheld, entry.uid);
            return true;
        }
        // What could not be converted is tried again once it changes, or the window does.
        if (!visible || (!changed && c.window == c.window_next)) return true;
        if (!tell(Step::Kind::add, entry)) return false;
        erase(c.withheld, entry.uid);
        return true;
    }

    bool look_at_vanished(Uid uid) {
        Cursor& c = cursor();
        const bool withheld = store::contains_uid(c.withheld, uid);
        const bool told = !withheld && uid >= c.oldest && !is_own(uid, OwnChange::Kind::removed);
        Entry gone;
        gone.uid = uid;
        if (told && !step(Step::Kind::remove, gone)) return false;
        if (withheld) erase(c.withheld, uid);
        if (store::contains_uid(c.joined, uid)) join(uid, false);
        return true;
    }

    /// Vanished uids of the interval before `limit`, from where the pass stands. False: no room.
    bool vanished_before(Uid limit) {
        Cursor& c = cursor();
        if (request_.vanished == nullptr) return true;
        // From the first range that the pass has not left behind: it only goes on.
        for (; next_vanished_ < request_.vanished->size(); ++next_vanished_) {
            const UidRange& range = (*request_.vanished)[next_vanished_];
            if (range.last < c.pass) continue;
            if (range.first >= limit) break;
            const Uid from = std::max(std::max(range.first, c.pass), c.low);
            for (Uid uid = from; uid <= range.last && uid < limit; ++uid.value) {
                if (!look_at_vanished(uid)) {
                    c.pass = uid;
                    return false;
                }
            }
            if (range.last >= limit) break;  // its rest comes after what is at `limit`
        }
        return true;
    }

    bool run_pass() {
        Cursor& c = cursor();
        next_vanished_ = 0;
        bool room = true;
        const auto visit = [&](base::SeqNum, const Entry& entry) {
            if (!room || entry.uid >= c.high) return false;
            room = vanished_before(entry.uid);
            if (!room) return false;
            c.pass = entry.uid;
            room = look_at(entry);
            if (room) c.pass = Uid(entry.uid.value + 1);
            return room;
        };
        const base::SeqNum first = now_.lower_bound(c.pass), last(now_.size());
        // Of a conversation that has changed it may be others that come or go.
        const bool windowed = c.window != Cursor::no_window || c.window_next != Cursor::no_window;
        const bool in_whole = windowed && (c.conversations || c.conversations_next);
        if (c.window != c.window_next || in_whole) {
            now_.for_each(first, last, visit);
        } else {
            now_.for_each_changed(first, last, c.done, visit);
        }
        if (!room || !vanished_before(c.high)) return false;
        c.pass = Uid();
        c.done = std::max(c.done, c.target);
        c.window = c.window_next;
        c.conversations = c.conversations_next;
        // What it has added is kept in mind until the interval has come to it.
        std::erase_if(c.own, [&c](const OwnChange& own) {
            const bool reached = own.kind != OwnChange::Kind::added || own.uid >= c.low;
            return !is_owed(own) && own.modseq <= c.done && own.uid < c.high && reached;
        });
        return true;
    }

    /// What came after the interval. What it holds now is of the newest modseq, not of `done`: it may be told
    /// once more as changed, never too late.
    bool add_new() {
        Cursor& c = cursor();
        bool room = true;
        now_.for_each(now_.lower_bound(c.high), base::SeqNum(now_.size()),
                      [&](base::SeqNum, const Entry& entry) {
                          room = add(entry);
                          if (room) c.high = Uid(entry.uid.value + 1);
                          return room;
                      });
        if (room) c.high = std::max(c.high, now_.totals().uid_next);
        return room;
    }

    bool add_older() {
        Cursor& c = cursor();
        while (c.low.value > 1) {
            const std::uint32_t before = now_.lower_bound(c.low).value - 1;
            const Entry* entry = before == 0 ? nullptr : now_.at(base::SeqNum(before));
            if (entry == nullptr) break;
            if (!add(*entry)) return false;
            c.low = entry->uid;
        }
        c.low = Uid(1);
        return true;
    }

    const OwnChange* own_added(Uid uid) const {
        const auto found = std::ranges::find_if(plan_.next.own, [uid](const OwnChange& own) {
            return own.kind == OwnChange::Kind::added && own.uid == uid;
        });
        return found == plan_.next.own.end() ? nullptr : &*found;
    }

    /// The device has it, as of `modseq`: it is told what became of it since.
    bool keep_own(const Entry& entry, base::ModSeq modseq) {
        Cursor& c = cursor();
        if (hides(entry)) {
            if (!step(Step::Kind::remove, entry)) return false;
            hold(entry.uid);
        } else if (entry.modseq > modseq && !is_own(entry.uid, entry.modseq)) {
            if (!step(Step::Kind::change, entry)) return false;
        }
        c.oldest = std::min(c.oldest, entry.uid);
        return true;
    }

    /// What the device has added and somebody has removed before it came into the interval.
    bool lose_own() {
        Cursor& c = cursor();
        const std::vector<OwnChange> added = c.own;
        for (const OwnChange& own : added) {
            const bool inside = own.uid >= c.low && own.uid < c.high;
            if (own.kind != OwnChange::Kind::added || inside || now_.find(own.uid) != nullptr) continue;
            Entry gone;
            gone.uid = own.uid;
            if (!step(Step::Kind::remove, gone)) return false;
            std::erase(c.own, own);
        }
        return true;
    }

    bool add(const Entry& entry) {
        Cursor& c = cursor();
        // What the device has added it has, also outside the window where dates change.
        const bool inside = entry.internal_date >= c.window;
        const bool along = c.conversations && comes_along(entry, c.window);
        const OwnChange* own = own_added(entry.uid);
        if (own != nullptr && (inside || along || request_.dated)) {
            if (!keep_own(entry, own->modseq)) return false;
            if (along) join(entry.uid, true);
            return true;
        }
        if (!inside && !along) {
            if (request_.dated) hold(entry.uid);
            return true;
        }
        if (inside && hides(entry)) {
            hold(entry.uid);
            return true;
        }
        if (!step(Step::Kind::add, entry)) return false;
        if (along) join(entry.uid, true);
        return true;
    }

    /// Into the withheld ones. What comes oldest last is put below them all at once: one by one, each would
    /// move all the others.
    void hold(Uid uid) {
        UidRanges& withheld = cursor().withheld;
        if (withheld.empty() || uid > withheld.front().first) return insert(withheld, uid);
        if (!below_.empty() && uid.value + 1 == below_.back().first.value) {
            below_.back().first = uid;
        } else {
            below_.push_back(UidRange{uid, uid});
        }
    }

    Plan finish(bool more) {
        UidRanges& withheld = cursor().withheld;
        if (!below_.empty() && !withheld.empty() &&
            below_.front().last.value + 1 == withheld.front().first.value) {
            withheld.front().first = below_.front().first;
            below_.erase(below_.begin());
        }
        withheld.insert(withheld.begin(), below_.rbegin(), below_.rend());
        plan_.more = more;
        return std::move(plan_);
    }

    const PlanRequest& request_;
    const store::Snapshot& now_;
    std::uint64_t bytes_ = 0;                    // of what is added
    std::size_t next_vanished_ = 0;              // of request_.vanished, in a pass
    UidRanges below_;                            // withheld, descending: of add_older()
    std::optional<ConversationsInside> inside_;  // made when somebody asks
    Plan plan_;
};

}  // namespace

Plan plan_changes(Cursor from, const PlanRequest& request) { return Planner(std::move(from), request).run(); }

}  // namespace eas
