// SegmentBuilder: a segment from documents in any order, in memory that is bounded: 16 octets a posting while
// it is written, 8 before.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trigram/collector.hpp"
#include "trigram/gathered.hpp"
#include "trigram/segment.hpp"
#include "trigram/word_table.hpp"

namespace trigram {

struct BuilderLimits {
    std::size_t postings_max = 4U << 20;  ///< full() after so many: 64 MiB while it is written
    std::size_t words_max = 100'000;      ///< distinct ones; more are not kept, which costs only time later
    std::uint32_t documents_max = 1U << 20;
};

/// Words are kept where they are frequent: a rare one is cheaper to look for than to store.
constexpr std::size_t word_count_min(std::size_t documents) {
    return documents / 512 < 4 ? 4 : documents / 512;
}

class SegmentBuilder {
public:
    explicit SegmentBuilder(BuilderLimits limits = {}) : limits_(limits) {}

    /// `id` must be new. A document whose collector overflowed counts as unknown.
    void add(DocumentId id, const Collector& terms);
    /// A document that cannot be read: a candidate whatever is looked for.
    void add_unknown(DocumentId id);

    bool full() const {
        return postings_.size() >= limits_.postings_max || ids_.size() >= limits_.documents_max;
    }
    std::size_t documents() const { return ids_.size(); }
    /// Octets of memory, about.
    std::size_t bytes() const { return postings_.bytes() + words_.bytes() + word_table_.bytes(); }
    /// The segment. Afterwards the builder is empty, and its memory is given back.
    std::string build();

private:
    void number_documents();

    BuilderLimits limits_;
    std::vector<DocumentId> ids_;
    bool in_order_ = true;
    // Term << 24 | document, in order of documents.
    Gathered postings_, words_;
    std::vector<std::uint32_t> unknown_;
    WordTable word_table_;
    std::vector<std::uint32_t> word_last_;  // by number: the last document + 1
};

}  // namespace trigram
