// The two small encodings of SMTP commands: base64 for AUTH (RFC 4954 section 4) and xtext (RFC 3461 section
// 4).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace smtp {

/// Strict: padded, no blanks, no stray bits. Nothing: not base64.
std::optional<std::string> decode_base64(std::string_view text);
std::string encode_base64(std::string_view octets);

/// xtext = *( xchar / hexchar ); hexchar = "+" two upper-case hex digits. Nothing: not xtext.
std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace smtp
