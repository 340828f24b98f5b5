// The three messages of NTLM. MS-NLMP section 2.2.1. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/sasl/mechanism.hpp"

namespace auth::sasl::ntlm {

/// NegotiateFlags, those that mean something here. MS-NLMP section 2.2.2.5
enum Flag : std::uint32_t {
    unicode = 0x1,
    oem = 0x2,
    request_target = 0x4,
    ntlm = 0x200,
    anonymous = 0x800,
    always_sign = 0x8000,
    target_type_server = 0x20000,
    extended_session_security = 0x80000,
    target_info = 0x800000,
    version = 0x2000000,
    key_128 = 0x20000000,
    key_exchange = 0x40000000,
    key_56 = 0x80000000,
};

/// NEGOTIATE_MESSAGE: its flags. \errors nullopt: none
std::optional<std::uint32_t> parse_negotiate(std::string_view octets);

/// CHALLENGE_MESSAGE in answer to a client with these flags.
std::string write_challenge(std::uint32_t client_flags, const NtlmServer& server);

struct Authenticate {
    std::string_view nt_response, domain, user, workstation, session_key;  ///< of the message: views into it
    std::uint32_t flags = 0;
    std::size_t mic_at = 0;  ///< where a MIC is, if there is one; 0: no room for it
};
/// AUTHENTICATE_MESSAGE. \errors nullopt: none, or a field outside of it
std::optional<Authenticate> parse_authenticate(std::string_view octets);

/// One of the AV pairs (section 2.2.2.1). \errors nullopt: not there, or the list is broken
std::optional<std::string_view> find_pair(std::string_view pairs, std::uint16_t id);

}  // namespace auth::sasl::ntlm
