#include "echo_server.hpp"

#include <algorithm>
#include <charconv>
#include <cstdlib>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"

namespace net_test {
namespace {

std::size_t number_in(std::string_view text) {
    std::size_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

std::string info(const net::Connection& connection) {
    const net::PeerInfo& peer = connection.peer();
    return peer.address + " " + peer.local_address + " " + (peer.loopback ? "loopback" : "remote") + " " +
           (peer.tls ? peer.tls_version : "plain") + " sni=" + peer.tls_server_name +
           " subject=" + peer.tls_client_subject;
}

class Echo {
public:
    explicit Echo(std::unique_ptr<net::Connection> connection) : connection_(std::move(connection)) {}

    boost::asio::awaitable<void> run() {
        connection_->output() += "hello\r\n";
        for (;;) {
            const bool sent = co_await connection_->flush();
            if (!sent) co_return;
            const net::Wake woken = co_await connection_->wait(patience_);
            if (woken == net::Wake::closed) co_return;
            if (woken == net::Wake::event && !event()) break;
            if (woken == net::Wake::deadline) {
                connection_->output() += "too late\r\n";
                break;
            }
            const bool going_on = co_await lines();
            if (!going_on) break;
        }
        co_await connection_->flush();
        connection_->close();
    }

private:
    bool event() {
        const std::uint32_t events = connection_->take_events();
        events_ |= events;
        if (storm_) connection_->waker()->wake(1U << 20);
        if ((events & (net::event_shutdown | net::event_kicked)) == 0) return true;
        connection_->output() += "bye\r\n";
        return false;
    }

    boost::asio::awaitable<bool> lines() {
        for (;;) {
            const std::string_view input = connection_->input();
            const auto end = input.find('\n');
            if (end == std::string_view::npos) co_return true;
            std::string line(input.substr(0, end));
            if (!line.empty() && line.back() == '\r') line.pop_back();
            connection_->consume(end + 1);
            if (line == "quit") {
                connection_->output() += "quit\r\n";
                co_return false;
            }
            if (line == "starttls") {
                connection_->output() += "go ahead\r\n";
                co_await connection_->flush();
                const bool good = co_await connection_->start_tls();
                if (!good) co_return false;
                continue;
            }
            if (line == "compress" || line == "plain") {
                connection_->output() += "go ahead\r\n";
                const bool sent = co_await connection_->flush();
                if (!sent) co_return false;
                if (line == "plain") {
                    connection_->stop_compression();
                } else {
                    connection_->start_compression();
                }
                continue;
            }
            if (line.starts_with("count ")) {
                const bool counted = co_await count(number_in(std::string_view(line).substr(6)));
                if (!counted) co_return false;
                continue;
            }
            if (line.starts_with("big ")) {
                const bool good = co_await big(number_in(std::string_view(line).substr(4)));
                if (!good) co_return false;
                continue;
            }
            command(line);
            const bool good = co_await connection_->flush_if_large();
            if (!good) co_return false;
        }
    }

    void command(const std::string& line) {
        std::string& out = connection_->output();
        if (line == "boom") throw base::Bug("boom");
        if (line.starts_with("wait ")) {
            patience_ = std::chrono::milliseconds(number_in(std::string_view(line).substr(5)));
            out += "ok";
        } else if (line == "events") {
            out += std::to_string(std::exchange(events_, 0U));
        } else if (line == "events forever") {
            storm_ = true;
            connection_->waker()->wake(1U << 20);
        } else if (line == "info") {
            out += info(*connection_);
        } else if (line.starts_with("binding ")) {
            for (const char c : connection_->channel_binding(line.substr(8))) {
                constexpr std::string_view digits = "0123456789abcdef";
                out += digits[static_cast<unsigned char>(c) >> 4];
                out += digits[static_cast<unsigned char>(c) & 15U];
            }
        } else {
            out += line;
        }
        out += "\r\n";
    }

    /// Takes that many octets and tells the most that was here at one time.
    boost::asio::awaitable<bool> count(std::size_t octets) {
        std::size_t most = 0;
        while (octets != 0) {
            const std::size_t here = std::min(octets, connection_->input().size());
            most = std::max(most, connection_->input().size());
            connection_->consume(here);
            octets -= here;
            if (octets == 0) break;
            const net::Wake woken = co_await connection_->wait(patience_);
            if (woken != net::Wake::octets) co_return false;
        }
        connection_->output() += std::to_string(most) + "\r\n";
        co_return true;
    }

    /// Numbered blocks, so that a lost or doubled one shows.
    boost::asio::awaitable<bool> big(std::size_t octets) {
        for (std::size_t at = 0; at < octets; at += 8) {
            const std::string number = std::to_string(at + 10'000'000).substr(0, 8);
            connection_->output().append(number, 0, std::min<std::size_t>(8, octets - at));
            const bool good = co_await connection_->flush_if_large();
            if (!good) co_return false;
        }
        co_return true;
    }

    std::unique_ptr<net::Connection> connection_;
    std::chrono::milliseconds patience_ = 60s;
    std::uint32_t events_ = 0;
    bool storm_ = false;  ///< wakes itself at every event
};

}  // namespace

Seen& seen() {
    static Seen instance;
    return instance;
}

boost::asio::awaitable<void> echo(std::unique_ptr<net::Connection> connection) {
    {
        const std::lock_guard lock(seen().mutex);
        seen().wakers.push_back(connection->waker());
    }
    {
        Echo session(std::move(connection));
        co_await session.run();
    }
    const std::lock_guard lock(seen().mutex);
    ++seen().ended;
}

Client::Client(std::uint16_t port, const char* address, const char* source)
    : descriptor_(::socket(AF_INET, SOCK_STREAM, 0)) {
    if (source != nullptr) {
        sockaddr_in from{};
        from.sin_family = AF_INET;
        inet_pton(AF_INET, source, &from.sin_addr);
        if (::bind(descriptor_, reinterpret_cast<sockaddr*>(&from), sizeof from) != 0) close();
    }
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    inet_pton(AF_INET, address, &to.sin_addr);
    if (::connect(descriptor_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) close();
}

void Client::close() {
    if (descriptor_ >= 0) ::close(descriptor_);
    descriptor_ = -1;
}

bool Client::readable(std::chrono::milliseconds patience) const {
    pollfd wait{descriptor_, POLLIN, 0};
    return ::poll(&wait, 1, static_cast<int>(patience.count())) == 1;
}

bool Client::send(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t n = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (n <= 0) return false;
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
}

std::string Client::line(std::chrono::milliseconds patience) {
    for (;;) {
        const auto end = buffer_.find("\r\n");
        if (end != std::string::npos) {
            std::string out = buffer_.substr(0, end);
            buffer_.erase(0, end + 2);
            return out;
        }
        if (!readable(patience)) return "<nothing>";
        std::string piece(65536, '\0');
        const ssize_t n = ::recv(descriptor_, piece.data(), piece.size(), 0);
        if (n <= 0) return "<closed>";
        buffer_.append(piece, 0, static_cast<std::size_t>(n));
    }
}

std::string Client::rest(std::chrono::milliseconds patience) {
    std::string out = std::move(buffer_);
    for (;;) {
        if (!readable(patience)) return out + "<nothing>";
        std::string piece(65536, '\0');
        const ssize_t n = ::recv(descriptor_, piece.data(), piece.size(), 0);
        if (n <= 0) return out;
        out.append(piece, 0, static_cast<std::size_t>(n));
    }
}

}  // namespace net_test
