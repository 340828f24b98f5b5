// Health: whether the committer may write now. Refuses work while the disk is nearly full, so that RocksDB
// never meets the end of it in the middle of a log record; while RocksDB's own work stands still for want of
// space; and for good after a failed write to the log.
//
// Only the committer's thread uses it.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "store/engine/rocksdb/database.hpp"
#include "store/error.hpp"

namespace store::engine::rocks {

class Health {
public:
    Health(Database& database, const RocksOptions& options, Figures& figures);

    enum class Need : std::uint8_t { blobs, rows, removal };
    /// Why a job cannot be done now; nothing when it can. Removals are never refused for want of space.
    std::optional<Error> refusal(Need need);
    void written(std::size_t octets) { since_measure_ += octets; }
    /// A write to RocksDB failed. Nothing of it may be acknowledged.
    Error failed(const rocksdb::Status& status);

    /// True when tend() should be called although there is no work.
    bool ailing() const;
    /// Lets RocksDB go on once there is space again. Tries at most once a second. Gives up when it has
    /// failed.
    void tend();

private:
    void measure();
    void give_up();

    Database& database_;
    Figures& figures_;
    std::uint64_t floor_;
    std::function<std::optional<std::uint64_t>(const std::string&)> free_space_;
    std::function<void()> on_failure_;
    bool given_up_ = false;
    using Steady = std::chrono::steady_clock;
    Steady::time_point measured_at_{}, tried_at_{};
    std::size_t since_measure_ = 0;
    std::optional<std::uint64_t> free_;  // nothing: not known, then it is not a reason to refuse
    std::optional<Error> error_;         // since a write failed
};

}  // namespace store::engine::rocks
