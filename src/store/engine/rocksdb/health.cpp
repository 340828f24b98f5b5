#include "store/engine/rocksdb/health.hpp"

#include <sys/statvfs.h>
#include <utility>

#include "base/log.hpp"
#include "store/engine/rocksdb/status.hpp"

namespace store::engine::rocks {
namespace {

constexpr auto measure_every = std::chrono::milliseconds(5);  // statvfs takes 2 µs
constexpr std::size_t measure_after = 1U << 20;               // octets written; a fraction of the floor
constexpr auto try_every = std::chrono::seconds(1);

std::optional<std::uint64_t> statvfs_free(const std::string& path) {
    struct statvfs answer{};
    if (statvfs(path.c_str(), &answer) != 0) return std::nullopt;
    return std::uint64_t{answer.f_bavail} * answer.f_frsize;
}

}  // namespace

Health::Health(Database& database, const RocksOptions& options, Figures& figures)
    : database_(database),
      figures_(figures),
      floor_(options.free_floor_bytes),
      free_space_(options.free_space ? options.free_space : statvfs_free),
      on_failure_(options.on_failure) {
    measure();
}

void Health::measure() {
    measured_at_ = Steady::now();
    since_measure_ = 0;
    free_ = free_space_(database_.path());
    figures_.disk_free = free_.value_or(0);
}

std::optional<Error> Health::refusal(Need need) {
    if (error_) tend();
    if (error_) return error_;
    if (need == Need::removal) return std::nullopt;
    if (since_measure_ > measure_after || Steady::now() - measured_at_ > measure_every) measure();
    // Rows may go on where blobs may not: an expunge is what makes room again.
    if (free_ && *free_ < (need == Need::blobs ? floor_ : floor_ / 2)) return disk_full;
    return std::nullopt;
}

Error Health::failed(const rocksdb::Status& status) {
    const Error error = translate(status, "write");
    if (!error_) tried_at_ = Steady::now();
    // Refused for an error that RocksDB had told before, or the log's own?
    if (!figures_.needs_resume) figures_.failed = true;
    if (figures_.failed) {
        give_up();
    } else {
        error_ = error.is(Errc::no_space) ? error : Error(Errc::unavailable, "the store cannot write now");
    }
    // A record that the disk had no room for is torn and never read again. After any other failure the record
    // may be whole on the disk, and the next start may find it.
    return error.is(Errc::no_space) ? error : Error(Errc::unknown, "the write failed and may have happened");
}

/// Once. After a failed write to the log nobody knows what the log holds, and RocksDB must not touch it
/// again: what would be written after it might be lost at the next start, or come after a record that was
/// answered `unknown`. The next start reads the log and knows.
void Health::give_up() {
    if (given_up_) return;
    given_up_ = true;
    error_ = Error(Errc::unavailable, "the store has failed and must be started again");
    base::log::error("store", "it can write no more until it is started again");
    if (on_failure_) on_failure_();
}

bool Health::ailing() const { return error_ || figures_.needs_resume.load(std::memory_order_relaxed); }

void Health::tend() {
    // Also when RocksDB failed by itself: without work nobody else would see it.
    if (figures_.failed) return give_up();
    if (!ailing() || Steady::now() - tried_at_ < try_every) return;
    tried_at_ = Steady::now();
    measure();
    if (free_ && *free_ < floor_) return;
    figures_.needs_resume = false;  // before Resume(): an error during it sets it again
    const auto status = database_.db().Resume();
    if (!status.ok()) {
        figures_.needs_resume = true;
        translate(status, "resume");
        return;
    }
    add(figures_.resumes);
    error_.reset();
    base::log::warn("store", "resumed after an error", {{"free", free_.value_or(0)}});
}

}  // namespace store::engine::rocks
