// Checksums: CRC-32C over stored rows, and the sum of a folder's entries by which page rows, header and
// caches are proven to agree.
#pragma once
#include <cstdint>
#include <string_view>

#include "store/snapshot.hpp"

namespace store {

/// Castagnoli's CRC (RFC 3720 appendix B.4), by the processor's instruction where there is one.
std::uint32_t crc32c(std::string_view octets) noexcept;

/// Every fact of the entry takes part. Entries are summed with XOR: adding and taking away are the same.
std::uint64_t entry_checksum(const Entry& entry) noexcept;

}  // namespace store
