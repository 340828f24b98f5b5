#include "eas/mail/certificate.hpp"

#include <memory>
#include <string_view>

#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <openssl/x509v3.h>

#include "base/release.hpp"

namespace eas {
namespace {

using base::Release;
using Certificate = std::unique_ptr<X509, Release<X509_free>>;
using Store = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
using Context = std::unique_ptr<X509_STORE_CTX, Release<X509_STORE_CTX_free>>;

void free_all(STACK_OF(X509) * certificates) { sk_X509_pop_free(certificates, X509_free); }
using Chain = std::unique_ptr<STACK_OF(X509), Release<free_all>>;

Certificate read(std::string_view der) {
    const auto* octets = reinterpret_cast<const unsigned char*>(der.data());
    return Certificate(d2i_X509(nullptr, &octets, static_cast<long>(der.size())));
}

int meaning_of(int error) {
    switch (error) {
        case X509_V_OK:
            return certificate_status::ok;
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return certificate_status::expired;
        case X509_V_ERR_CERT_SIGNATURE_FAILURE:
            return certificate_status::bad_signature;
        case X509_V_ERR_INVALID_PURPOSE:
            return certificate_status::not_for_mail;
        case X509_V_ERR_CERT_REVOKED:
            return certificate_status::revoked;
        case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
        case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
        case X509_V_ERR_CERT_UNTRUSTED:
            return certificate_status::untrusted;
        case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT:
        case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
        case X509_V_ERR_CERT_CHAIN_TOO_LONG:
        case X509_V_ERR_INVALID_CA:
            return certificate_status::bad_chain;
        default:
            return certificate_status::other;
    }
}

int validate(const Certificate& leaf, const Chain& others, const Store& store, base::SystemTime now) {
    if (!leaf) return certificate_status::malformed;
    const Context context(X509_STORE_CTX_new());
    if (!context || X509_STORE_CTX_init(context.get(), store.get(), leaf.get(), others.get()) != 1)
        return certificate_status::other;
    X509_VERIFY_PARAM* how = X509_STORE_CTX_get0_param(context.get());
    X509_VERIFY_PARAM_set_time(how, static_cast<time_t>(base::unix_seconds(now)));
    X509_VERIFY_PARAM_set_purpose(how, X509_PURPOSE_SMIME_SIGN);
    if (X509_verify_cert(context.get()) == 1) return certificate_status::ok;
    return meaning_of(X509_STORE_CTX_get_error(context.get()));
}

}  // namespace

std::vector<int> validate_certificates(const std::vector<std::string>& certificates,
                                       const std::vector<std::string>& chain, base::SystemTime now) {
    const Chain others(sk_X509_new_null());
    bool sound = others != nullptr;
    for (const std::string& one : chain) {
        Certificate parsed = read(one);
        sound = sound && parsed && sk_X509_push(others.get(), parsed.get()) != 0;
        if (!sound) break;
        (void)parsed.release();  // the stack's now
    }
    if (!sound) return std::vector<int>(certificates.size(), certificate_status::bad_chain);
    // The authorities are read anew for each request: these are rare, and the host's list changes at times.
    const Store store(X509_STORE_new());
    if (!store || X509_STORE_set_default_paths(store.get()) != 1)
        return std::vector<int>(certificates.size(), certificate_status::other);
    std::vector<int> out;
    for (const std::string& one : certificates) out.push_back(validate(read(one), others, store, now));
    return out;
}

}  // namespace eas
