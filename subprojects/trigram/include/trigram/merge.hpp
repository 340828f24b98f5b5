// Merger: several segments to one, without the documents that are gone. Sans I/O and in bounded memory: it
// says which block it needs next, and what it wrote may be taken away at any time.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "trigram/segment.hpp"
#include "trigram/writer.hpp"

namespace trigram {

struct MergeInput {
    std::shared_ptr<const Directory> directory;
    std::vector<DocumentId> documents;  ///< all its document blocks, parsed
};

class Merger {
public:
    /// `alive` says which documents stay. A document that is in several inputs becomes one.
    Merger(std::vector<MergeInput> inputs, const std::function<bool(DocumentId)>& alive);
    ~Merger();
    Merger(Merger&&) noexcept;

    struct Need {
        std::size_t input = 0;
        BlockRef block;
    };
    /// Works until a block is needed, `waiting_max` octets wait to be taken, or all is done. False: an input
    /// is damaged, see damaged_input().
    bool run(std::size_t waiting_max);
    std::optional<Need> need() const;
    /// The block that need() named.
    void give(std::string block);
    bool done() const { return done_; }
    std::size_t damaged_input() const { return damaged_; }

    std::size_t documents() const { return documents_; }
    SegmentWriter& output() { return *writer_; }

private:
    class Cursor;
    bool merge_term();
    std::vector<Cursor> cursors_;
    std::vector<std::size_t> heap_;  // cursors with a term, the least first
    std::size_t documents_ = 0, word_count_min_ = 0;
    std::unique_ptr<SegmentWriter> writer_;
    std::optional<std::size_t> needed_;
    std::size_t damaged_ = 0;
    bool done_ = false;
    std::string term_;
    Ordinals ordinals_, some_;
};

}  // namespace trigram
