// The committer's removals: tags, blobs that lost their last tag, blobs that the collector found. Not synced.
#include <algorithm>
#include <memory>
#include <string>
#include <unordered_map>

#include "store/engine/rocksdb/blob_format.hpp"
#include "store/engine/rocksdb/committer.hpp"
#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {

Result<Version> Committer::untag(const std::vector<Tag>& tags) {
    std::unordered_map<base::BlobId, std::unordered_set<std::string>> by_blob;
    for (const Tag& tag : tags) by_blob[tag.blob].insert(tag.tag);
    rocksdb::WriteBatch batch;
    for (const auto& [blob, its] : by_blob) {
        if (auto good = stage_untag(blob, its, batch); !good) return good.error();
    }
    if (batch.Count() == 0) return Version{0};
    const auto status = database_.db().Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return health_.failed(status);
    return Version{0};
}

Result<void> Committer::stage_untag(base::BlobId blob, const std::unordered_set<std::string>& tags,
                                    rocksdb::WriteBatch& batch) {
    const std::string name = blob_name(blob), end = end_of(name);
    rocksdb::PinnableSlice row;
    const std::string index_row = key_of(name, index_key);
    const auto status = database_.db().Get(rocksdb::ReadOptions(), database_.blob(), index_row, &row);
    if (status.IsNotFound()) return {};  // gone, or not finished: then nobody has tagged it
    if (!status.ok()) return translate(status, "untag");

    rocksdb::ReadOptions range;
    const rocksdb::Slice upper(end);
    range.iterate_upper_bound = &upper;
    const std::unique_ptr<rocksdb::Iterator> it(database_.db().NewIterator(range, database_.blob()));
    // Copies of one message may be many, and go from the oldest on: whether any other tag is there is
    // looked for behind these first, where the dead of before are not in the way.
    const auto other_from = [&](const std::string& from) {
        for (it->Seek(key_of(name, tag_prefix + from)); it->Valid(); it->Next())
            if (!tags.contains(std::string(row_of(it->key().ToStringView()).substr(1)))) return true;
        return false;
    };
    const bool kept = other_from(*std::ranges::max_element(tags)) || other_from(std::string());
    if (!it->status().ok()) return translate(it->status(), "untag");
    for (const std::string& tag : tags)
        batch.Delete(database_.blob(), key_of(name, tag_prefix + tag)).PermitUncheckedError();
    if (kept) return {};

    const auto index = parse_index(row.ToStringView());
    if (!index) return index.error();  // its chunks cannot be told: left for the collector
    batch.Delete(database_.blob(), index_row).PermitUncheckedError();
    if (index->holds_frames) return {};
    for (std::uint32_t n = 0; n < index->chunks.size(); ++n) {
        batch.Delete(database_.blob(), key_of(name, chunk_row(n))).PermitUncheckedError();
    }
    return {};
}

Result<Version> Committer::remove(base::BlobId blob) {
    const std::string name = blob_name(blob);
    rocksdb::WriteBatch batch;
    // How many chunks an unfinished blob has is written nowhere: a range, which is rare enough.
    batch.DeleteRange(database_.blob(), version_key(name), end_of(name)).PermitUncheckedError();
    const auto status = database_.db().Write(rocksdb::WriteOptions(), &batch);
    if (!status.ok()) return health_.failed(status);
    return Version{0};
}

}  // namespace store::engine::rocks
