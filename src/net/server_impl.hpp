// ServerImpl: the Server. Its control strand owns the doors, the stop and its timers; sessions run on strands
// of their own; counters and the table of live connections are for all threads.
#pragma once
#include <atomic>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/handshake_turns.hpp"
#include "net/listener.hpp"
#include "net/server.hpp"

namespace net {

class ServerImpl final : public Server {
public:
    ServerImpl(ServerLimits limits, ResolverSettings resolver);
    ~ServerImpl() override;

    std::string add_listener(ListenerConfig config, Serve serve) override;
    std::vector<std::uint16_t> ports(std::string_view listener) const override;
    std::string reload_certificates() override;
    void run(unsigned threads) override;
    void stop() override;
    void settle() override;
    boost::asio::any_io_executor executor() override { return io_.get_executor(); }
    SessionRegistry& sessions() override { return registry_; }
    Resolver& resolver() override { return resolver_; }
    Figures figures() const override;

private:
    class Place;  // the server's Lease

    void work();
    void admit(const std::shared_ptr<Listener>& listener, int descriptor, const SocketAddress& peer);
    /// What must be known before a session starts.
    struct Before {
        bool proxy_header = false, name = false;
    };
    void start_session(const std::shared_ptr<Listener>& listener, Stream::Socket socket,
                       const SocketAddress& peer, std::unique_ptr<Lease> lease, Before before);
    awaitable<void> prepare_and_serve(std::unique_ptr<SocketConnection> connection,
                                      std::shared_ptr<Listener> listener, Before before);
    awaitable<bool> let_in(std::shared_ptr<Listener> listener, IpAddress address);
    void session_over(const std::exception_ptr& broken);
    void refuse(const Listener& listener, int descriptor, const std::string& text);
    void deny(const Listener& listener, const SocketAddress& peer, int descriptor);
    void begin_stop();
    void drained_too_long();
    void finish();
    std::vector<std::shared_ptr<Stream::Link>> live_links();

    const ServerLimits limits_;
    SessionRegistry registry_;
    const std::shared_ptr<HandshakeTurns> turns_;
    std::map<std::string, std::shared_ptr<TicketKeys>> ticket_keys_;  // by protocol
    mutable std::mutex listeners_mutex_;
    std::vector<std::shared_ptr<Listener>> listeners_;
    SpareDescriptor spare_;

    std::atomic<std::uint64_t> accepted_{0}, refused_{0}, denied_{0};
    std::atomic<std::uint32_t> open_{0};      // connections
    std::atomic<std::uint32_t> sessions_{0};  // coroutines: they may outlive their connection for a moment
    std::atomic<bool> stopping_{false};
    std::mutex live_mutex_;
    std::unordered_map<Stream::Link*, std::shared_ptr<Stream::Link>> live_;

    // Goes first: handlers and frames that it still holds refer to all of the above.
    boost::asio::io_context io_;
    Resolver resolver_;  // goes before io_, which it needs; coroutines left there only drop what they hold
    boost::asio::any_io_executor control_;
    std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_;
    boost::asio::steady_timer drain_;
};

}  // namespace net
