#include "net/handshake_turns.hpp"

#include <utility>

namespace net {

HandshakeTurns::Turn::Turn(std::shared_ptr<HandshakeTurns> turns, std::uint64_t client,
                           std::shared_ptr<Waker> waker, std::uint32_t event)
    : turns_(std::move(turns)), client_(client), waker_(std::move(waker)), event_(event) {
    turns_->enter(*this);
}

HandshakeTurns::Turn::~Turn() { turns_->leave(*this); }

void HandshakeTurns::enter(Turn& turn) {
    const std::lock_guard lock(mutex_);
    Client& client = clients_[turn.client_];
    // While there is room for both, nobody waits: leave() has called them all.
    if (room() && room_of(client)) {
        ++client.running;
        ++running_;
        return;
    }
    turn.must_wait_ = true;
    turn.queued_ = client.waiting.insert(client.waiting.end(), &turn);
    ++waiting_;
    line_up(turn.client_, client);
}

void HandshakeTurns::leave(Turn& turn) {
    const std::lock_guard lock(mutex_);
    Client& client = clients_[turn.client_];
    if (turn.queued_) {
        client.waiting.erase(*turn.queued_);
        --waiting_;
    } else {
        --client.running;
        --running_;
        line_up(turn.client_, client);
    }
    drop_if_idle(turn.client_);
    call_next();
}

/// At the end of the line of clients, if it could run one of those that wait.
void HandshakeTurns::line_up(std::uint64_t key, Client& client) {
    if (client.next || client.waiting.empty() || !room_of(client)) return;
    client.next = next_.insert(next_.end(), key);
}

void HandshakeTurns::drop_if_idle(std::uint64_t key) {
    const auto known = clients_.find(key);
    Client& client = known->second;
    if (client.waiting.empty() && client.next) {
        next_.erase(*client.next);
        client.next.reset();
    }
    if (client.running == 0 && client.waiting.empty()) clients_.erase(known);
}

/// A turn that ends makes room for one at most.
void HandshakeTurns::call_next() {
    if (next_.empty() || !room()) return;
    const std::uint64_t key = next_.front();
    next_.pop_front();
    Client& client = clients_[key];
    client.next.reset();
    Turn& turn = *client.waiting.front();
    client.waiting.pop_front();
    turn.queued_.reset();
    --waiting_;
    ++client.running;
    ++running_;
    line_up(key, client);
    turn.waker_->wake(turn.event_);
}

HandshakeTurns::Figures HandshakeTurns::figures() const {
    const std::lock_guard lock(mutex_);
    Figures out;
    out.running = running_;
    out.waiting = waiting_;
    out.clients = static_cast<std::uint32_t>(clients_.size());
    return out;
}

}  // namespace net
