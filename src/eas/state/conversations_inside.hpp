// ConversationsInside: the conversations of a folder of which a message is inside a window of dates. MS-ASCON
// section 3.1.4.9. Pure.
#pragma once
#include <cstdint>

#include <boost/unordered/unordered_flat_set.hpp>

#include "store/snapshot.hpp"

namespace eas {

class ConversationsInside {
public:
    /// Of messages without \Deleted, whose internal date is `window` or later. One look at each entry.
    ConversationsInside(const store::Snapshot& now, std::int64_t window);

    std::int64_t window() const { return window_; }
    bool contains(base::ThreadId conversation) const { return found_.contains(conversation.value); }

private:
    std::int64_t window_;
    boost::unordered_flat_set<std::uint64_t> found_;
};

}  // namespace eas
