// Connection: one peer. Owns the stream (plain or TLS), its deadline, its buffers and the one wait point of a
// session.
//
// Everything here runs on the connection's strand; from other threads only the Waker may be used. No second
// coroutine reads or writes the same connection. An idle connection holds no buffer: wait() waits for
// readability first.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>

namespace net {

using boost::asio::awaitable;

/// What ended a wait.
enum class Wake : std::uint8_t {
    octets,    ///< input() has grown
    event,     ///< somebody called wake(); take_events() says why; nothing was lost
    deadline,  ///< nothing came in time; a last write is still possible
    closed,    ///< the peer is gone; input() may still hold its last octets
};

/// Reasons for Wake::event, as bits. Bits 8 to 31 belong to the session's own protocol.
enum Event : std::uint32_t {
    event_shutdown = 1U << 0,  ///< the server stops: say goodbye and close
    event_kicked = 1U << 1,    ///< an operator ends this session
    event_turn = 1U << 2,      ///< of net itself: a handshake's turn has come; no session sees it
    event_mail = 1U << 8,      ///< a folder that the session watches changed
};

/// Wakes a connection's session from any thread, at any time, also after the connection is gone. Cheap when
/// the same event is already pending.
class Waker {
public:
    virtual ~Waker() = default;
    virtual void wake(std::uint32_t events) noexcept = 0;
};

enum class TlsMode : std::uint8_t { none, starttls, implicit };

/// What is known of a peer; fixed when the session starts, but for the tls_ fields, which start_tls() sets.
struct PeerInfo {
    std::string address;  ///< numeric, of the client itself (from PROXY when trusted), without port
    std::uint16_t port = 0;
    std::string local_address;
    std::uint16_t local_port = 0;
    std::string listener;  ///< name of the listener
    bool loopback = false;
    TlsMode tls_mode = TlsMode::none;
    bool tls = false;
    std::string tls_version;  ///< "TLSv1.3"
    std::string tls_cipher;
    std::string tls_server_name;     ///< SNI, lower case
    std::string tls_client_subject;  ///< of a verified client certificate: its common name or e-mail address
    bool front_end = false;  ///< comes from one of the listener's front ends, which lead others' users to us
};

class Stream;
class TlsContext;

class Connection {
public:
    virtual ~Connection() = default;

    virtual const PeerInfo& peer() const = 0;
    virtual boost::asio::any_io_executor executor() = 0;
    virtual std::shared_ptr<Waker> waker() = 0;

    /// Waits until input() has more octets than when it was called, or for an event, or until `patience` has
    /// passed.
    virtual awaitable<Wake> wait(std::chrono::milliseconds patience) = 0;
    /// Octets that came and were not consumed. Valid until the next wait(), consume() or start_tls().
    virtual std::string_view input() const = 0;
    virtual void consume(std::size_t octets) = 0;
    virtual std::uint32_t take_events() noexcept = 0;

    /// Appends to the output, which leaves at flush(). Sessions write here directly.
    virtual std::string& output() = 0;
    /// Sends all output. False: the peer is gone or did not take it in time (output stall); then only
    /// close().
    virtual awaitable<bool> flush() = 0;
    /// flush() when the output is large (64 KiB) or `now`, else nothing: call it in loops that write much.
    awaitable<bool> flush_if_large();
    static constexpr std::size_t output_large_bytes = 64U << 10;

    /// The server's side of a TLS handshake (after the answer to STARTTLS was flushed). Input that came in
    /// plain text before is thrown away (CVE-2011-0411). False: handshake failed or took more than 10 s.
    virtual awaitable<bool> start_tls() = 0;
    /// The listener has a certificate, and neither TLS nor compression is on yet.
    virtual bool can_start_tls() const = 0;
    /// From here on both directions are raw DEFLATE, within TLS if that is on (after the answer to COMPRESS
    /// was flushed: RFC 4978 section 3). Input that came and was not consumed is taken for deflated.
    virtual void start_compression() = 0;
    /// From here on they are plain again (after the answer to UNAUTHENTICATE was flushed: RFC 8437
    /// section 4.1).
    virtual void stop_compression() = 0;
    virtual bool compressed() const = 0;
    /// Channel binding data for SCRAM-PLUS: "tls-exporter" (RFC 9266), "tls-server-end-point" (RFC 5929);
    /// empty: none.
    virtual std::string channel_binding(std::string_view type) const = 0;

    /// From here on what wakes this connection wakes that one too: for a time when the session waits for it
    /// alone. What is pending already counts. Null: none.
    virtual void pass_events_to(std::shared_ptr<Waker> other) = 0;
    /// For net::pump(); null: there is no socket.
    virtual Stream* stream() noexcept { return nullptr; }

    /// Orderly end: TLS close_notify if it costs no waiting, then the socket. Idempotent.
    virtual void close() noexcept = 0;

    virtual std::uint64_t octets_in() const = 0;
    virtual std::uint64_t octets_out() const = 0;
};

inline awaitable<bool> Connection::flush_if_large() {
    if (output().size() < output_large_bytes) co_return true;
    co_return co_await flush();
}

}  // namespace net
