// SortColumns: what SORT and THREAD compare of a folder's messages, in memory: made from the messages' rows
// once, kept by appends. A message's facts never change, so that expunged messages are dead weight and no
// danger.
//
// One writer at a time (column_cache.hpp sees to that) adds; readers on any thread use what was published,
// without a lock.
#pragma once
#include <array>
#include <cstdint>
#include <memory>
#include <mutex>
#include <vector>

#include "imap/sort/comparator.hpp"
#include "imap/sort/intern.hpp"
#include "mime/index.hpp"

namespace imap {

/// Texts and ids are numbers of Texts and MessageIds.
struct SortRow {
    std::uint32_t uid = 0;
    std::uint32_t subject = 0;  ///< base subject, RFC 5256 section 2.1
    std::uint32_t from = 0, to = 0, cc = 0;
    std::uint32_t display_from = 0, display_to = 0;  ///< RFC 5957 section 3
    std::uint32_t id = 0;
    std::uint32_t references_at = 0;
    std::uint16_t references = 0;  ///< of Message-IDs, oldest first; In-Reply-To where there are none
    bool is_reply = false;         ///< "Re:" or the like was taken off the subject
    std::int64_t sent = 0;         ///< RFC 5256 section 2.2: Date:, else the internal date
};

/// The order of texts under one comparator: equal ranks are equal texts.
using TextRanks = std::shared_ptr<const std::vector<std::uint32_t>>;

class SortColumns {
public:
    /// How much may be read.
    struct Extent {
        std::uint32_t rows = 0, texts = 0, ids = 0;
        std::uint32_t filled_to = 0;  ///< uid: all messages up to it were looked at
    };

    // The writer's.
    void add(std::uint32_t uid, const mime::SortKeys& keys, std::int64_t internal_date);
    void publish(std::uint32_t filled_to);
    /// Octets of memory, about.
    std::size_t bytes() const;

    // The readers'.
    Extent extent() const;
    const SortRow& row(std::uint32_t at) const { return rows_[at]; }
    std::uint32_t reference(std::uint32_t at) const { return references_[at]; }
    std::string_view text(std::uint32_t number) const { return texts_[number]; }
    /// The first row from `from` on, of `rows`, whose uid is not below `uid`: near ones are found fast.
    std::uint32_t find(std::uint32_t uid, std::uint32_t from, std::uint32_t rows) const;

    /// Kept from the last time, when they know `texts` texts or more; else null: make them, then keep them.
    TextRanks ranks(Comparator comparator, std::uint32_t texts) const;
    void keep_ranks(Comparator comparator, TextRanks ranks);

private:
    Growing<SortRow> rows_;
    Growing<std::uint32_t> references_;
    Texts texts_;
    MessageIds ids_;

    mutable std::mutex mutex_;  // extent_, ranks_
    Extent extent_;
    std::array<TextRanks, comparators.size()> ranks_;
};

/// Makes the ranks of all texts, in steps.
class RankMaker {
public:
    RankMaker(const SortColumns& columns, std::uint32_t texts, Comparator comparator);
    ~RankMaker();
    RankMaker(const RankMaker&) = delete;
    RankMaker& operator=(const RankMaker&) = delete;
    /// True when take() has them.
    bool step();
    TextRanks take();

private:
    class State;
    std::unique_ptr<State> state_;
};

}  // namespace imap
