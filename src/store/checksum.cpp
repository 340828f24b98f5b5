#include "store/checksum.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace store {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> table{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc >> 1) ^ ((crc & 1U) != 0 ? 0x82F63B78U : 0U);
        table[i] = crc;
    }
    return table;
}
constexpr std::array<std::uint32_t, 256> table = make_table();

std::uint32_t by_table(std::string_view octets) noexcept {
    std::uint32_t crc = 0xFFFFFFFFU;
    for (const char octet : octets)
        crc = (crc >> 8) ^ table[(crc ^ static_cast<unsigned char>(octet)) & 0xFFU];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view octets) noexcept {
    std::uint64_t crc = 0xFFFFFFFFU;
    const char* at = octets.data();
    std::size_t left = octets.size();
    for (; left >= 8; at += 8, left -= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, at, 8);
        crc = _mm_crc32_u64(crc, word);
    }
    auto narrow = static_cast<std::uint32_t>(crc);
    for (; left > 0; ++at, --left) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(*at));
    return ~narrow;
}
#endif

constexpr std::uint64_t mix(std::uint64_t sum, std::uint64_t value) {
    sum = (sum ^ value) * 0x9FB21C651E98DF25ULL;
    return sum ^ (sum >> 32);
}

}  // namespace

std::uint32_t crc32c(std::string_view octets) noexcept {
#if defined(__x86_64__)
    static const bool fast = __builtin_cpu_supports("sse4.2");
    if (fast) return by_instruction(octets);
#endif
    return by_table(octets);
}

std::uint64_t entry_checksum(const Entry& entry) noexcept {
    std::uint64_t sum = mix(0x243F6A8885A308D3ULL, entry.uid.value);
    sum = mix(sum, entry.flags.low());
    sum = mix(sum, entry.flags.high());
    sum = mix(sum, entry.modseq.value);
    sum = mix(sum, entry.id.value);
    sum = mix(sum, entry.thread.value);
    sum = mix(sum, static_cast<std::uint64_t>(entry.internal_date));
    sum = mix(sum, static_cast<std::uint64_t>(entry.save_date));
    return mix(sum, entry.size);
}

}  // namespace store
