#include "net/tls_stream.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include <openssl/bio.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include "base/ascii.hpp"
#include "base/result.hpp"
#include "net/tls_context.hpp"

namespace net {
namespace {
/// Records leave in pieces of about this size: one send for many records.
constexpr std::size_t outgoing_bytes = 64U << 10;
/// A peer that makes us answer (KeyUpdate, alerts) and does not read may make us keep this much.
constexpr std::size_t unsent_bytes_max = 512U << 10;
}  // namespace

/// The BIO between OpenSSL and a TlsStream's views and strings.
struct TlsBio {
    static TlsStream& stream(BIO* bio) { return *static_cast<TlsStream*>(BIO_get_data(bio)); }

    static int read(BIO* bio, char* out, std::size_t wanted, std::size_t* got) {
        TlsStream& tls = stream(bio);
        std::string_view& from = tls.now_;
        BIO_clear_retry_flags(bio);
        if (from.empty()) {
            BIO_set_retry_read(bio);
            return -1;
        }
        *got = std::min(wanted, from.size());
        std::memcpy(out, from.data(), *got);
        from.remove_prefix(*got);
        return 1;
    }
    static int write(BIO* bio, const char* octets, std::size_t count, std::size_t* written) {
        BIO_clear_retry_flags(bio);
        stream(bio).sink().append(octets, count);
        *written = count;
        return 1;
    }
    static long control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }
    static int create(BIO* bio) {
        BIO_set_init(bio, 1);
        return 1;
    }
    static BIO_METHOD* make() {
        BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "barid stream");
        BIO_meth_set_read_ex(method, read);
        BIO_meth_set_write_ex(method, write);
        BIO_meth_set_ctrl(method, control);
        BIO_meth_set_create(method, create);
        return method;
    }
    static BIO_METHOD* method() {
        static BIO_METHOD* const instance = make();  // for the life of the process
        return instance;
    }
};

TlsStream::TlsStream(ssl_st* ssl, std::shared_ptr<const TlsContext> context)
    : ssl_(ssl), context_(std::move(context)) {
    BIO* bio = BIO_new(TlsBio::method());
    BIO_set_data(bio, this);
    SSL_set_bio(ssl_, bio, bio);  // takes it over
}

TlsStream::~TlsStream() { SSL_free(ssl_); }

std::unique_ptr<TlsStream> TlsStream::make_server(std::shared_ptr<const TlsContext> context) {
    SSL* ssl = SSL_new(context->main());
    if (ssl == nullptr) throw base::Bug("net: SSL_new: " + openssl_error());
    SSL_set_accept_state(ssl);
    return std::unique_ptr<TlsStream>(new TlsStream(ssl, std::move(context)));
}

namespace {

/// RFC 7672 section 3: usages 2 and 3 alone; names count with usage 2 only.
bool set_dane(SSL* ssl, const DaneCheck& dane) {
    if (dane.names.empty() || SSL_dane_enable(ssl, dane.names.front().c_str()) != 1) return false;
    SSL_dane_set_flags(ssl, DANE_FLAG_NO_DANE_EE_NAMECHECKS);
    SSL_set_hostflags(ssl, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
    for (std::size_t i = 1; i < dane.names.size(); ++i) SSL_add1_host(ssl, dane.names[i].c_str());
    bool usable = false;
    for (const TlsaRecord& record : dane.records) {
        if (record.usage != 2 && record.usage != 3) continue;
        usable |= SSL_dane_tlsa_add(ssl, record.usage, record.selector, record.matching,
                                    reinterpret_cast<const unsigned char*>(record.data.data()),
                                    record.data.size()) > 0;
    }
    ERR_clear_error();
    SSL_set_verify(ssl, SSL_VERIFY_PEER, nullptr);
    return usable;
}

}  // namespace

std::unique_ptr<TlsStream> TlsStream::make_client(std::shared_ptr<const TlsContext> context,
                                                  const std::string& server_name, const DaneCheck* dane) {
    SSL* ssl = SSL_new(context->main());
    if (ssl == nullptr) throw base::Bug("net: SSL_new: " + openssl_error());
    SSL_set_connect_state(ssl);
    if (dane != nullptr) {
        if (!set_dane(ssl, *dane)) {
            SSL_free(ssl);
            return nullptr;
        }
        return std::unique_ptr<TlsStream>(new TlsStream(ssl, std::move(context)));
    }
    // RFC 6066 section 3: no address literals in SNI.
    const bool literal = server_name.find_first_not_of("0123456789.") == std::string::npos ||
                         server_name.find(':') != std::string::npos;
    if (!server_name.empty() && !literal) SSL_set_tlsext_host_name(ssl, server_name.c_str());
    if (context->verifies()) {
        X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
        X509_VERIFY_PARAM_set_hostflags(param, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
        if (literal) {
            X509_VERIFY_PARAM_set1_ip_asc(param, server_name.c_str());
        } else {
            X509_VERIFY_PARAM_set1_host(param, server_name.c_str(), server_name.size());
        }
    }
    return std::unique_ptr<TlsStream>(new TlsStream(ssl, std::move(context)));
}

void TlsStream::begin(std::string_view received) {
    ERR_clear_error();
    ciphertext_scratch().clear();
    if (rest_.empty()) {
        now_ = received;
    } else {
        rest_.append(received);
        now_ = rest_;
    }
}

void TlsStream::end() {
    if (now_.empty()) {
        rest_ = std::string();
    } else {
        std::string kept(now_);
        rest_ = std::move(kept);
    }
    now_ = {};
}

TlsStream::Status TlsStream::status_of(int result) {
    if (unsent_.size() - unsent_at_ > unsent_bytes_max) {
        error_ = "peer does not read its answers";
        return Status::failed;
    }
    switch (SSL_get_error(ssl_, result)) {
        case SSL_ERROR_NONE:
            return Status::done;
        case SSL_ERROR_WANT_READ:
            return Status::want_input;
        case SSL_ERROR_ZERO_RETURN:
            return Status::closed;
        default:
            break;
    }
    error_ = openssl_error();
    if (error_.empty()) error_ = "broken off";
    const long verified = SSL_get_verify_result(ssl_);
    if (verified != X509_V_OK && SSL_get_verify_mode(ssl_) != SSL_VERIFY_NONE)
        error_ += std::string(": ") + X509_verify_cert_error_string(verified);
    return Status::failed;
}

TlsStream::Status TlsStream::handshake(std::string_view received) {
    begin(received);
    const Status status = status_of(SSL_do_handshake(ssl_));
    end();
    return status;
}

TlsStream::Status TlsStream::read(std::string_view received, InputBuffer& plain) {
    begin(received);
    constexpr std::size_t record_bytes = 16U << 10;
    bool grown = false;
    Status status = Status::done;
    // Until OpenSSL wants more: then it holds no plain text, and has given its own read buffer back.
    while (status == Status::done) {
        const auto room = plain.prepare(record_bytes);
        std::size_t count = 0;
        const int result = SSL_read_ex(ssl_, room.data(), room.size(), &count);
        status = status_of(result);
        if (result != 1) break;
        plain.commit(count);
        grown = true;
    }
    if (plain.empty()) plain.release();
    end();
    if (grown && status == Status::want_input) return Status::done;
    if (!grown) return status;
    // Plain text and then the end: the text first. The next call, without octets, tells the end again.
    return Status::done;
}

TlsStream::Status TlsStream::write(std::string_view& plain) {
    begin({});
    Status status = Status::done;
    while (!plain.empty() && sink().size() < outgoing_bytes) {
        std::size_t count = 0;
        const int result = SSL_write_ex(ssl_, plain.data(), plain.size(), &count);
        status = status_of(result);
        if (result != 1) break;
        plain.remove_prefix(count);
    }
    end();
    return status;
}

void TlsStream::shutdown() {
    begin({});
    if (SSL_is_init_finished(ssl_) == 1) SSL_shutdown(ssl_);
    end();
}

bool TlsStream::said_goodbye() const { return (SSL_get_shutdown(ssl_) & SSL_SENT_SHUTDOWN) != 0; }

bool TlsStream::has_input() const {
    return !rest_.empty() || SSL_has_pending(ssl_) == 1 ||
           (SSL_get_shutdown(ssl_) & SSL_RECEIVED_SHUTDOWN) != 0;
}

std::string_view TlsStream::outgoing() const {
    if (!unsent_.empty()) return std::string_view(unsent_).substr(unsent_at_);
    return ciphertext_scratch();
}

void TlsStream::sent(std::size_t octets) {
    if (unsent_.empty()) {
        std::string& scratch = ciphertext_scratch();
        if (octets == scratch.size()) {
            scratch.clear();
        } else {
            unsent_.assign(scratch, octets);
            unsent_at_ = 0;
            scratch.clear();
        }
        return;
    }
    unsent_at_ += octets;
    if (unsent_at_ < unsent_.size()) return;
    unsent_ = std::string();
    unsent_at_ = 0;
}

void TlsStream::park() {
    std::string& scratch = ciphertext_scratch();
    if (unsent_.empty() && !scratch.empty()) unsent_ = scratch;
    scratch.clear();
}

std::string TlsStream::version() const { return SSL_get_version(ssl_); }
std::string TlsStream::cipher() const { return SSL_get_cipher_name(ssl_); }

std::string TlsStream::server_name() const {
    const char* name = SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name);
    return name == nullptr ? std::string() : base::lowered(name);
}

std::string TlsStream::alpn() const {
    const unsigned char* name = nullptr;
    unsigned length = 0;
    SSL_get0_alpn_selected(ssl_, &name, &length);
    return {reinterpret_cast<const char*>(name), length};
}

namespace {

std::string subject_entry(X509* certificate, int nid) {
    X509_NAME* subject = X509_get_subject_name(certificate);
    const int at = X509_NAME_get_index_by_NID(subject, nid, -1);
    if (at < 0) return {};
    unsigned char* text = nullptr;
    const int length = ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(subject, at)));
    if (length < 0) return {};
    std::string value(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
    OPENSSL_free(text);
    // CVE-2009-2408: a NUL inside a name is a forgery.
    return value.find('\0') == std::string::npos ? value : std::string();
}

std::string first_email(X509* certificate) {
    auto* names =
        static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr));
    std::string found;
    for (int i = 0; names != nullptr && found.empty() && i < sk_GENERAL_NAME_num(names); ++i) {
        const GENERAL_NAME* name = sk_GENERAL_NAME_value(names, i);
        if (name->type != GEN_EMAIL) continue;
        const ASN1_IA5STRING* text = name->d.rfc822Name;
        found.assign(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                     static_cast<std::size_t>(ASN1_STRING_length(text)));
        if (found.find('\0') != std::string::npos) found.clear();
    }
    GENERAL_NAMES_free(names);
    return found;
}

/// RFC 5929 section 4.1: the certificate's hash, with its signature's hash function or SHA-256 instead of
/// older ones.
std::string end_point_binding(X509* certificate) {
    int digest_nid = NID_undef;
    if (X509_get_signature_info(certificate, &digest_nid, nullptr, nullptr, nullptr) != 1) return {};
    if (digest_nid == NID_undef) return {};  // Ed25519: not defined
    if (digest_nid == NID_md5 || digest_nid == NID_sha1 || digest_nid == NID_md5_sha1)
        digest_nid = NID_sha256;
    const EVP_MD* digest = EVP_get_digestbynid(digest_nid);
    std::array<unsigned char, EVP_MAX_MD_SIZE> octets{};
    unsigned length = 0;
    if (digest == nullptr || X509_digest(certificate, digest, octets.data(), &length) != 1) return {};
    return {reinterpret_cast<const char*>(octets.data()), length};
}

}  // namespace

std::string TlsStream::client_subject() const {
    if (SSL_is_server(ssl_) == 0 || SSL_get_verify_result(ssl_) != X509_V_OK) return {};
    X509* certificate = SSL_get0_peer_certificate(ssl_);
    if (certificate == nullptr) return {};
    std::string name = first_email(certificate);
    if (name.empty()) name = subject_entry(certificate, NID_pkcs9_emailAddress);
    if (name.empty()) name = subject_entry(certificate, NID_commonName);
    return name;
}

CertificateFault TlsStream::certificate_fault() const {
    if (SSL_get_verify_mode(ssl_) == SSL_VERIFY_NONE) return CertificateFault::none;
    switch (SSL_get_verify_result(ssl_)) {
        case X509_V_OK:
            return CertificateFault::none;
        case X509_V_ERR_CERT_HAS_EXPIRED:
        case X509_V_ERR_CERT_NOT_YET_VALID:
            return CertificateFault::expired;
        case X509_V_ERR_HOSTNAME_MISMATCH:
        case X509_V_ERR_IP_ADDRESS_MISMATCH:
            return CertificateFault::other_host;
        default:
            return CertificateFault::not_trusted;
    }
}

std::string TlsStream::channel_binding(std::string_view type) const {
    if (type == "tls-server-end-point") {
        X509* certificate =
            SSL_is_server(ssl_) == 1 ? SSL_get_certificate(ssl_) : SSL_get0_peer_certificate(ssl_);
        return certificate == nullptr ? std::string() : end_point_binding(certificate);
    }
    if (type != "tls-exporter") return {};
    // RFC 9266 section 2: only where the session's secrets are bound to its handshake.
    if (SSL_version(ssl_) < TLS1_3_VERSION && SSL_get_extms_support(ssl_) != 1) return {};
    constexpr std::string_view label = "EXPORTER-Channel-Binding";
    std::array<unsigned char, 32> octets{};
    const unsigned char none = 0;
    if (SSL_export_keying_material(ssl_, octets.data(), octets.size(), label.data(), label.size(), &none, 0,
                                   1) != 1) {
        return {};
    }
    return {reinterpret_cast<const char*>(octets.data()), octets.size()};
}

}  // namespace net
