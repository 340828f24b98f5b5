// Percent-encoding. RFC 3986 section 2.1
#pragma once
#include <optional>
#include <string>
#include <string_view>

namespace base {

/// The octets meant. Nothing: a "%" without its two digits.
std::optional<std::string> percent_decoded(std::string_view text);

/// Octets that are not of the unreserved set (RFC 3986 section 2.3) as "%XX".
std::string percent_encoded(std::string_view text);

enum class Plus : bool { is_plus, is_blank };
/// The same of what clients send as queries: a "%" without its digits stands for itself.
std::string query_decoded(std::string_view text, Plus plus);

}  // namespace base
