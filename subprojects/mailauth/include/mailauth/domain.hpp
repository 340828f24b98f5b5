// Domain names as the RFCs compare them: A-labels in lower case, without a final dot.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace mailauth {

/// A name in A-labels and lower case; a final dot goes. Empty when it is no name that DNS could hold: an
/// empty label, a label over 63 or a name over 253 octets, or U-labels that IDNA refuses (RFC 8616 section
/// 3). Other octets than letters, digits and hyphens pass: DNS takes them, and `_` is common.
std::string to_ascii_domain(std::string_view name);
/// to_ascii_domain() of a name that must also have two labels, and letters, digits, hyphens and `_` only.
std::string to_mail_domain(std::string_view name);
/// Both as to_ascii_domain() gives them: \p name is \p ancestor or below it.
bool is_within(std::string_view name, std::string_view ancestor);
/// Without the leftmost label; empty when there is no more.
std::string_view parent_of(std::string_view name);
std::size_t label_count(std::string_view name);

char lower(char c);
std::string lower(std::string_view text);
/// ASCII only, any case.
bool same_text(std::string_view a, std::string_view b);
std::string_view trim(std::string_view text);  ///< blanks, tabs and line ends at both sides go

}  // namespace mailauth
