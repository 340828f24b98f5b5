// The sections of the table of settings, and what its rows are written with. For keys_*.cpp alone.
#pragma once
#include <chrono>
#include <cstdint>
#include <span>

#include "config/keys.hpp"

namespace config {

std::span<const Key> general_keys();
std::span<const Key> auth_keys();
std::span<const Key> relay_keys();
std::span<const Key> mta_keys();
std::span<const Key> sender_keys();
std::span<const Key> listener_keys();
std::span<const Key> node_keys();
std::span<const Key> filter_keys();
std::span<const Key> filter_item_keys();
std::span<const Key> host_keys();

constexpr std::int64_t connections_limit = 1'000'000;
constexpr std::int64_t ms(Duration time) { return time.count(); }
inline std::uint32_t u32(const Value& value) { return static_cast<std::uint32_t>(value.number); }
inline std::int32_t i32(const Value& value) { return static_cast<std::int32_t>(value.number); }
inline std::uint16_t u16(const Value& value) { return static_cast<std::uint16_t>(value.number); }
inline std::uint64_t u64(const Value& value) { return static_cast<std::uint64_t>(value.number); }
inline Duration time(const Value& value) { return Duration(value.number); }

}  // namespace config
