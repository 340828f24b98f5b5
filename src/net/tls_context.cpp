#include "net/tls_context.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/sha.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"
#include "base/base64.hpp"
#include "base/log.hpp"
#include "net/tls_tickets.hpp"

namespace net {
namespace {

// Mozilla's "intermediate" without DHE: TLS 1.2 with forward secrecy and AEAD only.
constexpr const char* ciphers_tls12 =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

/// DNS names of a certificate: of its alternative names, else its common name. Lower case, sorted.
std::vector<std::string> names_in(X509* certificate) {
    std::vector<std::string> names;
    auto* all =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    for (int i = 0; all != nullptr && i < sk_GENERAL_NAME_num(all); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(all, i);
        if (name->type != GEN_DNS) continue;
        const auto* text = reinterpret_cast<const char*>(ASN1_STRING_get0_data(name->d.dNSName));
        names.push_back(base::lowered({text, static_cast<std::size_t>(ASN1_STRING_length(name->d.dNSName))}));
    }
    GENERAL_NAMES_free(all);
    if (names.empty()) {
        std::string common(256, '\0');
        const int length = X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName,
                                                     common.data(), static_cast<int>(common.size()));
        if (length > 0) names.push_back(base::lowered(common.substr(0, static_cast<std::size_t>(length))));
    }
    std::ranges::sort(names);
    return names;
}

int choose_server_name(SSL* ssl, int*, void* argument) {
    const auto& context = *static_cast<const TlsContext*>(argument);
    const char* name = SSL_get_servername(ssl, TLSEXT_NAMETYPE_host_name);
    if (name == nullptr) return SSL_TLSEXT_ERR_NOACK;
    SSL_CTX* found = context.find(name);
    if (found != nullptr) SSL_set_SSL_CTX(ssl, found);
    return SSL_TLSEXT_ERR_OK;  // an unknown name gets the default certificate, as clients behind old DNS
                               // names need
}

/// ALPACA (threats.md 39): a client that speaks another protocol must not talk to this one.
int choose_alpn_of(SSL*, const unsigned char** out, unsigned char* length, const unsigned char* offered,
                   unsigned offered_length, void* argument) {
    const auto& context = *static_cast<const TlsContext*>(argument);
    if (context.alpn().empty()) return SSL_TLSEXT_ERR_NOACK;
    const auto chosen = context.choose_alpn({reinterpret_cast<const char*>(offered), offered_length});
    if (chosen.empty()) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *out = reinterpret_cast<const unsigned char*>(chosen.data());
    *length = static_cast<unsigned char>(chosen.size());
    return SSL_TLSEXT_ERR_OK;
}

SslCtx new_context(const SSL_METHOD* method) {
    SslCtx ctx(SSL_CTX_new(method));
    if (!ctx) return ctx;
    SSL_CTX_set_min_proto_version(ctx.get(), TLS1_2_VERSION);
    SSL_CTX_set_options(ctx.get(),
                        SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_IGNORE_UNEXPECTED_EOF);
    SSL_CTX_set_mode(ctx.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                    SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
    SSL_CTX_set_cipher_list(ctx.get(), ciphers_tls12);
    SSL_CTX_set1_groups_list(ctx.get(), "X25519:P-256:P-384");
    SSL_CTX_set_session_cache_mode(ctx.get(), SSL_SESS_CACHE_OFF);
    SSL_CTX_set_max_early_data(ctx.get(), 0);
    return ctx;
}

/// In place of OpenSSL's own check of the chain.
int verify_pin(X509_STORE_CTX* store, void* argument) {
    const auto& context = *static_cast<const TlsContext*>(argument);
    X509* const leaf = X509_STORE_CTX_get0_cert(store);
    if (leaf != nullptr && context.pinned(leaf)) return 1;
    X509_STORE_CTX_set_error(store, X509_V_ERR_APPLICATION_VERIFICATION);
    return 0;
}

std::string fault_of(const std::string& file) { return file + ": " + openssl_error(); }

}  // namespace

std::string openssl_error() {
    // The first entry is where it began; only the system's errors say more there than in the last.
    const unsigned long first = ERR_peek_error(), last = ERR_peek_last_error();
    ERR_clear_error();
    if (last == 0) return {};
    if (ERR_SYSTEM_ERROR(first)) return std::system_category().message(ERR_GET_REASON(first));
    const unsigned long code = last;
    const char* reason = ERR_reason_error_string(code);
    return reason != nullptr ? std::string(reason) : "error " + std::to_string(code);
}

void SslCtxDeleter::operator()(ssl_ctx_st* ctx) const noexcept { SSL_CTX_free(ctx); }

TlsContext::~TlsContext() = default;

ssl_ctx_st* TlsContext::find(std::string_view server_name) const {
    const std::string name = base::lowered(server_name);
    if (const auto known = exact_.find(name); known != exact_.end()) return known->second;
    const auto dot = name.find('.');
    if (dot == std::string::npos) return nullptr;
    // RFC 6125 section 6.4.3: a wildcard stands for one label.
    const auto known = wildcard_.find(std::string_view(name).substr(dot + 1));
    return known == wildcard_.end() ? nullptr : known->second;
}

std::string_view TlsContext::choose_alpn(std::string_view offered) const {
    for (const std::string& own : alpn_) {
        for (std::string_view rest = offered; !rest.empty();) {
            const std::size_t length = static_cast<unsigned char>(rest.front());
            if (length + 1 > rest.size()) break;
            if (rest.substr(1, length) == own) return own;
            rest.remove_prefix(length + 1);
        }
    }
    return {};
}

ssl_ctx_st* TlsContext::same_names(const std::vector<std::string>& names, ssl_ctx_st* fresh) const {
    X509* certificate = SSL_CTX_get0_certificate(fresh);
    const int kind = EVP_PKEY_get_base_id(X509_get0_pubkey(certificate));
    for (std::size_t i = 0; i < contexts_.size(); ++i) {
        X509* other = SSL_CTX_get0_certificate(contexts_[i].get());
        if (names_[i] == names && EVP_PKEY_get_base_id(X509_get0_pubkey(other)) != kind)
            return contexts_[i].get();
    }
    return nullptr;
}

std::string TlsContext::add_certificate(const ListenerConfig& config, const Certificate& certificate) {
    ERR_clear_error();
    SslCtx ctx = new_context(TLS_server_method());
    if (!ctx) return "TLS: " + openssl_error();
    const auto load = [&](SSL_CTX* into) -> std::string {
        if (SSL_CTX_use_certificate_chain_file(into, certificate.chain_file.c_str()) != 1) {
            return fault_of(certificate.chain_file);
        }
        if (SSL_CTX_use_PrivateKey_file(into, certificate.key_file.c_str(), SSL_FILETYPE_PEM) != 1 ||
            SSL_CTX_check_private_key(into) != 1) {
            return fault_of(certificate.key_file);
        }
        return {};
    };
    if (std::string fault = load(ctx.get()); !fault.empty()) return fault;
    X509* leaf = SSL_CTX_get0_certificate(ctx.get());
    if (X509_cmp_current_time(X509_get0_notAfter(leaf)) < 0) {
        base::log::warn("net", "certificate has expired", {{"file", certificate.chain_file}});
    }

    std::vector<std::string> names;
    for (const std::string& name : certificate.names) names.push_back(base::lowered(name));
    std::ranges::sort(names);
    if (names.empty()) names = names_in(leaf);
    // The same names with a key of another kind (ECDSA with RSA for old clients): one context holds both, and
    // OpenSSL chooses by what the client knows.
    if (SSL_CTX* twin = same_names(names, ctx.get()); twin != nullptr) return load(twin);

    SSL_CTX* raw = ctx.get();
    SSL_CTX_set_tlsext_servername_callback(raw, choose_server_name);
    SSL_CTX_set_tlsext_servername_arg(raw, this);
    SSL_CTX_set_alpn_select_cb(raw, choose_alpn_of, this);
    SSL_CTX_set_num_tickets(raw, 1);
    TicketKeys::install(raw, keys_.get());
    // Tickets of one service are nothing to another (threats.md 40), nor those made under another client CA.
    const std::string scope =
        (config.protocol + "\n" + config.client_ca_file).substr(0, SSL_MAX_SID_CTX_LENGTH);
    SSL_CTX_set_session_id_context(raw, reinterpret_cast<const unsigned char*>(scope.data()),
                                   static_cast<unsigned>(scope.size()));
    for (const std::string& name : names) {
        // The first that has a name keeps it: the order in the configuration decides.
        if (name.starts_with("*.")) {
            wildcard_.emplace(name.substr(2), raw);
        } else {
            exact_.emplace(name, raw);
        }
    }
    contexts_.push_back(std::move(ctx));
    names_.push_back(std::move(names));
    return {};
}

std::string TlsContext::set_client_ca(const ListenerConfig& config) {
    for (const SslCtx& ctx : contexts_) {
        STACK_OF(X509_NAME)* names = SSL_load_client_CA_file(config.client_ca_file.c_str());
        if (names == nullptr || SSL_CTX_load_verify_file(ctx.get(), config.client_ca_file.c_str()) != 1) {
            return fault_of(config.client_ca_file);
        }
        SSL_CTX_set_client_CA_list(ctx.get(), names);  // takes it over
        // Asked for, not required; but one that does not verify ends the handshake.
        SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
    }
    return {};
}

TlsContext::Made TlsContext::make_server(const ListenerConfig& config, std::shared_ptr<TicketKeys> keys) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    made->alpn_ = config.alpn;
    made->keys_ = std::move(keys);
    if (config.certificates.empty()) return {nullptr, "no certificate"};
    for (const Certificate& certificate : config.certificates) {
        std::string fault = made->add_certificate(config, certificate);
        if (!fault.empty()) return {nullptr, std::move(fault)};
    }
    if (!config.client_ca_file.empty()) {
        std::string fault = made->set_client_ca(config);
        if (!fault.empty()) return {nullptr, std::move(fault)};
    }
    return {std::move(made), {}};
}

bool TlsContext::pinned(const x509_st* certificate) const {
    unsigned char* der = nullptr;
    const int length = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);
    if (length <= 0) return false;
    std::string hash(SHA256_DIGEST_LENGTH, '\0');
    const bool hashed =
        EVP_Digest(der, static_cast<std::size_t>(length), reinterpret_cast<unsigned char*>(hash.data()),
                   nullptr, EVP_sha256(), nullptr) == 1;
    OPENSSL_free(der);
    return hashed && std::ranges::find(pins_, hash) != pins_.end();
}

TlsContext::Made TlsContext::make_client(const TlsClientConfig& config) {
    std::shared_ptr<TlsContext> made(new TlsContext);
    ERR_clear_error();
    SslCtx ctx = new_context(TLS_client_method());
    if (!ctx) return {nullptr, "TLS: " + openssl_error()};
    if (config.version_min != 0) {
        SSL_CTX_set_min_proto_version(ctx.get(), config.version_min);
        // OpenSSL 3 allows TLS 1.0 and 1.1 at security level 0 alone.
        if (config.version_min < TLS1_2_VERSION) SSL_CTX_set_cipher_list(ctx.get(), "ALL:@SECLEVEL=0");
    }
    if (config.version_max != 0) SSL_CTX_set_max_proto_version(ctx.get(), config.version_max);
    made->verifies_ = config.verify && config.pins.empty();
    if (config.dane && SSL_CTX_dane_enable(ctx.get()) != 1) return {nullptr, "DANE: " + openssl_error()};
    for (const std::string& pin : config.pins) {
        const auto octets = base::base64_decode(pin);
        if (!octets || octets->size() != SHA256_DIGEST_LENGTH)
            return {nullptr, "not a SHA-256 in base64: " + pin};
        made->pins_.push_back(*octets);
    }
    if (!config.pins.empty()) {
        SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
        SSL_CTX_set_cert_verify_callback(ctx.get(), verify_pin, made.get());
    } else if (config.verify) {
        SSL_CTX_set_verify(ctx.get(), SSL_VERIFY_PEER, nullptr);
        const int loaded = config.ca_file.empty()
                               ? SSL_CTX_set_default_verify_paths(ctx.get())
                               : SSL_CTX_load_verify_file(ctx.get(), config.ca_file.c_str());
        if (loaded != 1) return {nullptr, fault_of(config.ca_file)};
    }
    std::string wire;
    for (const std::string& name : config.alpn) {
        if (name.empty() || name.size() > 255) return {nullptr, "bad ALPN name"};
        wire += static_cast<char>(name.size());
        wire += name;
    }
    if (!wire.empty()) {
        SSL_CTX_set_alpn_protos(ctx.get(), reinterpret_cast<const unsigned char*>(wire.data()),
                                static_cast<unsigned>(wire.size()));
    }
    made->contexts_.push_back(std::move(ctx));
    return {std::move(made), {}};
}

}  // namespace net
