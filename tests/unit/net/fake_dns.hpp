// A DNS server for tests: a UDP socket of this machine, a table of records, and a thread.
#pragma once
#include <algorithm>
#include <arpa/inet.h>
#include <atomic>
#include <map>
#include <mutex>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace net_test {

class FakeDns {
public:
    FakeDns() : descriptor_(::socket(AF_INET, SOCK_DGRAM, 0)) {
        sockaddr_in at{};
        at.sin_family = AF_INET;
        at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
        ::bind(descriptor_, reinterpret_cast<sockaddr*>(&at), sizeof at);
        socklen_t length = sizeof at;
        ::getsockname(descriptor_, reinterpret_cast<sockaddr*>(&at), &length);
        port_ = ntohs(at.sin_port);
        const timeval wait{0, 50'000};  // how soon the thread sees that it shall end
        ::setsockopt(descriptor_, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof wait);
        thread_ = std::thread([this] { serve(); });
    }
    ~FakeDns() {
        over_ = true;
        thread_.join();
        ::close(descriptor_);
    }
    FakeDns(const FakeDns&) = delete;
    FakeDns& operator=(const FakeDns&) = delete;

    std::string server() const { return "127.0.0.1@" + std::to_string(port_); }
    void add_a(const std::string& name, const char* address) {
        std::string octets(4, '\0');
        ::inet_pton(AF_INET, address, octets.data());
        add(name, 1, octets);
    }
    void add_aaaa(const std::string& name, const char* address) {
        std::string octets(16, '\0');
        ::inet_pton(AF_INET6, address, octets.data());
        add(name, 28, octets);
    }
    void add_ptr(const std::string& name, const std::string& target) { add(name, 12, wire(target)); }
    void add_raw_ptr(const std::string& name, const std::string& octets) { add(name, 12, octets); }

    std::atomic<bool> silent{false};
    std::atomic<int> asked{0};

    /// "a.b" as labels.
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
    void add(const std::string& name, int type, std::string octets) {
        const std::lock_guard lock(mutex_);
        records_[{wire(name), type}].push_back(std::move(octets));
    }

    static void put(std::string& out, std::size_t number, int octets) {
        for (int i = octets; i-- > 0;) out += static_cast<char>(number >> (8 * i) & 0xFF);
    }

    void serve() {
        std::string question(4'096, '\0');
        while (!over_) {
            sockaddr_in from{};
            socklen_t length = sizeof from;
            const auto got = ::recvfrom(descriptor_, question.data(), question.size(), 0,
                                        reinterpret_cast<sockaddr*>(&from), &length);
            if (got < 17) continue;
            ++asked;
            if (silent) continue;
            const std::string answer = answer_to(question.substr(0, static_cast<std::size_t>(got)));
            std::ignore = ::sendto(descriptor_, answer.data(), answer.size(), 0,
                                   reinterpret_cast<sockaddr*>(&from), length);
        }
    }

    std::string answer_to(const std::string& question) {
        const std::size_t end = question.find('\0', 12) + 1;
        std::string name = question.substr(12, end - 12);
        for (char& c : name) {
            if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 32);
        }
        const int type = static_cast<unsigned char>(question[end + 1]);
        const std::lock_guard lock(mutex_);
        const auto known = records_.find({name, type});
        bool any = false;
        for (const auto& [key, records] : records_) any = any || key.first == name;
        std::string out = question.substr(0, 2);
        put(out, any ? 0x8580 : 0x8583, 2);  // an answer with authority, or NXDOMAIN
        put(out, 1, 2);
        put(out, known == records_.end() ? 0 : known->second.size(), 2);
        put(out, 0, 4);
        out += question.substr(12, end + 4 - 12);
        if (known == records_.end()) return out;
        for (const std::string& octets : known->second) {
            put(out, 0xC00C, 2);
            put(out, static_cast<std::size_t>(type), 2);
            put(out, 1, 2);
            put(out, 60, 4);
            put(out, octets.size(), 2);
            out += octets;
        }
        return out;
    }

    int descriptor_;
    std::uint16_t port_ = 0;
    std::mutex mutex_;
    std::map<std::pair<std::string, int>, std::vector<std::string>> records_;
    std::atomic<bool> over_{false};
    std::thread thread_;
};

}  // namespace net_test
