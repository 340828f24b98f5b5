// Committer: the one thread that writes. It takes all jobs that wait, checks the versions that they expect,
// puts them in one WriteBatch, writes it with one sync and completes them all. Since only it changes
// versions, a compare-and-set costs a look-up. There is no artificial delay: what arrives during a sync is
// the next round.
#pragma once
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

#include <rocksdb/write_batch.h>

#include "store/engine/completion.hpp"
#include "store/engine/rocksdb/database.hpp"
#include "store/engine/rocksdb/health.hpp"

namespace store::engine::rocks {

class RocksBlobWriter;

/// One call of the engine that writes.
struct Job {
    enum class Kind : std::uint8_t {
        write,   ///< prelude and batch; synced
        drop,    ///< partition; synced
        chunks,  ///< rows of blobs that nothing refers to yet: `chunk_put`, `chunk_erase`; not synced
        untag,   ///< tags; not synced
        remove,  ///< blob; not synced
    };
    explicit Job(Kind what) : kind(what) {}

    Kind kind;
    Prelude prelude;
    std::vector<std::shared_ptr<RocksBlobWriter>> writers;  // those of prelude.blobs, sealed
    std::optional<Batch> batch;
    std::string partition;
    std::vector<Tag> tags;
    base::BlobId blob;
    std::vector<std::pair<std::string, std::string>> chunk_put;  // physical keys
    std::vector<std::string> chunk_erase;
    Completion<Result<Version>> done;  // empty: nobody waits
    Result<Version> outcome{Version{0}};
};
using JobPtr = std::unique_ptr<Job>;

/// Versions of partitions that were written lately. Two generations: when one is full the older is forgotten.
class VersionCache {
public:
    std::optional<Version> find(const std::string& partition);
    void set(const std::string& partition, Version version);
    void forget(const std::string& partition);

private:
    std::unordered_map<std::string, Version> recent_, older_;
};

class Committer {
public:
    Committer(Database& database, const RocksOptions& options, Figures& figures);
    Committer(const Committer&) = delete;
    Committer& operator=(const Committer&) = delete;
    ~Committer() { stop(); }

    /// Any thread. After stop() the job is completed with `unavailable`.
    void submit(JobPtr job);
    /// Does what was submitted, then ends the thread.
    void stop();

private:
    struct Round {
        rocksdb::WriteBatch batch;
        std::vector<Job*> jobs;
        std::vector<std::string> partitions;  // whose versions are set in advance
        std::unordered_set<const RocksBlobWriter*> finished;
        std::unordered_set<std::uint64_t> new_blobs;
        Version last_version = 0;  // before it
        bool sync = false;
    };
    Round new_round() const;

    void run();
    bool wait_for_jobs(std::vector<JobPtr>& jobs);
    void complete(Job& job);
    static Health::Need need_of(const Job& job);

    // committer.cpp: rounds
    void write_in_rounds(std::vector<JobPtr>& jobs);
    void write_round(Round& round);

    // stage.cpp: what a job puts in the batch; \returns why not
    Result<Version> stage(Job& job, Round& round);
    Result<Version> stage_write(Job& job, Round& round);
    Result<Version> stage_drop(const std::string& partition, Round& round);
    Result<void> check_blobs(const Job& job, const Round& round);
    void stage_blobs(const Job& job, Round& round);
    void stage_rows(const std::string& partition, const std::vector<Row>& put,
                    const std::vector<std::string>& erase, Round& round);
    Version stage_version(const std::string& partition, Round& round);
    Result<Version> version_of(const std::string& partition);
    Result<bool> blob_exists(base::BlobId blob);

    // untag.cpp
    Result<Version> untag(const std::vector<Tag>& tags);
    Result<Version> remove(base::BlobId blob);
    Result<void> stage_untag(base::BlobId blob, const std::unordered_set<std::string>& tags,
                             rocksdb::WriteBatch& batch);

    Database& database_;
    Figures& figures_;
    Health health_;
    VersionCache versions_;
    Version last_version_;  // never more than RocksDB's sequence number, so that it grows over restarts

    std::mutex mutex_;
    std::condition_variable wake_;
    std::vector<JobPtr> queue_;
    bool sleeping_ = false, stopping_ = false;
    std::thread thread_;
};

}  // namespace store::engine::rocks
