// The little language of transcript lines: captures, wildcards and octets that a text file cannot hold.
#pragma once
#include <chrono>
#include <map>
#include <string>
#include <string_view>

namespace support {

using Captures = std::map<std::string, std::string>;

/// The octets of a client's line, CRLF included.
std::string expand(std::string_view text, const Captures& captures, std::string& fault);
/// True when `line` is what the pattern says; new captures are kept.
bool match(std::string_view pattern, std::string_view line, Captures& captures);
/// "wait 30m", "wait 1500ms".
bool parse_span(std::string_view text, std::chrono::milliseconds& span);
/// Octets as a message can show them.
std::string shown(std::string_view octets);

}  // namespace support
