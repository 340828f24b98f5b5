// Folding: text to units, the letters of the index. Two texts that any sane comparison of letters takes for
// equal (Unicode case folding, RFC 5051's i;unicode-casemap) give the same units, so that what the comparison
// finds the index finds too; the index may find more.
//
// Each character is folded by itself: compatibility decomposition, title case and full case folding until
// nothing changes. So the folding of a part of a text is a part of the folding of the text.
#pragma once
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace trigram {

/// 1 to 4095; 0 stands after the end of a text. A letter of an alphabet is one unit, whatever its octets; an
/// ideograph, a kana or an emoji is two.
using Unit = std::uint16_t;
inline constexpr unsigned unit_bits = 12;
/// Of what is no character: matches nothing for sure, and prunes nothing.
inline constexpr Unit broken_unit = 0x7FD;
/// Changes whenever this code gives other units for the same text.
inline constexpr std::uint8_t fold_version = 1;
/// That, and which Unicode the ICU knows that this runs with: an index made by another must be made anew.
std::uint32_t folding();

/// The units of one character.
std::span<const Unit> fold_character(char32_t character);
/// Appends the units of the text.
void fold(std::string_view utf8, std::vector<Unit>& out);

/// Reads one character at `at` and moves on; U+FFFD for octets that are none. At the end of a piece a
/// character may be cut: then nothing is read and `at` stays, unless `last`.
bool next_character(std::string_view utf8, std::size_t& at, char32_t& character, bool last);

}  // namespace trigram
