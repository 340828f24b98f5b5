// The arithmetic of NTLM (MS-NLMP section 3.3): MD4 and DES, which nothing else here may use. An NT hash is
// as good as the password itself: whoever has it can log in by NTLM.
#pragma once
#include <string>
#include <string_view>

#include "base/secret.hpp"

namespace auth::ntlm {

constexpr std::size_t hash_bytes = 16;
constexpr std::size_t challenge_bytes = 8;
constexpr std::size_t v1_response_bytes = 24;

/// RFC 1320. OpenSSL has it in its legacy provider only, which an installation may lack.
std::string md4(std::string_view octets);

/// UTF-16, little endian. What is no UTF-8 becomes U+FFFD.
std::string utf16(std::string_view utf8);
/// Octets of a message as UTF-8; broken surrogates become U+FFFD.
std::string from_utf16(std::string_view octets);
/// Of UTF-16: each character's own upper case, as Windows does.
std::string upper_utf16(std::string_view octets);

/// NTOWFv1: what is kept of a password.
base::Secret nt_hash(const base::Secret& password);
/// NTOWFv2: `user` and `domain` in UTF-16 as the client sent them.
std::string response_key(std::string_view nt_hash, std::string_view user, std::string_view domain);
/// NTProofStr. `rest`: what follows it in the client's response.
std::string proof(std::string_view response_key, std::string_view server_challenge, std::string_view rest);
/// DESL() with the NT hash: NTLMv1's response. With `client_challenge`: NTLM2 session response.
std::string v1_response(std::string_view nt_hash, std::string_view server_challenge,
                        std::string_view client_challenge);
/// Of a session key under key exchange.
std::string rc4(std::string_view key, std::string_view octets);

}  // namespace auth::ntlm
