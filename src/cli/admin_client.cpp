#include "cli/admin_client.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <utility>

#include <fmt/format.h>

namespace cli {
namespace {
const Failure gone(1, "the server closed the admin socket");
}

Result<AdminClient> AdminClient::connect(const std::string& socket_path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (socket_path.size() >= sizeof address.sun_path) return Failure(2, "the socket's path is too long");
    std::memcpy(address.sun_path, socket_path.data(), socket_path.size());
    const int descriptor = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (descriptor < 0) return Failure(1, std::strerror(errno));
    if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        const int why = errno;
        ::close(descriptor);
        return Failure(
            1, fmt::format("no server answers on {} ({}); name its socket with --socket or BARID_SOCKET",
                           socket_path, std::strerror(why)));
    }
    return AdminClient(descriptor);
}

AdminClient::AdminClient(AdminClient&& other) noexcept
    : descriptor_(std::exchange(other.descriptor_, -1)),
      buffer_(std::move(other.buffer_)),
      consumed_(std::exchange(other.consumed_, 0)) {}

AdminClient::~AdminClient() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool AdminClient::fill() {
    buffer_.erase(0, consumed_);
    consumed_ = 0;
    std::array<char, 65536> piece;
    for (;;) {
        const ssize_t n = ::recv(descriptor_, piece.data(), piece.size(), 0);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return false;
        buffer_.append(piece.data(), static_cast<std::size_t>(n));
        return true;
    }
}

Result<std::string> AdminClient::read_line() {
    std::size_t searched = consumed_;
    for (;;) {
        const auto end = buffer_.find('\n', searched);
        if (end != std::string::npos) {
            std::string line = buffer_.substr(consumed_, end - consumed_);
            consumed_ = end + 1;
            return line;
        }
        searched = buffer_.size() - consumed_;
        if (!fill()) return gone;
    }
}

Result<std::string> AdminClient::read_octets(std::uint64_t count) {
    while (buffer_.size() - consumed_ < count) {
        if (!fill()) return gone;
    }
    std::string octets = buffer_.substr(consumed_, count);
    consumed_ += count;
    return octets;
}

Result<void> AdminClient::write_all(std::string_view octets) {
    while (!octets.empty()) {
        const ssize_t n = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL);
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return gone;
        octets.remove_prefix(static_cast<std::size_t>(n));
    }
    return {};
}

Result<void> AdminClient::send(std::string_view operation, Json arguments, std::string_view octets) {
    Json request = {{"op", operation}, {"args", std::move(arguments)}};
    if (!octets.empty()) request["octets"] = octets.size();
    auto sent = write_all(request.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
    if (!sent) return sent;
    return write_all(octets);
}

Result<Json> AdminClient::receive(const OnEvent& on_event) {
    for (;;) {
        auto line = read_line();
        if (!line) return line.error();
        Json answer = Json::parse(*line, nullptr, false);
        if (!answer.is_object()) return Failure(1, "the server's answer is not understood");
        if (answer.contains("event")) {
            std::string octets;
            if (const auto count = answer.value("octets", std::uint64_t{0}); count != 0) {
                auto read = read_octets(count);
                if (!read) return read.error();
                octets = std::move(*read);
            }
            if (!on_event) continue;
            auto taken = on_event(answer, std::move(octets));
            if (!taken) return taken.error();
            continue;
        }
        if (answer.value("ok", false)) return answer["result"];
        const Json error = answer.value("error", Json::object());
        const bool usage = error.value("code", "") == "usage";
        return Failure(usage ? 2 : 1, error.value("message", "the operation failed"));
    }
}

Result<Json> AdminClient::call(std::string_view operation, Json arguments, const OnEvent& on_event) {
    auto sent = send(operation, std::move(arguments), {});
    if (!sent) return sent.error();
    return receive(on_event);
}

}  // namespace cli
