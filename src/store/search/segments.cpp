#include "store/search/segments.hpp"

#include <algorithm>
#include <limits>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace store::search {
namespace {

constexpr std::uint64_t directory_place = std::numeric_limits<std::uint64_t>::max();
constexpr std::size_t window_bytes = 256U << 10;
constexpr std::size_t blocks_a_breath = 16;

}  // namespace

awaitable<void> breathe() {
    const auto executor = co_await boost::asio::this_coro::executor;
    co_await boost::asio::post(executor, boost::asio::use_awaitable);
}

std::shared_ptr<const void> PieceCache::find(Key key) {
    const std::lock_guard lock(mutex_);
    const auto known = places_.find(key);
    if (known == places_.end()) return nullptr;
    items_.splice(items_.begin(), items_, known->second);
    return known->second->piece;
}

void PieceCache::add(Key key, std::shared_ptr<const void> piece, std::size_t bytes) {
    std::list<Item> dropped;  // destroyed after the lock is given back
    const std::lock_guard lock(mutex_);
    if (bytes > bytes_max_ || places_.contains(key)) return;
    items_.push_front(Item{key, std::move(piece), bytes});
    places_[key] = items_.begin();
    bytes_ += bytes;
    while (bytes_ > bytes_max_) {
        bytes_ -= items_.back().bytes;
        places_.erase(items_.back().key);
        dropped.splice(dropped.begin(), items_, std::prev(items_.end()));
    }
}

awaitable<Result<Segment>> SegmentReader::open(SegmentRow row) {
    Segment segment;
    segment.row = row;
    if (const auto known = cache_.find({row.blob, directory_place})) {
        segment.directory = std::static_pointer_cast<const trigram::Directory>(known);
        co_return segment;
    }
    if (row.bytes < trigram::footer_bytes) co_return damaged_segment;
    const auto end =
        co_await engine_.blob_read(row.blob, row.bytes - trigram::footer_bytes, trigram::footer_bytes);
    if (!end) co_return end.error();
    const auto footer = trigram::parse_footer(*end, row.bytes);
    if (!footer || footer->documents != row.documents) co_return damaged_segment;
    const auto octets =
        co_await engine_.blob_read(row.blob, footer->directory_offset, footer->directory_bytes);
    if (!octets) co_return octets.error();
    auto parsed = trigram::Directory::parse(*octets, *footer);
    if (!parsed) co_return damaged_segment;
    segment.directory = std::make_shared<const trigram::Directory>(std::move(*parsed));
    cache_.add({row.blob, directory_place}, segment.directory, segment.directory->weight());
    co_return segment;
}

awaitable<Result<Block>> SegmentReader::block(base::BlobId blob, trigram::BlockRef ref) {
    if (auto known = cache_.find({blob, ref.offset}))
        co_return std::static_pointer_cast<const std::string>(known);
    auto octets = co_await engine_.blob_read(blob, ref.offset, ref.bytes);
    if (!octets) co_return octets.error();
    auto read = std::make_shared<const std::string>(std::move(*octets));
    cache_.add({blob, ref.offset}, read, read->size() + 128);
    co_return read;
}

awaitable<Result<std::vector<trigram::DocumentId>>> SegmentReader::documents(Segment segment) {
    std::vector<trigram::DocumentId> out;
    out.reserve(segment.directory->documents());
    BlockStream stream(engine_, segment);
    for (std::size_t i = 0; i < segment.directory->document_blocks(); ++i) {
        const auto block = co_await stream.block(segment.directory->document_block(i));
        if (!block) co_return block.error();
        if (!trigram::parse_documents(*block, out)) co_return damaged_segment;
    }
    if (out.size() != segment.directory->documents() || !std::ranges::is_sorted(out))
        co_return damaged_segment;
    co_return out;
}

awaitable<Result<trigram::Ordinals>> SegmentReader::term(Segment segment, std::string term) {
    trigram::Ordinals out;
    const auto place = segment.directory->find_term(term);
    if (!place) co_return out;
    const auto octets = co_await block(segment.row.blob, segment.directory->term_block(*place));
    if (!octets) co_return octets.error();
    trigram::TermReader reader(**octets, segment.directory->documents());
    while (reader.next()) {
        if (reader.term() < term) continue;
        if (reader.term() == term && !reader.read(out)) co_return damaged_segment;
        break;
    }
    if (reader.damaged()) co_return damaged_segment;
    if (out.size() >= documents_a_breath) co_await breathe();
    co_return out;
}

awaitable<Result<trigram::Ordinals>> SegmentReader::terms(Segment segment, std::string first,
                                                          std::string last, std::size_t blocks_max) {
    const std::uint32_t documents = segment.directory->documents();
    std::vector<bool> found(documents);
    trigram::Ordinals some;
    std::size_t place = segment.directory->find_term(first).value_or(0);
    bool more = true;
    for (std::size_t read = 0; more && place < segment.directory->term_blocks(); ++place, ++read) {
        if (segment.directory->first_term(place) > last) break;
        if (read % blocks_a_breath == blocks_a_breath - 1) co_await breathe();
        if (read == blocks_max) {
            found.assign(documents, true);
            break;
        }
        const auto octets = co_await block(segment.row.blob, segment.directory->term_block(place));
        if (!octets) co_return octets.error();
        trigram::TermReader reader(**octets, documents);
        while (more && reader.next()) {
            more = reader.term() <= last;
            if (!more || reader.term() < first) continue;
            some.clear();
            if (!reader.read(some)) co_return damaged_segment;
            for (const trigram::Ordinal ordinal : some) found[ordinal] = true;
        }
        if (reader.damaged()) co_return damaged_segment;
    }
    trigram::Ordinals out;
    for (std::uint32_t i = 0; i < documents; ++i)
        if (found[i]) out.push_back(i);
    co_return out;
}

awaitable<Result<std::vector<trigram::DocumentId>>> SegmentReader::ids(Segment segment,
                                                                       trigram::Ordinals ordinals) {
    std::vector<trigram::DocumentId> out, some;
    out.reserve(ordinals.size());
    std::size_t loaded = std::numeric_limits<std::size_t>::max();
    for (const trigram::Ordinal ordinal : ordinals) {
        const std::size_t place = ordinal / trigram::documents_a_block;
        if (place != loaded) {
            if (place >= segment.directory->document_blocks()) co_return damaged_segment;
            if (place % blocks_a_breath == blocks_a_breath - 1) co_await breathe();
            const auto octets = co_await block(segment.row.blob, segment.directory->document_block(place));
            if (!octets) co_return octets.error();
            some.clear();
            if (!trigram::parse_documents(**octets, some)) co_return damaged_segment;
            loaded = place;
        }
        if (ordinal % trigram::documents_a_block >= some.size()) co_return damaged_segment;
        out.push_back(some[ordinal % trigram::documents_a_block]);
    }
    co_return out;
}

awaitable<Result<std::string>> BlockStream::block(trigram::BlockRef ref) {
    if (ref.offset < offset_ || ref.offset + ref.bytes > offset_ + window_.size()) {
        const std::size_t wanted = std::max<std::size_t>(ref.bytes, window_bytes);
        auto octets = co_await engine_.blob_read(segment_.row.blob, ref.offset, wanted);
        if (!octets) co_return octets.error();
        if (octets->size() < ref.bytes) co_return damaged_segment;
        window_ = std::move(*octets);
        offset_ = ref.offset;
    }
    co_return window_.substr(ref.offset - offset_, ref.bytes);
}

}  // namespace store::search
