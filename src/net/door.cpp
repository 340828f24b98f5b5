#include "net/door.hpp"

#include <cerrno>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include "base/log.hpp"

namespace net {
namespace {
constexpr int batch_max = 64;  // then other doors and stop() get a turn
constexpr std::chrono::milliseconds exhausted_pause{100};
}  // namespace

SpareDescriptor::SpareDescriptor() : descriptor_(::open("/dev/null", O_RDONLY | O_CLOEXEC)) {}

SpareDescriptor::~SpareDescriptor() {
    if (descriptor_ >= 0) ::close(descriptor_);
}

bool SpareDescriptor::turn_away(int listening) {
    if (descriptor_ >= 0) ::close(descriptor_);
    const int peer = ::accept4(listening, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
    if (peer >= 0) ::close(peer);
    descriptor_ = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
    return peer >= 0;
}

Door::Door(const boost::asio::any_io_executor& control, ListeningSocket socket, SpareDescriptor& spare)
    : listening_(control, socket.descriptor),
      pause_(control),
      spare_(spare),
      bound_(socket.bound),
      unix_path_(std::move(socket.unix_path)) {}

Door::~Door() { close(); }

void Door::open(Admit admit, TurnedAway turned_away) {
    admit_ = std::move(admit);
    turned_away_ = std::move(turned_away);
    wait();
}

void Door::close() noexcept {
    if (!listening_.is_open()) return;
    boost::system::error_code ignored;
    listening_.close(ignored);
    pause_.cancel();
    if (!unix_path_.empty()) ::unlink(unix_path_.c_str());
}

void Door::wait() {
    if (!listening_.is_open()) return;
    listening_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                          [self = shared_from_this()](boost::system::error_code ec) {
                              if (ec || !self->listening_.is_open()) return;
                              self->accept_batch();
                          });
}

void Door::accept_batch() {
    for (int i = 0; i < batch_max && listening_.is_open(); ++i) {
        SocketAddress peer;
        peer.length = sizeof peer.storage;
        const int descriptor =
            ::accept4(listening_.native_handle(), peer.get(), &peer.length, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (descriptor >= 0) {
            admit_(descriptor, peer);
            continue;
        }
        if (errno == EAGAIN) break;
        if (errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM)
            return exhausted(errno);
        // ECONNABORTED and kin: that one connection is gone already.
    }
    wait();
}

void Door::exhausted(int error) {
    base::log::warn("net", "no descriptors left: connections are turned away",
                    {{"listener", bound_.text()}, {"errno", error}});
    for (int i = 0; i < batch_max && spare_.turn_away(listening_.native_handle()); ++i) turned_away_();
    pause_.expires_after(exhausted_pause);
    pause_.async_wait([self = shared_from_this()](boost::system::error_code ec) {
        if (!ec) self->wait();
    });
}

}  // namespace net
