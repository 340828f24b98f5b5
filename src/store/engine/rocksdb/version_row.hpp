// The row that holds a partition's version: format u8, version u64, crc32c u32 of both.
#pragma once
#include <string>
#include <string_view>

#include "base/crc32c.hpp"
#include "store/engine/engine.hpp"
#include "store/engine/rocksdb/octets.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {

inline std::string encode_version(Version version) {
    std::string row;
    put(row, std::uint8_t{1});
    put(row, std::uint64_t{version});
    put(row, base::crc32c(row));
    return row;
}

/// \errors corrupt
inline Result<Version> parse_version(std::string_view row) {
    if (row.size() != 13 || take<std::uint8_t>(row, 0) != 1) return damaged("version row", "format");
    if (base::crc32c(row.substr(0, 9)) != take<std::uint32_t>(row, 9))
        return damaged("version row", "checksum");
    const auto version = take<std::uint64_t>(row, 1);
    if (version == 0) return damaged("version row", "zero");
    return Version{version};
}

}  // namespace store::engine::rocks
