// MemoryConnection: a net::Connection over buffers instead of a socket, for tests that must repeat exactly.
// MemoryPeer is the client's end of it. Time does not pass by itself: MemoryPeer::advance() moves the clock
// of its waits.
//
// Both ends are used on the one thread that runs the io_context; only the waker may be used from others.
#pragma once
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/connection.hpp"
#include "support/zipped.hpp"

namespace support {

/// What the server's end is told of its peer, and how it behaves.
struct MemoryOptions {
    net::PeerInfo peer;
    bool can_start_tls = false;
    bool tls_fails = false;             ///< start_tls() answers false
    std::size_t flush_fails_after = 0;  ///< that many flushes succeed, the next one fails; 0: none fails
    std::string channel_binding;        ///< for every type, once TLS is on
    /// How the client flushes what it deflates after COMPRESS: a value of zlib. 0: compression is noted and
    /// not done, both ends go on in plain text.
    int deflate_flush = 0;
};

/// What both ends share. Owned by both, since either may go first.
struct MemoryState {
    MemoryState(boost::asio::io_context& io, MemoryOptions what)
        : options(std::move(what)), executor(io.get_executor()), signal(io), drained(io) {}

    MemoryOptions options;
    boost::asio::any_io_executor executor;
    boost::asio::steady_timer signal;   // cancelled to wake wait()
    boost::asio::steady_timer drained;  // cancelled to let a held flush() go on

    std::string arrived;               // sent by the client, not yet seen by the server
    std::string input;                 // seen
    std::size_t consumed = 0;          // of input
    std::string output;                // written, not flushed
    std::string sent;                  // flushed, not taken by the client
    std::size_t output_bytes_max = 0;  // most that output ever held at a flush
    std::size_t flushes = 0;
    std::uint64_t octets_in = 0, octets_out = 0;
    bool compressed = false;
    std::unique_ptr<Zipped> zipped;  // while it is compressed indeed
    bool client_closed = false;
    bool server_closed = false;
    bool held = false;  // the client does not read
    std::chrono::milliseconds now{0};
    std::chrono::milliseconds deadline{0};
    bool waiting = false;

    std::mutex mutex;  // of events and posted alone: wake() comes from any thread
    std::uint32_t events = 0;
    bool posted = false;
};

/// The client's end.
class MemoryPeer {
public:
    explicit MemoryPeer(std::shared_ptr<MemoryState> state) : state_(std::move(state)) {}

    /// What a client sends that wants to say this: deflated, when that was agreed on.
    std::string packed(std::string_view octets) const;
    void send(std::string_view octets);
    /// What the server sent and nobody took yet.
    std::string& received() { return state_->sent; }
    void close();
    /// Lets time pass for the server's wait.
    void advance(std::chrono::milliseconds by);
    /// While held, flush() does not complete: a client that does not read.
    void hold(bool yes);
    bool server_closed() const { return state_->server_closed; }
    bool tls() const { return state_->options.peer.tls; }
    std::size_t output_bytes_max() const { return state_->output_bytes_max; }
    std::size_t flushes() const { return state_->flushes; }
    std::shared_ptr<net::Waker> waker() const;

private:
    std::shared_ptr<MemoryState> state_;
};

struct MemoryPair {
    std::unique_ptr<net::Connection> connection;
    MemoryPeer peer;
};
MemoryPair make_memory_pair(boost::asio::io_context& io, MemoryOptions options);

}  // namespace support
