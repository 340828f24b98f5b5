// TlsContext: what the TLS connections of a listener share: certificates by name, policy, ticket keys.
// Immutable once made; a reload makes a new one, and connections that have the old one go on with it.
#pragma once
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "net/server.hpp"

struct ssl_ctx_st;
struct x509_st;

namespace net {

class TicketKeys;

struct SslCtxDeleter {
    void operator()(ssl_ctx_st* ctx) const noexcept;
};
using SslCtx = std::unique_ptr<ssl_ctx_st, SslCtxDeleter>;

/// How a client checks the server that it calls.
struct TlsClientConfig {
    bool verify = true;   ///< chain and name; off: opportunistic TLS
    std::string ca_file;  ///< empty: the system's
    /// SHA-256 of the server's public key (its SubjectPublicKeyInfo), in base64: one of them instead of chain
    /// and name.
    std::vector<std::string> pins;
    std::vector<std::string> alpn;
    bool dane = false;    ///< connections may be checked by TLSA records (DaneCheck); `verify` for the others
    int version_max = 0;  ///< OpenSSL's number; 0: the newest. Tests of old versions set it.
    int version_min = 0;
};

/// A TLSA record, RFC 6698 section 2.1.
struct TlsaRecord {
    std::uint8_t usage = 0, selector = 0, matching = 0;
    std::string data;
    bool operator==(const TlsaRecord&) const = default;
};

/// What a mail server's certificate must agree with: RFC 7672 section 3. The records came by DNSSEC.
struct DaneCheck {
    std::vector<TlsaRecord> records;
    std::vector<std::string> names;  ///< one of these, where a trust anchor (usage 2) decides; not empty
};

/// Why a server's certificate was not believed.
enum class CertificateFault : std::uint8_t { none, expired, other_host, not_trusted };

class TlsContext {
public:
    struct Made {
        std::shared_ptr<const TlsContext> context;
        std::string fault;  ///< empty: made
    };
    /// Of a listener. `keys` outlive reloads, and differ by protocol so that no ticket crosses over.
    static Made make_server(const ListenerConfig& config, std::shared_ptr<TicketKeys> keys);
    static Made make_client(const TlsClientConfig& config);
    ~TlsContext();
    TlsContext(const TlsContext&) = delete;
    TlsContext& operator=(const TlsContext&) = delete;

    ssl_ctx_st* main() const { return contexts_.front().get(); }
    /// The context for an SNI name (any case), or null: the default's.
    ssl_ctx_st* find(std::string_view server_name) const;
    bool verifies() const { return verifies_; }
    /// The server's choice among the client's wire-format list; empty: none fits.
    std::string_view choose_alpn(std::string_view offered) const;
    const std::vector<std::string>& alpn() const { return alpn_; }
    /// One of the pins is the certificate's.
    bool pinned(const x509_st* certificate) const;

private:
    TlsContext() = default;
    std::string add_certificate(const ListenerConfig& config, const Certificate& certificate);
    std::string set_client_ca(const ListenerConfig& config);
    ssl_ctx_st* same_names(const std::vector<std::string>& names, ssl_ctx_st* fresh) const;

    std::vector<SslCtx> contexts_;
    std::map<std::string, ssl_ctx_st*, std::less<>> exact_;
    std::map<std::string, ssl_ctx_st*, std::less<>> wildcard_;  // "example.org" for "*.example.org"
    std::vector<std::vector<std::string>> names_;               // of contexts_, sorted
    std::vector<std::string> alpn_;
    std::vector<std::string> pins_;
    std::shared_ptr<TicketKeys> keys_;
    bool verifies_ = false;
};

std::shared_ptr<TicketKeys> make_ticket_keys();

/// The newest entry of OpenSSL's error queue as text; empties the queue.
std::string openssl_error();

}  // namespace net
