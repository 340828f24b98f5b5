// What tests of the RocksDB engine share: a folder that goes at the end, and options for small stores.
#pragma once
#include <filesystem>
#include <memory>
#include <stdlib.h>
#include <string>

#include <gtest/gtest.h>

#include "store/engine/rocksdb/rocksdb_engine.hpp"

namespace store::engine {

class TempFolder {
public:
    TempFolder() {
        std::string name = (std::filesystem::temp_directory_path() / "engine-XXXXXX").string();
        EXPECT_NE(mkdtemp(name.data()), nullptr);
        path_ = name;
    }
    TempFolder(const TempFolder&) = delete;
    TempFolder& operator=(const TempFolder&) = delete;
    ~TempFolder() {
        std::error_code ignored;
        std::filesystem::remove_all(path_, ignored);
    }
    const std::string& path() const { return path_; }

private:
    std::string path_;
};

inline RocksOptions small_options() {
    RocksOptions options;
    options.cache_bytes = 8 << 20;
    options.memtable_bytes = 4 << 20;
    options.read_threads = 2;
    return options;
}

inline std::unique_ptr<Engine> open_rocks(const std::string& path, base::IdSource& ids,
                                          const RocksOptions& options) {
    auto engine = make_rocksdb_engine(path, ids, options);
    if (!engine) throw std::runtime_error("cannot open the store: " + std::string(engine.error().what()));
    return std::move(*engine);
}

}  // namespace store::engine
