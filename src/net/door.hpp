// Door: one listening socket. Accepts in batches and hands each descriptor on; knows what to do when there
// are none left. Runs on the server's control strand.
#pragma once
#include <functional>
#include <memory>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <boost/asio/steady_timer.hpp>

#include "net/address.hpp"
#include "net/listening_socket.hpp"

namespace net {

/// A descriptor kept free: with it a connection can be accepted and closed when the process has no other
/// left, where the kernel would else announce the same connection for ever.
class SpareDescriptor {
public:
    SpareDescriptor();
    ~SpareDescriptor();
    SpareDescriptor(const SpareDescriptor&) = delete;
    SpareDescriptor& operator=(const SpareDescriptor&) = delete;
    /// Accepts one connection of `listening` and closes it. False: there was none.
    bool turn_away(int listening);

private:
    int descriptor_;
};

/// Kept alive by its pending handlers and by the server.
class Door : public std::enable_shared_from_this<Door> {
public:
    using Admit = std::function<void(int descriptor, const SocketAddress& peer)>;
    using TurnedAway = std::function<void()>;

    Door(const boost::asio::any_io_executor& control, ListeningSocket socket, SpareDescriptor& spare);
    ~Door();
    void open(Admit admit, TurnedAway turned_away);
    void close() noexcept;
    const SocketAddress& bound() const { return bound_; }

private:
    void wait();
    void accept_batch();
    void exhausted(int error);

    boost::asio::posix::basic_stream_descriptor<boost::asio::any_io_executor> listening_;
    boost::asio::steady_timer pause_;
    SpareDescriptor& spare_;
    SocketAddress bound_;
    std::string unix_path_;
    Admit admit_;
    TurnedAway turned_away_;
};

}  // namespace net
