// Claims: what a token says of itself, by its own payload (RFC 7519) or by an introspection endpoint's answer
// (RFC 7662), and whether that is enough. Pure: no clock, no keys, no I/O.
#pragma once
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"

namespace auth::token {

struct Limits {
    static constexpr std::size_t token_bytes_max = 8'192;      ///< Microsoft's reach 4 KiB
    static constexpr std::size_t answer_bytes_max = 65'536;    ///< of an introspection endpoint
    static constexpr std::size_t key_set_bytes_max = 262'144;  ///< certificate chains make them large
    static constexpr std::size_t keys_max = 64;
    static constexpr std::size_t tried_max = 8;  ///< of a token that names no key, or one that many have
    static constexpr std::size_t nesting_max = 16;
    static constexpr std::size_t text_bytes_max = 1'024;  ///< of one claim
    static constexpr std::size_t entries_max = 64;        ///< of "aud" and of scopes
};

/// Why a token is refused: for the log. Peers hear no more than "invalid_token".
enum class Fault : std::uint8_t {
    none,
    malformed,
    algorithm,  ///< one that is not ours to verify: "none", HS256 and whatever comes
    key,        ///< no such key in the set
    signature,
    issuer,
    audience,
    expired,
    not_yet,
    scope,
    name,         ///< the claim that names the mailbox is not there, or its address is not verified
    inactive,     ///< so says the introspection endpoint
    unavailable,  ///< keys or endpoint could not be reached: nothing is known of the token
};
const char* text_of(Fault fault);

struct Claims {
    std::string issuer;
    std::vector<std::string> audiences;
    std::vector<std::string> scopes;
    std::optional<std::int64_t> expires, not_before;  ///< Unix seconds
    std::string name;                                 ///< of the claim that names the mailbox
    bool email_unverified = false;                    ///< "email_verified" is there, and false
    std::optional<bool> active;                       ///< RFC 7662 section 2.2
};

struct Rules {
    std::string issuer;                  ///< empty: any (introspection)
    std::vector<std::string> audiences;  ///< one of them must be meant; empty: any (introspection)
    std::string scope;                   ///< that the token must have; empty: none
    std::string name_claim = "email";
    std::chrono::seconds leeway{60};  ///< clocks differ
    /// Of JWTs: issuer, audience and expiry must be there. Of an introspection endpoint's answers they are
    /// optional (RFC 7662 section 2.2), and count where they are.
    bool all_required = true;
};

/// \errors nullopt: no JSON object, a claim of another type than it must have, or over a limit
std::optional<Claims> parse_claims(std::string_view json, std::string_view name_claim);
Fault check(const Claims& claims, const Rules& rules, base::SystemTime now);

}  // namespace auth::token
