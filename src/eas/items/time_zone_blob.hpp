// The 172 octets that devices have for a time zone: TIME_ZONE_INFORMATION of Windows. MS-ASDTYPE
// section 2.7.6. Pure.
#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "pim/time_zone.hpp"

namespace eas {

inline constexpr std::size_t time_zone_octets = 172;

/// Nothing: not that long, or with rules that no calendar has.
std::optional<pim::TimeZone> read_time_zone_blob(std::string_view octets);
/// What is unused is zero.
std::string write_time_zone_blob(const pim::TimeZone& zone);

}  // namespace eas
