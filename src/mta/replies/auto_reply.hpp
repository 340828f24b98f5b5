// Automatic replies: whether a program may answer a message in its reader's place, and the header of what it
// answers. RFC 3834. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace mta::replies {

/// Whom To and Cc name, canonical: once a message, however many readers it has.
std::vector<std::string> addresses_named(std::string_view header);
/// Which of the reader's addresses is among those: what is not sent to him by name is not answered in his
/// name. `own` are his, canonical; one with a detail (RFC 5233) is his too.
std::optional<std::string> own_address(const std::vector<std::string>& named,
                                       const std::vector<std::string>& own);

/// Why the message must not be answered, a static text; empty: it may be. `sender` is that of the envelope.
/// RFC 3834 section 2, RFC 5230 section 4.6.
std::string_view reason_against(std::string_view sender, std::string_view header);

struct ReplyFacts {
    std::string from;        ///< the reader's address
    std::string to;          ///< the sender's of the envelope (RFC 3834 section 4)
    std::string message_id;  ///< of the answer, with angles
    base::SystemTime now{};
};
/// All fields but those of MIME, in CRLF lines. `header` is that of the message that is answered.
std::string reply_header(std::string_view header, const ReplyFacts& facts);

}  // namespace mta::replies
