// Sender Policy Framework (RFC 7208): may this client send for this domain? Also the Received-SPF field.
#pragma once
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "mailauth/evaluation.hpp"

namespace mailauth {

enum class SpfStatus : std::uint8_t { none, neutral, pass, fail, softfail, temperror, permerror };
/// The word of RFC 7208 section 2.6.
std::string_view name_of(SpfStatus status);

struct SpfLimits {
    unsigned dns_terms_max = 10;                 ///< RFC 7208 section 4.6.4: terms that ask DNS
    unsigned void_lookups_max = 2;               ///< the same section
    unsigned mx_names_max = 10;                  ///< the same section; more is permerror
    unsigned ptr_names_max = 10;                 ///< the same section; what is more is not looked at
    std::size_t record_octets_max = 16 * 1024;   ///< 512 is what section 3.4 asks of owners
    std::size_t expanded_octets_max = 4 * 1024;  ///< of a macro string: each %{s} may be long
};

enum class SpfIdentity : std::uint8_t { mail_from, helo };

struct SpfRequest {
    IpAddress ip;
    std::string helo;             ///< as the client said it
    std::string mail_from;        ///< reverse-path without the angles; empty: postmaster at the HELO name
    std::string receiver;         ///< our host name, for %{r}
    std::chrono::seconds now{0};  ///< since 1970, for %{t}
};

struct SpfResult {
    SpfStatus status = SpfStatus::none;
    SpfIdentity identity = SpfIdentity::mail_from;
    std::string domain;       ///< whose policy it is, in A-labels; may be empty with none
    std::string mechanism;    ///< the term that decided, as written; "default" when none did
    std::string explanation;  ///< of a fail, from the domain's exp=: printable ASCII, a stranger's words
    std::string problem;      ///< why none, temperror or permerror
    unsigned dns_terms = 0;
    unsigned void_lookups = 0;
};

/// The MAIL FROM identity, section 2.4.
Evaluation<SpfResult> check_spf(SpfRequest request, SpfLimits limits = {});
/// The HELO identity, section 2.3.
Evaluation<SpfResult> check_spf_helo(SpfRequest request, SpfLimits limits = {});

/// The whole Received-SPF field with its line end, section 9.1. Values of the client come quoted; what no
/// quoting could hold is left out.
std::string received_spf(const SpfRequest& request, const SpfResult& result);

/// One line for people: "domain of a@b designates 192.0.2.1 as permitted sender".
std::string describe(const SpfRequest& request, const SpfResult& result);

/// Syntax only: empty for a good record, else what is wrong (section 4.6). For `barid dns --check`.
std::string spf_record_fault(std::string_view record);

}  // namespace mailauth
