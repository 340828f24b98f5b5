// MemoryState: the data of the in-memory engine and what calls do to it, without coroutines and faults.
#pragma once
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <span>
#include <string>

#include "store/engine/memory/memory_engine.hpp"

namespace store::engine {

struct MemoryPartition {
    Version version = 0;
    std::map<std::string, std::string, std::less<>> rows;
};

struct MemoryBlob {
    std::shared_ptr<const std::string> octets;
    std::set<std::string, std::less<>> tags;
};

using MemoryBlobs = std::map<base::BlobId, MemoryBlob>;

struct MemoryImage {
    std::map<std::string, MemoryPartition, std::less<>> partitions;
    MemoryBlobs blobs;
    std::map<base::BlobId, std::uint64_t>
        unfinished;            // blobs with chunks and without an end, with their size
    Version last_version = 0;  // never repeats, also when a partition is dropped and made again
};

/// Shared by the engine and its blob writers, which may outlive it.
class MemoryState {
public:
    MemoryState(Limits limits, const MemoryImagePtr& image);

    const Limits limits;

    Result<Version> commit(const Prelude& prelude, const Batch& batch);
    Result<void> apply(const Prelude& prelude);
    Result<Rows> get(const std::string& partition, std::span<const std::string> keys) const;
    struct Range {
        std::string partition, after, prefix;
        std::size_t rows_max = 0;
        Version expect = 0;
    };
    Result<Rows> scan(const Range& range) const;
    Version version(const std::string& partition) const;
    Result<void> drop(const std::string& partition);
    std::vector<std::string> list(const std::string& prefix, const std::string& after,
                                  std::size_t names_max) const;

    Result<std::uint64_t> blob_size(base::BlobId blob) const;
    Result<std::string> blob_read(base::BlobId blob, std::uint64_t offset, std::size_t length) const;
    Result<void> untag(std::span<const Tag> tags);
    Result<std::vector<std::string>> blob_tags(base::BlobId blob, const std::string& from,
                                               std::size_t max) const;
    std::vector<Engine::BlobInfo> blob_list(base::BlobId after, std::size_t max) const;
    void blob_remove(base::BlobId blob);
    void note_unfinished(base::BlobId blob, std::uint64_t size);
    void forget_unfinished(base::BlobId blob);

    Fault next_step(Op op, bool has_expect = false, bool blobs = false);
    void inject(FaultScript script);
    std::uint64_t steps() const;

    MemoryImagePtr power_cut(Unsynced unsynced) const;
    std::uint64_t commits() const;
    std::uint64_t blobs() const;

private:
    Result<void> check(const Prelude& prelude) const;
    void do_prelude(const Prelude& prelude);
    void write_rows(const std::string& partition, std::span<const Row> put,
                    std::span<const std::string> erase);

    mutable std::mutex mutex_;
    MemoryImage live_;
    MemoryBlobs durable_;  // blobs as they are on the disk: untag() has not come there
    std::uint64_t commits_ = 0;

    mutable std::mutex script_mutex_;
    FaultScript script_;
    std::uint64_t steps_ = 0;
};

/// Collects a blob's octets. One coroutine writes at a time; sealing it is thread-safe.
class MemoryBlobWriter final : public BlobWriter {
public:
    MemoryBlobWriter(std::shared_ptr<MemoryState> state, base::BlobId id)
        : state_(std::move(state)), id_(id) {}
    MemoryBlobWriter(const MemoryBlobWriter&) = delete;
    MemoryBlobWriter& operator=(const MemoryBlobWriter&) = delete;
    ~MemoryBlobWriter() override { state_->forget_unfinished(id_); }

    base::BlobId id() const override { return id_; }
    awaitable<Result<void>> write(std::string_view octets) override;
    void cut() override {}
    std::uint64_t size() const override { return size_; }

    /// Ends writing, at the first call. The state's mutex is held.
    std::shared_ptr<const std::string> seal();
    bool failed() const { return failed_; }
    /// Set once its rows are written: from then on it only gains tags. The state's mutex is held.
    bool written = false;

private:
    std::shared_ptr<MemoryState> state_;
    base::BlobId id_;
    std::string octets_;
    std::uint64_t size_ = 0;
    std::shared_ptr<const std::string> sealed_;
    bool failed_ = false;
};

}  // namespace store::engine
