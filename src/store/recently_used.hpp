// RecentlyUsed: keeps what was used last in memory, up to so many octets, and lets go of the rest. What
// somebody else holds stays alive whatever happens here.
#pragma once
#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <vector>

namespace store {

class RecentlyUsed {
public:
    explicit RecentlyUsed(std::size_t bytes_max) : bytes_max_(bytes_max) {}

    /// `weight` in octets, as it is now.
    void touch(std::shared_ptr<void> object, std::size_t weight) {
        std::vector<std::shared_ptr<void>> dropped;  // destroyed after the lock is given back
        const std::lock_guard lock(mutex_);
        const void* key = object.get();
        if (const auto known = places_.find(key); known != places_.end()) {
            bytes_ -= known->second->weight;
            known->second->weight = weight;
            items_.splice(items_.begin(), items_, known->second);
        } else {
            items_.push_front(Item{std::move(object), weight});
            places_[key] = items_.begin();
        }
        bytes_ += weight;
        while (bytes_ > bytes_max_ && items_.size() > 1) {
            Item& last = items_.back();
            bytes_ -= last.weight;
            places_.erase(last.object.get());
            dropped.push_back(std::move(last.object));
            items_.pop_back();
        }
    }
    void drop(const void* key) {
        std::shared_ptr<void> dropped;
        const std::lock_guard lock(mutex_);
        const auto known = places_.find(key);
        if (known == places_.end()) return;
        bytes_ -= known->second->weight;
        dropped = std::move(known->second->object);
        items_.erase(known->second);
        places_.erase(known);
    }
    std::size_t bytes() const {
        const std::lock_guard lock(mutex_);
        return bytes_;
    }
    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return items_.size();
    }

private:
    struct Item {
        std::shared_ptr<void> object;
        std::size_t weight = 0;
    };
    mutable std::mutex mutex_;
    std::list<Item> items_;  // the last used first
    std::unordered_map<const void*, std::list<Item>::iterator> places_;
    std::size_t bytes_ = 0;
    std::size_t bytes_max_;
};

}  // namespace store
