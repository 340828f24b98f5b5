// HandshakeTurns: how many TLS handshakes run at one time, in all and by client. A handshake is the dearest
// thing that a stranger can ask for: some 0.25 ms of a core and some 50 KB while it lasts, which he may draw
// out.
//
// Those over a limit wait for their turn, they are not turned away: after a restart a whole office comes back
// at once behind one address, and each of its handshakes takes milliseconds. Clients take turns, so that one
// that holds its own open keeps up nobody else's. A connection takes its turn when the client's first octets
// have come: a silent one costs a descriptor and holds up nobody. Both waits count as part of the handshake's
// time.
#pragma once
#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <optional>
#include <unordered_map>

#include "net/connection.hpp"

namespace net {

/// Thread-safe; outlives its turns.
class HandshakeTurns {
public:
    /// 0 is no limit.
    HandshakeTurns(std::uint32_t handshakes_max, std::uint32_t per_client_max)
        : handshakes_max_(handshakes_max), per_client_max_(per_client_max) {}

    /// A place among those that run, or in the queue; given back when it goes. Belongs to one connection.
    class Turn {
    public:
        /// \p client is IpAddress::limit_key(); `waker` gets `event` when a turn that had to wait has come.
        Turn(std::shared_ptr<HandshakeTurns> turns, std::uint64_t client, std::shared_ptr<Waker> waker,
             std::uint32_t event);
        ~Turn();
        Turn(const Turn&) = delete;
        Turn& operator=(const Turn&) = delete;
        /// `waker` will get the event. Else the turn has come with the making.
        bool must_wait() const { return must_wait_; }

    private:
        friend HandshakeTurns;
        const std::shared_ptr<HandshakeTurns> turns_;
        const std::uint64_t client_;
        const std::shared_ptr<Waker> waker_;
        const std::uint32_t event_;
        bool must_wait_ = false;
        std::optional<std::list<Turn*>::iterator> queued_;  // under the mutex
    };

    struct Figures {
        std::uint32_t running = 0, waiting = 0, clients = 0;
    };
    Figures figures() const;

private:
    /// Of one that has any turn, running or waiting: so there are no more of them than connections.
    struct Client {
        std::uint32_t running = 0;
        std::list<Turn*> waiting;
        std::optional<std::list<std::uint64_t>::iterator> next;  ///< its place in next_
    };
    void enter(Turn& turn);
    void leave(Turn& turn);
    bool room() const { return handshakes_max_ == 0 || running_ < handshakes_max_; }
    bool room_of(const Client& client) const {
        return per_client_max_ == 0 || client.running < per_client_max_;
    }
    void line_up(std::uint64_t key, Client& client);
    void drop_if_idle(std::uint64_t key);
    void call_next();

    const std::uint32_t handshakes_max_, per_client_max_;
    mutable std::mutex mutex_;
    std::uint32_t running_ = 0, waiting_ = 0;
    std::unordered_map<std::uint64_t, Client> clients_;
    std::list<std::uint64_t> next_;  // clients that wait only for room in all, in the order of their turns
};

}  // namespace net
