// Dates as IMAP writes them. RFC 9051 section 9: date-time, date.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace imap {

/// "17-Jul-1996 02:44:25 -0700", without quotes, as seconds since 1970.
std::optional<std::int64_t> parse_date_time(std::string_view text);
/// The same text for a time; `zone_minutes` east of Greenwich. Years outside 0–9999 are written as the
/// nearest end.
void write_date_time(std::string& out, std::int64_t unix_seconds, int zone_minutes = 0);

/// "1-Feb-1994", without quotes.
std::optional<std::chrono::sys_days> parse_date(std::string_view text);
void write_date(std::string& out, std::chrono::sys_days day);

}  // namespace imap
