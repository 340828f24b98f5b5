// crc32c: the checksum of stored rows and blob frames (Castagnoli, as in iSCSI, RFC 3720 appendix B.4). Finds
// damage, not forgery. Uses the processor's instruction where there is one.
#pragma once
#include <cstdint>
#include <string_view>

namespace base {

/// Of `octets`; with `before` the checksum of what came before them, that of both together.
std::uint32_t crc32c(std::string_view octets, std::uint32_t before = 0) noexcept;

}  // namespace base
