// The blob half of Reader.
#include <algorithm>
#include <memory>

#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/reader.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {
namespace {

constexpr std::size_t inline_chunks_max = 2;  // decompressed on a session's thread: about 0.1 ms

/// The part of a chunk that a read of the blob's octets [offset, end) wants.
Part part_of(const Chunk& chunk, std::uint64_t offset, std::uint64_t end) {
    const std::uint64_t from = std::max(chunk.raw_offset, offset);
    const std::uint64_t to = std::min(chunk.raw_offset + chunk.raw_size, end);
    return {static_cast<std::size_t>(from - chunk.raw_offset),
            static_cast<std::size_t>(to - chunk.raw_offset)};
}

}  // namespace

/// `row` keeps the index row alive for its inline frames.
Maybe<BlobIndex> Reader::index_of(base::BlobId blob, Tier tier, rocksdb::PinnableSlice& row) const {
    const auto status = get_row(database_.blob(), key_of(blob_name(blob), index_key), tier, true, row);
    if (status.IsIncomplete() && tier == Tier::cache) return std::nullopt;
    if (status.IsNotFound()) return no_such_blob;
    if (!status.ok()) return translate(status, "read blob");
    return parse_index(row.ToStringView());
}

Maybe<std::uint64_t> Reader::blob_size(base::BlobId blob, Tier tier) const {
    rocksdb::PinnableSlice row;
    const auto index = index_of(blob, tier, row);
    if (!index) return std::nullopt;
    if (!*index) return index->error();
    return (*index)->size;
}

Maybe<void> Reader::read_chunk(base::BlobId blob, std::uint32_t number, const Chunk& chunk, Part part,
                               Tier tier, char* out) const {
    rocksdb::PinnableSlice frame;
    // A chunk fills a block of its own, and mail is mostly read once: it would only push rows out of the
    // cache.
    const auto status =
        get_row(database_.blob(), key_of(blob_name(blob), chunk_row(number)), tier, false, frame);
    if (status.IsIncomplete() && tier == Tier::cache) return std::nullopt;
    if (status.IsNotFound()) return damaged("blob", "a chunk is missing");
    if (!status.ok()) return translate(status, "read blob");
    return open_frame(frame.ToStringView(), chunk, part, out);
}

Maybe<std::string> Reader::blob_read(base::BlobId blob, std::uint64_t offset, std::size_t length,
                                     Tier tier) const {
    rocksdb::PinnableSlice row;
    const auto found = index_of(blob, tier, row);
    if (!found) return std::nullopt;
    if (!*found) return found->error();
    const BlobIndex& index = **found;
    std::string out;
    if (offset >= index.size || length == 0) return out;
    const std::uint64_t end = offset + std::min<std::uint64_t>(length, index.size - offset);
    const auto chunks = index.covering(offset, end - offset);
    if (tier == Tier::cache && chunks.size() > inline_chunks_max) return std::nullopt;

    out.resize(end - offset);
    std::string_view frames =
        index.holds_frames ? inline_frames(row.ToStringView(), index) : std::string_view();
    for (const Chunk& chunk : std::span(index.chunks.data(), chunks.data())) {
        if (index.holds_frames) frames.remove_prefix(chunk.stored_size);
    }
    auto number = static_cast<std::uint32_t>(chunks.data() - index.chunks.data());
    for (const Chunk& chunk : chunks) {
        const Part part = part_of(chunk, offset, end);
        char* const place = out.data() + (chunk.raw_offset + part.from - offset);
        Maybe<void> opened;
        if (index.holds_frames) {
            opened = open_frame(frames.substr(0, chunk.stored_size), chunk, part, place);
            frames.remove_prefix(chunk.stored_size);
        } else {
            opened = read_chunk(blob, number, chunk, part, tier, place);
        }
        if (!opened) return std::nullopt;
        if (!*opened) return opened->error();
        ++number;
    }
    return out;
}

Result<std::vector<std::string>> Reader::blob_tags(base::BlobId blob, const std::string& from,
                                                   std::size_t max) const {
    const std::string name = blob_name(blob), end = end_of(name);
    rocksdb::ReadOptions options;
    const rocksdb::Slice upper(end);
    options.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(database_.db().NewIterator(options, database_.blob()));
    it->Seek(key_of(name, index_key));
    const bool exists = it->Valid() && row_of(it->key().ToStringView()) == index_key;
    std::vector<std::string> tags;
    if (exists) {
        for (it->Seek(key_of(name, tag_prefix + from)); it->Valid() && tags.size() < max; it->Next())
            tags.emplace_back(row_of(it->key().ToStringView()).substr(1));
    }
    if (!it->status().ok()) return translate(it->status(), "read tags");
    if (!exists) return no_such_blob;
    return tags;
}

Result<std::vector<Engine::BlobInfo>> Reader::blob_list(base::BlobId after, std::size_t max) const {
    rocksdb::ReadOptions options;
    options.fill_cache = false;
    const std::unique_ptr<rocksdb::Iterator> it(database_.db().NewIterator(options, database_.blob()));
    std::vector<Engine::BlobInfo> blobs;
    it->Seek(end_of(blob_name(after)));
    while (it->Valid() && blobs.size() < max) {
        const std::string name(partition_of(it->key().ToStringView()));
        const auto id = blob_of(name);
        if (!id) return damaged("blob key", name);
        Engine::BlobInfo info;
        info.id = *id;
        const std::string index_row = key_of(name, index_key);
        it->Seek(index_row);
        if (it->Valid() && it->key() == index_row) {
            info.finished = true;  // also when damaged: the collector must not take it for a left-over
            const auto index = parse_index(it->value().ToStringView());
            if (index) info.size = index->size;
        }
        blobs.push_back(info);
        it->Seek(end_of(name));
    }
    if (!it->status().ok()) return translate(it->status(), "list blobs");
    return blobs;
}

}  // namespace store::engine::rocks
