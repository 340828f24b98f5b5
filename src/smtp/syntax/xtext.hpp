// The two small encodings of SMTP commands: base64 for AUTH (RFC 4954 section 4) and xtext (RFC 3461 section
// 4).
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace smtp {

/// xtext = *( xchar / hexchar ); hexchar = "+" two upper-case hex digits. Nothing: not xtext.
std::optional<std::string> decode_xtext(std::string_view text);

}  // namespace smtp
