// A server of echoing sessions on threads of its own, and a blocking client for tests.
#pragma once
#include <arpa/inet.h>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

#include <gtest/gtest.h>

#include "net/server.hpp"

namespace net_test {

// A sanitizer keeps what was freed: memory is not measured under it.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool instrumented = true;
#elif defined(__has_feature)
inline constexpr bool instrumented = __has_feature(address_sanitizer) || __has_feature(thread_sanitizer);
#else
inline constexpr bool instrumented = false;
#endif

using namespace std::chrono_literals;

/// Echoes lines. "wait N": the next wait's patience in ms; "big N": N octets; "events": the events so far;
/// "boom": throws; "starttls", "compress", "plain": as said; "count N": takes N octets, tells the most that
/// came at once; "info": what the server knows of the peer; "quit": closes.
boost::asio::awaitable<void> echo(std::unique_ptr<net::Connection> connection);

/// What the sessions met, for tests to look at.
struct Seen {
    std::mutex mutex;
    std::vector<std::shared_ptr<net::Waker>> wakers;
    std::size_t ended = 0;
};
Seen& seen();

class Running {
public:
    explicit Running(net::ServerLimits limits = {}, unsigned threads = 2)
        : server(net::make_server(limits)), threads_(threads) {}
    ~Running() { stop(); }
    std::string add(net::ListenerConfig config, net::Serve serve = echo) {
        if (config.name.empty()) config.name = "echo";
        if (config.addresses.empty()) config.addresses = {"127.0.0.1:0"};
        return server->add_listener(std::move(config), std::move(serve));
    }
    void start() {
        thread_ = std::thread([this] { server->run(threads_); });
    }
    void stop() {
        if (!thread_.joinable()) return;
        server->stop();
        thread_.join();
    }
    std::uint16_t port(std::string_view name = "echo") const { return server->ports(name).at(0); }

    std::unique_ptr<net::Server> server;

private:
    unsigned threads_;
    std::thread thread_;
};

/// A blocking client with a limit on every read.
class Client {
public:
    explicit Client(std::uint16_t port, const char* address = "127.0.0.1", const char* source = nullptr);
    explicit Client(int descriptor) : descriptor_(descriptor) {}
    ~Client() { close(); }
    Client(Client&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;

    bool send(std::string_view octets);
    /// One line without its CRLF; "<closed>" or "<nothing>" when it does not come.
    std::string line(std::chrono::milliseconds patience = 30s);
    /// All octets until the end.
    std::string rest(std::chrono::milliseconds patience = 30s);
    bool closed(std::chrono::milliseconds patience = 30s) { return line(patience) == "<closed>"; }
    std::string ask(std::string_view command) {
        send(std::string(command) + "\r\n");
        return line();
    }
    int descriptor() const { return descriptor_; }
    /// As if it had just come.
    void unread(std::string_view octets) { buffer_.append(octets); }
    /// What came behind the last line.
    std::string take_rest() { return std::exchange(buffer_, {}); }
    void close();

private:
    bool readable(std::chrono::milliseconds patience) const;
    int descriptor_ = -1;
    std::string buffer_;
};

/// Waits until it holds, for at most half a minute.
inline bool eventually(const std::function<bool()>& holds) {
    const auto end = std::chrono::steady_clock::now() + 30s;
    while (!holds()) {
        if (std::chrono::steady_clock::now() > end) return false;
        ::poll(nullptr, 0, 1);
    }
    return true;
}

}  // namespace net_test
