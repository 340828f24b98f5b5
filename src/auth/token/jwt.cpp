#include "auth/token/jwt.hpp"

#include <algorithm>
#include <tuple>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "auth/token/json.hpp"
#include "base/base64.hpp"

namespace auth::token {

void PublicKeyDeleter::operator()(evp_pkey_st* key) const noexcept { EVP_PKEY_free(key); }

namespace {

using PublicKey = std::unique_ptr<evp_pkey_st, PublicKeyDeleter>;

template <auto Free>
struct Deleter {
    template <class T>
    void operator()(T* object) const noexcept {
        Free(object);
    }
};
using Number = std::unique_ptr<BIGNUM, Deleter<BN_free>>;
using ParamBuilder = std::unique_ptr<OSSL_PARAM_BLD, Deleter<OSSL_PARAM_BLD_free>>;
using Params = std::unique_ptr<OSSL_PARAM, Deleter<OSSL_PARAM_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Deleter<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Deleter<EVP_MD_CTX_free>>;
using Signature = std::unique_ptr<ECDSA_SIG, Deleter<ECDSA_SIG_free>>;

constexpr std::size_t p256_bytes = 32;
constexpr int rsa_bits_min = 2'048;           // RFC 7518 section 3.3
constexpr std::size_t rsa_bytes_max = 1'024;  // 8192 bits: verifying must stay cheap
constexpr std::size_t exponent_bytes_max = 4;

const unsigned char* octets_of(std::string_view text) {
    return reinterpret_cast<const unsigned char*>(text.data());
}

Number number_of(std::string_view octets) {
    return Number(BN_bin2bn(octets_of(octets), static_cast<int>(octets.size()), nullptr));
}

PublicKey from_params(const char* type, OSSL_PARAM_BLD* builder) {
    const Params params(OSSL_PARAM_BLD_to_param(builder));
    const KeyContext context(EVP_PKEY_CTX_new_from_name(nullptr, type, nullptr));
    EVP_PKEY* made = nullptr;
    if (!params || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
        EVP_PKEY_fromdata(context.get(), &made, EVP_PKEY_PUBLIC_KEY, params.get()) != 1) {
        return nullptr;
    }
    PublicKey key(made);
    const KeyContext checking(EVP_PKEY_CTX_new_from_pkey(nullptr, key.get(), nullptr));
    if (!checking || EVP_PKEY_public_check(checking.get()) != 1) return nullptr;
    return key;
}

/// The member's octets, which are base64url. RFC 7518 section 6
std::string octets_member(const Json& jwk, const char* name) {
    const auto found = jwk.find(name);
    const auto* const text = found == jwk.end() ? nullptr : found->get_ptr<const std::string*>();
    if (text == nullptr) return {};
    return from_base64url(*text).value_or(std::string());
}

PublicKey rsa_key(const Json& jwk) {
    const std::string modulus = octets_member(jwk, "n"), exponent = octets_member(jwk, "e");
    if (modulus.empty() || modulus.size() > rsa_bytes_max || exponent.empty() ||
        exponent.size() > exponent_bytes_max) {
        return nullptr;
    }
    const Number n = number_of(modulus), e = number_of(exponent);
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    if (!n || !e || !builder || BN_num_bits(n.get()) < rsa_bits_min || !BN_is_odd(e.get()) ||
        BN_is_one(e.get()) || OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, n.get()) != 1 ||
        OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, e.get()) != 1) {
        return nullptr;
    }
    return from_params("RSA", builder.get());
}

PublicKey p256_key(const Json& jwk) {
    const std::string x = octets_member(jwk, "x"), y = octets_member(jwk, "y");
    if (x.size() != p256_bytes || y.size() != p256_bytes) return nullptr;
    const std::string point = '\x04' + x + y;
    const ParamBuilder builder(OSSL_PARAM_BLD_new());
    if (!builder ||
        OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, "prime256v1", 0) != 1 ||
        OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                         point.size()) != 1) {
        return nullptr;
    }
    return from_params("EC", builder.get());
}

PublicKey ed25519_key(const Json& jwk) {
    const std::string x = octets_member(jwk, "x");
    return PublicKey(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, octets_of(x), x.size()));
}

/// "use" and "key_ops" say what a key is for. RFC 7517 sections 4.2 and 4.3
bool for_signatures(const Json& jwk) {
    bool wrong = false;
    if (text_member(jwk, "use", wrong).value_or("sig") != "sig" || wrong) return false;
    const auto operations = jwk.find("key_ops");
    return operations == jwk.end() ||
           (operations->is_array() && std::ranges::find(*operations, Json("verify")) != operations->end());
}

std::optional<Key> key_of(const Json& jwk) {
    if (!jwk.is_object() || !for_signatures(jwk)) return std::nullopt;
    bool wrong = false;
    const std::string type = text_member(jwk, "kty", wrong).value_or(std::string());
    const std::string curve = text_member(jwk, "crv", wrong).value_or(std::string());
    const auto algorithm = text_member(jwk, "alg", wrong);
    Key out;
    out.id = text_member(jwk, "kid", wrong).value_or(std::string());
    if (wrong) return std::nullopt;
    std::string_view name;
    if (type == "RSA") {
        out.algorithm = Algorithm::rs256;
        name = "RS256";
        out.key = rsa_key(jwk);
    } else if (type == "EC" && curve == "P-256") {
        out.algorithm = Algorithm::es256;
        name = "ES256";
        out.key = p256_key(jwk);
    } else if (type == "OKP" && curve == "Ed25519") {  // RFC 8037 section 2
        out.algorithm = Algorithm::eddsa;
        name = "EdDSA";
        out.key = ed25519_key(jwk);
    }
    const bool named_so = !algorithm || *algorithm == name || (name == "EdDSA" && *algorithm == "Ed25519");
    if (!out.key || !named_so) return std::nullopt;
    return out;
}

std::optional<Algorithm> algorithm_of(std::string_view name) {
    if (name == "RS256") return Algorithm::rs256;
    if (name == "ES256") return Algorithm::es256;
    if (name == "EdDSA" || name == "Ed25519") return Algorithm::eddsa;  // RFC 8037, RFC 9864
    return std::nullopt;
}

/// r and s as they stand in a JWS (RFC 7518 section 3.4), as OpenSSL wants them.
std::string der_of(std::string_view raw) {
    if (raw.size() != 2 * p256_bytes) return {};
    const Signature signature(ECDSA_SIG_new());
    Number r = number_of(raw.substr(0, p256_bytes)), s = number_of(raw.substr(p256_bytes));
    if (!signature || !r || !s || ECDSA_SIG_set0(signature.get(), r.get(), s.get()) != 1) return {};
    std::ignore = r.release();
    std::ignore = s.release();
    unsigned char* der = nullptr;
    const int size = i2d_ECDSA_SIG(signature.get(), &der);
    if (size <= 0) return {};
    std::string out(reinterpret_cast<const char*>(der), static_cast<std::size_t>(size));
    OPENSSL_free(der);
    return out;
}

bool signature_good(const Jwt& jwt, const Key& key) {
    const bool elliptic = jwt.algorithm == Algorithm::es256;
    const std::string signature = elliptic ? der_of(jwt.signature) : jwt.signature;
    const EVP_MD* const digest = jwt.algorithm == Algorithm::eddsa ? nullptr : EVP_sha256();
    const DigestContext context(EVP_MD_CTX_new());
    if (signature.empty() || !context ||
        EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.key.get()) != 1) {
        return false;
    }
    return EVP_DigestVerify(context.get(), octets_of(signature), signature.size(), octets_of(jwt.signed_part),
                            jwt.signed_part.size()) == 1;
}

}  // namespace

std::optional<std::string> from_base64url(std::string_view text) {
    if (text.find_first_of("+/=") != std::string_view::npos) return std::nullopt;
    std::string plain(text);
    std::ranges::replace(plain, '-', '+');
    std::ranges::replace(plain, '_', '/');
    plain.append((4 - plain.size() % 4) % 4, '=');
    return base::base64_decode(plain);
}

std::string base64url(std::string_view octets) {
    std::string out = base::base64_encode(octets);
    std::ranges::replace(out, '+', '-');
    std::ranges::replace(out, '/', '_');
    out.erase(std::ranges::find(out, '='), out.end());
    return out;
}

std::optional<KeySet> parse_key_set(std::string_view json) {
    if (json.size() > Limits::key_set_bytes_max) return std::nullopt;
    const auto object = parse_object(json);
    if (!object) return std::nullopt;
    const auto keys = object->find("keys");
    if (keys == object->end() || !keys->is_array()) return std::nullopt;
    KeySet out;
    for (const Json& jwk : *keys) {
        if (out.size() == Limits::keys_max) break;
        if (auto key = key_of(jwk)) out.push_back(std::move(*key));
    }
    return out;
}

Parsed parse_jwt(std::string_view token) {
    if (token.size() > Limits::token_bytes_max) return Parsed(Fault::malformed);
    const std::size_t first = token.find('.');
    const std::size_t second = first == std::string_view::npos ? first : token.find('.', first + 1);
    if (second == std::string_view::npos) return Parsed(Fault::malformed);
    const auto header_octets = from_base64url(token.substr(0, first));
    auto payload = from_base64url(token.substr(first + 1, second - first - 1));
    auto signature = from_base64url(token.substr(second + 1));  // a third '.' is no letter of base64url
    if (!header_octets || !payload || !signature) return Parsed(Fault::malformed);
    const auto header = parse_object(*header_octets);
    if (!header) return Parsed(Fault::malformed);
    bool wrong = false;
    const auto name = text_member(*header, "alg", wrong);
    auto key_id = text_member(*header, "kid", wrong);
    // "crit" names what must be understood (RFC 7515 section 4.1.11): we know nothing that it could name.
    if (wrong || !name || header->contains("crit")) return Parsed(Fault::malformed);
    const auto algorithm = algorithm_of(*name);
    if (!algorithm) return Parsed(Fault::algorithm);
    Jwt out;
    out.algorithm = *algorithm;
    out.key_id = std::move(key_id).value_or(std::string());
    out.signed_part = token.substr(0, second);
    out.payload = std::move(*payload);
    out.signature = std::move(*signature);
    return Parsed(std::move(out));
}

Fault verify(const Jwt& jwt, const KeySet& keys) {
    Fault fault = Fault::key;
    std::size_t tried = 0;
    for (const Key& key : keys) {
        // The key says what it is for, not the token: else an attacker would choose.
        if (key.algorithm != jwt.algorithm) continue;
        if (!jwt.key_id.empty() && key.id != jwt.key_id) continue;
        if (++tried > Limits::tried_max) break;
        if (signature_good(jwt, key)) return Fault::none;
        fault = Fault::signature;
    }
    return fault;
}

}  // namespace auth::token
