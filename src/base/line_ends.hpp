// Line ends: CRLF, which mail protocols know, and LF, which files have.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace base {

/// What a CR without its LF is.
enum class LoneCr : std::uint8_t { keep, line_end };

std::string with_crlf(std::string_view octets, LoneCr lone = LoneCr::keep);
/// CRLF becomes LF; all else stays.
std::string with_lf(std::string_view octets);

}  // namespace base
