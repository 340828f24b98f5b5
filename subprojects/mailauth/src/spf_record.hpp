// The grammar of RFC 7208 section 12: a record's terms, checked as a whole before any is evaluated.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "mailauth/dns.hpp"
#include "mailauth/spf.hpp"

namespace mailauth {

enum class Mechanism : std::uint8_t { all, include, a, mx, ptr, ip4, ip6, exists };

struct SpfTerm {
    SpfStatus qualifier = SpfStatus::pass;
    Mechanism mechanism = Mechanism::all;
    std::string domain_spec;  // with macros; empty: the current domain
    IpAddress network;        // ip4, ip6
    unsigned prefix4 = 32;
    unsigned prefix6 = 128;
    std::string text;  // as written
};

struct SpfRecord {
    std::vector<SpfTerm> terms;
    std::string redirect;     // with macros; empty: none
    std::string explanation;  // with macros; empty: none
    std::string fault;        // not empty: a syntax error, all else is void
};

/// "v=spf1" alone or before a space, any case (section 4.5).
bool is_spf_record(std::string_view text);
SpfRecord parse_spf_record(std::string_view text);

}  // namespace mailauth
