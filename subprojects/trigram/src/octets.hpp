// Writing and reading numbers; the checksum of blocks.
#pragma once
#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

namespace trigram {

static_assert(std::endian::native == std::endian::little, "fixed numbers are stored as in memory");

/// CRC-32C.
std::uint32_t checksum(std::string_view octets);

inline void put_varint(std::string& out, std::uint64_t value) {
    for (; value >= 0x80; value >>= 7U) out.push_back(static_cast<char>(value | 0x80U));
    out.push_back(static_cast<char>(value));
}
template <class Int>
void put_fixed(std::string& out, Int value) {
    char octets[sizeof value];
    std::memcpy(octets, &value, sizeof value);
    out.append(octets, sizeof value);
}
template <class Int>
Int get_fixed(std::string_view octets, std::size_t at) {
    Int value = 0;
    std::memcpy(&value, octets.data() + at, sizeof value);
    return value;
}
/// Takes a number off the front. False: cut, or over 64 bits.
inline bool take_varint(std::string_view& octets, std::uint64_t& value) {
    value = 0;
    for (unsigned shift = 0; shift < 64 && !octets.empty(); shift += 7) {
        const auto octet = static_cast<unsigned char>(octets.front());
        octets.remove_prefix(1);
        if (shift == 63 && octet > 1) return false;
        value |= std::uint64_t{octet & 0x7FU} << shift;
        if (octet < 0x80) return true;
    }
    return false;
}
/// The octets before the checksum; empty when it is wrong.
inline std::string_view checked(std::string_view block) {
    if (block.size() < 5) return {};
    const std::string_view octets = block.substr(0, block.size() - 4);
    if (get_fixed<std::uint32_t>(block, octets.size()) != checksum(octets)) return {};
    return octets;
}

}  // namespace trigram
