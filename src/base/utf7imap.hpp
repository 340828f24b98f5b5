// Modified UTF-7, in which IMAP4rev1 writes mailbox names. RFC 3501 section 5.1.3.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// To UTF-8, or nullopt when it cannot be read in exactly one way: a shift with no end or a wrong letter,
/// half a character, half a surrogate pair, bits left over, U+0000, or 8-bit octets that are no UTF-8. Taken
/// though RFC 3501 forbids them, since they are clear: shifted ASCII, shifts that touch, raw UTF-8, and "&"
/// in front of what cannot be a shift ("A & B").
std::optional<std::string> utf7imap_to_utf8(std::string_view name);

/// \param name UTF-8; octets that are none become U+FFFD.
std::string utf8_to_utf7imap(std::string_view name);
void append_utf7imap(std::string& out, std::string_view name);

}  // namespace base
