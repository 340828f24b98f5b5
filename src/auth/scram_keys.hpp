// ScramKeys: what the server keeps of a password for SCRAM. RFC 5802 section 3.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "auth/crypto.hpp"
#include "base/secret.hpp"

namespace auth {

struct ScramKeys {
    static constexpr std::uint32_t iterations_min = 4'096;  ///< RFC 7677 section 4
    static constexpr std::uint32_t iterations_max = 1'000'000;
    static constexpr std::size_t salt_bytes = 16;

    std::uint32_t iterations = 0;
    std::string salt, stored_key, server_key;  ///< octets
};

/// `password` already prepared. Takes the time of the iterations: on the hashing pool only.
ScramKeys derive(Digest digest, const base::Secret& password, std::string salt, std::uint32_t iterations);

/// "iterations:salt:StoredKey:ServerKey" in base64, RFC 5803's parts.
std::string to_string(const ScramKeys& keys);
/// \errors nullopt: not of that form, or keys of another length
std::optional<ScramKeys> parse_scram_keys(Digest digest, std::string_view text);

/// Keys that no password has, always the same for the same name while `secret` stays: a peer who asks for a
/// user that does not exist sees a salt like any other's.
ScramKeys fake_keys(Digest digest, std::string_view secret, std::string_view name, std::uint32_t iterations);

}  // namespace auth
