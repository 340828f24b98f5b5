// UTF-8: checking, reading and writing single characters, and NFC. RFC 3629: no overlong forms, no
// surrogates, nothing above U+10FFFF, so that every text has one spelling in octets.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace base {

struct Utf8Char {
    char32_t code = 0;
    std::size_t octets = 0;  ///< 0: what is there is not UTF-8, or the text is empty
};

/// The character at the start of `text`.
Utf8Char first_utf8(std::string_view text) noexcept;
bool is_ascii(std::string_view text) noexcept;
bool is_utf8(std::string_view text) noexcept;
/// \param code no surrogate, ≤ U+10FFFF
void append_utf8(std::string& out, char32_t code);
/// Unicode normalisation form C. \param text valid UTF-8
std::string to_nfc(std::string_view text);

}  // namespace base
