#include "net/session_registry.hpp"

#include <algorithm>
#include <functional>
#include <utility>

#include "net/address.hpp"

namespace net {

namespace {

/// What counts as one address. Peers without one (Unix sockets) are one by what they are called.
std::uint64_t key_of(const PeerInfo& peer) {
    const auto address = IpAddress::parse(peer.address);
    return address ? address->limit_key() : std::hash<std::string>()(peer.address);
}

}  // namespace

SessionRegistry::Handle& SessionRegistry::Handle::operator=(Handle&& other) noexcept {
    if (this == &other) return *this;
    end();
    registry_ = std::exchange(other.registry_, nullptr);
    item_ = std::exchange(other.item_, nullptr);
    return *this;
}

void SessionRegistry::Handle::end() noexcept {
    if (registry_ != nullptr) registry_->remove(item_->info.id);
    registry_ = nullptr;
    item_ = nullptr;
}

void SessionRegistry::Handle::set_user(std::string user) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    registry_->name(*item_, std::move(user));
}

bool SessionRegistry::Handle::claim_user(std::string user, const UserLimits& limits) {
    if (registry_ == nullptr) return true;
    const std::lock_guard lock(registry_->mutex_);
    if (const auto known = registry_->users_.find(user);
        known != registry_->users_.end() && item_->info.user != user) {
        const UserSessions& sessions = known->second;
        const auto here = sessions.by_address.find(item_->address_key);
        const std::size_t from_here = here == sessions.by_address.end() ? 0 : here->second;
        if (sessions.count >= limits.sessions_max || from_here >= limits.per_address_max) return false;
    }
    registry_->name(*item_, std::move(user));
    return true;
}

void SessionRegistry::Handle::set_client(std::string client) { set(&SessionInfo::client, std::move(client)); }
void SessionRegistry::Handle::set_node(std::string node) { set(&SessionInfo::node, std::move(node)); }
void SessionRegistry::Handle::set_folder(std::string folder) { set(&SessionInfo::folder, std::move(folder)); }

void SessionRegistry::Handle::set(std::string SessionInfo::* field, std::string value) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    item_->info.*field = std::move(value);
}

void SessionRegistry::Handle::set_tls(std::string version) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    item_->info.tls = true;
    item_->info.tls_version = std::move(version);
}

void SessionRegistry::Handle::set_compressed(bool yes) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    item_->info.compressed = yes;
}

void SessionRegistry::Handle::set_state(const char* state) {
    if (item_ == nullptr) return;
    // Two stores, no lock: this runs for each command. A reader may see the one without the other.
    item_->state.store(state, std::memory_order_relaxed);
    item_->last_command.store(std::chrono::system_clock::now(), std::memory_order_relaxed);
}

SessionRegistry::Handle SessionRegistry::add(std::string protocol, const PeerInfo& peer,
                                             std::shared_ptr<Waker> waker) {
    auto item = std::make_unique<Item>();
    item->info.protocol = std::move(protocol);
    item->info.address = peer.address;
    item->address_key = key_of(peer);
    item->info.listener = peer.listener;
    item->info.tls = peer.tls;
    item->info.tls_version = peer.tls_version;
    item->info.since = std::chrono::system_clock::now();
    item->last_command = item->info.since;
    item->waker = std::move(waker);
    Item* raw = item.get();
    const std::lock_guard lock(mutex_);
    raw->info.id = base::SessionId(next_++);
    items_.emplace(raw->info.id, std::move(item));
    return Handle(*this, *raw);
}

void SessionRegistry::remove(base::SessionId id) noexcept {
    std::unique_ptr<Item> gone;  // freed after the lock
    const std::lock_guard lock(mutex_);
    const auto known = items_.find(id);
    if (known == items_.end()) return;
    name(*known->second, {});
    gone = std::move(known->second);
    items_.erase(known);
}

/// Moves the session from one user's count to another's; empty: nobody's.
void SessionRegistry::name(Item& item, std::string user) {
    if (const auto before = users_.find(item.info.user); before != users_.end()) {
        UserSessions& sessions = before->second;
        const auto here = sessions.by_address.find(item.address_key);
        if (--here->second == 0) sessions.by_address.erase(here);
        if (--sessions.count == 0) users_.erase(before);
    }
    item.info.user = std::move(user);
    if (item.info.user.empty()) return;
    UserSessions& sessions = users_[item.info.user];
    ++sessions.count;
    ++sessions.by_address[item.address_key];
}

std::vector<SessionInfo> SessionRegistry::list() const {
    const std::lock_guard lock(mutex_);
    std::vector<SessionInfo> rows;
    rows.reserve(items_.size());
    for (const auto& [id, item] : items_) {
        SessionInfo& row = rows.emplace_back(item->info);
        row.state = item->state.load(std::memory_order_relaxed);
        row.last_command = item->last_command.load(std::memory_order_relaxed);
    }
    return rows;
}

bool SessionRegistry::kick(base::SessionId id) {
    const std::lock_guard lock(mutex_);
    const auto known = items_.find(id);
    if (known == items_.end()) return false;
    known->second->waker->wake(event_kicked);
    return true;
}

std::size_t SessionRegistry::kick_user(std::string_view user) {
    const std::lock_guard lock(mutex_);
    std::size_t kicked = 0;
    for (const auto& [id, item] : items_) {
        if (item->info.user != user) continue;
        item->waker->wake(event_kicked);
        ++kicked;
    }
    return kicked;
}

std::size_t SessionRegistry::kick_address(std::string_view address) {
    const auto network = Network::parse(address);
    const std::lock_guard lock(mutex_);
    std::size_t kicked = 0;
    for (const auto& [id, item] : items_) {
        const auto ip = network ? IpAddress::parse(item->info.address) : std::optional<IpAddress>();
        // Peers without an address (Unix sockets) go by what they are called.
        if (ip ? !network->contains(*ip) : item->info.address != address) continue;
        item->waker->wake(event_kicked);
        ++kicked;
    }
    return kicked;
}

void SessionRegistry::wake_all(std::uint32_t events) {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, item] : items_) item->waker->wake(events);
}

std::size_t SessionRegistry::count() const {
    const std::lock_guard lock(mutex_);
    return items_.size();
}

std::size_t SessionRegistry::count_user(std::string_view user) const {
    const std::lock_guard lock(mutex_);
    const auto known = users_.find(user);
    return known == users_.end() ? 0 : known->second.count;
}

}  // namespace net
