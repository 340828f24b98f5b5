#include "net/listening_socket.hpp"

#include <cerrno>
#include <cstring>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>

namespace net {
namespace {

constexpr int backlog = 4096;  // a burst of reconnects after a restart; the kernel has its own upper bound

std::string text_of(int error) { return std::system_category().message(error); }

int new_socket(int family) { return ::socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0); }

bool set_option(int descriptor, int level, int name, int value) {
    return ::setsockopt(descriptor, level, name, &value, sizeof value) == 0;
}

/// A socket file that nobody listens on any more is taken away. \errors text: somebody does, or it is no
/// socket.
std::string remove_stale(const ListenAddress& address) {
    struct stat status{};
    if (::lstat(address.unix_path.c_str(), &status) != 0) return errno == ENOENT ? "" : text_of(errno);
    if (!S_ISSOCK(status.st_mode)) return "exists and is not a socket";
    const int probe = new_socket(AF_UNIX);
    if (probe < 0) return text_of(errno);
    const bool alive =
        ::connect(probe, address.address.get(), address.address.length) == 0 || errno == EAGAIN;
    ::close(probe);
    if (alive) return "address in use";
    return ::unlink(address.unix_path.c_str()) == 0 ? "" : text_of(errno);
}

std::string bind_and_listen(int descriptor, const ListenAddress& address) {
    const SocketAddress& to = address.address;
    if (to.family() == AF_UNIX) {
        // Before bind: the file is made with these rights, so there is no moment in which others may connect.
        if (::fchmod(descriptor, S_IRUSR | S_IWUSR) != 0) return text_of(errno);
    } else if (!set_option(descriptor, SOL_SOCKET, SO_REUSEADDR, 1)) {
        return text_of(errno);
    }
    if (to.family() == AF_INET6 &&
        !set_option(descriptor, IPPROTO_IPV6, IPV6_V6ONLY, address.dual_stack ? 0 : 1)) {
        return text_of(errno);
    }
    if (::bind(descriptor, to.get(), to.length) != 0) return text_of(errno);
    return ::listen(descriptor, backlog) == 0 ? "" : text_of(errno);
}

}  // namespace

ListeningSocket open_listening_socket(const std::string& text) {
    ListeningSocket out;
    auto address = parse_listen_address(text);
    if (!address) {
        out.fault = text + ": not an address";
        return out;
    }
    if (!address->unix_path.empty()) {
        if (std::string fault = remove_stale(*address); !fault.empty()) {
            out.fault = text + ": " + fault;
            return out;
        }
    }
    int descriptor = new_socket(address->address.family());
    if (descriptor < 0 && address->dual_stack) {  // a machine without IPv6
        address->address = make_socket_address(IpAddress{}, address->address.port());
        descriptor = new_socket(AF_INET);
    }
    std::string fault = descriptor < 0 ? text_of(errno) : bind_and_listen(descriptor, *address);
    if (fault.empty()) {
        out.bound.length = sizeof out.bound.storage;
        if (::getsockname(descriptor, out.bound.get(), &out.bound.length) != 0) fault = text_of(errno);
    }
    if (!fault.empty()) {
        if (descriptor >= 0) ::close(descriptor);
        out.fault = text + ": " + fault;
        return out;
    }
    out.descriptor = descriptor;
    out.unix_path = address->unix_path;
    return out;
}

}  // namespace net
