// The pieces of a report's text: lines that are never too long, and nothing in them that a stranger chose and
// that is not text.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "mta/dsn/report.hpp"

namespace mta::dsn {

inline constexpr std::size_t line_wanted = 76;  ///< where there is a blank to break at
inline constexpr std::size_t line_max = 990;    ///< RFC 5322 section 2.1.1 has 998

/// "Mon, 2 Nov 2026 08:00:00 +0000"
std::string date_text(base::SystemTime time);

/// "Name: value" with CRLF, folded at blanks. Without `utf8` what is not ASCII is '?'.
void write_field(std::string& out, std::string_view name, std::string_view value, bool utf8);
/// Text of a paragraph, broken into lines, each behind `indent`.
void write_paragraph(std::string& out, std::string_view indent, std::string_view text, bool utf8);

/// The part for people.
std::string human_text(const Request& request, const Settings& settings, bool utf8);
/// The part for programs: message/delivery-status, or message/global-delivery-status with `utf8`.
std::string status_text(const Request& request, const Settings& settings, bool utf8);

/// A returned message or header as it may stand in ours: CRLF, no NUL, lines cut at `line_max`.
/// `changed`: it was not so.
std::string clean_lines(std::string_view text, bool* changed);

}  // namespace mta::dsn
