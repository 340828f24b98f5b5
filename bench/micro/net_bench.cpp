// What net costs a session: lines echoed one at a time and sixteen at a time, plain and TLS, and a wake-up
// from another thread. "server_us" is the processor time of the server's one thread for each line; compare
// with raw epoll's 5.2 and 0.35 µs (docs of the runtime: one thread, loopback).
#include <arpa/inet.h>
#include <atomic>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

#include <benchmark/benchmark.h>
#include <openssl/ssl.h>

#include "net/server.hpp"
#include "support/certificates.hpp"

namespace {

using namespace std::chrono_literals;

boost::asio::awaitable<void> echo(std::unique_ptr<net::Connection> connection) {
    for (;;) {
        const net::Wake woken = co_await connection->wait(30min);
        if (woken == net::Wake::event) {
            const std::uint32_t events = connection->take_events();
            if ((events & net::event_shutdown) != 0) co_return;
            connection->output() += "woken\r\n";
        }
        if (woken == net::Wake::closed) co_return;
        for (;;) {
            const std::string_view input = connection->input();
            const auto end = input.find('\n');
            if (end == std::string_view::npos) break;
            connection->output().append(input.substr(0, end + 1));
            connection->consume(end + 1);
        }
        const bool sent = co_await connection->flush();
        if (!sent) co_return;
    }
}

double cpu_seconds(pthread_t thread) {
    clockid_t clock{};
    pthread_getcpuclockid(thread, &clock);
    timespec time{};
    clock_gettime(clock, &time);
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

/// A server with one thread, and one blocking client.
class Pair {
public:
    explicit Pair(bool tls) : server_(net::make_server({})), authority_(folder_.path()) {
        net::ListenerConfig config;
        config.name = "echo";
        config.addresses = {"127.0.0.1:0"};
        if (tls) {
            support::LeafOptions leaf;
            leaf.dns_names = {"localhost"};
            const support::LeafFiles files = authority_.issue("main", leaf);
            config.tls = net::TlsMode::implicit;
            config.certificates = {{files.chain_file, files.key_file, {}}};
        }
        if (!server_->add_listener(std::move(config), echo).empty()) std::abort();
        thread_ = std::thread([this] { server_->run(1); });
        fd_ = ::socket(AF_INET, SOCK_STREAM, 0);
        sockaddr_in to{};
        to.sin_family = AF_INET;
        to.sin_port = htons(server_->ports("echo").at(0));
        to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        if (::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
        const int on = 1;
        ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
        if (!tls) return;
        ctx_ = SSL_CTX_new(TLS_client_method());
        ssl_ = SSL_new(ctx_);
        SSL_set_fd(ssl_, fd_);
        if (SSL_connect(ssl_) != 1) std::abort();
    }
    ~Pair() {
        SSL_free(ssl_);
        SSL_CTX_free(ctx_);
        ::close(fd_);
        server_->stop();
        thread_.join();
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;

    void exchange(const std::string& text) {
        if (ssl_ != nullptr) {
            if (SSL_write(ssl_, text.data(), static_cast<int>(text.size())) <= 0) std::abort();
        } else if (::send(fd_, text.data(), text.size(), 0) < 0) {
            std::abort();
        }
        read(text.size());
    }
    void read(std::size_t octets) {
        for (std::size_t got = 0; got < octets;) {
            const auto n = ssl_ != nullptr ? SSL_read(ssl_, buffer_, sizeof buffer_)
                                           : static_cast<int>(::recv(fd_, buffer_, sizeof buffer_, 0));
            if (n <= 0) std::abort();
            got += static_cast<std::size_t>(n);
        }
    }
    double server_cpu() { return cpu_seconds(thread_.native_handle()); }

private:
    std::unique_ptr<net::Server> server_;
    support::TemporaryFolder folder_;
    support::CertificateAuthority authority_;
    std::thread thread_;
    int fd_ = -1;
    SSL_CTX* ctx_ = nullptr;
    SSL* ssl_ = nullptr;
    char buffer_[65536];
};

void echo_lines(benchmark::State& state, bool tls, int lines) {
    Pair pair(tls);
    std::string text;
    for (int i = 0; i < lines; ++i) text += "a1 NOOP of an ordinary length\r\n";
    pair.exchange(text);
    const double before = pair.server_cpu();
    for (auto _ : state) pair.exchange(text);
    const double spent = pair.server_cpu() - before;
    const auto count = static_cast<double>(state.iterations()) * lines;
    state.counters["server_us"] = spent * 1e6 / count;
    state.SetItemsProcessed(state.iterations() * lines);
}

BENCHMARK_CAPTURE(echo_lines, plain_ping_pong, false, 1)->UseRealTime();
BENCHMARK_CAPTURE(echo_lines, plain_16_pipelined, false, 16)->UseRealTime();
BENCHMARK_CAPTURE(echo_lines, tls_ping_pong, true, 1)->UseRealTime();
BENCHMARK_CAPTURE(echo_lines, tls_16_pipelined, true, 16)->UseRealTime();

/// From wake() on another thread until the client has the session's line.
void wake_to_line(benchmark::State& state) {
    static std::shared_ptr<net::Waker> waker;
    net::ListenerConfig config;
    config.name = "wake";
    config.addresses = {"127.0.0.1:0"};
    auto server = net::make_server({});
    std::atomic<bool> ready = false;
    auto serve = [&ready](std::unique_ptr<net::Connection> connection) {
        waker = connection->waker();
        ready = true;
        return echo(std::move(connection));
    };
    if (!server->add_listener(std::move(config), std::move(serve)).empty()) std::abort();
    std::thread thread([&] { server->run(1); });
    const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(server->ports("wake").at(0));
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) std::abort();
    while (!ready) std::this_thread::yield();
    char buffer[64];
    for (auto _ : state) {
        waker->wake(net::event_mail);
        if (::recv(fd, buffer, sizeof buffer, 0) <= 0) std::abort();
    }
    ::close(fd);
    server->stop();
    thread.join();
    waker.reset();
}
BENCHMARK(wake_to_line)->UseRealTime();

}  // namespace
