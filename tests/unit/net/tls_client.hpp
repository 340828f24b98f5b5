// A blocking TLS client straight on OpenSSL, so that the server is not tested against its own code.
#pragma once
#include <memory>
#include <string>

#include <openssl/err.h>
#include <openssl/ssl.h>

#include "echo_server.hpp"

namespace net_test {

struct TlsOptions {
    std::string ca_file, server_name, client_certificate, client_key;
    std::string alpn;  // wire format
    int version_min = 0, version_max = 0;
    SSL_SESSION* resume = nullptr;
};

class TlsClient {
public:
    TlsClient(const Client& plain, const TlsOptions& options) : ctx_(SSL_CTX_new(TLS_client_method())) {
        SSL_CTX_set_verify(ctx_, options.ca_file.empty() ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
        if (!options.ca_file.empty()) SSL_CTX_load_verify_file(ctx_, options.ca_file.c_str());
        if (!options.client_certificate.empty()) {
            SSL_CTX_use_certificate_chain_file(ctx_, options.client_certificate.c_str());
            SSL_CTX_use_PrivateKey_file(ctx_, options.client_key.c_str(), SSL_FILETYPE_PEM);
        }
        if (options.version_max != 0 && options.version_max < TLS1_2_VERSION) {
            SSL_CTX_set_cipher_list(ctx_, "ALL:@SECLEVEL=0");
        }
        if (options.version_min != 0) SSL_CTX_set_min_proto_version(ctx_, options.version_min);
        if (options.version_max != 0) SSL_CTX_set_max_proto_version(ctx_, options.version_max);
        ssl_ = SSL_new(ctx_);
        if (!options.server_name.empty()) {
            SSL_set_tlsext_host_name(ssl_, options.server_name.c_str());
            SSL_set1_host(ssl_, options.server_name.c_str());
        }
        if (!options.alpn.empty()) {
            SSL_set_alpn_protos(ssl_, reinterpret_cast<const unsigned char*>(options.alpn.data()),
                                static_cast<unsigned>(options.alpn.size()));
        }
        if (options.resume != nullptr) SSL_set_session(ssl_, options.resume);
        SSL_set_fd(ssl_, plain.descriptor());
        const timeval patience{5, 0};
        ::setsockopt(plain.descriptor(), SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
        ERR_clear_error();
        connected_ = SSL_connect(ssl_) == 1;
        if (!connected_) error_ = ERR_reason_error_string(ERR_peek_last_error());
    }
    ~TlsClient() {
        if (connected_) {  // without it OpenSSL forgets the session's ticket
            SSL_set_quiet_shutdown(ssl_, 1);
            SSL_shutdown(ssl_);
        }
        SSL_free(ssl_);
        SSL_CTX_free(ctx_);
    }
    TlsClient(const TlsClient&) = delete;
    TlsClient& operator=(const TlsClient&) = delete;

    bool connected() const { return connected_; }
    std::string error() const { return error_ == nullptr ? "" : error_; }
    bool send(std::string_view octets) {
        return SSL_write(ssl_, octets.data(), static_cast<int>(octets.size())) > 0;
    }
    std::string line() {
        for (;;) {
            const auto end = buffer_.find("\r\n");
            if (end != std::string::npos) {
                std::string out = buffer_.substr(0, end);
                buffer_.erase(0, end + 2);
                return out;
            }
            std::string piece(65536, '\0');
            const int n = SSL_read(ssl_, piece.data(), static_cast<int>(piece.size()));
            if (n <= 0) return SSL_get_error(ssl_, n) == SSL_ERROR_ZERO_RETURN ? "<closed>" : "<broken>";
            buffer_.append(piece, 0, static_cast<std::size_t>(n));
        }
    }
    std::string ask(std::string_view command) {
        send(std::string(command) + "\r\n");
        return line();
    }
    /// DNS names of the server's certificate, first only.
    std::string server_common_name() const {
        std::string out(256, '\0');
        X509* certificate = SSL_get0_peer_certificate(ssl_);
        if (certificate == nullptr) return {};
        const int n =
            X509_NAME_get_text_by_NID(X509_get_subject_name(certificate), NID_commonName, out.data(), 256);
        out.resize(n < 0 ? 0 : static_cast<std::size_t>(n));
        return out;
    }
    SSL* ssl() { return ssl_; }

private:
    SSL_CTX* ctx_;
    SSL* ssl_;
    bool connected_ = false;
    const char* error_ = nullptr;
    std::string buffer_;
};

}  // namespace net_test
