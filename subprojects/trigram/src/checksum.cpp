// CRC-32C by the processor's instruction where it has one.
#include <array>

#include "octets.hpp"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace trigram {
namespace {

constexpr std::array<std::uint32_t, 256> make_table() {
    std::array<std::uint32_t, 256> out{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? crc >> 1U ^ 0x82F63B78U : crc >> 1U;
        out[i] = crc;
    }
    return out;
}
constexpr std::array<std::uint32_t, 256> table = make_table();

std::uint32_t by_table(std::string_view octets) {
    std::uint32_t crc = ~0U;
    for (const char c : octets) crc = crc >> 8U ^ table[(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
    return ~crc;
}

#if defined(__x86_64__)
__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view octets) {
    std::uint64_t crc = 0xFFFFFFFFU;
    for (; octets.size() >= 8; octets.remove_prefix(8))
        crc = _mm_crc32_u64(crc, get_fixed<std::uint64_t>(octets, 0));
    auto narrow = static_cast<std::uint32_t>(crc);
    for (const char c : octets) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(c));
    return ~narrow;
}
#endif

}  // namespace

std::uint32_t checksum(std::string_view octets) {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) return by_instruction(octets);
#endif
    return by_table(octets);
}

}  // namespace trigram
