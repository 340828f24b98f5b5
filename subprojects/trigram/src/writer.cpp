#include "trigram/writer.hpp"

#include <algorithm>

#include "format.hpp"
#include "octets.hpp"
#include "postings.hpp"

namespace trigram {
namespace {

void put_term(std::string& out, std::string_view before, std::string_view term) {
    const std::size_t common = std::min(before.size(), term.size());
    const auto shared = static_cast<std::size_t>(
        std::mismatch(term.begin(), term.begin() + static_cast<std::ptrdiff_t>(common), before.begin())
            .first -
        term.begin());
    const std::size_t added = term.size() - shared;
    if (shared < 15 && added < 15) {
        out.push_back(static_cast<char>(shared << 4U | added));
    } else {
        out.push_back(static_cast<char>(long_term));
        put_varint(out, shared);
        put_varint(out, added);
    }
    out += term.substr(shared);
}

}  // namespace

SegmentWriter::SegmentWriter(std::span<const DocumentId> documents)
    : documents_(static_cast<std::uint32_t>(documents.size())) {
    out_ = magic;
    out_.push_back(static_cast<char>(format_version));
    out_.append(3, '\0');
    offset_ = header_bytes;
    DocumentId before = 0;
    for (std::size_t at = 0; at < documents.size(); at += documents_a_block) {
        const auto some =
            documents.subspan(at, std::min<std::size_t>(documents_a_block, documents.size() - at));
        std::string block;
        DocumentId last = 0;
        for (const DocumentId id : some) {
            put_varint(block, id - last);
            last = id;
        }
        put_varint(document_directory_, some.front() - before);
        before = some.front();
        put_block(std::move(block), document_directory_);
        ++document_blocks_;
    }
}

void SegmentWriter::put_block(std::string block, std::string& directory) {
    put_fixed(block, checksum(block));
    put_varint(directory, block.size());
    offset_ += block.size();
    out_ += block;
}

void SegmentWriter::end_block() {
    if (block_.empty()) return;
    put_term(term_directory_, last_first_, first_);
    last_first_ = first_;
    put_block(std::move(block_), term_directory_);
    block_.clear();
    last_.clear();
    ++term_blocks_;
}

void SegmentWriter::add(std::string_view term, std::span<const Ordinal> ordinals) {
    if (ordinals.empty()) return;
    if (block_.empty()) first_ = term;
    put_term(block_, last_, term);
    last_ = term;
    put_varint(block_, ordinals.size());
    if (ordinals.size() == 1) {
        put_varint(block_, ordinals.front());
    } else {
        std::string postings;
        put_postings(postings, ordinals, documents_);
        put_varint(block_, postings.size());
        block_ += postings;
    }
    ++terms_;
    postings_ += ordinals.size();
    if (block_.size() >= term_block_bytes) end_block();
}

void SegmentWriter::finish() {
    end_block();
    std::string directory;
    put_varint(directory, document_blocks_);
    put_varint(directory, term_blocks_);
    directory += document_directory_;
    directory += term_directory_;
    put_fixed(directory, checksum(directory));
    std::string footer(magic);
    footer.push_back(static_cast<char>(format_version));
    footer.push_back(static_cast<char>(fold_version));
    footer.append(2, '\0');
    put_fixed(footer, offset_);
    put_fixed(footer, static_cast<std::uint32_t>(directory.size()));
    put_fixed(footer, documents_);
    put_fixed(footer, terms_);
    put_fixed(footer, postings_);
    put_fixed(footer, std::uint32_t{0});
    put_fixed(footer, checksum(footer));
    out_ += directory;
    out_ += footer;
    offset_ += directory.size() + footer.size();
}

}  // namespace trigram
