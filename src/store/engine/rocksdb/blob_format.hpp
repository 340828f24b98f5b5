// How a blob lies on the disk: raw chunks, each one frame (lines of base64 as the octets they stand for, else
// zstd, or stored when that is smaller), and an index row that tells where each begins. Small blobs lie whole
// in their index row, so that reading one is one get.
//
// Index row, little endian: format u8, inline u8, chunks u32, size u64, for each chunk {raw offset u64, raw
// size u32, stored size u32, codec u8, crc32c of the frame u32}, crc32c u32 of all that; then, if inline, the
// frames.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/error.hpp"

namespace store::engine::rocks {

inline constexpr std::size_t inline_bytes_max = 16U
                                                << 10;  // stored octets of a blob that lies in its index row

enum class Codec : std::uint8_t {
    stored = 0,
    zstd = 1,
    base64 = 2,       ///< the form of Base64Lines
    base64_zstd = 3,  ///< the same, its octets compressed
};

struct Chunk {
    std::uint64_t raw_offset = 0;
    std::uint32_t raw_size = 0;
    std::uint32_t stored_size = 0;
    Codec codec = Codec::stored;
    std::uint32_t crc = 0;
};

struct BlobIndex {
    std::uint64_t size = 0;
    bool holds_frames = false;
    std::vector<Chunk> chunks;

    /// The chunks that hold octets [offset, offset + length); both within the blob.
    std::span<const Chunk> covering(std::uint64_t offset, std::uint64_t length) const;
};

/// Compresses one chunk. Fills stored_size, codec and crc of `chunk`, whose raw_size is set. Keeps one
/// compressor a thread.
std::string make_frame(std::string_view raw, Chunk& chunk);
/// Octets [from, to) of a chunk.
struct Part {
    std::size_t from = 0, to = 0;
    std::size_t size() const { return to - from; }
};
/// Writes this part of the chunk's raw octets to `out`. \errors corrupt
Result<void> open_frame(std::string_view frame, const Chunk& chunk, Part part, char* out);

std::string encode_index(const BlobIndex& index, std::span<const std::string> frames);
/// \errors corrupt
Result<BlobIndex> parse_index(std::string_view row);
/// The frames behind an index row that holds them.
std::string_view inline_frames(std::string_view row, const BlobIndex& index);

}  // namespace store::engine::rocks
