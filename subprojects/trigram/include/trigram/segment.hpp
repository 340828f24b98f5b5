// A segment: an immutable index of some documents, in a form that is read in pieces. Here: what is where, and
// the octets of each piece to values. No I/O: the caller reads ranges and hands them in. Any octets are
// taken: damage is found by checksums, and what a checksum misses is caught by bounds.
//
//     header     "BTRI", format, three zero octets
//     documents  blocks of 256 ids, ascending
//     terms      blocks of about 8 KiB: terms in order, each with its documents
//     directory  the first id or term of each block, its offset and length
//     footer     48 octets: where the directory is, counts, checksum
//
// A document is known by its ordinal here and by its id outside. Each block and the directory end with a
// CRC-32C. Numbers are varints, in the footer fixed and little endian.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "trigram/term.hpp"

namespace trigram {

using Ordinal = std::uint32_t;
using DocumentId = std::uint64_t;
/// Ascending, without repetition.
using Ordinals = std::vector<Ordinal>;

struct SegmentLimits {
    static constexpr std::uint32_t documents_max = 1U << 22;        ///< an ordinal map of a merge: 16 MiB
    static constexpr std::uint32_t directory_bytes_max = 8U << 20;  ///< kept in memory while it is used
    static constexpr std::uint32_t block_bytes_max = 4U << 20;  ///< one term in every document there can be
};
inline constexpr std::size_t footer_bytes = 48;

struct Footer {
    std::uint64_t directory_offset = 0;
    std::uint32_t directory_bytes = 0;
    std::uint32_t documents = 0;
    std::uint64_t terms = 0;
    std::uint64_t postings = 0;
    bool operator==(const Footer&) const = default;
};
/// The last footer_bytes of a segment of `segment_bytes`. Nothing: damaged, or another version.
std::optional<Footer> parse_footer(std::string_view octets, std::uint64_t segment_bytes);

struct BlockRef {
    std::uint64_t offset = 0;
    std::uint32_t bytes = 0;  ///< with its checksum
    bool operator==(const BlockRef&) const = default;
};

/// What is where in a segment.
class Directory {
public:
    /// `octets`: those the footer names.
    static std::optional<Directory> parse(std::string_view octets, const Footer& footer);

    std::uint32_t documents() const { return documents_; }
    std::uint64_t terms() const { return terms_; }
    std::size_t term_blocks() const { return first_terms_.size(); }
    std::size_t document_blocks() const { return first_ids_.size(); }
    const BlockRef& term_block(std::size_t index) const { return term_refs_[index]; }
    const BlockRef& document_block(std::size_t index) const { return document_refs_[index]; }
    /// The block that has the term if the segment does; nothing when it cannot.
    std::optional<std::size_t> find_term(std::string_view term) const;
    std::optional<std::size_t> find_document(DocumentId id) const;
    std::string_view first_term(std::size_t index) const { return first_terms_[index]; }
    DocumentId first_id(std::size_t index) const { return first_ids_[index]; }
    /// Octets of memory, about.
    std::size_t weight() const;

private:
    std::uint32_t documents_ = 0;
    std::uint64_t terms_ = 0;
    std::vector<std::string> first_terms_;
    std::vector<BlockRef> term_refs_, document_refs_;
    std::vector<DocumentId> first_ids_;
};

inline constexpr std::uint32_t documents_a_block = 256;
/// Appends the ids of a document block. False: damaged.
bool parse_documents(std::string_view block, std::vector<DocumentId>& out);

/// The terms of one block, in order.
class TermReader {
public:
    /// `documents`: of the segment.
    TermReader(std::string_view block, std::uint32_t documents);
    /// False at the end, or when the block is damaged.
    bool next();
    bool damaged() const { return damaged_; }
    const std::string& term() const { return term_; }
    std::uint32_t count() const { return count_; }
    /// Appends the documents of the term. False: damaged.
    bool read(Ordinals& out) const;

private:
    bool fail();
    std::string_view left_;
    std::uint32_t documents_ = 0;
    std::string term_;
    std::uint32_t count_ = 0;
    std::string_view postings_;
    bool damaged_ = false;
};

}  // namespace trigram
