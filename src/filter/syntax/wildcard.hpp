// Matching without regular expressions: '*' is any octets, '?' is one, all else is itself in any case
// (ASCII).
#pragma once
#include <string>
#include <string_view>

namespace filter {

inline constexpr std::size_t pattern_bytes_max = 512;
/// So much of a text is looked at: with pattern_bytes_max that bounds the time of one match (no backtracking
/// beyond the last '*', so it is their product at worst).
inline constexpr std::size_t matched_bytes_max = 64U << 10;

/// The whole text. \p pattern in lower case
bool matches_wildcard(std::string_view pattern, std::string_view text);
/// \p part in lower case, \p text in any
bool contains_nocase(std::string_view text, std::string_view part);

}  // namespace filter
