// Client: our own end of a connection, against our server and against scripted ones.
#include "net/client.hpp"

#include <future>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "support/certificates.hpp"

namespace net_test {
namespace {

using boost::asio::awaitable;

/// Runs one coroutine to its end.
template <class T>
T run(awaitable<T> work) {
    boost::asio::io_context io(1);
    std::optional<T> out;
    std::exception_ptr broken;
    boost::asio::co_spawn(io, std::move(work), [&](std::exception_ptr e, T value) {
        broken = e;
        out = std::move(value);
    });
    io.run();
    if (broken) std::rethrow_exception(broken);
    return std::move(*out);
}

/// A server that says one thing to one client, then waits for it to go.
class OneShot {
public:
    explicit OneShot(std::string says) : listening_(::socket(AF_INET, SOCK_STREAM, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(listening_, reinterpret_cast<sockaddr*>(&at), sizeof at);
        ::listen(listening_, 1);
        socklen_t length = sizeof at;
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &length);
        port = ntohs(at.sin_port);
        thread_ = std::thread([this, says = std::move(says)] {
            const int fd = ::accept(listening_, nullptr, nullptr);
            std::ignore = ::send(fd, says.data(), says.size(), MSG_NOSIGNAL);
            char octet = 0;
            while (::recv(fd, &octet, 1, 0) == 1) {
            }
            ::close(fd);
        });
    }
    ~OneShot() {
        ::shutdown(listening_, SHUT_RDWR);
        thread_.join();
        ::close(listening_);
    }
    std::uint16_t port = 0;

private:
    int listening_;
    std::thread thread_;
};

awaitable<std::string> conversation(net::ClientOptions options, std::string say) {
    const auto strand = co_await boost::asio::this_coro::executor;
    auto client = co_await net::Client::connect(strand, std::move(options));
    if (!client) co_return "connect: " + client.error().what();
    std::string heard;
    auto greeting = co_await (*client)->read_line(1000, 5s);
    if (!greeting) co_return greeting.error().what();
    heard = *greeting;
    auto written = co_await (*client)->write(say + "\r\n");
    if (!written) co_return written.error().what();
    auto answer = co_await (*client)->read_line(1000, 5s);
    co_return heard + "|" + (answer ? *answer : answer.error().what());
}

net::ClientOptions to(std::uint16_t port) {
    net::ClientOptions options;
    options.address = "127.0.0.1";
    options.port = port;
    return options;
}

TEST(ClientStream, PlainConversation) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    EXPECT_EQ(run(conversation(to(running.port()), "hi")), "hello|hi");
    net::ClientOptions from = to(running.port());
    from.source = "127.0.0.9";
    EXPECT_EQ(run(conversation(from, "info")), "hello|127.0.0.9 127.0.0.1 loopback plain sni= subject=");
    EXPECT_EQ(run(conversation(to(running.port()), "boom")), "hello|connection closed");
}

TEST(ClientStream, FaultsOfConnecting) {
    EXPECT_EQ(run(conversation(to(1), "hi")), "connect: Connection refused");
    net::ClientOptions name;
    name.address = "localhost";
    EXPECT_EQ(run(conversation(name, "hi")), "connect: not an address: localhost");
}

TEST(ClientStream, ConnectHasALimit) {
    // A full backlog: the kernel drops the handshake, as a black hole on the way would.
    const int listening = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(listening, reinterpret_cast<sockaddr*>(&at), sizeof at), 0);
    ASSERT_EQ(::listen(listening, 0), 0);
    socklen_t length = sizeof at;
    ::getsockname(listening, reinterpret_cast<sockaddr*>(&at), &length);
    std::vector<int> filling;
    for (int i = 0; i < 4; ++i) {
        filling.push_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0));
        ::connect(filling.back(), reinterpret_cast<sockaddr*>(&at), sizeof at);
    }
    net::ClientOptions options = to(ntohs(at.sin_port));
    options.connect_max = 100ms;
    EXPECT_EQ(run(conversation(options, "hi")), "connect: no connection in time");
    for (const int fd : filling) ::close(fd);
    ::close(listening);
}

awaitable<std::string> read_with_limits(net::ClientOptions options) {
    const auto strand = co_await boost::asio::this_coro::executor;
    auto client = co_await net::Client::connect(strand, std::move(options));
    auto first = co_await (*client)->read_octets(5, 5s);
    if (!first) co_return first.error().what();
    auto second = co_await (*client)->read_line(10, 5s);
    if (!second) co_return second.error().what();
    auto third = co_await (*client)->read_line(10, 50ms);
    co_return *first + "|" + *second + "|" + (third ? *third : third.error().what());
}

TEST(ClientStream, LimitsOfReading) {
    EXPECT_EQ(run(read_with_limits(to(OneShot("12345line\r\nopen").port))), "12345|line|no answer in time");
    EXPECT_EQ(run(read_with_limits(to(OneShot("123450123456789\n12345678901\n").port))),
              "12345|0123456789|line too long");
    EXPECT_EQ(run(read_with_limits(to(OneShot("1234501234567890123").port))), "line too long");
}

struct Secure {
    net::ClientOptions options;
    net::TlsClientConfig tls;
    std::string server_name;
    bool starttls = false;
};

awaitable<std::string> secure(std::shared_ptr<Secure> how) {
    const auto strand = co_await boost::asio::this_coro::executor;
    net::ClientOptions options = how->options;
    auto client = co_await net::Client::connect(strand, std::move(options));
    if (!client) co_return client.error().what();
    if (how->starttls) {
        auto greeting = co_await (*client)->read_line(100, 5s);
        if (!greeting) co_return greeting.error().what();
        auto asked = co_await (*client)->write("starttls\r\n");
        if (!asked) co_return asked.error().what();
        auto ready = co_await (*client)->read_line(100, 5s);
        if (!ready) co_return ready.error().what();
    }
    net::TlsContext::Made made = net::TlsContext::make_client(how->tls);
    if (!made.context) co_return made.fault;
    std::string name = how->server_name;
    auto on = co_await (*client)->start_tls(std::move(made.context), std::move(name), 5s);
    if (!on) co_return on.error().what();
    auto asked = co_await (*client)->write("info\r\n");
    if (!asked) co_return asked.error().what();
    if (!how->starttls) {
        auto greeting = co_await (*client)->read_line(100, 5s);
        if (!greeting) co_return greeting.error().what();
    }
    auto line = co_await (*client)->read_line(100, 5s);
    co_return line ? *line : line.error().what();
}

TEST(ClientStream, TlsIsVerified) {
    const support::TemporaryFolder folder, other_folder;
    support::CertificateAuthority authority(folder.path()), other(other_folder.path(), "Other");
    support::LeafOptions leaf;
    leaf.dns_names = {"mail.example.test"};
    const support::LeafFiles files = authority.issue("main", leaf);
    net::ListenerConfig config;
    config.tls = net::TlsMode::implicit;
    config.certificates = {{files.chain_file, files.key_file, {}}};
    Running running;
    ASSERT_EQ(running.add(config), "");
    config.name = "starttls";
    config.tls = net::TlsMode::starttls;
    ASSERT_EQ(running.add(config), "");
    running.start();
    const auto ask = [&](const std::string& name, const std::string& ca_file, bool verify, bool starttls) {
        auto how = std::make_shared<Secure>();
        how->options = to(running.port(starttls ? "starttls" : "echo"));
        how->tls.ca_file = ca_file;
        how->tls.verify = verify;
        how->server_name = name;
        how->starttls = starttls;
        return run(secure(how));
    };
    const std::string good = "127.0.0.1 127.0.0.1 loopback TLSv1.3 sni=mail.example.test subject=";
    EXPECT_EQ(ask("mail.example.test", authority.ca_file(), true, false), good);
    EXPECT_EQ(ask("mail.example.test", authority.ca_file(), true, true), good);
    EXPECT_EQ(ask("wrong.example.test", authority.ca_file(), true, false),
              "certificate verify failed: hostname mismatch");
    EXPECT_TRUE(
        ask("mail.example.test", other.ca_file(), true, false).starts_with("certificate verify failed: "));
    EXPECT_EQ(ask("mail.example.test", other.ca_file(), false, false), good);
    EXPECT_EQ(ask("127.0.0.1", "", false, false), "127.0.0.1 127.0.0.1 loopback TLSv1.3 sni= subject=");
}

TEST(ClientStream, AnswersInjectedBeforeTlsAreAnError) {
    OneShot server("220 hello\r\n220 go ahead\r\n250 injected\r\n");
    auto how = std::make_shared<Secure>();
    how->options = to(server.port);
    how->tls.verify = false;
    how->starttls = true;
    EXPECT_EQ(run(secure(how)), "octets behind the answer to STARTTLS");
}

}  // namespace
}  // namespace net_test
