// Physical keys: partition name, 0x00, row key. A partition's version is the row with the empty key, so it
// sorts first and shares a block with the first rows. Blobs look like partitions "b/<id hex16>" of a column
// family of their own.
#pragma once
#include <charconv>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.hpp"
#include "store/engine/engine.hpp"

namespace store::engine::rocks {

inline constexpr char separator = '\0';
inline constexpr char after_separator =
    '\x01';  // partition + this: greater than all its keys, less than others'
inline constexpr std::string_view blob_prefix = "b/";
inline constexpr std::string_view index_key = "i";  // row keys of a blob: "i", "t<tag>", chunk number as hex4
inline constexpr char tag_prefix = 't';
inline constexpr std::uint32_t blob_chunks_max = 0x10000;

inline std::string hex(std::uint64_t number, std::size_t digits) {
    static constexpr std::string_view symbols = "0123456789abcdef";
    std::string out(digits, '0');
    for (std::size_t i = digits; i-- > 0; number >>= 4) out[i] = symbols[number & 15U];
    return out;
}

inline std::string key_of(std::string_view partition, std::string_view row) {
    std::string key;
    key.reserve(partition.size() + 1 + row.size());
    key.append(partition) += separator;
    key.append(row);
    return key;
}
inline std::string version_key(std::string_view partition) { return key_of(partition, {}); }
inline std::string end_of(std::string_view partition) { return std::string(partition) + after_separator; }

inline std::string blob_name(base::BlobId blob) { return std::string(blob_prefix) + hex(blob.value, 16); }
inline std::string chunk_row(std::uint32_t number) { return hex(number, 4); }

/// The partition (or blob) that a physical key belongs to.
inline std::string_view partition_of(std::string_view key) { return key.substr(0, key.find(separator)); }
inline std::string_view row_of(std::string_view key) {
    const auto at = key.find(separator);
    return at == key.npos ? std::string_view() : key.substr(at + 1);
}

inline std::optional<base::BlobId> blob_of(std::string_view key) {
    if (!key.starts_with(blob_prefix) || key.size() < blob_prefix.size() + 16) return std::nullopt;
    const char* first = key.data() + blob_prefix.size();
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(first, first + 16, number, 16);
    if (error != std::errc() || end != first + 16) return std::nullopt;
    return base::BlobId(number);
}

/// The least string that is greater than all that start with `prefix`; printable prefixes always have one.
inline std::string after_prefix(std::string prefix) {
    prefix.back() = static_cast<char>(prefix.back() + 1);
    return prefix;
}

}  // namespace store::engine::rocks
