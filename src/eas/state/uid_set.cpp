#include "eas/state/uid_set.hpp"

#include <algorithm>

namespace eas {

void insert(store::UidRanges& ranges, base::Uid uid) {
    const auto after = std::ranges::upper_bound(ranges, uid, {}, &store::UidRange::first);
    const bool has_before = after != ranges.begin();
    if (has_before && uid <= std::prev(after)->last) return;
    const bool joins_before = has_before && std::prev(after)->last.value + 1 == uid.value;
    const bool joins_after = after != ranges.end() && uid.value + 1 == after->first.value;
    if (joins_before && joins_after) {
        std::prev(after)->last = after->last;
        ranges.erase(after);
    } else if (joins_before) {
        std::prev(after)->last = uid;
    } else if (joins_after) {
        after->first = uid;
    } else {
        ranges.insert(after, store::UidRange{uid, uid});
    }
}

void erase(store::UidRanges& ranges, base::Uid uid) {
    const auto at = std::ranges::lower_bound(ranges, uid, {}, &store::UidRange::last);
    if (at == ranges.end() || uid < at->first) return;
    const store::UidRange after{base::Uid(uid.value + 1), at->last};
    const bool keeps_tail = uid < at->last;
    if (at->first < uid) {
        at->last = base::Uid(uid.value - 1);
        if (keeps_tail) ranges.insert(std::next(at), after);
    } else if (keeps_tail) {
        *at = after;
    } else {
        ranges.erase(at);
    }
}

}  // namespace eas
