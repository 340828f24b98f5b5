// Who may send where, for a server without an agent; with one, mta::Router decides.
#pragma once
#include <optional>

#include "smtp/syntax/reply.hpp"

namespace smtp {

/// Nothing: the recipient may be taken. There is no queue to send from, so nobody may relay, and users are
/// told why.
inline std::optional<Reply> refuse_foreign_recipient(bool authenticated) {
    if (authenticated) return replies::relaying_later;
    return replies::relaying_denied;
}

}  // namespace smtp
