// Stream: a socket, plain or TLS, with one deadline and a way to wake its coroutine. The server's connections
// and the clients of other servers (net/client.hpp) are made of it.
//
// Thread: its strand; only what Link offers may be called from elsewhere. Owner: the session, through its
// Connection.
#pragma once
#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/basic_stream_socket.hpp>
#include <boost/asio/generic/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/buffers.hpp"
#include "net/connection.hpp"
#include "net/deflate.hpp"
#include "net/tls_stream.hpp"

namespace net {

class Stream {
public:
    using Socket =
        boost::asio::basic_stream_socket<boost::asio::generic::stream_protocol, boost::asio::any_io_executor>;
    using SteadyTime = std::chrono::steady_clock::time_point;

    /// The part of a stream that other threads may hold, also when the stream is gone.
    /// Shared: the stream and whoever may wake it end in an unknown order.
    class Link final : public Waker, public std::enable_shared_from_this<Link> {
    public:
        explicit Link(Stream& stream) : stream_(&stream) {}
        void wake(std::uint32_t events) noexcept override;
        /// Ends every wait of the stream with Wake::closed, now and later.
        void abort() noexcept;
        /// Events, present and later, go to `other` too; null: no more.
        void follow(std::shared_ptr<Waker> other);

    private:
        friend Stream;
        void post_nudge() noexcept;
        std::mutex mutex_;  // stream_ is written under it and on the strand, so either is enough to read it
        Stream* stream_;
        std::atomic<std::uint32_t> events_{0};
        std::atomic<bool> aborted_{false};
        std::shared_ptr<Waker> follower_;  // under mutex_. Shared: it may outlive what it wakes
    };

    /// Takes a connected socket over.
    Stream(Socket socket, std::chrono::milliseconds output_stall_max);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    /// Of a socket that is open and not connected. timed_out when `patience` has passed.
    boost::asio::awaitable<boost::system::error_code> connect(Socket::endpoint_type to,
                                                              std::chrono::milliseconds patience);

    // As Connection has them.
    boost::asio::awaitable<Wake> wait(std::chrono::milliseconds patience);
    boost::asio::awaitable<bool> flush();
    std::string& output();
    InputBuffer& input() { return input_; }
    const InputBuffer& input() const { return input_; }
    /// What input() holds came before the session: its first wait() is to tell of it.
    void announce_input() { unannounced_ = !input_.empty(); }
    std::uint32_t take_events() noexcept { return link_->events_.exchange(0, std::memory_order_acq_rel); }
    void close() noexcept;

    /// The handshake of either side. Octets in input() are taken for the peer's first record: clear it
    /// before, where they came as plain text. False: failed, too late, or the session is to end.
    boost::asio::awaitable<bool> handshake(std::unique_ptr<TlsStream> tls, SteadyTime deadline);
    /// Receives nothing until `event` is set, which it takes; 0: until the peer has sent something, or has
    /// gone. False: it is too late, or the session is to end.
    boost::asio::awaitable<bool> pause(std::uint32_t event, SteadyTime deadline);

    /// From here on both directions are deflated, also what input() holds. Only when all output was sent.
    void start_compression();
    /// From here on neither is. What the peer has sent behind its last flush is plain.
    void stop_compression();
    bool compressed() const { return zip_ != nullptr && !zip_->ending; }

    boost::asio::any_io_executor executor() { return socket_.get_executor(); }
    const std::shared_ptr<Link>& link() const { return link_; }
    const TlsStream* tls() const { return tls_.get(); }
    int descriptor() { return socket_.native_handle(); }
    std::uint64_t octets_in() const { return octets_in_; }
    std::uint64_t octets_out() const { return octets_out_; }

private:
    friend class Pump;
    /// A stream that never has to wait lets the others on its thread run after this much: 1 MiB, or 4096
    /// pieces.
    static constexpr std::uint32_t turn_units = 16U << 10;
    enum class Step : std::uint8_t { done, blocked, failed };
    enum class Sleep : std::uint8_t { ready, event, deadline, closed };

    Step receive();  ///< done: input_ has grown; failed: the peer is gone
    Step receive_into(InputBuffer& buffer);
    Step receive_plain(InputBuffer& buffer);
    Step receive_tls(InputBuffer& buffer);
    Step receive_deflated();
    void leave_compression();
    Step send_output();  ///< done: all sent
    Step send_deflated();
    Step send_through(std::string_view& octets);
    Step send_tls(std::string_view& octets);
    Step send_ciphertext();
    Step send_octets(std::string_view& octets);

    void begin_sleep(SteadyTime deadline);
    Sleep end_sleep(bool ready);
    void arm(SteadyTime at);
    void timer_fired();
    void nudge();  ///< on the strand: somebody has set events or aborted
    void release_output();
    void prepare_for_sleep();
    bool has_unread() const;
    bool has_event(std::uint32_t events) const;
    bool is_aborted() const { return link_->aborted_.load(std::memory_order_acquire); }
    bool must_yield();

    /// The layer above TLS, or above the socket.
    struct Compression {
        Inflater inflater;
        Deflater deflater;
        std::string unsent;  // deflated
        std::size_t unsent_at = 0;
        bool ending = false;  // what we send is plain again, and what comes will be behind the next flush
    };

    Socket socket_;
    boost::asio::steady_timer timer_;
    std::shared_ptr<Link> link_;
    std::unique_ptr<TlsStream> tls_;
    std::unique_ptr<Compression> zip_;
    InputBuffer input_;
    std::string output_;
    std::size_t sent_ = 0;  // of output_
    SteadyTime deadline_{};
    SteadyTime armed_for_ = SteadyTime::max();
    std::chrono::milliseconds output_stall_max_;
    std::uint64_t octets_in_ = 0, octets_out_ = 0;
    std::uint32_t since_sleep_ = 0;  // octets/64 moved since this coroutine last let others run
    bool unannounced_ = false;
    bool event_told_ = false;  ///< the last wait() ended by an event that was there before it
    bool sleeping_ = false;
    bool writing_ = false;
    bool expired_ = false;
    bool more_likely_ = false;  // the last receive filled its block
    bool large_ = false;        // ask for large blocks
    bool gone_ = false;         // nothing more comes from the peer; it may still read
    bool broken_ = false;       // nothing more can be sent either
};

}  // namespace net
