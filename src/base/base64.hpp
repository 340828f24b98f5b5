// base64 of RFC 4648 section 4, strict: for SASL and for what this program writes itself. Mail's lenient one
// is mime's.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

std::string base64_encode(std::string_view octets);
/// Nothing for any other letter, missing padding, or bits left over: blanks too (Dovecot's CVE-2026-33603).
std::optional<std::string> base64_decode(std::string_view text);

}  // namespace base
