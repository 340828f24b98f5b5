// Fixed-width little-endian numbers in stored values.
#pragma once
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace store::engine::rocks {

template <std::unsigned_integral Int>
void put(std::string& out, Int number) {
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
        out += static_cast<char>(static_cast<unsigned char>(std::uint64_t{number} >> (8 * i)));
    }
}

/// The caller has checked that `octets` is long enough.
template <std::unsigned_integral Int>
Int take(std::string_view octets, std::size_t at) {
    std::uint64_t number = 0;
    for (std::size_t i = 0; i < sizeof(Int); ++i) {
        number |= std::uint64_t{static_cast<unsigned char>(octets[at + i])} << (8 * i);
    }
    return static_cast<Int>(number);
}

}  // namespace store::engine::rocks
