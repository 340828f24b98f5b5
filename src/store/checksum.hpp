// Checksums: CRC-32C over stored rows, and the sum of a folder's entries by which page rows, header and
// caches are proven to agree.
#pragma once
#include <cstdint>

#include "store/snapshot.hpp"

namespace store {

/// Every fact of the entry takes part. Entries are summed with XOR: adding and taking away are the same.
std::uint64_t entry_checksum(const Entry& entry) noexcept;

}  // namespace store
