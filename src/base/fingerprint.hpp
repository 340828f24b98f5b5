// FNV-1a, 64 bit: for what need only differ when it changed. Nothing that an attacker must not foresee.
#pragma once
#include <cstdint>
#include <string_view>

namespace base {

constexpr std::uint64_t fingerprint(std::string_view octets, std::uint64_t seed = 0xcbf29ce484222325ULL) {
    std::uint64_t hash = seed;
    for (const char c : octets) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001b3ULL;
    return hash;
}

}  // namespace base
