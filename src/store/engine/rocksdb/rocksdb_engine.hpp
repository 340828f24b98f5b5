// The embedded engine: RocksDB with one committer thread, a small pool of readers and blobs in compressed
// chunks. Its folder is the only place that names <rocksdb/…>; README.md beside it has the layout on disk.
#pragma once
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/id_source.hpp"
#include "store/engine/engine.hpp"

namespace rocksdb {
class Env;
}

namespace store::engine {

struct RocksOptions {
    Limits limits;
    std::size_t cache_bytes = 256U << 20;    ///< of blocks read from the disk
    std::size_t memtable_bytes = 64U << 20;  ///< of one column family before it is written out as a file
    std::uint64_t free_floor_bytes = 64U
                                     << 20;  ///< less free space than this: no blobs; than half: no commits
    int open_files_max = 1'000;              ///< of table files; a process has 20,000 descriptors at least
    unsigned read_threads = 4;               ///< for reads that the cache cannot answer
    bool statistics = false;                 ///< RocksDB's own counters in figures(); costs some per cent
    /// Free octets of the file system that holds a path; empty: statvfs(). For tests.
    std::function<std::optional<std::uint64_t>(const std::string& path)> free_space;
    /// Called once, on a thread of the engine, when it can write no more until the process starts again. Must
    /// not wait for the engine.
    std::function<void()> on_failure;
    /// Called by close() when RocksDB is not closed but left as it is, since it failed or stood still for
    /// want of space: its threads live on, so the process must end without destroying what they use, by
    /// _Exit(). `failed`: on_failure's case; else all that was acknowledged is on the disk and nothing is
    /// wrong.
    std::function<void(bool failed)> on_abandon;
    /// The file system to use; null: the real one. For tests; must outlive the engine, and RocksDB after a
    /// failure for ever.
    rocksdb::Env* env = nullptr;
};

/// Opens the store in the folder `path`, or makes it. `ids` gives blobs their ids (moved past those in the
/// store) and must outlive the engine. \errors unavailable: cannot be read, or another process has it ·
/// corrupt · invalid: written by a newer version · no_space
Result<std::unique_ptr<Engine>> make_rocksdb_engine(const std::string& path, base::IdSource& ids,
                                                    RocksOptions options);

}  // namespace store::engine
