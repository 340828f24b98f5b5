// A name server for tests with a zone of its own, "test", signed by DNSSEC as it answers (ECDSA P-256, RFC
// 6605), over UDP and TCP. Names outside of "test" are answered without signatures: insecure. It can fail in
// the ways that name servers do.
#pragma once
#include <algorithm>
#include <arpa/inet.h>
#include <array>
#include <atomic>
#include <map>
#include <mutex>
#include <netinet/in.h>
#include <set>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <tuple>
#include <unistd.h>
#include <utility>
#include <vector>

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/base64.hpp"
#include "base/clock.hpp"

namespace smtp_out_test {

class FakeZone {
public:
    enum Type {
        t_a = 1,
        t_ns = 2,
        t_cname = 5,
        t_soa = 6,
        t_mx = 15,
        t_txt = 16,
        t_aaaa = 28,
        t_opt = 41,
        t_rrsig = 46,
        t_nsec = 47,
        t_dnskey = 48,
        t_tlsa = 52
    };

    FakeZone() : key_(EVP_EC_gen("P-256")) {
        std::array<unsigned char, 65> point{};
        std::size_t length = 0;
        EVP_PKEY_get_octet_string_param(key_, OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size(), &length);
        public_.assign(reinterpret_cast<const char*>(point.data()) + 1, 64);
        dnskey_ = number(257, 2) + char(3) + char(13) + public_;
        add("test", t_dnskey, dnskey_);
        add("test", t_soa,
            wire("ns.test") + wire("root.test") + number(1, 4) + number(60, 4) + number(60, 4) +
                number(60, 4) + number(60, 4));
        add("test", t_ns, wire("ns.test"));
        udp_ = ::socket(AF_INET, SOCK_DGRAM, 0);
        tcp_ = ::socket(AF_INET, SOCK_STREAM, 0);
        for (int tries = 0; tries < 50; ++tries) {  // the same port for both
            sockaddr_in at{};
            at.sin_family = AF_INET;
            at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
            ::bind(tcp_, reinterpret_cast<sockaddr*>(&at), sizeof at);
            socklen_t size = sizeof at;
            ::getsockname(tcp_, reinterpret_cast<sockaddr*>(&at), &size);
            if (::bind(udp_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0) {
                port_ = ntohs(at.sin_port);
                break;
            }
            ::close(tcp_);
            tcp_ = ::socket(AF_INET, SOCK_STREAM, 0);
        }
        ::listen(tcp_, 8);
        const timeval wait{0, 30'000};
        ::setsockopt(udp_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        ::setsockopt(tcp_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        threads_[0] = std::thread([this] { serve_udp(); });
        threads_[1] = std::thread([this] { serve_tcp(); });
    }
    ~FakeZone() {
        over_ = true;
        for (std::thread& thread : threads_) thread.join();
        ::close(udp_);
        ::close(tcp_);
        EVP_PKEY_free(key_);
    }
    FakeZone(const FakeZone&) = delete;
    FakeZone& operator=(const FakeZone&) = delete;

    std::string server() const { return "127.0.0.1@" + std::to_string(port_); }
    std::string anchor() const { return "test. IN DNSKEY 257 3 13 " + base::base64_encode(public_); }

    void a(const std::string& name, const char* address) {
        std::string octets(4, '\0');
        ::inet_pton(AF_INET, address, octets.data());
        add(name, t_a, octets);
    }
    void aaaa(const std::string& name, const char* address) {
        std::string octets(16, '\0');
        ::inet_pton(AF_INET6, address, octets.data());
        add(name, t_aaaa, octets);
    }
    void mx(const std::string& name, unsigned preference, const std::string& host) {
        add(name, t_mx, number(preference, 2) + wire(host));
    }
    void txt(const std::string& name, const std::string& text) { add(name, t_txt, char(text.size()) + text); }
    void cname(const std::string& name, const std::string& target) { add(name, t_cname, wire(target)); }
    void tlsa(const std::string& name, int usage, int selector, int matching, const std::string& data) {
        add(name, t_tlsa, std::string{char(usage), char(selector), char(matching)} + data);
    }
    void add(const std::string& name, int type, std::string data) {
        const std::lock_guard lock(mutex_);
        records_[{wire(name), type}].push_back(std::move(data));
    }
    enum class Fault { servfail, silence, forged, truncated };
    /// Of the answers to one question.
    void fail(const std::string& name, int type, Fault fault) {
        const std::lock_guard lock(mutex_);
        faults_[{wire(name), type}] = fault;
    }

    static std::string wire(const std::string& name) {
        std::string out;
        for (std::size_t at = 0; at < name.size();) {
            const std::size_t end = std::min(name.find('.', at), name.size());
            out += static_cast<char>(end - at);
            out += name.substr(at, end - at);
            at = end + 1;
        }
        return out + '\0';
    }

private:
    using Key = std::pair<std::string, int>;

    static std::string number(std::size_t value, int octets) {
        std::string out;
        for (int i = octets; i-- > 0;) out += static_cast<char>(value >> (8 * i) & 0xFF);
        return out;
    }
    static std::size_t labels(const std::string& name) {
        std::size_t count = 0;
        for (std::size_t at = 0; name[at] != '\0'; at += 1U + static_cast<unsigned char>(name[at])) ++count;
        return count;
    }
    bool is_signed(const std::string& name) const { return name.ends_with(wire("test")); }

    std::string record(const std::string& name, int type, const std::string& data) const {
        return name + number(static_cast<std::size_t>(type), 2) + number(1, 2) + number(60, 4) +
               number(data.size(), 2) + data;
    }
    std::size_t key_tag() const {
        std::size_t sum = 0;
        for (std::size_t i = 0; i < dnskey_.size(); ++i) {
            const auto octet = static_cast<unsigned char>(dnskey_[i]);
            sum += i % 2 == 0 ? static_cast<std::size_t>(octet) << 8U : octet;
        }
        return (sum + (sum >> 16U)) & 0xFFFFU;
    }
    /// RFC 4034 section 3.1.8.1.
    std::string signature(const std::string& name, int type, std::vector<std::string> all,
                          bool forged) const {
        std::ranges::sort(all);
        const auto now = static_cast<std::size_t>(base::unix_seconds(base::Clock::system().now()));
        std::string head = number(static_cast<std::size_t>(type), 2) + char(13) + char(labels(name)) +
                           number(60, 4) + number(now + 86'400, 4) + number(now - 86'400, 4) +
                           number(key_tag(), 2) + wire("test");
        std::string message = head;
        for (const std::string& data : all) message += record(name, type, data);
        EVP_MD_CTX* context = EVP_MD_CTX_new();
        EVP_DigestSignInit(context, nullptr, EVP_sha256(), nullptr, key_);
        std::array<unsigned char, 128> der{};
        std::size_t length = der.size();
        EVP_DigestSign(context, der.data(), &length, reinterpret_cast<const unsigned char*>(message.data()),
                       message.size());
        EVP_MD_CTX_free(context);
        const unsigned char* at = der.data();
        ECDSA_SIG* numbers = d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(length));
        std::array<unsigned char, 64> raw{};
        BN_bn2binpad(ECDSA_SIG_get0_r(numbers), raw.data(), 32);
        BN_bn2binpad(ECDSA_SIG_get0_s(numbers), raw.data() + 32, 32);
        ECDSA_SIG_free(numbers);
        if (forged) raw[5] ^= 1U;
        return head + std::string(reinterpret_cast<const char*>(raw.data()), raw.size());
    }

    struct Reply {
        std::string answer, authority;
        std::size_t answers = 0, authorities = 0;
        int rcode = 0;
    };
    void put(std::string& out, std::size_t& count, const std::string& name, int type,
             const std::vector<std::string>& all, bool forged) const {
        for (const std::string& data : all) out += record(name, type, data);
        count += all.size();
        if (!is_signed(name)) return;
        out += record(name, t_rrsig, signature(name, type, all, forged));
        ++count;
    }
    /// That there is no such record: of a signed name as if the name were there (RFC 4470's idea).
    void deny(Reply& reply, const std::string& name, bool forged) const {
        if (!is_signed(name)) {
            const bool any =
                std::ranges::any_of(records_, [&](const auto& e) { return e.first.first == name; });
            reply.rcode = any ? 0 : 3;
            return;
        }
        std::set<int> types = {t_rrsig, t_nsec};
        for (const auto& [key, all] : records_)
            if (key.first == name) types.insert(key.second);
        std::string bits(7, '\0');
        for (const int type : types)
            bits[static_cast<std::size_t>(type / 8)] |= static_cast<char>(0x80 >> (type % 8));
        const std::string nsec = std::string("\1\0", 2) + name + char(0) + char(bits.size()) + bits;
        put(reply.authority, reply.authorities, wire("test"), t_soa, records_.at({wire("test"), t_soa}),
            false);
        put(reply.authority, reply.authorities, name, t_nsec, {nsec}, forged);
    }

    std::string answer_to(const std::string& question, bool tcp, bool& silent) {
        const std::size_t end = question.find('\0', 12) + 1;
        std::string name = question.substr(12, end - 12);
        for (char& c : name)
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        const int type =
            static_cast<unsigned char>(question[end]) * 256 + static_cast<unsigned char>(question[end + 1]);
        const std::lock_guard lock(mutex_);
        const auto fault = faults_.find({name, type});
        const bool faulty = fault != faults_.end();
        silent = faulty && fault->second == Fault::silence;
        const bool truncated = faulty && fault->second == Fault::truncated && !tcp;
        const bool forged = faulty && fault->second == Fault::forged;
        Reply reply;
        std::string at = name;
        for (int depth = 0; depth < 20; ++depth) {
            const auto alias = records_.find({at, t_cname});
            if (alias != records_.end() && type != t_cname) {
                put(reply.answer, reply.answers, at, t_cname, alias->second, forged);
                at = alias->second.front();
                continue;
            }
            const auto known = records_.find({at, type});
            if (known != records_.end()) {
                put(reply.answer, reply.answers, at, type, known->second, forged);
            } else {
                deny(reply, at, forged);
            }
            break;
        }
        if (faulty && fault->second == Fault::servfail) reply = Reply{.rcode = 2};
        if (truncated) reply = Reply();
        std::string out = question.substr(0, 2);
        out += number(0x8480U | (truncated ? 0x0200U : 0U) | static_cast<unsigned>(reply.rcode), 2);
        out += number(1, 2) + number(reply.answers, 2) + number(reply.authorities, 2) + number(1, 2);
        out += question.substr(12, end + 4 - 12);
        out += reply.answer + reply.authority;
        out += char(0) + number(t_opt, 2) + number(4'096, 2) + number(0x8000, 4) + number(0, 2);
        return out;
    }

    void serve_udp() {
        std::string question(4'096, '\0');
        while (!over_) {
            sockaddr_in from{};
            socklen_t length = sizeof from;
            const auto got = ::recvfrom(udp_, question.data(), question.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &length);
            if (got < 17) continue;
            bool silent = false;
            const std::string out =
                answer_to(question.substr(0, static_cast<std::size_t>(got)), false, silent);
            if (silent) continue;
            std::ignore =
                ::sendto(udp_, out.data(), out.size(), 0, reinterpret_cast<sockaddr*>(&from), length);
        }
    }
    void serve_tcp() {
        while (!over_) {
            const int peer = ::accept(tcp_, nullptr, nullptr);
            if (peer < 0) continue;
            std::string question(4'096, '\0');
            const auto got = ::recv(peer, question.data(), question.size(), 0);
            if (got > 19) {
                bool silent = false;
                const std::string out =
                    answer_to(question.substr(2, static_cast<std::size_t>(got) - 2), true, silent);
                const std::string framed = number(out.size(), 2) + out;
                if (!silent) std::ignore = ::send(peer, framed.data(), framed.size(), MSG_NOSIGNAL);
            }
            ::close(peer);
        }
    }

    EVP_PKEY* key_;
    std::string public_, dnskey_;
    int udp_ = -1, tcp_ = -1;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::map<Key, std::vector<std::string>> records_;
    std::map<Key, Fault> faults_;
    std::atomic<bool> over_{false};
    std::array<std::thread, 2> threads_;
};

}  // namespace smtp_out_test
