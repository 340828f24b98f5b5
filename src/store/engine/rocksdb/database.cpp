#include "store/engine/rocksdb/database.hpp"

#include <algorithm>
#include <filesystem>
#include <mutex>
#include <vector>

#include <rocksdb/convenience.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/listener.h>
#include <rocksdb/table.h>

#include "base/log.hpp"
#include "store/engine/rocksdb/crc32c.hpp"
#include "store/engine/rocksdb/keys.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {
namespace {

constexpr std::string_view format_key = "format", format_now = "1";

class Listener final : public rocksdb::EventListener {
public:
    explicit Listener(std::shared_ptr<Figures> figures) : figures_(std::move(figures)) {}
    void OnBackgroundError(rocksdb::BackgroundErrorReason reason, rocksdb::Status* status) override {
        using Reason = rocksdb::BackgroundErrorReason;
        // Of a table file that had no room nothing is left. A log with a failed write, or a disk that fails,
        // is another matter.
        const bool of_the_log = reason == Reason::kWriteCallback || reason == Reason::kMemTable;
        if (of_the_log || !no_space(*status)) figures_->failed = true;
        figures_->needs_resume = true;
        add(figures_->background_errors);
        const std::string detail = status->ToString();
        base::log::error("store", "background error",
                         {{"reason", static_cast<int>(reason)}, {"status", detail}});
    }

private:
    std::shared_ptr<Figures> figures_;
};

/// RocksDB that failed is kept here, for its own threads and for whoever looks for leaks.
void abandon(std::unique_ptr<rocksdb::DB> db) {
    static std::mutex mutex;
    static auto& kept = *new std::vector<rocksdb::DB*>;  // never destroyed
    const std::lock_guard lock(mutex);
    kept.push_back(db.release());
}

bool supports(rocksdb::CompressionType type) {
    const auto all = rocksdb::GetSupportedCompressions();
    return std::ranges::find(all, type) != all.end();
}

rocksdb::BlockBasedTableOptions table_options(const std::shared_ptr<rocksdb::Cache>& cache) {
    rocksdb::BlockBasedTableOptions table;
    table.block_cache = cache;
    table.filter_policy.reset(
        rocksdb::NewBloomFilterPolicy(10));  // a new partition's version is a miss: no disk
    table.optimize_filters_for_memory = true;
    table.cache_index_and_filter_blocks = true;  // so that cache_bytes is the limit of it all
    table.cache_index_and_filter_blocks_with_high_priority = true;
    table.pin_l0_filter_and_index_blocks_in_cache = true;
    table.block_size = 16U << 10;
    table.format_version = 5;
    return table;
}

rocksdb::ColumnFamilyOptions family_options(const rocksdb::Options& base, bool compressed) {
    rocksdb::ColumnFamilyOptions family(base);
    family.level_compaction_dynamic_level_bytes = true;
    // New rows are rewritten soon: cheap compression for them, the good one for the level that holds nine
    // tenths.
    family.compression = rocksdb::kNoCompression;
    if (compressed && supports(rocksdb::kLZ4Compression)) family.compression = rocksdb::kLZ4Compression;
    family.bottommost_compression = family.compression;
    if (compressed && supports(rocksdb::kZSTD)) {
        family.bottommost_compression = rocksdb::kZSTD;
        family.bottommost_compression_opts.enabled = true;
        family.bottommost_compression_opts.level = 1;  // half of level 3's time, for a few per cent of space
    }
    return family;
}

}  // namespace

rocksdb::Options Database::options(const RocksOptions& wanted) {
    rocksdb::Options options;
    if (wanted.env != nullptr) options.env = wanted.env;
    options.create_if_missing = true;
    options.create_missing_column_families = true;
    options.paranoid_checks = true;
    options.track_and_verify_wals_in_manifest = true;
    options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
    options.max_bgerror_resume_count = 0;  // Health resumes, when there is space
    options.listeners.push_back(std::make_shared<Listener>(figures_));
    // One thread writes: nothing to insert concurrently, nothing to pipeline.
    options.allow_concurrent_memtable_write = false;
    options.enable_write_thread_adaptive_yield = false;
    options.enable_pipelined_write = false;

    options.write_buffer_size = wanted.memtable_bytes;
    options.max_write_buffer_number = 3;
    options.db_write_buffer_size = 3 * wanted.memtable_bytes;  // of all families together
    options.max_total_wal_size =
        4 * wanted.memtable_bytes;  // a family that rests must not keep old logs alive
    options.target_file_size_base = std::max<std::uint64_t>(wanted.memtable_bytes, 1U << 20);
    options.max_bytes_for_level_base = 8 * options.target_file_size_base;
    options.bytes_per_sync = 1U << 20;
    options.wal_bytes_per_sync = 1U << 20;
    options.max_open_files = wanted.open_files_max;
    options.max_background_jobs = 2;
    options.max_file_opening_threads = 2;
    options.keep_log_file_num = 4;
    options.max_log_file_size = 4U << 20;
    options.max_manifest_file_size = 16U << 20;
    options.stats_dump_period_sec = 0;
    options.stats_persist_period_sec = 0;
    options.info_log_level = rocksdb::WARN_LEVEL;
    if (wanted.statistics) options.statistics = statistics_ = rocksdb::CreateDBStatistics();

    cache_ = rocksdb::NewLRUCache(wanted.cache_bytes);
    options.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table_options(cache_)));
    return options;
}

Result<std::unique_ptr<Database>> Database::open(const std::string& path, const RocksOptions& wanted,
                                                 std::shared_ptr<Figures> figures) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) {
        base::log::error("store", "cannot make the folder", {{"path", path}, {"error", failed.message()}});
        return Error(Errc::unavailable, "the store's folder cannot be made");
    }
    std::unique_ptr<Database> database(new Database(path, std::move(figures), wanted.on_abandon));
    const rocksdb::Options options = database->options(wanted);
    const auto rows = family_options(options, true);
    const std::vector<rocksdb::ColumnFamilyDescriptor> families{
        {rocksdb::kDefaultColumnFamilyName, rows},
        {"meta", rows},
        {"stat", rows},
        {"blob", family_options(options, false)},  // its values are compressed already
    };
    if (!own_crc32c_in_use()) base::log::debug("store", "checksums by RocksDB's own code", {});
    rocksdb::DB* opened = nullptr;
    const auto status = rocksdb::DB::Open(options, path, families, &database->families_, &opened);
    if (!status.ok()) return translate(status, "open");
    database->db_.reset(opened);
    if (auto good = database->check_format(); !good) return good.error();
    return database;
}

Database::~Database() {
    if (db_ == nullptr) return;
    const bool failed = figures_->failed;
    if (failed || figures_->needs_resume) {
        // Closing would write what the log's writer still holds, and RocksDB 7.8.3 as Debian builds it aborts
        // there once a write of that log has failed. What was acknowledged is on the disk; the next start
        // reads it from there, as after a crash.
        base::log::warn("store", "not closed, since it has failed", {{"path", path_}});
        abandon(std::move(db_));
        if (on_abandon_) on_abandon_(failed);
        return;
    }
    for (auto* family : families_) db_->DestroyColumnFamilyHandle(family).PermitUncheckedError();
    const auto status = db_->Close();
    if (!status.ok()) translate(status, "close");
}

Result<void> Database::check_format() {
    std::string found;
    const auto status = db_->Get(rocksdb::ReadOptions(), families_[0], format_key, &found);
    if (status.ok()) {
        if (found == format_now) return {};
        base::log::error("store", "unknown format",
                         {{"path", path_}, {"found", found}, {"known", format_now}});
        return Error(Errc::invalid, "the store was written by a newer version");
    }
    if (!status.IsNotFound()) return translate(status, "read format");
    rocksdb::WriteOptions synced;
    synced.sync = true;
    const auto written = db_->Put(synced, families_[0], format_key, format_now);
    if (!written.ok()) return translate(written, "write format");
    return {};
}

std::uint64_t Database::last_blob() const {
    const std::unique_ptr<rocksdb::Iterator> it(db_->NewIterator(rocksdb::ReadOptions(), blob()));
    it->SeekToLast();
    if (!it->Valid()) return 0;
    const auto id = blob_of(it->key().ToStringView());
    return id ? id->value : 0;
}

}  // namespace store::engine::rocks
