#include "store/checksum.hpp"

namespace store {
namespace {

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t value) {
    sum = (sum ^ value) * 0x9FB21C651E98DF25ULL;
    return sum ^ (sum >> 32);
}

}  // namespace

std::uint64_t entry_checksum(const Entry& entry) noexcept {
    std::uint64_t sum = mix(0x243F6A8885A308D3ULL, entry.uid.value);
    sum = mix(sum, entry.flags.low());
    sum = mix(sum, entry.flags.high());
    sum = mix(sum, entry.modseq.value);
    sum = mix(sum, entry.id.value);
    sum = mix(sum, entry.thread.value);
    sum = mix(sum, static_cast<std::uint64_t>(entry.internal_date));
    sum = mix(sum, static_cast<std::uint64_t>(entry.save_date));
    sum = mix(sum, entry.size);
    return entry.has_follow_up ? mix(sum, 1) : sum;
}

}  // namespace store
