// RocksBlobWriter: cuts a blob into chunks, compresses them, and hands them to the committer ahead of the
// commit when half a megabyte has gathered. Until the index row is written nothing refers to them.
//
// write() and cut() belong to one coroutine; seal() may be called from any thread, by each commit that
// carries it.
#pragma once
#include <atomic>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include <boost/asio/thread_pool.hpp>

#include "store/engine/rocksdb/blob_format.hpp"
#include "store/engine/rocksdb/committer.hpp"
#include "store/engine/rocksdb/gate.hpp"

namespace store::engine::rocks {

/// What the engine and its blob writers share, since these may outlive it.
struct Service {
    Service(unsigned threads, std::size_t its_chunk_bytes) : chunk_bytes(its_chunk_bytes), pool(threads) {}
    const std::size_t chunk_bytes;
    const std::shared_ptr<Figures> counters = std::make_shared<Figures>();
    Figures& figures = *counters;
    Gate gate;                      // every use of `pool` and of RocksDB holds a ticket
    boost::asio::thread_pool pool;  // reads that miss the cache, long compressions
    std::unique_ptr<Committer> committer;
};

class RocksBlobWriter final : public BlobWriter {
public:
    RocksBlobWriter(std::shared_ptr<Service> service, base::BlobId id)
        : service_(std::move(service)), id_(id) {}
    RocksBlobWriter(const RocksBlobWriter&) = delete;
    RocksBlobWriter& operator=(const RocksBlobWriter&) = delete;
    ~RocksBlobWriter() override;

    base::BlobId id() const override { return id_; }
    awaitable<Result<void>> write(std::string_view octets) override;
    void cut() override;
    std::uint64_t size() const override { return size_; }

    /// Ends writing, at the first call. \errors what write() failed with
    Result<void> seal();
    /// After seal(): the rows that make the blob visible, keys within the blob.
    const std::vector<Row>& sealed_rows() const { return sealed_rows_; }
    /// Its rows are in the store. Set by the committer.
    bool written() const { return written_.load(std::memory_order_acquire); }
    void set_written() { written_.store(true, std::memory_order_release); }

private:
    std::string_view absorb(std::string_view octets);
    void add_chunks(std::string_view raw);
    void add_chunk(std::string_view raw);
    void end_chunk();
    awaitable<Result<void>> hand_over();

    std::shared_ptr<Service> service_;
    base::BlobId id_;
    std::uint64_t size_ = 0;
    std::string chunk_;                // raw octets of the chunk that grows
    BlobIndex index_;                  // of the chunks that ended
    std::vector<std::string> frames_;  // the last of them, not handed over yet
    std::size_t gathered_ = 0;         // octets in frames_
    std::optional<Error> failed_;
    std::atomic<bool> written_{false};

    std::mutex seal_mutex_;
    bool sealed_ = false;
    std::vector<Row> sealed_rows_;
};

}  // namespace store::engine::rocks
