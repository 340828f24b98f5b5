#include "eas/state/cursor.hpp"

#include <algorithm>

namespace eas {
namespace {

using base::Uid;
using store::Entry;
using store::SystemFlag;
using store::UidRange;
using store::UidRanges;

void insert(UidRanges& ranges, Uid uid) {
    if (store::contains_uid(ranges, uid)) return;
    ranges.push_back(UidRange{uid, uid});
    ranges = store::normalised(std::move(ranges));
}

void erase(UidRanges& ranges, Uid uid) {
    for (std::size_t i = 0; i < ranges.size(); ++i) {
        UidRange& range = ranges[i];
        if (uid < range.first || range.last < uid) continue;
        const UidRange after{Uid(uid.value + 1), range.last};
        const bool keeps_tail = uid < range.last;
        if (range.first < uid) {
            range.last = Uid(uid.value - 1);
            if (keeps_tail) ranges.insert(ranges.begin() + static_cast<std::ptrdiff_t>(i) + 1, after);
        } else if (keeps_tail) {
            range = after;
        } else {
            ranges.erase(ranges.begin() + static_cast<std::ptrdiff_t>(i));
        }
        return;
    }
}

/// Makes one plan.
class Planner {
public:
    Planner(Cursor from, const PlanRequest& request) : request_(request), now_(*request.now) {
        plan_.next = std::move(from);
    }

    Plan run() {
        begin();
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
    }

    bool starts_pass() {
        const Cursor& c = cursor();
        return c.pass.value == 0 && (c.done < now_.totals().highest_modseq || c.window != request_.window);
    }

    void begin_pass() {
        Cursor& c = cursor();
        c.pass = c.low;
        c.target = now_.totals().highest_modseq;
        c.window_next = request_.window;
        if (c.pass.value == 0) c.pass = Uid(1);
    }

    bool hides(const Entry& entry) {
        return entry.flags.has(SystemFlag::deleted) && (cursor().withheld.size() < withheld_ranges_max ||
                                                        store::contains_uid(cursor().withheld, entry.uid));
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

    /// One message of the interval that has changed, or whose place in the window may have.
    bool look_at(const Entry& entry) {
        Cursor& c = cursor();
        const bool withheld = store::contains_uid(c.withheld, entry.uid);
        if (request_.dated) return look_at_dated(entry, withheld);
        const bool known = entry.internal_date >= c.window && !withheld;
        const bool inside = entry.internal_date >= c.window_next;
        const bool visible = inside && !hides(entry);
        if (known && visible) {
            const bool changed = entry.modseq > c.done && !is_own(entry.uid, entry.modseq);
            return !changed || step(Step::Kind::change, entry);
        }
        if (known) {
            if (!step(inside ? Step::Kind::remove : Step::Kind::soft_delete, entry)) return false;
            if (inside) insert(c.withheld, entry.uid);
            return true;
        }
        if (visible) {
            // What was withheld for another reason than \Deleted is tried again only once it changes.
            if (withheld && entry.modseq <= c.done) return true;
            if (!step(Step::Kind::add, entry)) return false;
            erase(c.withheld, entry.uid);
            return true;
        }
        if (inside) insert(c.withheld, entry.uid);
        if (!inside && withheld) erase(c.withheld, entry.uid);
        return true;
    }

    /// The same where dates change: what the device has is what is not withheld.
    bool look_at_dated(const Entry& entry, bool withheld) {
        Cursor& c = cursor();
        const bool visible = entry.internal_date >= c.window_next;
        const bool changed = entry.modseq > c.done;
        if (!withheld && visible)
            return !changed || is_own(entry.uid, entry.modseq) || step(Step::Kind::change, entry);
        if (!withheld) {
            if (!step(Step::Kind::soft_delete, entry)) return false;
            insert(c.withheld, entry.uid);
            return true;
        }
        // What could not be converted is tried again once it changes, or the window does.
        if (!visible || (!changed && c.window == c.window_next)) return true;
        if (!step(Step::Kind::add, entry)) return false;
        erase(c.withheld, entry.uid);
        return true;
    }

    bool look_at_vanished(Uid uid) {
        Cursor& c = cursor();
        if (store::contains_uid(c.withheld, uid)) {
            erase(c.withheld, uid);
            return true;
        }
        if (uid < c.oldest || is_own(uid, OwnChange::Kind::removed)) return true;
        Entry gone;
        gone.uid = uid;
        return step(Step::Kind::remove, gone);
    }

    std::vector<const Entry*> candidates() {
        const Cursor& c = cursor();
        std::vector<const Entry*> out;
        const base::SeqNum first = now_.lower_bound(c.pass), last(now_.size());
        const auto keep = [&](base::SeqNum, const Entry& entry) {
            if (entry.uid < c.high) out.push_back(&entry);
        };
        if (c.window != c.window_next) {
            now_.for_each(first, last, keep);
        } else {
            now_.for_each_changed(first, last, c.done, keep);
        }
        return out;
    }

    /// Vanished uids of the interval before `limit`, from where the pass stands. False: no room.
    bool vanished_before(Uid limit) {
        Cursor& c = cursor();
        if (request_.vanished == nullptr) return true;
        for (const UidRange& range : *request_.vanished) {
            if (range.last < c.pass) continue;
            if (range.first >= limit) break;
            const Uid from = std::max(std::max(range.first, c.pass), c.low);
            for (Uid uid = from; uid <= range.last && uid < limit; ++uid.value) {
                if (!look_at_vanished(uid)) {
                    c.pass = uid;
                    return false;
                }
            }
        }
        return true;
    }

    bool run_pass() {
        Cursor& c = cursor();
        for (const Entry* entry : candidates()) {
            if (!vanished_before(entry->uid)) return false;
            c.pass = entry->uid;
            if (!look_at(*entry)) return false;
            c.pass = Uid(entry->uid.value + 1);
        }
        if (!vanished_before(c.high)) return false;
        c.pass = Uid();
        c.done = std::max(c.done, c.target);
        c.window = c.window_next;
        // What it has added is kept in mind until the interval has come to it.
        std::erase_if(c.own, [&c](const OwnChange& own) {
            const bool reached = own.kind != OwnChange::Kind::added || own.uid >= c.low;
            return own.modseq <= c.done && own.uid < c.high && reached;
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
            insert(c.withheld, entry.uid);
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
        if (const OwnChange* own = own_added(entry.uid); own != nullptr && (inside || request_.dated))
            return keep_own(entry, own->modseq);
        if (!inside) {
            if (request_.dated) insert(c.withheld, entry.uid);
            return true;
        }
        if (hides(entry)) {
            insert(c.withheld, entry.uid);
            return true;
        }
        return step(Step::Kind::add, entry);
    }

    Plan finish(bool more) {
        plan_.more = more;
        return std::move(plan_);
    }

    const PlanRequest& request_;
    const store::Snapshot& now_;
    std::uint64_t bytes_ = 0;  // of what is added
    Plan plan_;
};

}  // namespace

Plan plan_changes(Cursor from, const PlanRequest& request) { return Planner(std::move(from), request).run(); }

bool needs_vanished(const Cursor& cursor, const store::Snapshot& now) {
    return cursor.begun && (cursor.pass.value != 0 || cursor.done < now.totals().highest_modseq);
}

void withhold(Cursor& cursor, base::Uid uid) { insert(cursor.withheld, uid); }

void note_own(Cursor& cursor, const OwnChange& own, const store::Entry* former) {
    const bool flags = own.kind == OwnChange::Kind::flags;
    if (flags && (former == nullptr || former->modseq > cursor.done)) {
        // Unless that was the device's own change too.
        const bool own_before =
            former != nullptr && std::ranges::any_of(cursor.own, [&](const OwnChange& one) {
                return one.uid == own.uid && one.modseq == former->modseq;
            });
        if (!own_before) return;
    }
    std::erase_if(cursor.own,
                  [&own](const OwnChange& one) { return one.uid == own.uid && one.kind == own.kind; });
    if (cursor.own.size() < own_changes_max) cursor.own.push_back(own);
}

}  // namespace eas
