// The rows of x/<account>: which segments the account's index has, and up to where each folder is in it.
#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.hpp"
#include "store/engine/engine.hpp"

namespace store::search {

/// Row h.
struct IndexHeader {
    std::uint64_t last_id = 0;  ///< the greatest message id in any segment there ever was
    std::uint64_t opid = 0;     ///< of the last commit: read again after one with unknown outcome
    bool operator==(const IndexHeader&) const = default;
};
std::string encode(const IndexHeader& header);
/// Nothing: damaged, or made by another folding.
std::optional<IndexHeader> decode_index_header(std::string_view value);

/// Row s<blob hex16>.
struct SegmentRow {
    base::BlobId blob;  ///< from the key
    std::uint64_t bytes = 0;
    std::uint32_t documents = 0;
    bool operator==(const SegmentRow&) const = default;
};
std::string encode(const SegmentRow& row);
std::optional<SegmentRow> decode_segment_row(base::BlobId blob, std::string_view value);

/// Row m<folder hex16>: all messages of the folder up to this uid are in the index.
std::string encode_mark(base::Uid uid);
std::optional<base::Uid> decode_mark(std::string_view value);

/// All rows as of one version. Immutable once shared.
struct Manifest {
    engine::Version version = 0;
    bool damaged = false;  ///< some row does not decode: the index must be made anew
    IndexHeader header;
    std::vector<SegmentRow> segments;
    std::map<base::FolderId, base::Uid> marks;

    base::Uid mark(base::FolderId folder) const {
        const auto known = marks.find(folder);
        return known == marks.end() ? base::Uid() : known->second;
    }
    std::uint64_t documents() const {
        std::uint64_t sum = 0;
        for (const SegmentRow& row : segments) sum += row.documents;
        return sum;
    }
    std::uint64_t bytes() const {
        std::uint64_t sum = 0;
        for (const SegmentRow& row : segments) sum += row.bytes;
        return sum;
    }
    std::size_t weight() const { return sizeof *this + segments.size() * 32 + marks.size() * 64; }
};
using ManifestPtr = std::shared_ptr<const Manifest>;
/// Adds a row to a manifest.
void read_row(Manifest& manifest, const engine::Row& row);

std::string partition(base::AccountId account);  // x/<account hex8>
std::string segment_key(base::BlobId blob);      // s<blob hex16>
std::string mark_key(base::FolderId folder);     // m<folder hex16>
std::string tag(base::AccountId account);        // x/<account hex8>: of the blobs of its segments
std::optional<base::AccountId> parse_tag(std::string_view tag);
/// A name for one use of a blob: all segments of an account have the same tag.
inline std::string blob_use(const std::string& tag, base::BlobId blob) { return tag + segment_key(blob); }

}  // namespace store::search
