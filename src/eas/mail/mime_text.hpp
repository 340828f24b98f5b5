// A message as a text. The Data of a MIME body is a string (MS-ASAIRS section 2.2.2.20.1, MS-ASDTYPE section
// 2.7), and a string has no NUL, no controls and nothing that is not UTF-8; messages in ISO-2022-JP or with
// raw 8-bit parts have. Their parts are encoded for the way, as a relay to 7 bits does it (RFC 6152 section
// 3): what a reader decodes of them is the same. Pure.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "mime/tree.hpp"

namespace eas {

/// It can be told as it stands.
bool is_text(std::string_view octets);

/// The same message, or the same beginning of one, as a text. `tree` counts from `prefix_bytes` on. At most
/// twice as long, and what the new header fields take. A signature of a part that had to be encoded does
/// not hold any more: what is signed is to be 7 bits from the start (RFC 1847 section 2.1).
std::string message_as_text(std::string_view message, const mime::Tree& tree, std::uint64_t prefix_bytes);

}  // namespace eas
