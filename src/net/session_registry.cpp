#include "net/session_registry.hpp"

#include <algorithm>
#include <utility>

namespace net {

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

void SessionRegistry::Handle::set_user(std::string user) { set(&SessionInfo::user, std::move(user)); }
void SessionRegistry::Handle::set_client(std::string client) { set(&SessionInfo::client, std::move(client)); }
void SessionRegistry::Handle::set_folder(std::string folder) { set(&SessionInfo::folder, std::move(folder)); }

void SessionRegistry::Handle::set(std::string SessionInfo::* field, std::string value) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    if (field == &SessionInfo::user) registry_->count_for(item_->info.user, value);
    item_->info.*field = std::move(value);
}

void SessionRegistry::Handle::set_tls(std::string version) {
    if (registry_ == nullptr) return;
    const std::lock_guard lock(registry_->mutex_);
    item_->info.tls = true;
    item_->info.tls_version = std::move(version);
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
    count_for(known->second->info.user, {});
    gone = std::move(known->second);
    items_.erase(known);
}

void SessionRegistry::count_for(const std::string& before, const std::string& now) {
    if (const auto known = users_.find(before); known != users_.end() && --known->second == 0)
        users_.erase(known);
    if (!now.empty()) ++users_[now];
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
    return known == users_.end() ? 0 : known->second;
}

}  // namespace net
