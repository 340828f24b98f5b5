// VerifiedCache: passwords that were right a moment ago, as keyed hashes, so that a storm of reconnecting
// clients costs no argon2id. The stored hash is part of the key: a new password forgets the old one at once.
#pragma once
#include <array>
#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"
#include "base/ids.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace auth {

class VerifiedCache {
public:
    VerifiedCache(const base::Clock& clock, base::Random& random, std::chrono::seconds keep,
                  std::size_t entries_max);

    bool contains(base::AccountId account, std::string_view stored_hash, const base::Secret& password);
    void add(base::AccountId account, std::string_view stored_hash, const base::Secret& password);
    std::size_t size() const;

private:
    std::string key_of(base::AccountId account, std::string_view stored_hash,
                       const base::Secret& password) const;

    const base::Clock& clock_;
    std::chrono::seconds keep_;
    std::size_t entries_max_;
    base::Secret secret_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, base::SystemTime> until_;
    std::deque<std::pair<std::string, base::SystemTime>>
        order_;  // all are kept equally long: the oldest ends first
};

}  // namespace auth
