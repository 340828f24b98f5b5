// Terms: the keys of the index. A trigram (three units in a row, in one field), or a whole word.
//
//     trigram   octet 0: field << 4 | highest 4 bits, then 32 bits, most significant octet first
//     word      octet 0: 0x80 | field, then 3 to 24 octets of lower case letters and digits
//     unknown   0xFF: documents that were not read, or not to their end; they may contain anything
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "trigram/fold.hpp"

namespace trigram {

/// Where a text stands in its document; each field is an index of its own. At most 7: see Gram.
enum class Field : std::uint8_t { body, other, subject, from, to, copy };
inline constexpr unsigned fields = 6;

/// field << 36 | first unit << 24 | second << 12 | third
using Gram = std::uint64_t;
inline constexpr unsigned gram_bits = 3 * unit_bits;
inline constexpr Gram gram_mask = (Gram{1} << gram_bits) - 1;
constexpr Gram make_gram(Field field, Unit a, Unit b, Unit c) {
    return Gram{static_cast<std::uint8_t>(field)} << gram_bits | Gram{a} << (2 * unit_bits) |
           Gram{b} << unit_bits | c;
}

inline constexpr std::string_view unknown_term = "\xFF";
inline constexpr std::size_t term_bytes_max = 32;
inline constexpr std::size_t word_bytes_min = 3, word_bytes_max = 24;

inline void append_term(Gram gram, std::string& out) {
    out.push_back(static_cast<char>(gram >> 32U));
    for (unsigned shift = 32; shift > 0;) {
        shift -= 8;
        out.push_back(static_cast<char>(gram >> shift));
    }
}
inline std::string term_of(Gram gram) {
    std::string out;
    append_term(gram, out);
    return out;
}
constexpr bool is_word_term(std::string_view term) {
    return !term.empty() && term.front() != '\xFF' && (static_cast<unsigned char>(term.front()) & 0x80U) != 0;
}

/// Octets of words: ASCII letters and digits and the Russian alphabet, whose case nobody disputes. Appends
/// the lower case; false for every other character.
bool append_word_character(char32_t character, std::string& out);
/// The term of a text that is one word as a whole; nothing for any other text.
std::optional<std::string> word_term(Field field, std::string_view utf8);

}  // namespace trigram
