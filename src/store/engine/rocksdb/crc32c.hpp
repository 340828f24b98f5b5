// RocksDB's CRC32C, replaced by ours: crc32c.cpp says why and how.
#pragma once

namespace store::engine::rocks {

/// RocksDB computes its checksums by base::crc32c(). False where it was linked in a way that keeps its own,
/// which gives the same results, slower.
bool own_crc32c_in_use();

}  // namespace store::engine::rocks
