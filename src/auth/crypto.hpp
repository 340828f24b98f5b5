// Crypto: the hash functions that mechanisms and keys are made of, by OpenSSL. Octets in, octets out.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/random.hpp"

namespace auth {

enum class Digest : std::uint8_t { md5, sha_1, sha_256 };

std::size_t digest_bytes(Digest digest);
std::string hash(Digest digest, std::string_view octets);
std::string hmac(Digest digest, std::string_view key, std::string_view octets);
/// Hi() of RFC 5802 section 2.2, which is PBKDF2 with one block.
std::string pbkdf2(Digest digest, std::string_view password, std::string_view salt, std::uint32_t iterations);

std::string base64(std::string_view octets);
/// \errors nullopt: not base64 (RFC 4648 section 4) with its padding
std::optional<std::string> from_base64(std::string_view text);
std::string hex(std::string_view octets);

/// Equal or not, in time that depends on the lengths only.
bool same(std::string_view a, std::string_view b);

std::string random_octets(base::Random& random, std::size_t count);

}  // namespace auth
