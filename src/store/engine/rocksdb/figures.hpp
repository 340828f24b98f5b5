// Counters of the RocksDB engine, written by its threads and read by figures().
#pragma once
#include <atomic>
#include <cstdint>

namespace store::engine::rocks {

struct Figures {
    using Count = std::atomic<std::uint64_t>;
    Count commits{0};  // batches and preludes that were acknowledged
    Count conflicts{0};
    Count rounds{0};  // writes to RocksDB that held them, each with one sync
    Count syncs{0};
    Count sync_us{0};       // time of the synced writes, in all
    Count queue_depth{0};   // jobs that wait for the committer or are in its round
    Count reads_inline{0};  // answered on the caller's thread
    Count reads_pooled{0};
    Count blob_bytes_raw{0};
    Count blob_bytes_stored{0};
    Count refused{0};  // for want of space or after a background error
    Count background_errors{0};
    Count resumes{0};
    Count disk_free{0};
    std::atomic<bool> needs_resume{false};  // a background error stopped RocksDB's own work
    // A write to the log failed, or something that space alone does not mend: nothing may be written any
    // more, and the log must not be touched, see README.md.
    std::atomic<bool> failed{false};
};

inline void add(Figures::Count& count, std::uint64_t by = 1) {
    count.fetch_add(by, std::memory_order_relaxed);
}

}  // namespace store::engine::rocks
