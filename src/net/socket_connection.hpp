// SocketConnection: the Connection of a real socket. Made by the server for each accepted peer, and by tests
// for one end of a socket pair.
#pragma once
#include <atomic>
#include <chrono>
#include <memory>
#include <mutex>
#include <string>

#include "net/connection.hpp"
#include "net/handshake_turns.hpp"
#include "net/stream.hpp"

namespace net {

/// What the connections of one listener share. Thread-safe.
class ConnectionShared {
public:
    ConnectionShared(std::chrono::milliseconds output_stall_max, std::chrono::milliseconds tls_handshake_max,
                     std::shared_ptr<HandshakeTurns> handshake_turns)
        : output_stall_max(output_stall_max),
          tls_handshake_max(tls_handshake_max),
          turns(std::move(handshake_turns)) {}

    /// What new handshakes use; null: no TLS here.
    std::shared_ptr<const TlsContext> tls() const;
    void set_tls(std::shared_ptr<const TlsContext> context);

    const std::chrono::milliseconds output_stall_max;
    const std::chrono::milliseconds tls_handshake_max;
    const std::shared_ptr<HandshakeTurns> turns;  ///< of the whole server
    std::atomic<std::uint64_t> tls_failed{0};

private:
    mutable std::mutex mutex_;
    std::shared_ptr<const TlsContext> tls_;
};

/// A place in the limits; given back when the connection goes.
class Lease {
public:
    virtual ~Lease() = default;
    /// Counts the connection for its client. False: that client has too many.
    virtual bool enter_client(std::uint64_t limit_key) = 0;
};

class SocketConnection final : public Connection {
public:
    /// `shared` is owned by its listener too, which may be gone before its last connection.
    SocketConnection(Stream::Socket socket, PeerInfo peer, std::shared_ptr<ConnectionShared> shared,
                     std::unique_ptr<Lease> lease);

    const PeerInfo& peer() const override { return peer_; }
    boost::asio::any_io_executor executor() override { return stream_.executor(); }
    std::shared_ptr<Waker> waker() override { return stream_.link(); }
    awaitable<Wake> wait(std::chrono::milliseconds patience) override { return stream_.wait(patience); }
    std::string_view input() const override { return stream_.input().view(); }
    void consume(std::size_t octets) override { stream_.input().consume(octets); }
    std::uint32_t take_events() noexcept override { return stream_.take_events(); }
    std::string& output() override { return stream_.output(); }
    awaitable<bool> flush() override { return stream_.flush(); }
    awaitable<bool> start_tls() override;
    bool can_start_tls() const override {
        return stream_.tls() == nullptr && !stream_.compressed() && shared_->tls() != nullptr;
    }
    void start_compression() override { stream_.start_compression(); }
    void stop_compression() override { stream_.stop_compression(); }
    bool compressed() const override { return stream_.compressed(); }
    std::string channel_binding(std::string_view type) const override;
    void pass_events_to(std::shared_ptr<Waker> other) override { stream_.link()->follow(std::move(other)); }
    Stream* stream() noexcept override { return &stream_; }
    void close() noexcept override { stream_.close(); }
    std::uint64_t octets_in() const override { return stream_.octets_in(); }
    std::uint64_t octets_out() const override { return stream_.octets_out(); }

    /// Before the session: the PROXY header, which must come first, at once and well-formed.
    awaitable<bool> read_proxy_header(std::chrono::milliseconds patience);
    /// Before the session, on listeners with TlsMode::implicit: what was received already belongs to TLS.
    awaitable<bool> handshake();
    Lease* lease() { return lease_.get(); }
    const std::shared_ptr<Stream::Link>& link() const { return stream_.link(); }

private:
    std::unique_ptr<Lease> lease_;  // goes last
    std::shared_ptr<ConnectionShared> shared_;
    PeerInfo peer_;
    Stream stream_;
};

}  // namespace net
