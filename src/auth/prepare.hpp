// Preparing names and passwords: SASLprep (RFC 4013), by ICU, so that a password typed on another keyboard or
// in another normal form is the same password.
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace auth {

/// SASLprep for a query: unassigned code points pass. \errors nullopt: not UTF-8, or a prohibited character
std::optional<std::string> saslprep(std::string_view text);

/// saslprep(), or the octets themselves where it does not apply: clients send what was typed, in whatever
/// charset.
std::string prepared_or_raw(std::string_view text);

}  // namespace auth
