// UTF-8 by hand (RFC 3629): validation, lengths, output.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace mime {

inline constexpr std::string_view replacement = "\xef\xbf\xbd";

void append_utf8(std::string& out, std::uint32_t code_point);
/// Length of the longest valid beginning.
std::size_t valid_prefix(std::string_view text);
/// \p text begins with an incomplete character that more octets may complete.
bool may_continue(std::string_view text);
/// How many octets one U+FFFD stands for, at a fault: the maximal part of a character (Unicode section 3.9).
std::size_t broken_length(std::string_view text);
/// Length of the character that opens valid UTF-8; 1 for anything else.
std::size_t character_bytes(std::string_view text);
/// \p text without the end that goes beyond \p bytes_max, cut between characters.
std::string_view cut_utf8(std::string_view text, std::size_t bytes_max);

}  // namespace mime
