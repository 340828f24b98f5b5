// Signed tokens (JWS compact form, RFC 7515) and the sets of keys that they are verified by (JWK, RFC 7517).
// RS256, ES256 and EdDSA (Ed25519), by OpenSSL; nothing symmetric, so that no public key can be taken for a
// secret one. Pure.
#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/token/claims.hpp"

struct evp_pkey_st;

namespace auth::token {

enum class Algorithm : std::uint8_t { rs256, es256, eddsa };

struct PublicKeyDeleter {
    void operator()(evp_pkey_st* key) const noexcept;
};

/// One key, which is for one algorithm.
struct Key {
    std::string id;  ///< "kid"; may be empty
    Algorithm algorithm = Algorithm::rs256;
    std::unique_ptr<evp_pkey_st, PublicKeyDeleter> key;
};
using KeySet = std::vector<Key>;

/// Keys that are for something else (encryption, other curves and algorithms, too short) are passed over.
/// \errors nullopt: not a key set
std::optional<KeySet> parse_key_set(std::string_view json);

struct Jwt {
    Algorithm algorithm = Algorithm::rs256;
    std::string key_id;              ///< empty: none named
    std::string signed_part;         ///< what the signature is of
    std::string payload, signature;  ///< octets
};

class Parsed {
public:
    explicit Parsed(Fault fault) : fault_(fault) {}
    explicit Parsed(Jwt jwt) : jwt_(std::move(jwt)) {}
    Fault fault() const { return fault_; }
    const Jwt& jwt() const { return jwt_; }

private:
    Fault fault_ = Fault::none;
    Jwt jwt_;
};
Parsed parse_jwt(std::string_view token);

/// none, key (no key of that id and algorithm) or signature.
Fault verify(const Jwt& jwt, const KeySet& keys);

/// RFC 4648 section 5 without padding. \errors nullopt: any other letter, bits left over
std::optional<std::string> from_base64url(std::string_view text);
std::string base64url(std::string_view octets);

}  // namespace auth::token
