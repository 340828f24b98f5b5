#include "crypto.hpp"

#include <new>

#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509.h>

namespace mailauth {

namespace {

const unsigned char* bytes(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

bool is_ed25519(const EVP_PKEY* key) { return EVP_PKEY_get_base_id(key) == EVP_PKEY_ED25519; }

/// A context for one operation with PKCS #1 v1.5 and SHA-256.
bool set_rsa(EVP_PKEY_CTX* context) {
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PADDING) > 0 &&
           EVP_PKEY_CTX_set_signature_md(context, sha256()) > 0;
}

/// OpenSSL's errors stay in a queue of the thread, where others would find them.
struct ErrorsCleared {
    ~ErrorsCleared() { ERR_clear_error(); }
};

}  // namespace

const EVP_MD* sha256() {
    static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, "SHA256", nullptr);
    return fetched;
}

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex2(context_.get(), sha256(), nullptr) != 1) throw std::bad_alloc();
}

Sha256::Sha256(const Sha256& other) : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_MD_CTX_copy_ex(context_.get(), other.context_.get()) != 1) throw std::bad_alloc();
}

void Sha256::update(std::string_view octets) {
    EVP_DigestUpdate(context_.get(), octets.data(), octets.size());
}

Sha256Digest Sha256::finish() {
    Sha256Digest digest{};
    EVP_DigestFinal_ex(context_.get(), digest.data(), nullptr);
    return digest;
}

Sha256Digest sha256_of(std::string_view octets) {
    Sha256 hash;
    hash.update(octets);
    return hash.finish();
}

Openssl<EVP_PKEY> read_rsa_key(std::string_view octets) {
    const ErrorsCleared cleared;
    const auto size = static_cast<long>(octets.size());
    const unsigned char* at = bytes(octets);
    Openssl<EVP_PKEY> key(d2i_PUBKEY(nullptr, &at, size));
    if (!key) {
        at = bytes(octets);
        key.reset(d2i_PublicKey(EVP_PKEY_RSA, nullptr, &at, size));
    }
    if (!key || EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA || at != bytes(octets) + size) return {};
    return key;
}

Openssl<EVP_PKEY> read_ed25519_key(std::string_view octets) {
    const ErrorsCleared cleared;
    if (octets.size() != 32) return {};
    return Openssl<EVP_PKEY>(
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes(octets), octets.size()));
}

unsigned key_bits(const EVP_PKEY* key) {
    return is_ed25519(key) ? 256U : static_cast<unsigned>(EVP_PKEY_get_bits(key));
}

bool verify_digest(EVP_PKEY* key, const Sha256Digest& digest, std::string_view signature) {
    const ErrorsCleared cleared;
    if (is_ed25519(key)) {
        const Openssl<EVP_MD_CTX> context(EVP_MD_CTX_new());
        return context && EVP_DigestVerifyInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
               EVP_DigestVerify(context.get(), bytes(signature), signature.size(), digest.data(),
                                digest.size()) == 1;
    }
    const Openssl<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
    return context && EVP_PKEY_verify_init(context.get()) == 1 && set_rsa(context.get()) &&
           EVP_PKEY_verify(context.get(), bytes(signature), signature.size(), digest.data(), digest.size()) ==
               1;
}

std::string sign_digest(EVP_PKEY* key, const Sha256Digest& digest) {
    const ErrorsCleared cleared;
    std::string signature(static_cast<std::size_t>(EVP_PKEY_get_size(key)), '\0');
    std::size_t size = signature.size();
    auto* out = reinterpret_cast<unsigned char*>(signature.data());
    bool made = false;
    if (is_ed25519(key)) {
        const Openssl<EVP_MD_CTX> context(EVP_MD_CTX_new());
        made = context && EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key) == 1 &&
               EVP_DigestSign(context.get(), out, &size, digest.data(), digest.size()) == 1;
    } else {
        const Openssl<EVP_PKEY_CTX> context(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
        made = context && EVP_PKEY_sign_init(context.get()) == 1 && set_rsa(context.get()) &&
               EVP_PKEY_sign(context.get(), out, &size, digest.data(), digest.size()) == 1;
    }
    signature.resize(made ? size : 0);
    return signature;
}

}  // namespace mailauth
