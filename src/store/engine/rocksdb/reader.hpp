// Reader: everything that is read from RocksDB, as plain functions. With Tier::cache single rows are answered
// when that needs no disk; an empty optional says that it does, and the read pool should answer.
//
// Of RocksDB 7.8.3's kBlockCacheTier only Get can be trusted, and that not wholly (see get_row()): MultiGet
// goes to the disk all the same, and an iterator that would need the next file's index ends as if it were at
// its end.
#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/engine/rocksdb/blob_format.hpp"
#include "store/engine/rocksdb/database.hpp"

namespace store::engine::rocks {

enum class Tier : std::uint8_t { cache, disk };

template <class T>
using Maybe = std::optional<Result<T>>;

struct ScanRange {
    std::string partition, after, prefix;
    std::size_t rows_max = 0;
    Version expect = 0;
};

class Reader {
public:
    Reader(Database& database, const Limits& limits) : database_(database), limits_(limits) {}

    Maybe<Rows> get(const std::string& partition, std::span<const std::string> keys, Tier tier) const;
    Maybe<Version> version(const std::string& partition, Tier tier) const;

    Maybe<std::uint64_t> blob_size(base::BlobId blob, Tier tier) const;
    Maybe<std::string> blob_read(base::BlobId blob, std::uint64_t offset, std::size_t length,
                                 Tier tier) const;

    // With iterators: on the read pool only.
    Result<Rows> scan(const ScanRange& range) const;
    Result<std::vector<std::string>> blob_tags(base::BlobId blob, const std::string& from,
                                               std::size_t max) const;
    Result<std::vector<std::string>> list(const std::string& prefix, const std::string& after,
                                          std::size_t names_max) const;
    Result<std::vector<Engine::BlobInfo>> blob_list(base::BlobId after, std::size_t max) const;

private:
    /// \returns not ok and Incomplete: the disk is needed
    rocksdb::Status get_row(rocksdb::ColumnFamilyHandle* family, const std::string& key, Tier tier,
                            bool fill_cache, rocksdb::PinnableSlice& row) const;
    Maybe<Rows> get_cached(const std::string& partition, std::span<const std::string> keys) const;
    Maybe<BlobIndex> index_of(base::BlobId blob, Tier tier, rocksdb::PinnableSlice& row) const;
    Maybe<void> read_chunk(base::BlobId blob, std::uint32_t number, const Chunk& chunk, Part part, Tier tier,
                           char* out) const;
    rocksdb::Status names_of(rocksdb::ColumnFamilyHandle* family, const std::string& prefix,
                             const std::string& after, std::size_t names_max,
                             std::vector<std::string>& names) const;

    Database& database_;
    Limits limits_;
};

}  // namespace store::engine::rocks
