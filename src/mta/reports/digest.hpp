// Names of rows: what tells one thing from all others as 32 hexadecimal digits, and days as eight.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace mta::reports {

inline constexpr std::int64_t day_seconds = 86'400;

/// 128 bits of BLAKE2b, so that nobody can make two things share a row.
std::string digest_of(std::string_view text);
/// "20261122", of days since 1970.
std::string day_text(std::int64_t day);
/// \errors -1: it is none
std::int64_t day_of(std::string_view text);

}  // namespace mta::reports
