// Mailbox names as clients write them, and the one spelling in which they are kept: UTF-8 in NFC, "INBOX" in
// capitals. RFC 9051 section 5.1, RFC 3501 section 5.1.3 (modified UTF-7), RFC 6855 section 3.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "imap/syntax/parse_command.hpp"

namespace imap {

inline constexpr char hierarchy_delimiter = '/';

/// The name's canonical spelling; nullopt when the octets are no name: broken modified UTF-7 or UTF-8,
/// controls.
std::optional<std::string> decode_mailbox_name(std::string_view octets, ParseMode mode);
/// The same for a LIST pattern or reference: INBOX keeps its case, the matcher sees to it.
std::optional<std::string> decode_list_pattern(std::string_view octets, ParseMode mode);

/// "INBOX" in any case, alone or as the first level. RFC 9051 section 5.1
bool begins_with_inbox(std::string_view name);

}  // namespace imap
