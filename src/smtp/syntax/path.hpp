// Paths: <reverse> and <forward>, RFC 5321 section 4.1.2 with the UTF-8 of RFC 6531 section 3.3.
#pragma once
#include <string>
#include <string_view>

#include "smtp/syntax/cursor.hpp"
#include "smtp/syntax/reply.hpp"

namespace smtp {

/// An envelope address. The local part is kept unquoted, so that "user"@x and user@x are the same.
struct Path {
    std::string local_part;
    std::string domain;  ///< as written; "[192.0.2.1]" for a literal; empty for <> and <postmaster>
    bool null = false;   ///< <>
    bool eight_bit = false;

    /// local@domain, quoted only where it must be; empty for <>.
    std::string address() const;
    bool operator==(const Path&) const = default;
};

/// RFC 5321 section 4.5.3.1, in octets.
struct PathLimits {
    static constexpr std::size_t local_part_max = 64;  ///< of recipients; see parse_reverse_path
    static constexpr std::size_t domain_max = 255;
    static constexpr std::size_t label_max = 63;
    static constexpr std::size_t path_max = 256;  ///< with brackets and source route
};

/// Reverse-path = Path / "<>". The local part may be longer than 64 octets, up to the limit of the path:
/// bounce addresses with encoded recipients (VERP, SRS) are in wide use and refusing them would lose mail.
Parsed<Path> parse_reverse_path(Cursor& in);
/// Forward-path = Path / "<Postmaster>", RFC 5321 section 4.1.1.3. A source route is read and ignored
/// (appendix C).
Parsed<Path> parse_forward_path(Cursor& in);
/// A bare Mailbox, without brackets: the AUTH parameter's value.
Parsed<Path> parse_mailbox(std::string_view text);

/// A Domain or address literal, for itself.
bool is_domain(std::string_view text);
bool is_address_literal(std::string_view text);

}  // namespace smtp
