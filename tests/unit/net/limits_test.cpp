// Limits: connections in all, per listener and per client; slow readers; no descriptors left; kinds of
// listeners.
#include <cstdio>
#include <fstream>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "support/certificates.hpp"

namespace net_test {
namespace {

std::size_t resident_bytes() {
    std::ifstream in("/proc/self/statm");
    std::size_t size = 0, resident = 0;
    in >> size >> resident;
    return resident * 4096;
}

/// Less than one segment of the loopback device would stall TCP itself.
void shrink_receive_buffer(const Client& client) {
    const int small = 128 << 10;
    ::setsockopt(client.descriptor(), SOL_SOCKET, SO_RCVBUF, &small, sizeof small);
}

TEST(Limits, PerListener) {
    Running running;
    net::ListenerConfig config;
    config.connections_max = 2;
    config.refusal = "* BYE too many\r\n";
    ASSERT_EQ(running.add(config), "");
    net::ListenerConfig other;
    other.name = "other";
    ASSERT_EQ(running.add(other), "");
    running.start();
    Client second(running.port());
    {
        Client first(running.port());
        EXPECT_EQ(first.line(), "hello");
        EXPECT_EQ(second.line(), "hello");
        Client third(running.port());
        EXPECT_EQ(third.line(), "* BYE too many");
        EXPECT_TRUE(third.closed());
        Client elsewhere(running.port("other"));
        EXPECT_EQ(elsewhere.line(), "hello");
    }
    EXPECT_TRUE(eventually([&] { return Client(running.port()).line() == "hello"; }));
    EXPECT_GE(running.server->figures().refused, 1U);
}

TEST(Limits, PerClientAddress) {
    Running running;
    net::ListenerConfig config;
    config.connections_per_ip_max = 1;
    ASSERT_EQ(running.add(config), "");
    running.start();
    Client first(running.port());
    EXPECT_EQ(first.line(), "hello");
    Client again(running.port());
    EXPECT_TRUE(again.closed());
    EXPECT_EQ(first.ask("alive"), "alive");
}

TEST(Limits, InAll) {
    net::ServerLimits limits;
    limits.connections_max = 3;
    Running running(limits);
    ASSERT_EQ(running.add({}), "");
    running.start();
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(running.port());
        EXPECT_EQ(clients.back().line(), "hello");
    }
    Client more(running.port());
    EXPECT_TRUE(more.closed());
}

TEST(Limits, SlowReaderCostsLittleAndIsCutOff) {
    Running running;
    net::ListenerConfig config;
    config.output_stall_max = 1s;
    ASSERT_EQ(running.add(config), "");
    running.start();
    const std::size_t before = resident_bytes();
    std::vector<Client> clients;
    for (int i = 0; i < 3; ++i) {
        clients.emplace_back(running.port());
        EXPECT_EQ(clients.back().line(), "hello");
        shrink_receive_buffer(clients.back());
        clients.back().send("big 100000000\r\n");
    }
    {
        // Events that do not end a write must not keep its deadline from doing so.
        const std::lock_guard lock(seen().mutex);
        for (const auto& waker : seen().wakers) waker->wake(net::event_mail);
    }
    const auto start = std::chrono::steady_clock::now();
    EXPECT_TRUE(eventually([&] { return running.server->figures().open == 0; }));
    EXPECT_GE(std::chrono::steady_clock::now() - start, 900ms);
    // 3 × 100 MB were asked for; each session may hold its 64 KiB and some.
    if (!instrumented) EXPECT_LT(resident_bytes(), before + (32U << 20));
}

TEST(Limits, SlowReaderGetsAllOfIt) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    running.start();
    Client client(running.port());
    EXPECT_EQ(client.line(), "hello");
    shrink_receive_buffer(client);
    client.send("big 4000000\r\nquit\r\n");
    const std::string all = client.rest();
    ASSERT_EQ(all.size(), 4'000'000U + 6);
    for (std::size_t at = 0; at < 4'000'000; at += 8) {
        ASSERT_EQ(all.compare(at, 8, std::to_string(at + 10'000'000).substr(0, 8)), 0) << at;
    }
}

/// In a child, since the limit is the process's.
int run_without_descriptors() {
    rlimit limit{};
    ::getrlimit(RLIMIT_NOFILE, &limit);
    Running running;
    if (!running.add({}).empty()) return 2;
    running.start();
    Client good(running.port());
    if (good.line() != "hello") return 3;
    std::vector<int> hoard;  // sockets of the clients to come, then everything else that is free
    for (int i = 0; i < 5; ++i) hoard.push_back(::socket(AF_INET, SOCK_STREAM, 0));
    limit.rlim_cur = static_cast<rlim_t>(hoard.back() + 5);  // four that come free again at the end
    ::setrlimit(RLIMIT_NOFILE, &limit);
    std::vector<int> rest;
    for (int fd = ::dup(0); fd >= 0; fd = ::dup(0)) rest.push_back(fd);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(running.port());
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (const int fd : hoard) {
        if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) != 0) return 4;
    }
    std::vector<Client> clients;
    for (const int fd : hoard) clients.emplace_back(fd);
    for (Client& client : clients) {
        if (!client.closed()) return 5;  // turned away, not left waiting
    }
    if (good.ask("alive") != "alive") return 6;
    for (const int fd : rest) ::close(fd);
    if (!eventually([&] { return Client(running.port()).line() == "hello"; })) return 7;
    return running.server->figures().refused == hoard.size() ? 0 : 8;
}

TEST(Limits, NoDescriptorsLeft) {
#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
    GTEST_SKIP() << "a forked child cannot start threads under it";
#endif
#endif
    std::fflush(nullptr);
    const pid_t child = ::fork();
    if (child == 0) ::_exit(run_without_descriptors());
    int status = -1;
    ::waitpid(child, &status, 0);
    EXPECT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), 0);
}

TEST(Listeners, FaultsAreTold) {
    Running running;
    ASSERT_EQ(running.add({}), "");
    EXPECT_EQ(running.add({}), "echo: a listener of that name exists");
    net::ListenerConfig config;
    config.name = "second";
    config.addresses = {"127.0.0.1:" + std::to_string(running.port())};
    EXPECT_EQ(running.add(config), config.addresses[0] + ": Address already in use");
    config.addresses = {"localhost:1"};
    EXPECT_EQ(running.add(config), "localhost:1: not an address");
    config.addresses = {"127.0.0.1:0"};
    config.proxy_trusted = {"10.0.0.0/99"};
    EXPECT_EQ(running.add(config), "second: not a network: 10.0.0.0/99");
}

TEST(Listeners, SeveralAddressesAndBothFamilies) {
    Running running;
    net::ListenerConfig config;
    config.addresses = {"127.0.0.1:0", "*:0"};
    ASSERT_EQ(running.add(config), "");
    running.start();
    const auto ports = running.server->ports("echo");
    ASSERT_EQ(ports.size(), 2U);
    for (const std::uint16_t port : ports) {
        Client client(port);
        EXPECT_EQ(client.line(), "hello");
        // A peer of the dual-stack socket is known by its IPv4 address, not as ::ffff:127.0.0.1.
        EXPECT_EQ(client.ask("info"), "127.0.0.1 127.0.0.1 loopback plain sni= subject=");
    }
}

Client connect_local(const std::string& path) {
    const int fd = ::socket(AF_UNIX, SOCK_STREAM, 0);
    sockaddr_un to{};
    to.sun_family = AF_UNIX;
    path.copy(to.sun_path, sizeof to.sun_path - 1);
    if (::connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0) return Client(fd);
    ::close(fd);
    return Client(-1);
}

TEST(Listeners, LocalSocketIsPrivateReplacedAndRemoved) {
    const support::TemporaryFolder folder;
    const std::string path = (folder.path() / "x.sock").string();
    net::ListenerConfig config;
    config.addresses = {"unix:" + path};
    {
        Running running;
        ASSERT_EQ(running.add(config), "");
        running.start();
        struct stat status{};
        ASSERT_EQ(::stat(path.c_str(), &status), 0);
        EXPECT_EQ(status.st_mode & 0777U, 0600U);
        Client client = connect_local(path);
        EXPECT_EQ(client.line(), "hello");
        EXPECT_EQ(client.ask("info"), "unix  loopback plain sni= subject=");
        Running second;
        EXPECT_EQ(second.add(config), "unix:" + path + ": address in use");
    }
    EXPECT_FALSE(std::filesystem::exists(path));
    {
        // What a killed process leaves: a socket that nobody listens on.
        const int stale = ::socket(AF_UNIX, SOCK_STREAM, 0);
        sockaddr_un to{};
        to.sun_family = AF_UNIX;
        path.copy(to.sun_path, sizeof to.sun_path - 1);
        ASSERT_EQ(::bind(stale, reinterpret_cast<sockaddr*>(&to), sizeof to), 0);
        ::close(stale);
        ASSERT_TRUE(std::filesystem::exists(path));
        Running running;
        EXPECT_EQ(running.add(config), "");
        running.start();
        EXPECT_EQ(connect_local(path).line(), "hello");
    }
    std::ofstream(path) << "a file of somebody";
    Running running;
    EXPECT_EQ(running.add(config), "unix:" + path + ": exists and is not a socket");
    EXPECT_TRUE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace net_test
