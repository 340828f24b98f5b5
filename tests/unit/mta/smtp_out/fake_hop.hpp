// A mail server for tests that can misbehave in every way: a thread for each connection, straight on sockets
// and OpenSSL, so that the client is not tested against its own code.
#pragma once
#include <arpa/inet.h>
#include <atomic>
#include <charconv>
#include <csignal>
#include <functional>
#include <mutex>
#include <netinet/in.h>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <openssl/ssl.h>

#include "support/certificates.hpp"

namespace smtp_out_test {

/// 0: not a number.
inline std::size_t number_in(std::string_view text) {
    std::size_t out = 0;
    std::from_chars(text.data(), text.data() + text.size(), out);
    return out;
}

/// One connection, from the server's side.
class Peer {
public:
    explicit Peer(int descriptor) : descriptor_(descriptor) {}
    ~Peer() {
        if (ssl_ != nullptr) SSL_free(ssl_);
        ::close(descriptor_);
    }
    Peer(const Peer&) = delete;
    Peer& operator=(const Peer&) = delete;

    void send(std::string_view text) {
        if (ssl_ != nullptr) {
            SSL_write(ssl_, text.data(), static_cast<int>(text.size()));
            return;
        }
        while (!text.empty()) {
            const ssize_t n = ::send(descriptor_, text.data(), text.size(), MSG_NOSIGNAL);
            if (n <= 0) return;
            text.remove_prefix(static_cast<std::size_t>(n));
        }
    }
    /// A line without its CRLF; empty and gone() when the client has hung up.
    std::string line() {
        for (;;) {
            const auto end = input_.find("\r\n");
            if (end != std::string::npos) {
                std::string out = input_.substr(0, end);
                input_.erase(0, end + 2);
                return out;
            }
            if (!more()) return {};
        }
    }
    std::string octets(std::size_t count) {
        while (input_.size() < count && more()) {
        }
        std::string out = input_.substr(0, count);
        input_.erase(0, out.size());
        return out;
    }
    /// Up to CRLF.CRLF, without it, as it came.
    std::string data() {
        std::string all = "\r\n";
        for (;;) {
            const auto end = all.find("\r\n.\r\n", searched(all));
            if (end != std::string::npos) {
                input_ = all.substr(end + 5) + input_;
                return end == 0 ? std::string() : all.substr(2, end - 2) + "\r\n";
            }
            if (input_.empty() && !more()) return {};
            all += std::exchange(input_, {});
        }
    }
    bool start_tls(SSL_CTX* context) {
        input_.clear();
        ssl_ = SSL_new(context);
        SSL_set_fd(ssl_, descriptor_);
        if (SSL_accept(ssl_) == 1) return true;
        gone_ = true;
        return false;
    }
    void wait_until_closed() {
        while (more()) {
        }
    }
    bool pending() const { return !input_.empty(); }
    bool gone() const { return gone_; }
    bool tls() const { return ssl_ != nullptr; }
    std::string server_name() const {
        const char* name = ssl_ != nullptr ? SSL_get_servername(ssl_, TLSEXT_NAMETYPE_host_name) : nullptr;
        return name != nullptr ? name : "";
    }
    /// Closes with a reset.
    void reset() {
        const linger hard{1, 0};
        ::setsockopt(descriptor_, SOL_SOCKET, SO_LINGER, &hard, sizeof hard);
        gone_ = true;
    }

private:
    static std::size_t searched(const std::string& all) {
        return all.size() > 70'000 ? all.size() - 70'000 : 0;
    }
    bool more() {
        char block[65'536];
        const auto n = ssl_ != nullptr ? SSL_read(ssl_, block, sizeof block)
                                       : static_cast<int>(::recv(descriptor_, block, sizeof block, 0));
        if (n <= 0) {
            gone_ = true;
            return false;
        }
        input_.append(block, static_cast<std::size_t>(n));
        return true;
    }

    int descriptor_;
    SSL* ssl_ = nullptr;
    std::string input_;
    bool gone_ = false;
};

/// What a message came with.
struct Received {
    std::string mail;
    std::vector<std::string> rcpts;  // accepted ones, whole lines
    std::string data;
    bool tls = false;
    int connection = 0;
};

class FakeHop {
public:
    /// What a well-behaved server would not do. `answer` gets each command's line; what it returns is sent
    /// instead of the usual reply, empty: the usual one. A reply of "close" hangs up, "hang" says nothing.
    struct Manners {
        std::string greeting = "220 hop.test ESMTP\r\n";
        std::vector<std::string> extensions = {"PIPELINING", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"};
        std::vector<std::string> extensions_over_tls;  // empty: the same
        std::string host = "hop.test";
        std::function<std::string(const std::string&)> answer;
        std::string final = "250 2.0.0 queued as 1\r\n";
        std::string behind_starttls;  // sent in plain text behind the 220
        SSL_CTX* tls = nullptr;
        bool implicit_tls = false;
        bool garbage_tls = false;
        bool drop_after_dot = false;
        const char* address = "127.0.0.1";
        std::function<void(Peer&)> instead;  // of everything
    };

    explicit FakeHop(Manners manners, std::uint16_t wanted_port = 0) : manners_(std::move(manners)) {
        const bool v6 = std::string_view(manners_.address).find(':') != std::string_view::npos;
        listening_ = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM, 0);
        const int on = 1;
        ::setsockopt(listening_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
        sockaddr_storage at{};
        socklen_t length = 0;
        if (v6) {
            auto* six = reinterpret_cast<sockaddr_in6*>(&at);
            six->sin6_family = AF_INET6;
            six->sin6_port = htons(wanted_port);
            ::inet_pton(AF_INET6, manners_.address, &six->sin6_addr);
            length = sizeof(sockaddr_in6);
        } else {
            auto* four = reinterpret_cast<sockaddr_in*>(&at);
            four->sin_family = AF_INET;
            four->sin_port = htons(wanted_port);
            ::inet_pton(AF_INET, manners_.address, &four->sin_addr);
            length = sizeof(sockaddr_in);
        }
        bound = ::bind(listening_, reinterpret_cast<sockaddr*>(&at), length) == 0;
        ::listen(listening_, 16);
        ::getsockname(listening_, reinterpret_cast<sockaddr*>(&at), &length);
        port = ntohs(v6 ? reinterpret_cast<sockaddr_in6*>(&at)->sin6_port
                        : reinterpret_cast<sockaddr_in*>(&at)->sin_port);
        accepting_ = std::thread([this] { accept_all(); });
    }
    ~FakeHop() {
        ::shutdown(listening_, SHUT_RDWR);
        accepting_.join();
        ::close(listening_);
        for (const int descriptor : descriptors_) ::shutdown(descriptor, SHUT_RDWR);
        for (std::thread& thread : threads_) thread.join();
    }
    FakeHop(const FakeHop&) = delete;
    FakeHop& operator=(const FakeHop&) = delete;

    std::vector<Received> messages() {
        const std::lock_guard lock(mutex_);
        return messages_;
    }
    std::vector<std::string> commands() {
        const std::lock_guard lock(mutex_);
        return commands_;
    }

    std::uint16_t port = 0;
    bool bound = false;
    std::atomic<int> connections{0};

private:
    void accept_all() {
        for (;;) {
            const int descriptor = ::accept(listening_, nullptr, nullptr);
            if (descriptor < 0) return;
            const int number = ++connections;
            const std::lock_guard lock(mutex_);
            descriptors_.push_back(::dup(descriptor));
            threads_.emplace_back([this, descriptor, number] { serve(descriptor, number); });
        }
    }

    void serve(int descriptor, int number) {
        // The duplicate in descriptors_ must not keep a connection open that the server closes.
        {
            Peer peer(descriptor);
            if (manners_.instead) {
                manners_.instead(peer);
            } else if (!manners_.implicit_tls || peer.start_tls(manners_.tls)) {
                converse(peer, number);
            }
        }
        const std::lock_guard lock(mutex_);
        ::shutdown(descriptors_[static_cast<std::size_t>(number - 1)], SHUT_RDWR);
        ::close(std::exchange(descriptors_[static_cast<std::size_t>(number - 1)], -1));
    }

    void say_ehlo(Peer& peer) {
        std::vector<std::string> lines = {manners_.host};
        const auto& offered = peer.tls() && !manners_.extensions_over_tls.empty()
                                  ? manners_.extensions_over_tls
                                  : manners_.extensions;
        for (const std::string& extension : offered) {
            if (extension != "STARTTLS" || !peer.tls()) lines.push_back(extension);
        }
        std::string out;
        for (std::size_t i = 0; i < lines.size(); ++i)
            out += (i + 1 == lines.size() ? "250 " : "250-") + lines[i] + "\r\n";
        peer.send(out);
    }

    void converse(Peer& peer, int number) {
        if (manners_.greeting == "hang") return peer.wait_until_closed();
        if (manners_.greeting == "close") return;
        peer.send(manners_.greeting);
        Received now;
        for (;;) {
            const std::string line = peer.line();
            if (peer.gone()) return;
            {
                const std::lock_guard lock(mutex_);
                commands_.push_back(line);
            }
            const std::string special = manners_.answer ? manners_.answer(line) : std::string();
            if (special == "close") return;
            if (special == "reset") return peer.reset();
            if (special == "hang") return peer.wait_until_closed();
            const std::string verb = line.substr(0, 4);
            const bool refused = !special.empty() && special[0] != '2' && special[0] != '3';
            if (!special.empty()) {
                peer.send(special);
                if (special.starts_with("421")) return;
            }
            if (verb == "QUIT") {
                if (special.empty()) peer.send("221 2.0.0 Bye\r\n");
                return;
            }
            if (verb == "EHLO" && special.empty()) {
                say_ehlo(peer);
            } else if (verb == "STAR" && !refused) {
                if (special.empty()) peer.send("220 2.0.0 Go ahead\r\n" + manners_.behind_starttls);
                if (manners_.garbage_tls) {
                    peer.send("this is no handshake, and long enough to be seen as none");
                    return peer.wait_until_closed();
                }
                if (!peer.start_tls(manners_.tls)) return;
            } else if (verb == "MAIL") {
                if (special.empty()) peer.send("250 2.1.0 Ok\r\n");
                now = Received();
                if (!refused) now.mail = line;
            } else if (verb == "RCPT") {
                if (special.empty()) peer.send("250 2.1.5 Ok\r\n");
                if (!refused) now.rcpts.push_back(line);
            } else if (verb == "DATA") {
                if (special.empty()) peer.send(now.rcpts.empty() ? "503 5.5.1 no rcpt\r\n" : "354 Go\r\n");
                const bool goes = special.empty() ? !now.rcpts.empty() : special.starts_with("354");
                if (!goes) continue;
                now.data = peer.data();
                if (peer.gone()) return;
                if (!finish(peer, now, number)) return;
            } else if (verb == "BDAT") {
                const auto size = number_in(std::string_view(line).substr(5));
                now.data += peer.octets(size);
                if (peer.gone()) return;
                if (!line.ends_with("LAST")) {
                    if (special.empty()) peer.send("250 2.0.0 chunk\r\n");
                } else if (special.empty() && !finish(peer, now, number)) {
                    return;
                }
            } else if (special.empty() && (verb == "RSET" || verb == "HELO" || verb == "NOOP")) {
                peer.send("250 2.0.0 Ok\r\n");
            } else if (special.empty()) {
                peer.send("500 5.5.1 what?\r\n");
            }
        }
    }

    bool finish(Peer& peer, const Received& now, int number) {
        if (manners_.drop_after_dot) return false;
        if (manners_.final == "hang") {
            peer.wait_until_closed();
            return false;
        }
        if (manners_.final.starts_with("2")) {
            const std::lock_guard lock(mutex_);
            messages_.push_back(now);
            messages_.back().tls = peer.tls();
            messages_.back().connection = number;
        }
        peer.send(manners_.final);
        return !manners_.final.starts_with("421");
    }

    Manners manners_;
    int listening_ = -1;
    std::thread accepting_;
    std::mutex mutex_;
    std::vector<std::thread> threads_;
    std::vector<int> descriptors_;
    std::vector<Received> messages_;
    std::vector<std::string> commands_;
};

/// A server's TLS context with a leaf of a CA of the test's own.
class HopTls {
public:
    explicit HopTls(const std::vector<std::string>& names) : authority(folder_.path()) {
        std::signal(SIGPIPE, SIG_IGN);  // OpenSSL writes to sockets whose other end has gone
        support::LeafOptions options;
        options.dns_names = names;
        files = authority.issue("hop", options);
        context = SSL_CTX_new(TLS_server_method());
        SSL_CTX_use_certificate_chain_file(context, files.chain_file.c_str());
        SSL_CTX_use_PrivateKey_file(context, files.key_file.c_str(), SSL_FILETYPE_PEM);
    }
    ~HopTls() { SSL_CTX_free(context); }
    HopTls(const HopTls&) = delete;
    HopTls& operator=(const HopTls&) = delete;

private:
    support::TemporaryFolder folder_;

public:
    support::CertificateAuthority authority;
    support::LeafFiles files;
    SSL_CTX* context = nullptr;
};

}  // namespace smtp_out_test
