// SegmentReader: pieces of segments out of their blobs, with a cache of those that were read last. Any
// thread.
#pragma once
#include <cstddef>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "store/search/index_rows.hpp"
#include "trigram/plan.hpp"
#include "trigram/segment.hpp"

namespace store::search {

using boost::asio::awaitable;

/// Lets others of this thread run: what was read from the cache was read without a pause.
awaitable<void> breathe();
/// Documents looked at between two pauses: some 0.1 ms.
inline constexpr std::size_t documents_a_breath = 16'384;

/// What was read last, up to so many octets.
class PieceCache {
public:
    using Key = std::pair<base::BlobId, std::uint64_t>;
    explicit PieceCache(std::size_t bytes_max) : bytes_max_(bytes_max) {}
    std::shared_ptr<const void> find(Key key);
    void add(Key key, std::shared_ptr<const void> piece, std::size_t bytes);

private:
    struct Item {
        Key key;
        std::shared_ptr<const void> piece;
        std::size_t bytes = 0;
    };
    std::mutex mutex_;
    std::list<Item> items_;  // the last used first
    std::map<Key, std::list<Item>::iterator> places_;
    std::size_t bytes_ = 0;
    const std::size_t bytes_max_;
};

struct Segment {
    SegmentRow row;
    std::shared_ptr<const trigram::Directory> directory;
};
using Block = std::shared_ptr<const std::string>;

class SegmentReader {
public:
    SegmentReader(engine::Engine& engine, std::size_t cache_bytes) : engine_(engine), cache_(cache_bytes) {}

    /// \errors corrupt · not_found: it was merged away · unavailable
    awaitable<Result<Segment>> open(SegmentRow row);
    awaitable<Result<Block>> block(base::BlobId blob, trigram::BlockRef ref);
    /// All documents of the segment.
    awaitable<Result<std::vector<trigram::DocumentId>>> documents(Segment segment);
    /// The documents of one term; none where the segment does not have it.
    awaitable<Result<trigram::Ordinals>> term(Segment segment, std::string term);
    /// Of all terms from `first` to `last`. Stops where `blocks_max` do not suffice: then all documents.
    awaitable<Result<trigram::Ordinals>> terms(Segment segment, std::string first, std::string last,
                                               std::size_t blocks_max);
    /// Ids of ascending ordinals.
    awaitable<Result<std::vector<trigram::DocumentId>>> ids(Segment segment, trigram::Ordinals ordinals);

private:
    engine::Engine& engine_;
    PieceCache cache_;
};

/// Reads blocks that follow one another without asking for each; nothing is kept.
class BlockStream {
public:
    BlockStream(engine::Engine& engine, Segment segment) : engine_(engine), segment_(std::move(segment)) {}
    const Segment& segment() const { return segment_; }
    awaitable<Result<std::string>> block(trigram::BlockRef ref);

private:
    engine::Engine& engine_;
    Segment segment_;
    std::uint64_t offset_ = 0;
    std::string window_;
};

inline constexpr Error damaged_segment{Errc::corrupt, "a segment of the search index is damaged"};

}  // namespace store::search
