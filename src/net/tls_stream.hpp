// TlsStream: one TLS connection without its socket: ciphertext in, plain text out, and back. OpenSSL under a
// BIO of our own, so that no buffer stays with an idle connection but OpenSSL's own state (some 14 KB); see
// net/README.md.
//
// Sans I/O. What it wants to send collects in a scratch string of the thread: after each call the owner sends
// outgoing(), tells sent(), and calls park() before it lets anything else run on the thread.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "net/buffers.hpp"

struct ssl_st;

namespace net {

class TlsContext;
struct DaneCheck;
struct TlsBio;
enum class CertificateFault : std::uint8_t;

class TlsStream {
public:
    enum class Status : std::uint8_t { done, want_input, closed, failed };

    static std::unique_ptr<TlsStream> make_server(std::shared_ptr<const TlsContext> context);
    /// `dane` replaces the context's way of checking the certificate; its context was made for it. Null: none
    /// of its records can be used (RFC 7672 section 3.1).
    static std::unique_ptr<TlsStream> make_client(std::shared_ptr<const TlsContext> context,
                                                  const std::string& server_name,
                                                  const DaneCheck* dane = nullptr);
    ~TlsStream();
    TlsStream(const TlsStream&) = delete;
    TlsStream& operator=(const TlsStream&) = delete;

    /// Each takes ciphertext that came from the peer; what it cannot use yet is kept.
    Status handshake(std::string_view received);
    /// Decrypts all there is into `plain`. done: plain has grown.
    Status read(std::string_view received, InputBuffer& plain);
    /// Encrypts from the front of `plain` until there are some 64 KiB to send, and removes from it what was
    /// encrypted.
    Status write(std::string_view& plain);
    /// Says close_notify.
    void shutdown();
    bool said_goodbye() const;

    /// True when read() without new octets may give plain text.
    bool has_input() const;

    std::string_view outgoing() const;
    void sent(std::size_t octets);
    void park();

    std::string version() const;
    std::string cipher() const;
    std::string server_name() const;  ///< SNI, lower case
    std::string alpn() const;
    std::string client_subject() const;  ///< of a verified client certificate
    std::string channel_binding(std::string_view type) const;
    /// Of the server's certificate, when the handshake failed.
    CertificateFault certificate_fault() const;
    /// Why the last call failed, for the log.
    const std::string& error() const { return error_; }

private:
    friend TlsBio;
    TlsStream(ssl_st* ssl, std::shared_ptr<const TlsContext> context);
    Status status_of(int result);
    void begin(std::string_view received);
    void end();
    std::string& sink() { return unsent_.empty() ? ciphertext_scratch() : unsent_; }

    ssl_st* ssl_;
    std::shared_ptr<const TlsContext>
        context_;           // ssl_ calls back into it; a reload may have dropped it elsewhere
    std::string_view now_;  // ciphertext of this call
    std::string rest_;      // ciphertext of earlier calls
    std::string unsent_;    // ciphertext that the socket did not take
    std::size_t unsent_at_ = 0;
    std::string error_;
};

}  // namespace net
