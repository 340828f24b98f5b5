#include "store/engine/rocksdb/status.hpp"

#include <atomic>
#include <chrono>

#include "base/log.hpp"

namespace store::engine::rocks {
namespace {

/// A broken disk fails every call; one line a second says it as well as a hundred thousand.
bool may_log(std::uint64_t& left_out) {
    static std::atomic<std::int64_t> last{-1};
    static std::atomic<std::uint64_t> silent{0};
    using namespace std::chrono;
    const auto now = duration_cast<seconds>(steady_clock::now().time_since_epoch()).count();
    auto seen = last.load(std::memory_order_relaxed);
    if (seen == now || !last.compare_exchange_strong(seen, now, std::memory_order_relaxed)) {
        silent.fetch_add(1, std::memory_order_relaxed);
        return false;
    }
    left_out = silent.exchange(0, std::memory_order_relaxed);
    return true;
}

Error meaning(const rocksdb::Status& status) {
    if (no_space(status)) return disk_full;
    if (status.IsCorruption()) return {Errc::corrupt, "the store is damaged"};
    if (status.IsNotFound()) return {Errc::not_found, "not there"};
    return {Errc::unavailable, "the store cannot answer now"};
}

}  // namespace

bool no_space(const rocksdb::Status& status) {
    return status.IsNoSpace() || status.subcode() == rocksdb::Status::kSpaceLimit;
}

Error translate(const rocksdb::Status& status, std::string_view doing) {
    const Error error = meaning(status);
    std::uint64_t left_out = 0;
    if (may_log(left_out)) {
        const std::string detail = status.ToString();
        base::log::error("store", "engine failed",
                         {{"doing", doing}, {"status", detail}, {"left_out", left_out}});
    }
    return error;
}

Error damaged(std::string_view what, std::string_view where) {
    std::uint64_t left_out = 0;
    if (may_log(left_out)) {
        base::log::error("store", "damaged data", {{"what", what}, {"where", where}, {"left_out", left_out}});
    }
    return {Errc::corrupt, "the store is damaged"};
}

}  // namespace store::engine::rocks
