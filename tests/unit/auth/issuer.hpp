// An issuer of access tokens with keys of its own, made in the test, and a fetcher that knows no network.
#pragma once
#include <deque>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

#include "auth/crypto.hpp"
#include "auth/token/checker.hpp"
#include "auth/token/jwt.hpp"

namespace auth::token {

using Json = nlohmann::json;

class SigningKey {
public:
    SigningKey(Algorithm algorithm, std::string id, int rsa_bits = 2'048)
        : id_(std::move(id)), algorithm_(algorithm) {
        if (algorithm == Algorithm::rs256) {
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", static_cast<std::size_t>(rsa_bits)));
        } else if (algorithm == Algorithm::es256) {
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
        } else {
            key_.reset(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"));
        }
    }

    static const char* name_of(Algorithm algorithm) {
        return algorithm == Algorithm::rs256 ? "RS256" : algorithm == Algorithm::es256 ? "ES256" : "EdDSA";
    }

    Json jwk() const {
        Json out = {{"kid", id_}, {"use", "sig"}, {"alg", name_of(algorithm_)}};
        if (algorithm_ == Algorithm::rs256) {
            out["kty"] = "RSA";
            out["n"] = number(OSSL_PKEY_PARAM_RSA_N);
            out["e"] = number(OSSL_PKEY_PARAM_RSA_E);
        } else if (algorithm_ == Algorithm::es256) {
            out["kty"] = "EC";
            out["crv"] = "P-256";
            out["x"] = number(OSSL_PKEY_PARAM_EC_PUB_X, 32);
            out["y"] = number(OSSL_PKEY_PARAM_EC_PUB_Y, 32);
        } else {
            std::string raw(32, '\0');
            std::size_t size = raw.size();
            EVP_PKEY_get_raw_public_key(key_.get(), octets(raw), &size);
            out["kty"] = "OKP";
            out["crv"] = "Ed25519";
            out["x"] = base64url(raw);
        }
        return out;
    }

    std::string token(const Json& claims) const {
        return token({{"alg", name_of(algorithm_)}, {"typ", "at+jwt"}, {"kid", id_}}, claims.dump());
    }
    std::string token(const Json& header, const std::string& payload) const {
        const std::string text = base64url(header.dump()) + '.' + base64url(payload);
        return text + '.' + base64url(sign(text));
    }

    std::string sign(const std::string& text) const {
        const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), EVP_MD_CTX_free);
        const EVP_MD* const digest = algorithm_ == Algorithm::eddsa ? nullptr : EVP_sha256();
        EVP_DigestSignInit(context.get(), nullptr, digest, nullptr, key_.get());
        std::size_t size = 0;
        const auto* const data = reinterpret_cast<const unsigned char*>(text.data());
        EVP_DigestSign(context.get(), nullptr, &size, data, text.size());
        std::string out(size, '\0');
        EVP_DigestSign(context.get(), octets(out), &size, data, text.size());
        out.resize(size);
        return algorithm_ == Algorithm::es256 ? raw_of(out) : out;
    }

private:
    static unsigned char* octets(std::string& text) { return reinterpret_cast<unsigned char*>(text.data()); }

    std::string number(const char* name, int width = 0) const {
        BIGNUM* value = nullptr;
        EVP_PKEY_get_bn_param(key_.get(), name, &value);
        std::string out(static_cast<std::size_t>(width == 0 ? BN_num_bytes(value) : width), '\0');
        BN_bn2binpad(value, octets(out), static_cast<int>(out.size()));
        BN_free(value);
        return base64url(out);
    }

    static std::string raw_of(const std::string& der) {
        const auto* at = reinterpret_cast<const unsigned char*>(der.data());
        ECDSA_SIG* const signature = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size()));
        std::string out(64, '\0');
        BN_bn2binpad(ECDSA_SIG_get0_r(signature), octets(out), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(signature), octets(out) + 32, 32);
        ECDSA_SIG_free(signature);
        return out;
    }

    std::string id_;
    Algorithm algorithm_;
    std::unique_ptr<evp_pkey_st, PublicKeyDeleter> key_;
};

inline std::string key_set_of(const std::vector<const SigningKey*>& keys) {
    Json out = {{"keys", Json::array()}};
    for (const SigningKey* key : keys) out["keys"].push_back(key->jwk());
    return out.dump();
}

/// Answers with what was laid ready, and writes down what it was asked. Empty: 503 "no network".
class FakeFetcher final : public Fetcher {
public:
    std::deque<Response> answers;  ///< the last one stays
    std::vector<Request> asked;

    void answer(std::string body, unsigned status = 200) {
        Response response;
        response.status = status;
        response.body = std::move(body);
        answers.clear();
        answers.push_back(std::move(response));
    }
    awaitable<Response> fetch(Request request) override {
        asked.push_back(std::move(request));
        Response none;
        none.error = "no network";
        if (answers.empty()) co_return none;
        Response out = answers.front();
        if (answers.size() > 1) answers.pop_front();
        co_return out;
    }
    awaitable<Response> read(std::string path, std::size_t) override {
        Request request;
        request.url = std::move(path);
        return fetch(std::move(request));
    }
};

}  // namespace auth::token
