// StaticRecord: the row of a message's immutable facts, made once when it is delivered, copied when it is
// copied.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "mime/index.hpp"
#include "store/message.hpp"

namespace store {

struct StaticRecord {
    std::uint64_t link = 0;  ///< of the blob's tag, see keys::tag(); 0: the first message of that content
    base::BlobId blob;
    std::uint64_t blob_bytes = 0;
    std::uint64_t header_bytes = 0;  ///< of the blob
    bool eight_bit_header = false;
    std::string prefix;
    std::string envelope, body_structure, tree, preview;
    std::string sort;  ///< encode_sort_keys()
    bool operator==(const StaticRecord&) const = default;
};
std::string encode(const StaticRecord& record);
std::optional<StaticRecord> decode_static(std::string_view row);
/// The same row with another link. The row must decode.
std::string relinked(std::string row, std::uint64_t link);

/// What unlinking and checking need, without the texts.
struct StaticFacts {
    std::uint64_t link = 0;
    base::BlobId blob;
    std::uint64_t size = 0;  ///< prefix and blob
};
std::optional<StaticFacts> static_facts(std::string_view row);

/// Null when the row is damaged: then it is still in `row`.
DetailPtr decode_detail(Uid uid, base::MessageId id, std::string&& row);
/// What is shown of a message whose row is lost, of which only the folder's entry is known.
DetailPtr stand_in(const Entry& entry);

/// What a damaged row may still say. Link and blob are proved by the blob's tags; that there is no prefix by
/// the sizes, which leave no room for one; a prefix only by its checksum.
struct Salvage {
    std::uint64_t link = 0;
    base::BlobId blob;
    std::string prefix;          ///< empty when it cannot be told
    bool prefix_proved = false;  ///< never of an empty one
    bool proved() const { return prefix.empty() || prefix_proved; }
};
Salvage salvage(std::string_view row);

/// Long texts are cut: SORT compares what differs early.
std::string encode_sort_keys(const mime::SortKeys& keys);
std::optional<mime::SortKeys> decode_sort_keys(std::string_view text);

/// What a message's row holds but for link, blob and prefix. Never more than `bytes_max` octets: of a message
/// that would need more the preview, then parts of the structure are left out.
StaticRecord describe(const mime::Index& index, std::size_t bytes_max);

}  // namespace store
