#include "net/socket_connection.hpp"

#include <utility>

#include "base/log.hpp"
#include "net/address.hpp"
#include "net/proxy_header.hpp"
#include "net/tls_context.hpp"

namespace net {

std::shared_ptr<const TlsContext> ConnectionShared::tls() const {
    const std::lock_guard lock(mutex_);
    return tls_;
}

void ConnectionShared::set_tls(std::shared_ptr<const TlsContext> context) {
    const std::lock_guard lock(mutex_);
    tls_.swap(context);  // the old one is freed after the lock, by its last connection
}

SocketConnection::SocketConnection(Stream::Socket socket, PeerInfo peer,
                                   std::shared_ptr<ConnectionShared> shared, std::unique_ptr<Lease> lease)
    : lease_(std::move(lease)),
      shared_(std::move(shared)),
      peer_(std::move(peer)),
      stream_(std::move(socket), shared_->output_stall_max) {}

awaitable<bool> SocketConnection::start_tls() {
    // CVE-2011-0411: commands sent in plain text behind STARTTLS must not be run as if they had come over
    // TLS.
    stream_.input().release();
    co_return co_await handshake();
}

awaitable<bool> SocketConnection::handshake() {
    std::shared_ptr<const TlsContext> context = shared_->tls();
    if (context == nullptr || stream_.tls() != nullptr) co_return false;
    const auto deadline = std::chrono::steady_clock::now() + shared_->tls_handshake_max;
    // Whoever says nothing takes no turn: connections that are only held open would keep up their whole
    // address.
    bool begun_by_peer = !stream_.input().empty();  // behind a PROXY header
    if (!begun_by_peer) begun_by_peer = co_await stream_.pause(0, deadline);
    if (!begun_by_peer) {
        ++shared_->tls_failed;
        base::log::debug("net", "TLS handshake failed",
                         {{"ip", peer_.address}, {"listener", peer_.listener}, {"why", "no ClientHello"}});
        co_return false;
    }
    const auto ip = IpAddress::parse(peer_.address);
    HandshakeTurns::Turn turn(shared_->turns, ip ? ip->limit_key() : 0, stream_.link(), event_turn);
    if (turn.must_wait()) {
        const bool has_come = co_await stream_.pause(event_turn, deadline);
        if (!has_come) {
            ++shared_->tls_failed;
            base::log::info("net", "no turn for a TLS handshake",
                            {{"ip", peer_.address}, {"listener", peer_.listener}});
            co_return false;
        }
    }
    std::unique_ptr<TlsStream> tls = TlsStream::make_server(std::move(context));
    const bool good = co_await stream_.handshake(std::move(tls), deadline);
    if (!good) {
        ++shared_->tls_failed;
        // There is no TLS where the peer was gone before the first octet of it.
        const TlsStream* const begun = stream_.tls();
        base::log::debug("net", "TLS handshake failed",
                         {{"ip", peer_.address},
                          {"listener", peer_.listener},
                          {"why", begun == nullptr ? std::string_view("peer is gone") : begun->error()}});
        co_return false;
    }
    peer_.tls = true;
    peer_.tls_version = stream_.tls()->version();
    peer_.tls_cipher = stream_.tls()->cipher();
    peer_.tls_server_name = stream_.tls()->server_name();
    peer_.tls_client_subject = stream_.tls()->client_subject();
    co_return true;
}

std::string SocketConnection::channel_binding(std::string_view type) const {
    return peer_.tls ? stream_.tls()->channel_binding(type) : std::string();
}

awaitable<bool> SocketConnection::read_proxy_header(std::chrono::milliseconds patience) {
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (;;) {
        const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
            deadline - std::chrono::steady_clock::now());
        const Wake woken = co_await stream_.wait(left);
        if (woken != Wake::octets) co_return false;
        const ProxyHeader header = parse_proxy_header(input());
        if (header.status == ProxyHeader::Status::bad) co_return false;
        if (header.status == ProxyHeader::Status::more) continue;
        if (header.source) {
            peer_.address = header.source->text();
            peer_.port = header.source_port;
            peer_.local_address = header.destination->text();
            peer_.local_port = header.destination_port;
            // A client's own word for it: loopback is a privilege (plain-text logins) that no proxy can give.
            peer_.loopback = false;
        }
        consume(header.octets);
        stream_.announce_input();
        co_return true;
    }
}

}  // namespace net
