#include "auth/verified_cache.hpp"

#include <fmt/format.h>

#include "auth/crypto.hpp"

namespace auth {

VerifiedCache::VerifiedCache(const base::Clock& clock, base::Random& random, std::chrono::seconds keep,
                             std::size_t entries_max)
    : clock_(clock), keep_(keep), entries_max_(entries_max), secret_(random_octets(random, 32)) {}

std::string VerifiedCache::key_of(base::AccountId account, std::string_view stored_hash,
                                  const base::Secret& password) const {
    std::string text = fmt::format("{:08x}{:08x}", account.value, stored_hash.size());
    text.append(stored_hash).append(password.reveal());
    const base::Secret wiped(std::move(text));
    return hmac(Digest::sha_256, secret_.reveal(), wiped.reveal());
}

bool VerifiedCache::contains(base::AccountId account, std::string_view stored_hash,
                             const base::Secret& password) {
    if (entries_max_ == 0 || stored_hash.empty()) return false;
    const std::string key = key_of(account, stored_hash, password);
    const std::lock_guard lock(mutex_);
    const auto found = until_.find(key);
    if (found == until_.end()) return false;
    const auto left = found->second - clock_.now();
    return left > std::chrono::seconds(0) && left <= keep_;  // also when the clock was set back
}

void VerifiedCache::add(base::AccountId account, std::string_view stored_hash, const base::Secret& password) {
    if (entries_max_ == 0 || stored_hash.empty()) return;
    std::string key = key_of(account, stored_hash, password);
    const base::SystemTime until = clock_.now() + keep_;
    const std::lock_guard lock(mutex_);
    while (!order_.empty() && (order_.size() >= entries_max_ || order_.front().second <= clock_.now())) {
        const auto found = until_.find(order_.front().first);
        if (found != until_.end() && found->second == order_.front().second) until_.erase(found);
        order_.pop_front();
    }
    until_[key] = until;
    order_.emplace_back(std::move(key), until);
}

std::size_t VerifiedCache::size() const {
    const std::lock_guard lock(mutex_);
    return until_.size();
}

}  // namespace auth
