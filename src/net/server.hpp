// Server: the pool of threads, the listeners as virtual servers, the sessions that they start, and the
// orderly stop.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/connection.hpp"
#include "net/resolver.hpp"
#include "net/session_registry.hpp"

namespace net {

struct Certificate {
    std::string chain_file;          ///< PEM: leaf first
    std::string key_file;            ///< PEM
    std::vector<std::string> names;  ///< SNI names it is for; empty: those in the certificate
};

/// One virtual server: a protocol on one or more addresses.
struct ListenerConfig {
    std::string name;                    ///< unique; in logs and in `session list`
    std::string protocol;                ///< "imap", "pop3", "smtp", "submission", "lmtp" …
    std::vector<std::string> addresses;  ///< "127.0.0.1:143", "[::1]:143", "*:143", "unix:/path"
    TlsMode tls = TlsMode::none;
    std::vector<Certificate> certificates;  ///< the first is the default
    std::string client_ca_file;  ///< set: client certificates are asked for and verified (SASL EXTERNAL)
    std::vector<std::string>
        alpn;  ///< protocols accepted; a client that offers only others is refused (ALPACA)
    std::uint32_t connections_max = 10'000;  ///< 0: no limit but the server's
    std::uint32_t connections_per_ip_max =
        100;  ///< IPv4 address, IPv6 /64; families share one NAT address; 0: no limit
    /// Networks that send a PROXY header (v1 or v2), and must; "unix": peers on unix: addresses do.
    std::vector<std::string> proxy_trusted;
    /// Networks of servers that lead their users to us: PeerInfo::front_end. Not held to
    /// connections_per_ip_max.
    std::vector<std::string> front_ends;
    std::chrono::seconds output_stall_max{300};
    /// Who may connect: addresses and networks ("192.0.2.0/24"), and names of the client's address
    /// ("host.example",
    /// ".example" with all below it), which are looked up only where an address decides nothing. `deny` goes
    /// before `allow`; an empty `allow` allows everybody. Clients on unix: addresses are always let in.
    std::vector<std::string> allow, deny;
    std::chrono::seconds idle_max{
        0};  ///< for the protocol: how long a client may be silent; 0: its own default
    /// Sent to a connection over a limit before it is closed, where TLS is not implicit: "*
    /// BYE Too many\r\n".
    std::string refusal;
    std::string denial;  ///< the same, to who is not let in; empty: nothing is said
};

/// Serves one connection from greeting to close. Owns it; returns when the session is over.
using Serve = std::function<awaitable<void>(std::unique_ptr<Connection>)>;

struct ServerLimits {
    std::chrono::milliseconds tls_handshake_max{10'000};  ///< with the wait for its turn
    /// Handshakes in flight, over all listeners; others wait for their turn. Each may hold 50 KB. 0: no
    /// limit.
    std::uint32_t tls_handshakes_max = 1000;
    std::uint32_t tls_handshakes_per_ip_max = 10;      ///< IPv4 address, IPv6 /64; 0: no limit
    std::chrono::milliseconds proxy_header_max{3000};  ///< a proxy sends its header with the connection
    std::chrono::milliseconds drain_max{
        10'000};                             ///< from stop() until sockets are closed under their sessions
    std::uint32_t connections_max = 15'000;  ///< in all; a process has 20,000 descriptors here
};

class Server {
public:
    virtual ~Server() = default;  // stopped, or never run

    /// Binds at once, so that a fault is told before the process says that it is ready; accepts once run()
    /// runs. Port 0 takes a free one: see ports(). Returns an empty text, or what is wrong ("127.0.0.1:143:
    /// address in use").
    virtual std::string add_listener(ListenerConfig config, Serve serve) = 0;
    /// Port bound by each address of a listener, in order.
    virtual std::vector<std::uint16_t> ports(std::string_view listener) const = 0;

    /// Reads certificate and key files again; sessions go on with what they have. Empty text or what is
    /// wrong, in which case the old ones stay.
    virtual std::string reload_certificates() = 0;

    /// Runs the pool on `threads` threads (0: one per core) until stop() has drained it. Call once.
    virtual void run(unsigned threads) = 0;
    /// Any thread, and async-signal contexts by way of a posted handler: stops accepting, wakes every session
    /// with event_shutdown, waits drain_max, closes the rest; then run() returns. Other work on executor() is
    /// not awaited.
    virtual void stop() = 0;
    /// After run(), once the services that sessions await answer "closed": lets what is left on executor()
    /// come to its end, on the calling thread and for a second at most. The destructor drops the rest.
    virtual void settle() = 0;

    virtual boost::asio::any_io_executor executor() = 0;  ///< of the pool, without a strand
    virtual SessionRegistry& sessions() = 0;
    virtual Resolver& resolver() = 0;

    struct Figures {
        std::uint64_t accepted = 0, refused = 0, denied = 0, tls_failed = 0, open = 0;
        std::uint32_t tls_running = 0, tls_waiting = 0;  ///< handshakes, now
    };
    virtual Figures figures() const = 0;
};

std::unique_ptr<Server> make_server(ServerLimits limits, ResolverSettings resolver = {});

}  // namespace net
