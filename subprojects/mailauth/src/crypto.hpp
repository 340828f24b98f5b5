// OpenSSL behind three small types: SHA-256, public keys from DNS, private keys.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <openssl/evp.h>

#include "mailauth/message.hpp"

namespace mailauth {

struct OpensslFree {
    void operator()(EVP_MD_CTX* p) const { EVP_MD_CTX_free(p); }
    void operator()(EVP_PKEY* p) const { EVP_PKEY_free(p); }
    void operator()(EVP_PKEY_CTX* p) const { EVP_PKEY_CTX_free(p); }
    void operator()(BIO* p) const { BIO_free(p); }
};
template <class T>
using Openssl = std::unique_ptr<T, OpensslFree>;

/// SHA-256, fetched once: EVP_sha256() looks its implementation up at each use.
const EVP_MD* sha256();

class Sha256 {
public:
    Sha256();
    /// Goes on from where \p other is.
    Sha256(const Sha256& other);
    Sha256& operator=(const Sha256&) = delete;
    void update(std::string_view octets);
    Sha256Digest finish();

private:
    Openssl<EVP_MD_CTX> context_;
};

Sha256Digest sha256_of(std::string_view octets);

/// A key as p= holds it: for RSA a SubjectPublicKeyInfo (RFC 6376 section 3.6.1 as everybody reads it) or a
/// bare RSAPublicKey (as it says), for Ed25519 the 32 octets of RFC 8463 section 4. Null: no such key.
Openssl<EVP_PKEY> read_rsa_key(std::string_view octets);
Openssl<EVP_PKEY> read_ed25519_key(std::string_view octets);
unsigned key_bits(const EVP_PKEY* key);

/// rsa-sha256 and ed25519-sha256 alike sign a SHA-256 digest (RFC 8463 section 3).
bool verify_digest(EVP_PKEY* key, const Sha256Digest& digest, std::string_view signature);
/// Empty when OpenSSL fails.
std::string sign_digest(EVP_PKEY* key, const Sha256Digest& digest);

}  // namespace mailauth
