// ConversationIndex: where a message stands in its conversation, as times: of its beginning, and of each
// answer on the way. MS-ASCON section 2.2.2.4; the field Thread-Index of Outlook says the same (MS-OXOMSG
// section 2.2.1.3). Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.hpp"

namespace eas {

/// What of a message its index is made from.
struct IndexFacts {
    base::ThreadId thread;      ///< which says when its first message came
    std::int64_t received = 0;  ///< seconds since 1970
    bool is_answer = false;     ///< it names what it answers
    std::uint32_t salt = 0;     ///< tells apart what came in one second
    std::string thread_index;   ///< the field's value; empty: it has none
};
/// 5 octets, and 5 for each answer.
std::string conversation_index(const IndexFacts& facts);

/// The value of Thread-Index for an answer, written at `now`, to a message of that index.
std::string thread_index_of_answer(std::string_view original, base::ThreadId thread, std::int64_t now,
                                   std::uint32_t salt);

}  // namespace eas
