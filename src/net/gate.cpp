#include "net/gate.hpp"

namespace net {

bool Gate::enter() {
    const std::lock_guard lock(mutex_);
    if (connections_max_ != 0 && connections_ >= connections_max_) return false;
    ++connections_;
    return true;
}

void Gate::leave() {
    const std::lock_guard lock(mutex_);
    --connections_;
}

bool Gate::enter_client(std::uint64_t client) {
    if (per_client_max_ == 0) return true;
    const std::lock_guard lock(mutex_);
    std::uint32_t& count = clients_[client];
    if (count >= per_client_max_) return false;
    ++count;
    return true;
}

void Gate::leave_client(std::uint64_t client) {
    if (per_client_max_ == 0) return;
    const std::lock_guard lock(mutex_);
    const auto known = clients_.find(client);
    if (--known->second == 0) clients_.erase(known);
}

}  // namespace net
