// Octet classes of the IMAP grammar, and ASCII case. RFC 9051 section 9.
#pragma once
#include <array>
#include <cstddef>
#include <string_view>

#include "base/ascii.hpp"

namespace imap {

using OctetClass = std::array<bool, 256>;

/// The 7-bit octets that are neither controls, space, DEL nor in `excluded`.
constexpr OctetClass printable_without(std::string_view excluded) {
    OctetClass set{};
    for (std::size_t octet = 0x21; octet < 0x7F; ++octet) set[octet] = true;
    for (const char c : excluded) set[static_cast<unsigned char>(c)] = false;
    return set;
}
constexpr OctetClass with_eight_bit(OctetClass set) {
    for (std::size_t octet = 0x80; octet < 0x100; ++octet) set[octet] = true;
    return set;
}

/// ATOM-CHAR
inline constexpr OctetClass atom_chars = printable_without("(){%*\"\\]");
/// ASTRING-CHAR
inline constexpr OctetClass astring_chars = printable_without("(){%*\"\\");
/// list-char
inline constexpr OctetClass list_chars = printable_without("(){\"\\");
/// tag = 1*<any ASTRING-CHAR except "+">
inline constexpr OctetClass tag_chars = printable_without("(){%*\"\\+");

// printable_without() also takes "}", which the RFC's atom-specials do not name.

constexpr bool is_in(const OctetClass& set, char c) { return set[static_cast<unsigned char>(c)]; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
using base::equals_nocase;
using base::to_upper;

/// \param upper in capitals
constexpr bool equals_upper(std::string_view text, std::string_view upper) {
    if (text.size() != upper.size()) return false;
    for (std::size_t i = 0; i < text.size(); ++i)
        if (to_upper(text[i]) != upper[i]) return false;
    return true;
}

}  // namespace imap
