// What the writer and the reader of segments agree on.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace trigram {

inline constexpr std::string_view magic = "BTRI";
inline constexpr std::uint8_t format_version = 1;
inline constexpr std::size_t header_bytes = 8;
inline constexpr std::size_t term_block_bytes = 8U << 10;  ///< read and walked as a whole for one term
/// Of the octet with both lengths of a term: they follow as varints.
inline constexpr unsigned char long_term = 0xFF;

}  // namespace trigram
