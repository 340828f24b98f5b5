#include "base/crc32c.hpp"

#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

namespace base {
namespace {

using Table = std::array<std::uint32_t, 256>;

constexpr std::array<Table, 8> make_tables() {
    std::array<Table, 8> tables{};
    for (std::uint32_t i = 0; i < 256; ++i) {
        std::uint32_t crc = i;
        for (int bit = 0; bit < 8; ++bit) crc = (crc & 1U) != 0 ? (crc >> 1) ^ 0x82F63B78U : crc >> 1;
        tables[0][i] = crc;
    }
    for (std::size_t t = 1; t < tables.size(); ++t) {
        for (std::size_t i = 0; i < 256; ++i) {
            const std::uint32_t last = tables[t - 1][i];
            tables[t][i] = (last >> 8) ^ tables[0][last & 0xFFU];
        }
    }
    return tables;
}
constexpr std::array<Table, 8> tables = make_tables();

std::uint32_t by_table(std::string_view octets, std::uint32_t crc) noexcept {
    while (octets.size() >= 8) {  // slicing by eight
        std::uint64_t word = 0;
        for (std::size_t i = 0; i < 8; ++i) {
            word |= std::uint64_t{static_cast<unsigned char>(octets[i])} << (8 * i);
        }
        word ^= crc;
        crc = 0;
        for (std::size_t i = 0; i < 8; ++i) crc ^= tables[7 - i][(word >> (8 * i)) & 0xFFU];
        octets.remove_prefix(8);
    }
    for (const char c : octets) crc = (crc >> 8) ^ tables[0][(crc ^ static_cast<unsigned char>(c)) & 0xFFU];
    return crc;
}

#if defined(__x86_64__)
constexpr std::size_t lane_bytes = 128;

/// What lane_bytes zero octets behind it make of a CRC, octet by octet of it: the CRC is linear.
constexpr std::array<Table, 4> make_shift() {
    std::array<std::uint32_t, 32> bits{};
    for (std::size_t bit = 0; bit < bits.size(); ++bit) {
        std::uint32_t crc = 1U << bit;
        for (std::size_t i = 0; i < lane_bytes; ++i) crc = (crc >> 8) ^ tables[0][crc & 0xFFU];
        bits[bit] = crc;
    }
    std::array<Table, 4> shift{};
    for (std::size_t octet = 0; octet < shift.size(); ++octet) {
        for (std::size_t value = 0; value < 256; ++value) {
            for (std::size_t bit = 0; bit < 8; ++bit)
                if ((value >> bit & 1U) != 0) shift[octet][value] ^= bits[8 * octet + bit];
        }
    }
    return shift;
}
constexpr std::array<Table, 4> shift_tables = make_shift();

std::uint64_t shifted(std::uint64_t crc) noexcept {
    return shift_tables[0][crc & 0xFFU] ^ shift_tables[1][crc >> 8 & 0xFFU] ^
           shift_tables[2][crc >> 16 & 0xFFU] ^ shift_tables[3][crc >> 24 & 0xFFU];
}

/// Three lanes at once: the instruction takes three cycles, but one can begin in each.
__attribute__((target("sse4.2"))) std::uint64_t by_lanes(const char* octets, std::uint64_t crc) noexcept {
    std::array<std::uint64_t, 3> lanes{crc, 0, 0};
    for (std::size_t at = 0; at < lane_bytes; at += 8) {
        for (std::size_t lane = 0; lane < lanes.size(); ++lane) {
            std::uint64_t word = 0;
            std::memcpy(&word, octets + lane * lane_bytes + at, 8);
            lanes[lane] = _mm_crc32_u64(lanes[lane], word);
        }
    }
    return shifted(shifted(lanes[0]) ^ lanes[1]) ^ lanes[2];
}

__attribute__((target("sse4.2"))) std::uint32_t by_instruction(std::string_view octets,
                                                               std::uint32_t crc) noexcept {
    std::uint64_t wide = crc;
    while (octets.size() >= 3 * lane_bytes) {
        wide = by_lanes(octets.data(), wide);
        octets.remove_prefix(3 * lane_bytes);
    }
    while (octets.size() >= 8) {
        std::uint64_t word = 0;
        std::memcpy(&word, octets.data(), 8);
        wide = _mm_crc32_u64(wide, word);
        octets.remove_prefix(8);
    }
    auto narrow = static_cast<std::uint32_t>(wide);
    for (const char c : octets) narrow = _mm_crc32_u8(narrow, static_cast<unsigned char>(c));
    return narrow;
}
#endif

}  // namespace

std::uint32_t crc32c(std::string_view octets, std::uint32_t before) noexcept {
#if defined(__x86_64__)
    static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
    if (has_instruction) return ~by_instruction(octets, ~before);
#endif
    return ~by_table(octets, ~before);
}

}  // namespace base
