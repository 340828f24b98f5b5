// Macros of RFC 7208 section 7.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "mailauth/dns.hpp"

namespace mailauth {

enum class MacroUse : std::uint8_t {
    domain_spec,  // no c, r, t; must end in a top label or a macro
    modifier,     // of an unknown modifier: any letters
    explanation,  // the text that exp= names: blanks and c, r, t too
};

struct MacroValues {
    IpAddress ip;
    std::string local_part;     // of the sender
    std::string sender_domain;  // of the sender, A-labels
    std::string domain;         // the one whose record is read
    std::string helo;
    std::string validated;  // %{p}
    std::string receiver;
    std::chrono::seconds now{0};
};

/// Empty when the string is well formed, else what is wrong.
std::string macro_fault(std::string_view text, MacroUse use);
bool macro_has_letter(std::string_view text, char letter);
/// Of a well-formed string. Nothing when it would be longer than \p octets_max, or when a local part with
/// non-ASCII octets stands in it (RFC 8616 section 4: such a term matches nothing).
std::optional<std::string> expand_macros(std::string_view text, const MacroValues& values,
                                         std::size_t octets_max);

}  // namespace mailauth
