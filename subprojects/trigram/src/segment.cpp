#include "trigram/segment.hpp"

#include <algorithm>

#include "format.hpp"
#include "octets.hpp"
#include "postings.hpp"

namespace trigram {

std::optional<Footer> parse_footer(std::string_view octets, std::uint64_t segment_bytes) {
    if (octets.size() != footer_bytes || segment_bytes < header_bytes + footer_bytes) return std::nullopt;
    if (get_fixed<std::uint32_t>(octets, 44) != checksum(octets.substr(0, 44))) return std::nullopt;
    if (octets.substr(0, 4) != magic || octets[4] != static_cast<char>(format_version)) return std::nullopt;
    if (octets[5] != static_cast<char>(fold_version)) return std::nullopt;
    Footer footer;
    footer.directory_offset = get_fixed<std::uint64_t>(octets, 8);
    footer.directory_bytes = get_fixed<std::uint32_t>(octets, 16);
    footer.documents = get_fixed<std::uint32_t>(octets, 20);
    footer.terms = get_fixed<std::uint64_t>(octets, 24);
    footer.postings = get_fixed<std::uint64_t>(octets, 32);
    const std::uint64_t end = segment_bytes - footer_bytes;
    if (footer.directory_offset > end || footer.directory_bytes != end - footer.directory_offset ||
        footer.directory_bytes > SegmentLimits::directory_bytes_max ||
        footer.documents > SegmentLimits::documents_max)
        return std::nullopt;
    return footer;
}

namespace {

/// Blocks follow one another from the header to the directory.
bool take_ref(std::string_view& octets, std::uint64_t& offset, std::uint64_t end, BlockRef& ref) {
    std::uint64_t bytes = 0;
    if (!take_varint(octets, bytes) || bytes > end - offset || bytes > SegmentLimits::block_bytes_max)
        return false;
    ref = BlockRef{offset, static_cast<std::uint32_t>(bytes)};
    offset += bytes;
    return true;
}

/// A term as the octets that it shares with the one before, and the others.
bool take_term(std::string_view& octets, std::string& term) {
    std::uint64_t shared = 0, added = 0;
    if (octets.empty()) return false;
    const auto both = static_cast<unsigned char>(octets.front());
    octets.remove_prefix(1);
    shared = both >> 4U;
    added = both & 15U;
    if (both == long_term && (!take_varint(octets, shared) || !take_varint(octets, added))) return false;
    if (shared > term.size() || added == 0 || added > octets.size() || shared + added > term_bytes_max)
        return false;
    const std::string_view end = octets.substr(0, added);
    octets.remove_prefix(added);
    // Terms ascend: else a search by halves could miss one.
    if (std::string_view(term).substr(shared) >= end) return false;
    term.resize(shared);
    term += end;
    return true;
}

}  // namespace

std::optional<Directory> Directory::parse(std::string_view octets, const Footer& footer) {
    std::string_view left = checked(octets);
    Directory out;
    out.documents_ = footer.documents;
    out.terms_ = footer.terms;
    std::uint64_t offset = header_bytes, document_blocks = 0, term_blocks = 0;
    if (!take_varint(left, document_blocks) || !take_varint(left, term_blocks)) return std::nullopt;
    if (document_blocks != (std::uint64_t{footer.documents} + documents_a_block - 1) / documents_a_block)
        return std::nullopt;
    DocumentId id = 0;
    for (std::uint64_t i = 0; i < document_blocks; ++i) {
        std::uint64_t gap = 0;
        BlockRef ref;
        if (!take_varint(left, gap) || gap > ~id || (i != 0 && gap == 0)) return std::nullopt;
        if (!take_ref(left, offset, footer.directory_offset, ref)) return std::nullopt;
        id += gap;
        out.first_ids_.push_back(id);
        out.document_refs_.push_back(ref);
    }
    std::string term;
    for (std::uint64_t i = 0; i < term_blocks; ++i) {
        BlockRef ref;
        if (!take_term(left, term) || !take_ref(left, offset, footer.directory_offset, ref))
            return std::nullopt;
        out.first_terms_.push_back(term);
        out.term_refs_.push_back(ref);
    }
    if (!left.empty() || offset != footer.directory_offset) return std::nullopt;
    return out;
}

std::optional<std::size_t> Directory::find_term(std::string_view term) const {
    const auto after = std::upper_bound(first_terms_.begin(), first_terms_.end(), term);
    if (after == first_terms_.begin()) return std::nullopt;
    return static_cast<std::size_t>(after - first_terms_.begin() - 1);
}

std::optional<std::size_t> Directory::find_document(DocumentId id) const {
    const auto after = std::upper_bound(first_ids_.begin(), first_ids_.end(), id);
    if (after == first_ids_.begin()) return std::nullopt;
    return static_cast<std::size_t>(after - first_ids_.begin() - 1);
}

std::size_t Directory::weight() const {
    return sizeof *this + first_terms_.size() * (sizeof(std::string) + sizeof(BlockRef)) +
           first_ids_.size() * (sizeof(DocumentId) + sizeof(BlockRef));
}

bool parse_documents(std::string_view block, std::vector<DocumentId>& out) {
    std::string_view left = checked(block);
    if (left.empty()) return false;
    DocumentId id = 0;
    bool first = true;
    for (std::uint32_t i = 0; !left.empty(); ++i, first = false) {
        std::uint64_t gap = 0;
        if (i == documents_a_block || !take_varint(left, gap)) return false;
        if (gap > ~id || (!first && gap == 0)) return false;
        id += gap;
        out.push_back(id);
    }
    return true;
}

TermReader::TermReader(std::string_view block, std::uint32_t documents)
    : left_(checked(block)), documents_(documents), damaged_(left_.empty()) {}

bool TermReader::fail() {
    damaged_ = true;
    left_ = {};
    return false;
}

bool TermReader::next() {
    if (left_.empty()) return false;
    std::uint64_t count = 0, bytes = 0;
    if (!take_term(left_, term_) || !take_varint(left_, count)) return fail();
    if (count == 0 || count > documents_) return fail();
    count_ = static_cast<std::uint32_t>(count);
    if (count == 1) {
        // A lone document stands as it is.
        const std::string_view before = left_;
        if (!take_varint(left_, bytes) || bytes >= documents_) return fail();
        postings_ = before.substr(0, before.size() - left_.size());
        return true;
    }
    if (!take_varint(left_, bytes) || bytes > left_.size()) return fail();
    postings_ = left_.substr(0, bytes);
    left_.remove_prefix(bytes);
    return true;
}

bool TermReader::read(Ordinals& out) const {
    if (count_ != 1) return get_postings(postings_, count_, documents_, out);
    std::string_view octets = postings_;
    std::uint64_t ordinal = 0;
    if (!take_varint(octets, ordinal) || ordinal >= documents_) return false;
    out.push_back(static_cast<Ordinal>(ordinal));
    return true;
}

}  // namespace trigram
