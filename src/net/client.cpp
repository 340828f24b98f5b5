#include "net/client.hpp"

#include <algorithm>
#include <cerrno>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/error.hpp>

#include "net/address.hpp"
#include "net/stream.hpp"

namespace net {
namespace {

using Clock = std::chrono::steady_clock;

/// A socket that is open, bound to its source and not connected; or why not.
ClientResult<Stream::Socket> open_socket(const boost::asio::any_io_executor& strand, int family,
                                         const std::string& source) {
    Stream::Socket socket(strand);
    boost::system::error_code ec;
    socket.open(boost::asio::generic::stream_protocol(family, 0), ec);
    if (ec) return ClientError(ClientErrc::connect, ec.message());
    if (family != AF_UNIX) {
        const int on = 1;
        ::setsockopt(socket.native_handle(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    }
    if (!source.empty()) {
        const auto ip = IpAddress::parse(source);
        if (!ip) return ClientError(ClientErrc::address, "not an address: " + source);
        const SocketAddress from = make_socket_address(*ip, 0);
        if (::bind(socket.native_handle(), from.get(), from.length) != 0) {
            return ClientError(ClientErrc::connect, "cannot connect from " + source);
        }
    }
    return socket;
}

ClientResult<SocketAddress> target_of(const ClientOptions& options) {
    if (options.address.starts_with("unix:")) {
        const auto local = parse_listen_address(options.address);
        if (local) return local->address;
    } else if (const auto ip = IpAddress::parse(options.address)) {
        return make_socket_address(*ip, options.port);
    }
    return ClientError(ClientErrc::address, "not an address: " + options.address);
}

}  // namespace

Client::Client(std::unique_ptr<Stream> stream) : stream_(std::move(stream)) {}
Client::~Client() = default;

awaitable<ClientResult<std::unique_ptr<Client>>> Client::connect(boost::asio::any_io_executor strand,
                                                                 ClientOptions options) {
    const auto target = target_of(options);
    if (!target) co_return target.error();
    auto socket = open_socket(strand, target->family(), options.source);
    if (!socket) co_return socket.error();
    auto stream = std::make_unique<Stream>(std::move(*socket), options.output_stall_max);
    const auto end = [link = stream->link()] { link->wake(event_shutdown); };
    const std::stop_callback ended(options.stop, end);
    const Stream::Socket::endpoint_type endpoint(target->get(), target->length, 0);
    const boost::system::error_code ec = co_await stream->connect(endpoint, options.connect_max);
    if (ec == boost::asio::error::timed_out)
        co_return ClientError(ClientErrc::timeout, "no connection in time");
    if (ec == boost::asio::error::operation_aborted)
        co_return ClientError(ClientErrc::cancelled, "cancelled");
    if (ec) co_return ClientError(ClientErrc::connect, ec.message());
    co_return std::unique_ptr<Client>(new Client(std::move(stream)));
}

awaitable<ClientResult<void>> Client::start_tls(std::shared_ptr<const TlsContext> context,
                                                std::string server_name,
                                                std::chrono::milliseconds handshake_max,
                                                std::shared_ptr<const DaneCheck> dane) {
    if (tls_) co_return ClientError(ClientErrc::tls, "TLS is on already");
    if (!stream_->input().empty()) {
        // Answers sent in plain text must not be taken for answers over TLS (threats.md 2).
        stream_->close();
        co_return ClientError(ClientErrc::injection, "octets behind the answer to STARTTLS");
    }
    std::unique_ptr<TlsStream> tls = TlsStream::make_client(std::move(context), server_name, dane.get());
    if (tls == nullptr) co_return ClientError(ClientErrc::tls, "no usable TLSA record");
    const auto deadline = Clock::now() + handshake_max;
    tls_ = co_await stream_->handshake(std::move(tls), deadline);
    if (tls_) co_return ClientResult<void>();
    certificate_fault_ = stream_->tls()->certificate_fault();
    const std::string why = stream_->tls()->error();
    co_return ClientError(ClientErrc::tls, why.empty() ? "TLS handshake broken off" : why);
}

awaitable<ClientResult<void>> Client::more(Clock::time_point deadline) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - Clock::now());
    const Wake woken = co_await stream_->wait(left);
    switch (woken) {
        case Wake::octets:
            co_return ClientResult<void>();
        case Wake::event:
            co_return ClientError(ClientErrc::cancelled, "cancelled");
        case Wake::deadline:
            co_return ClientError(ClientErrc::timeout, "no answer in time");
        case Wake::closed:
            break;
    }
    co_return ClientError(ClientErrc::closed, "connection closed");
}

awaitable<ClientResult<std::string>> Client::read_line(std::size_t line_bytes_max,
                                                       std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    std::size_t searched = 0;
    for (;;) {
        const std::string_view held = stream_->input().view();
        const auto end = held.find('\n', searched);
        if (std::min(end, held.size()) > line_bytes_max) {
            co_return ClientError(ClientErrc::too_long, "line too long");
        }
        if (end != std::string_view::npos) {
            std::string line(held.substr(0, end));
            if (!line.empty() && line.back() == '\r') line.pop_back();
            stream_->input().consume(end + 1);
            co_return line;
        }
        searched = held.size();
        auto grown = co_await more(deadline);
        if (!grown) co_return grown.error();
    }
}

awaitable<ClientResult<std::string>> Client::read_octets(std::size_t octets,
                                                         std::chrono::milliseconds patience) {
    const auto deadline = Clock::now() + patience;
    std::string out;
    for (;;) {
        const std::string_view held = stream_->input().view().substr(0, octets - out.size());
        const std::size_t taken = held.size();
        out += held;
        stream_->input().consume(taken);
        if (out.size() == octets) co_return out;
        auto grown = co_await more(deadline);
        if (!grown) co_return grown.error();
    }
}

awaitable<ClientResult<void>> Client::write(std::string octets) {
    stream_->output() += octets;
    const bool sent = co_await stream_->flush();
    if (sent) co_return ClientResult<void>();
    co_return ClientError(ClientErrc::closed, "connection closed");
}

awaitable<Wake> Client::wait(std::chrono::milliseconds patience) { return stream_->wait(patience); }
std::string_view Client::input() const { return stream_->input().view(); }
void Client::consume(std::size_t octets) { stream_->input().consume(octets); }
std::string& Client::output() { return stream_->output(); }
awaitable<bool> Client::flush() { return stream_->flush(); }
std::shared_ptr<Waker> Client::waker() { return stream_->link(); }
std::uint32_t Client::take_events() noexcept { return stream_->take_events(); }
void Client::close() noexcept { stream_->close(); }
bool Client::reached_own_host() const {
    SocketAddress here, there;
    here.length = there.length = sizeof here.storage;
    const int descriptor = stream_->descriptor();
    if (::getsockname(descriptor, here.get(), &here.length) != 0) return false;
    if (::getpeername(descriptor, there.get(), &there.length) != 0) return false;
    // Who connects to an address of its own does so from that address.
    const auto own = here.ip();
    return own && own == there.ip();
}
std::string Client::tls_version() const { return tls_ ? stream_->tls()->version() : ""; }
std::string Client::tls_cipher() const { return tls_ ? stream_->tls()->cipher() : ""; }
std::string Client::tls_alpn() const { return tls_ ? stream_->tls()->alpn() : ""; }
std::string Client::channel_binding(std::string_view type) const {
    return tls_ ? stream_->tls()->channel_binding(type) : "";
}

}  // namespace net
