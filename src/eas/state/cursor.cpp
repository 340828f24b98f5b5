#include "eas/state/cursor.hpp"

#include <algorithm>

#include "eas/state/own_changes.hpp"
#include "eas/state/uid_set.hpp"

namespace eas {

void add_own(Cursor& cursor, const OwnChange& own) {
    std::erase_if(cursor.own,
                  [&own](const OwnChange& one) { return one.uid == own.uid && one.kind == own.kind; });
    // What goes then the device is told of though it knows it: that does no harm.
    const auto may_go = [](const OwnChange& one) {
        return one.kind == OwnChange::Kind::flags || one.kind == OwnChange::Kind::removed;
    };
    if (cursor.own.size() >= own_changes_max)
        if (const auto first = std::ranges::find_if(cursor.own, may_go); first != cursor.own.end())
            cursor.own.erase(first);
    if (cursor.own.size() < own_changes_max) cursor.own.push_back(own);
}

bool is_owed(const OwnChange& own) {
    return own.kind == OwnChange::Kind::dropped || own.kind == OwnChange::Kind::refused;
}

bool needs_vanished(const Cursor& cursor, const store::Snapshot& now) {
    return cursor.begun && (cursor.pass.value != 0 || cursor.done < now.totals().highest_modseq);
}

bool owes(const Cursor& cursor) { return std::ranges::any_of(cursor.own, is_owed); }

void withhold(Cursor& cursor, base::Uid uid) { insert(cursor.withheld, uid); }

bool knows(const Cursor& cursor, const store::Entry& entry) {
    if (entry.modseq <= cursor.done) return true;
    // Of a pass that is under way, what is behind it was told.
    if (entry.uid >= cursor.low && entry.uid < cursor.pass && entry.modseq <= cursor.target) return true;
    return std::ranges::any_of(cursor.own, [&entry](const OwnChange& own) {
        return own.uid == entry.uid && own.modseq == entry.modseq;
    });
}

bool has_added(const Cursor& cursor, base::Uid uid) {
    return std::ranges::any_of(cursor.own, [uid](const OwnChange& own) {
        return own.kind == OwnChange::Kind::added && own.uid == uid;
    });
}

void note_own(Cursor& cursor, const OwnChange& own, const store::Entry* former) {
    const bool flags = own.kind == OwnChange::Kind::flags;
    if (flags && (former == nullptr || !knows(cursor, *former))) return;
    add_own(cursor, own);
}

void note_dropped(Cursor& cursor, base::Uid uid) {
    add_own(cursor, {uid, base::ModSeq(), OwnChange::Kind::dropped});
}

void note_refused(Cursor& cursor, base::Uid uid) {
    add_own(cursor, {uid, base::ModSeq(), OwnChange::Kind::refused});
}

}  // namespace eas
