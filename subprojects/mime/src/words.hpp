// Encoded words (RFC 2047) for those who write headers anew.
#pragma once
#include <string>
#include <string_view>

namespace mime {

/// Raw header text in 7-bit: words with 8-bit octets become encoded words, all else stays. Controls become
/// blanks.
std::string seven_bit_text(std::string_view value);
/// Raw header text as UTF-8 on one line; encoded words stay.
std::string utf8_text(std::string_view value);
bool has_eight_bit(std::string_view text);

}  // namespace mime
