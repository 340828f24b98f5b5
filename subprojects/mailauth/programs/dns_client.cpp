#include "dns_client.hpp"

#include <charconv>
#include <cstring>
#include <netinet/in.h>
#include <poll.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dns_wire.hpp"

namespace mailauth {

namespace {

using Clock = std::chrono::steady_clock;

class Socket {
public:
    Socket(const IpAddress& address, std::uint16_t port, int type)
        : fd_(::socket(address.is_v6() ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC | SOCK_NONBLOCK, 0)) {
        sockaddr_storage storage{};
        socklen_t length = 0;
        if (address.is_v6()) {
            auto* six = reinterpret_cast<sockaddr_in6*>(&storage);
            six->sin6_family = AF_INET6;
            six->sin6_port = htons(port);
            std::memcpy(&six->sin6_addr, address.octets().data(), 16);
            length = sizeof *six;
        } else {
            auto* four = reinterpret_cast<sockaddr_in*>(&storage);
            four->sin_family = AF_INET;
            four->sin_port = htons(port);
            std::memcpy(&four->sin_addr, address.octets().data(), 4);
            length = sizeof *four;
        }
        good_ = fd_ >= 0 &&
                (::connect(fd_, reinterpret_cast<sockaddr*>(&storage), length) == 0 || errno == EINPROGRESS);
    }
    Socket(const Socket&) = delete;
    Socket& operator=(const Socket&) = delete;
    ~Socket() {
        if (fd_ >= 0) ::close(fd_);
    }
    bool good() const { return good_; }

    bool wait(short events, Clock::time_point until) const {
        pollfd polled{fd_, events, 0};
        const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - Clock::now()).count();
        return left > 0 && ::poll(&polled, 1, static_cast<int>(left)) == 1;
    }
    bool send(std::string_view octets, Clock::time_point until) const {
        while (!octets.empty()) {
            if (!wait(POLLOUT, until)) return false;
            const ssize_t sent = ::send(fd_, octets.data(), octets.size(), MSG_NOSIGNAL);
            if (sent <= 0) return false;
            octets.remove_prefix(static_cast<std::size_t>(sent));
        }
        return true;
    }
    /// What came, at most \p octets_max; empty: nothing in time, or the end.
    std::string receive(std::size_t octets_max, Clock::time_point until) const {
        std::string octets(octets_max, '\0');
        if (!wait(POLLIN, until)) return {};
        const ssize_t got = ::recv(fd_, octets.data(), octets.size(), 0);
        octets.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
        return octets;
    }

private:
    int fd_;
    bool good_ = false;
};

std::uint16_t random_id() {
    std::uint16_t id = 0;
    if (::getrandom(&id, sizeof id, 0) != sizeof id) id = static_cast<std::uint16_t>(::getpid());
    return id;
}

Reply by_udp(const Socket& socket, std::uint16_t id, const Query& query, Clock::time_point until,
             Answer& answer) {
    if (!socket.good() || !socket.send(encode_query(id, query), until)) return Reply::foreign;
    while (true) {
        const std::string octets = socket.receive(4096, until);
        if (octets.empty()) return Reply::foreign;
        const Reply reply = decode_reply(octets, id, query, answer);
        if (reply != Reply::foreign) return reply;
    }
}

bool by_tcp(const Socket& socket, std::uint16_t id, const Query& query, Clock::time_point until,
            Answer& answer) {
    std::string message = encode_query(id, query);
    message.insert(0, {static_cast<char>(message.size() >> 8U), static_cast<char>(message.size() & 0xffU)});
    if (!socket.good() || !socket.send(message, until)) return false;
    std::string octets;
    while (true) {
        std::size_t wanted = 2;
        if (octets.size() >= 2) {
            wanted += static_cast<std::size_t>(static_cast<unsigned char>(octets[0])) << 8U;
            wanted += static_cast<unsigned char>(octets[1]);
        }
        if (octets.size() >= 2 && octets.size() == wanted) break;
        const std::string more = socket.receive(wanted - octets.size(), until);
        if (more.empty()) return false;
        octets += more;
    }
    return decode_reply(std::string_view(octets).substr(2), id, query, answer) == Reply::answered;
}

}  // namespace

std::optional<DnsClient> DnsClient::to(std::string_view server, std::chrono::milliseconds patience) {
    const std::size_t colon = server.rfind(':');
    if (colon == std::string_view::npos) return {};
    std::string_view host = server.substr(0, colon);
    const std::string_view digits = server.substr(colon + 1);
    if (host.starts_with('[') && host.ends_with(']')) host = host.substr(1, host.size() - 2);
    if (host == "localhost") host = "127.0.0.1";
    const auto address = IpAddress::parse(host);
    std::uint16_t port = 0;
    const auto [end, code] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    if (!address || code != std::errc() || end != digits.data() + digits.size() || port == 0) return {};
    return DnsClient(*address, port, patience);
}

Answer DnsClient::resolve(const Query& query) {
    Answer answer;
    if (encode_query(0, query).empty()) {
        answer.status = DnsStatus::nxdomain;  // no such name can be
        return answer;
    }
    for (int tries = 0; tries < 2; ++tries) {
        const std::uint16_t id = random_id();
        const Socket udp(address_, port_, SOCK_DGRAM);
        const Reply reply = by_udp(udp, id, query, Clock::now() + patience_, answer);
        if (reply == Reply::answered) return answer;
        if (reply == Reply::foreign) continue;
        const Socket tcp(address_, port_, SOCK_STREAM);
        if (by_tcp(tcp, id, query, Clock::now() + patience_, answer)) return answer;
    }
    return Answer();
}

}  // namespace mailauth
