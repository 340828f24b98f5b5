#include "net/server.hpp"

#include <algorithm>
#include <csignal>
#include <exception>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "net/server_impl.hpp"

namespace net {
namespace asio = boost::asio;
namespace {

/// After drain_max the sockets are closed; a session that is still not over after this hangs in something
/// else.
constexpr std::chrono::seconds last_grace{5};
/// settle() only runs what is ready; what is ready again and again does not hold up the end of the process.
constexpr std::chrono::seconds settle_max{1};

PeerInfo peer_info(const Listener& listener, int descriptor, const SocketAddress& peer) {
    PeerInfo info;
    info.listener = listener.config.name;
    info.tls_mode = listener.config.tls;
    SocketAddress local;
    local.length = sizeof local.storage;
    if (::getsockname(descriptor, local.get(), &local.length) == 0) {
        if (const auto ip = local.ip()) info.local_address = ip->text();
        info.local_port = local.port();
    }
    const auto ip = peer.ip();
    // Who can open a local socket of mode 0600 is on this machine.
    info.address = ip ? ip->text() : "unix";
    info.port = peer.port();
    info.loopback = !ip || ip->loopback();
    info.front_end = listener.is_front_end(peer);
    return info;
}

}  // namespace

/// A connection's place in the counts; leaves them when it goes.
class ServerImpl::Place final : public Lease {
public:
    Place(ServerImpl& server, std::shared_ptr<Listener> listener)
        : server_(server), listener_(std::move(listener)) {}
    ~Place() override {
        if (client_) listener_->gate.leave_client(*client_);
        listener_->gate.leave();
        if (link_ != nullptr) {
            const std::lock_guard lock(server_.live_mutex_);
            server_.live_.erase(link_);
        }
        --server_.open_;
    }
    bool enter_client(std::uint64_t limit_key) override {
        if (!listener_->gate.enter_client(limit_key)) {
            ++server_.refused_;
            return false;
        }
        client_ = limit_key;
        return true;
    }
    void follow(const std::shared_ptr<Stream::Link>& link) {
        link_ = link.get();
        const std::lock_guard lock(server_.live_mutex_);
        server_.live_.emplace(link_, link);
    }

private:
    ServerImpl& server_;
    std::shared_ptr<Listener> listener_;
    std::optional<std::uint64_t> client_;
    Stream::Link* link_ = nullptr;
};

ServerImpl::ServerImpl(ServerLimits limits, ResolverSettings resolver)
    : limits_(limits),
      turns_(std::make_shared<HandshakeTurns>(limits.tls_handshakes_max, limits.tls_handshakes_per_ip_max)),
      resolver_(io_.get_executor(), std::move(resolver)),
      control_(asio::make_strand(io_.get_executor())),
      work_(asio::make_work_guard(io_)),
      drain_(control_) {
    std::signal(SIGPIPE, SIG_IGN);  // a peer that is gone is an error of write, not of the process
}

ServerImpl::~ServerImpl() {
    for (const auto& listener : listeners_) {
        for (const auto& door : listener->doors) door->close();
        listener->doors.clear();
    }
}

std::string ServerImpl::add_listener(ListenerConfig config, Serve serve) {
    const std::lock_guard lock(listeners_mutex_);
    const auto known = [&](const auto& other) { return other->config.name == config.name; };
    if (std::ranges::any_of(listeners_, known)) return config.name + ": a listener of that name exists";
    auto& keys = ticket_keys_[config.protocol];
    if (keys == nullptr) keys = std::make_shared<TicketKeys>();
    auto listener = std::make_shared<Listener>(std::move(config), std::move(serve), limits_, turns_, keys);
    if (std::string fault = listener->parse_networks(); !fault.empty()) return fault;
    std::shared_ptr<const TlsContext> tls;
    if (std::string fault = listener->load_tls(tls); !fault.empty()) return fault;
    listener->shared->set_tls(std::move(tls));
    for (const std::string& address : listener->config.addresses) {
        ListeningSocket socket = open_listening_socket(address);
        if (!socket.fault.empty()) return socket.fault;  // those opened before close with the listener
        listener->doors.push_back(std::make_shared<Door>(control_, std::move(socket), spare_));
    }
    listeners_.push_back(listener);
    auto open = [this, listener] {
        if (stopping_) return;
        for (const auto& door : listener->doors) {
            auto admitted = [this, listener](int descriptor, const SocketAddress& peer) {
                admit(listener, descriptor, peer);
            };
            door->open(std::move(admitted), [this] { ++refused_; });
        }
    };
    asio::post(control_, std::move(open));
    return {};
}

std::vector<std::uint16_t> ServerImpl::ports(std::string_view name) const {
    const std::lock_guard lock(listeners_mutex_);
    std::vector<std::uint16_t> out;
    for (const auto& listener : listeners_) {
        if (listener->config.name != name) continue;
        for (const auto& door : listener->doors) out.push_back(door->bound().port());
    }
    return out;
}

std::string ServerImpl::reload_certificates() {
    const std::lock_guard lock(listeners_mutex_);
    std::vector<std::shared_ptr<const TlsContext>> fresh(listeners_.size());
    for (std::size_t i = 0; i < listeners_.size(); ++i) {
        if (std::string fault = listeners_[i]->load_tls(fresh[i]); !fault.empty()) return fault;
    }
    for (std::size_t i = 0; i < listeners_.size(); ++i) listeners_[i]->shared->set_tls(std::move(fresh[i]));
    return {};
}

void ServerImpl::work() {
    for (;;) {
        try {
            io_.run();
            return;
        } catch (const std::exception& bug) {  // of a bare handler; sessions' own end in session_over()
            base::log::error("net", "exception in a handler", {{"what", bug.what()}});
        }
    }
}

void ServerImpl::run(unsigned threads) {
    if (threads == 0) threads = std::max(1U, std::thread::hardware_concurrency());
    std::vector<std::thread> pool;
    for (unsigned i = 1; i < threads; ++i) {
        pool.emplace_back([this] { work(); });
        const std::string name = "net-" + std::to_string(i);
        pthread_setname_np(pool.back().native_handle(), name.c_str());
    }
    work();  // the calling thread is one of the pool
    for (std::thread& thread : pool) thread.join();
}

void ServerImpl::refuse(const Listener& listener, int descriptor, const std::string& text) {
    ++refused_;
    if (!text.empty() && listener.config.tls != TlsMode::implicit) {
        // A fresh socket has room for a line; if not, the line is not worth waiting for.
        std::ignore = ::send(descriptor, text.data(), text.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    }
    ::close(descriptor);
}

void ServerImpl::deny(const Listener& listener, const SocketAddress& peer, int descriptor) {
    ++denied_;
    if (const auto ip = peer.ip())
        base::log::info("net", "not let in", {{"listener", listener.config.name}, {"ip", ip->text()}});
    refuse(listener, descriptor, listener.config.denial);
}

void ServerImpl::admit(const std::shared_ptr<Listener>& listener, int descriptor, const SocketAddress& peer) {
    ++accepted_;
    const auto ip = peer.ip();
    Before before;
    before.proxy_header = listener->is_proxy(peer);
    if (ip && !before.proxy_header) {
        const Access access = listener->access.decide(*ip);
        if (access == Access::denied) return deny(*listener, peer, descriptor);
        before.name = access == Access::name_needed;
    }
    if (stopping_ || (limits_.connections_max != 0 && open_ >= limits_.connections_max) ||
        !listener->gate.enter()) {
        return refuse(*listener, descriptor, listener->config.refusal);
    }
    ++open_;
    auto place = std::make_unique<Place>(*this, listener);
    if (ip && !before.proxy_header && !listener->is_front_end(peer) &&
        !place->enter_client(ip->limit_key())) {
        --refused_;  // counted again:
        return refuse(*listener, descriptor, listener->config.refusal);
    }
    if (ip) {
        // Without it small answers wait for the peer's delayed ACK: 45 ms.
        const int on = 1;
        ::setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    Stream::Socket socket(asio::make_strand(io_.get_executor()));
    boost::system::error_code ec;
    socket.assign(asio::generic::stream_protocol(peer.family(), 0), descriptor, ec);
    if (ec) {
        ::close(descriptor);
        return;
    }
    start_session(listener, std::move(socket), peer, std::move(place), before);
}

void ServerImpl::start_session(const std::shared_ptr<Listener>& listener, Stream::Socket socket,
                               const SocketAddress& peer, std::unique_ptr<Lease> lease, Before before) {
    auto* place = static_cast<Place*>(lease.get());
    PeerInfo info = peer_info(*listener, socket.native_handle(), peer);
    auto connection = std::make_unique<SocketConnection>(std::move(socket), std::move(info), listener->shared,
                                                         std::move(lease));
    place->follow(connection->link());
    const asio::any_io_executor strand = connection->executor();
    auto over = [this](const std::exception_ptr& broken) { session_over(broken); };
    ++sessions_;
    try {
        // A frame less where there is nothing to prepare: idle sessions keep their frames.
        if (!before.proxy_header && !before.name && listener->config.tls != TlsMode::implicit) {
            asio::co_spawn(strand, listener->serve(std::move(connection)), std::move(over));
        } else {
            asio::co_spawn(strand, prepare_and_serve(std::move(connection), listener, before),
                           std::move(over));
        }
    } catch (...) {
        session_over(std::current_exception());
    }
}

/// What comes before the session: PROXY header, limits and access of the client that it names, TLS.
awaitable<void> ServerImpl::prepare_and_serve(std::unique_ptr<SocketConnection> connection,
                                              std::shared_ptr<Listener> listener, Before before) {
    const bool plain = listener->config.tls != TlsMode::implicit;
    if (before.proxy_header) {
        const bool good = co_await connection->read_proxy_header(limits_.proxy_header_max);
        if (!good) {
            base::log::info("net", "no PROXY header", {{"ip", connection->peer().address}});
            co_return;
        }
    }
    const auto ip = IpAddress::parse(connection->peer().address);
    if (ip && before.proxy_header && !connection->lease()->enter_client(ip->limit_key())) {
        if (plain) connection->output() += listener->config.refusal;
        co_await connection->flush();
        co_return;
    }
    if (ip && (before.proxy_header || before.name)) {
        const bool allowed = co_await let_in(listener, *ip);
        if (!allowed) {
            ++refused_;
            if (plain) connection->output() += listener->config.denial;
            co_await connection->flush();
            co_return;
        }
    }
    if (!plain) {
        const bool good = co_await connection->handshake();
        if (!good) co_return;
    }
    co_await listener->serve(std::move(connection));
}

/// Looks the names of the address up where a rule asks for them.
awaitable<bool> ServerImpl::let_in(std::shared_ptr<Listener> listener, IpAddress address) {
    Access access = listener->access.decide(address);
    std::string known_as;
    if (access == Access::name_needed) {
        std::vector<std::string> names;
        auto found = co_await resolver_.names(address);
        if (found) names = std::move(*found);
        access = listener->access.decide(address, names);
        if (!names.empty()) known_as = names.front();
    }
    if (access == Access::allowed) co_return true;
    ++denied_;
    base::log::info("net", "not let in",
                    {{"listener", listener->config.name}, {"ip", address.text()}, {"name", known_as}});
    co_return false;
}

void ServerImpl::session_over(const std::exception_ptr& broken) {
    base::log::broken("net", "session", broken);
    if (--sessions_ == 0 && stopping_) asio::post(control_, [this] { finish(); });
}

std::vector<std::shared_ptr<Stream::Link>> ServerImpl::live_links() {
    const std::lock_guard lock(live_mutex_);
    std::vector<std::shared_ptr<Stream::Link>> links;
    links.reserve(live_.size());
    for (const auto& [raw, link] : live_) links.push_back(link);
    return links;
}

void ServerImpl::stop() {
    asio::post(control_, [this] { begin_stop(); });
}

void ServerImpl::settle() {
    const auto until = std::chrono::steady_clock::now() + settle_max;
    io_.restart();
    while (std::chrono::steady_clock::now() < until) {
        try {
            if (io_.poll_one() == 0) return;
        } catch (const std::exception& bug) {
            base::log::error("net", "exception in a handler", {{"what", bug.what()}});
        }
    }
}

void ServerImpl::begin_stop() {
    if (stopping_.exchange(true)) return;
    {
        const std::lock_guard lock(listeners_mutex_);
        for (const auto& listener : listeners_) {
            for (const auto& door : listener->doors) door->close();
        }
    }
    if (sessions_ == 0) return finish();
    base::log::info("net", "stopping", {{"sessions", sessions_.load()}});
    for (const auto& link : live_links()) link->wake(event_shutdown);
    drain_.expires_after(limits_.drain_max);
    drain_.async_wait([this](boost::system::error_code ec) {
        if (!ec) drained_too_long();
    });
}

void ServerImpl::drained_too_long() {
    base::log::warn("net", "closing connections of sessions that do not end",
                    {{"sessions", sessions_.load()}});
    for (const auto& link : live_links()) link->abort();
    drain_.expires_after(last_grace);
    drain_.async_wait([this](boost::system::error_code ec) {
        if (ec) return;
        base::log::error("net", "sessions cut off", {{"sessions", sessions_.load()}});
        finish();
    });
}

void ServerImpl::finish() {
    drain_.cancel();
    work_.reset();
    io_.stop();
}

Server::Figures ServerImpl::figures() const {
    Figures out;
    out.accepted = accepted_;
    out.refused = refused_;
    out.denied = denied_;
    out.open = open_;
    const HandshakeTurns::Figures turns = turns_->figures();
    out.tls_running = turns.running;
    out.tls_waiting = turns.waiting;
    const std::lock_guard lock(listeners_mutex_);
    for (const auto& listener : listeners_) out.tls_failed += listener->shared->tls_failed;
    return out;
}

std::unique_ptr<Server> make_server(ServerLimits limits, ResolverSettings resolver) {
    return std::make_unique<ServerImpl>(limits, std::move(resolver));
}

}  // namespace net
