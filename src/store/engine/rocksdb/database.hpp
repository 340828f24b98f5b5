// Database: the open RocksDB with its three column families, and how it is set up.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include <rocksdb/cache.h>
#include <rocksdb/db.h>
#include <rocksdb/statistics.h>

#include "store/engine/rocksdb/figures.hpp"
#include "store/engine/rocksdb/rocksdb_engine.hpp"

namespace store::engine::rocks {

class Database {
public:
    /// \errors as make_rocksdb_engine()
    static Result<std::unique_ptr<Database>> open(const std::string& path, const RocksOptions& options,
                                                  std::shared_ptr<Figures> figures);
    Database(const Database&) = delete;
    Database& operator=(const Database&) = delete;
    /// Closes RocksDB, unless it has failed: then it is left as it is until the process ends.
    ~Database();

    rocksdb::DB& db() const { return *db_; }
    rocksdb::ColumnFamilyHandle* meta() const { return families_[1]; }
    rocksdb::ColumnFamilyHandle* stat() const { return families_[2]; }
    rocksdb::ColumnFamilyHandle* blob() const { return families_[3]; }
    /// Where a partition's rows are: the static shards apart from the rest, since they are large and never
    /// change.
    rocksdb::ColumnFamilyHandle* of(std::string_view partition) const {
        return partition.starts_with("s/") ? stat() : meta();
    }
    const std::string& path() const { return path_; }
    const rocksdb::Cache& cache() const { return *cache_; }
    const rocksdb::Statistics* statistics() const { return statistics_.get(); }
    /// The largest blob id in the store; 0 when there is none.
    std::uint64_t last_blob() const;

private:
    Database(std::string path, std::shared_ptr<Figures> figures, std::function<void(bool)> on_abandon)
        : path_(std::move(path)), figures_(std::move(figures)), on_abandon_(std::move(on_abandon)) {}
    rocksdb::Options options(const RocksOptions& wanted);
    Result<void> check_format();

    std::string path_;
    std::shared_ptr<Figures> figures_;  // RocksDB's listener has them too, and may outlive this
    std::function<void(bool)> on_abandon_;
    std::shared_ptr<rocksdb::Cache> cache_;  // shared with RocksDB's table readers
    std::shared_ptr<rocksdb::Statistics> statistics_;
    std::unique_ptr<rocksdb::DB> db_;
    std::vector<rocksdb::ColumnFamilyHandle*> families_;
};

}  // namespace store::engine::rocks
