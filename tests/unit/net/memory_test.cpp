// What an idle connection costs: measured, printed, and bounded generously.
#include <malloc.h>

#include <gtest/gtest.h>

#include "echo_server.hpp"
#include "support/certificates.hpp"
#include "tls_client.hpp"
#include "zip_client.hpp"

namespace net_test {
namespace {

constexpr std::size_t connections = 1000;

/// Bytes in use by malloc, of the whole process: clients here are mere descriptors.
std::size_t allocated() { return ::mallinfo2().uordblks + ::mallinfo2().hblkhd; }

enum class Layer { none, tls, deflate };

double idle_bytes(const net::ListenerConfig& config, Layer layer, const std::vector<std::string>& said = {}) {
    net::ListenerConfig with = config;
    with.connections_per_ip_max = 0;
    Running running({}, 1);
    if (!running.add(with).empty()) return -1;
    running.start();
    std::vector<Client> clients;
    clients.reserve(connections);
    const auto join = [&] {
        clients.emplace_back(running.port());
        Client& client = clients.back();
        if (layer == Layer::deflate) {
            if (client.line() != "hello" || client.ask("compress") != "go ahead") return false;
            ZipClient zip(client);
            for (const std::string& line : said)
                if (zip.ask(line) != line) return false;
            return true;
        }
        if (layer == Layer::tls) {
            TlsClient secure(client, {});
            return secure.line() == "hello" && secure.ask("one") == "one";
        }
        return client.line() == "hello" && client.ask("one") == "one";
    };
    for (std::size_t i = 0; i < 20; ++i) {
        if (!join()) return -2;  // what is made once
    }
    const std::size_t before = allocated();
    for (std::size_t i = 20; i < connections; ++i) {
        if (!join()) return -3;
    }
    const std::size_t after = allocated();
    return static_cast<double>(after - before) / static_cast<double>(connections - 20);
}

TEST(IdleMemory, Plain) {
    if (instrumented) GTEST_SKIP() << "the sanitizer's malloc does not tell";
    const double bytes = idle_bytes({}, Layer::none);
    RecordProperty("bytes", std::to_string(bytes));
    std::printf("an idle plain connection: %.0f bytes\n", bytes);
    ASSERT_GT(bytes, 0);
    EXPECT_LT(bytes, 5 << 10);
}

TEST(IdleMemory, Compressed) {
    if (instrumented) GTEST_SKIP() << "the sanitizer's malloc does not tell";
    const double plain = idle_bytes({}, Layer::none);
    // What a mail client says in its first minutes.
    std::vector<std::string> said;
    for (int i = 0; i < 60; ++i)
        said.push_back("A" + std::to_string(i) + " UID FETCH " + std::to_string(i * 37) +
                       ":* (UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS (FROM TO DATE)])");
    const double bytes = idle_bytes({}, Layer::deflate, said);
    std::printf("an idle compressed connection: %.0f bytes more than a plain one\n", bytes - plain);
    ASSERT_GT(plain, 0);
    ASSERT_GT(bytes, 0);
    EXPECT_LT(bytes - plain, 24 << 10);
}

TEST(IdleMemory, Tls) {
    const support::TemporaryFolder folder;
    support::CertificateAuthority authority(folder.path());
    support::LeafOptions leaf;
    leaf.dns_names = {"mail.example.test"};
    const support::LeafFiles files = authority.issue("main", leaf);
    net::ListenerConfig config;
    config.tls = net::TlsMode::implicit;
    config.certificates = {{files.chain_file, files.key_file, {}}};
    if (instrumented) GTEST_SKIP() << "the sanitizer's malloc does not tell";
    const double bytes = idle_bytes(config, Layer::tls);
    std::printf("an idle TLS connection: %.0f bytes\n", bytes);
    ASSERT_GT(bytes, 0);
    EXPECT_LT(bytes, 20 << 10);
}

}  // namespace
}  // namespace net_test
