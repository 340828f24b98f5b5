#include "eas/state/conversations_inside.hpp"

namespace eas {

ConversationsInside::ConversationsInside(const store::Snapshot& now, std::int64_t window) : window_(window) {
    now.for_each(base::SeqNum(1), base::SeqNum(now.size()), [&](base::SeqNum, const store::Entry& entry) {
        const bool counts = entry.internal_date >= window && !entry.flags.has(store::SystemFlag::deleted);
        if (counts && entry.thread.value != 0) found_.insert(entry.thread.value);
    });
}

}  // namespace eas
