// SegmentWriter: a segment from documents and terms in order, in bounded memory: what was written may be
// taken away at any time.
#pragma once
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "trigram/segment.hpp"

namespace trigram {

class SegmentWriter {
public:
    /// `documents`: ids, ascending, without repetition; read here only.
    explicit SegmentWriter(std::span<const DocumentId> documents);

    /// Terms must ascend, ordinals too; both without repetition.
    void add(std::string_view term, std::span<const Ordinal> ordinals);
    /// Writes the rest. Nothing may follow.
    void finish();
    /// The octets since the last call.
    std::string take() { return std::exchange(out_, {}); }
    std::size_t waiting() const { return out_.size(); }
    std::uint64_t size() const { return offset_; }

private:
    void end_block();
    void put_block(std::string block, std::string& directory);

    std::uint32_t documents_;
    std::uint64_t offset_ = 0;  // of what was written
    std::uint64_t terms_ = 0, postings_ = 0, document_blocks_ = 0, term_blocks_ = 0;
    std::string out_, block_, first_, last_, last_first_;
    std::string document_directory_, term_directory_;
};

}  // namespace trigram
