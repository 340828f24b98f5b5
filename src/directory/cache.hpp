// Cache: a bounded map of what was read, the least recently used goes first. Thread-safe; its mutex is held
// for a few instructions.
//
// A value read before a change must not be kept after it: the reader takes stamp() before it reads, and
// keep() drops the value when anything was forgotten since.
#pragma once
#include <chrono>
#include <cstdint>
#include <list>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>

#include "base/clock.hpp"

namespace directory {

template <class Value>
class Cache {
public:
    Cache(const base::Clock& clock, std::size_t entries_max, std::chrono::seconds age_max)
        : clock_(clock), entries_max_(entries_max), age_max_(age_max) {}

    std::optional<Value> find(const std::string& key) {
        const std::lock_guard lock(mutex_);
        const auto found = index_.find(key);
        if (found == index_.end()) return std::nullopt;
        // A hint of a change on another node may be lost; nothing is believed for longer than age_max.
        const auto age = clock_.now() - found->second->kept;
        if (age >= age_max_ || age < std::chrono::seconds(0)) {
            entries_.erase(found->second);
            index_.erase(found);
            return std::nullopt;
        }
        entries_.splice(entries_.begin(), entries_, found->second);
        return found->second->value;
    }

    std::uint64_t stamp() const {
        const std::lock_guard lock(mutex_);
        return stamp_;
    }

    void keep(const std::string& key, Value value, std::uint64_t stamp) {
        const std::lock_guard lock(mutex_);
        if (stamp != stamp_ || entries_max_ == 0) return;
        if (const auto found = index_.find(key); found != index_.end()) {
            entries_.erase(found->second);
            index_.erase(found);
        }
        while (entries_.size() >= entries_max_) {
            index_.erase(entries_.back().key);
            entries_.pop_back();
        }
        entries_.push_front(Entry{key, std::move(value), clock_.now()});
        index_.emplace(key, entries_.begin());
    }

    void forget(const std::string& key) {
        const std::lock_guard lock(mutex_);
        ++stamp_;
        if (const auto found = index_.find(key); found != index_.end()) {
            entries_.erase(found->second);
            index_.erase(found);
        }
    }

    void clear() {
        const std::lock_guard lock(mutex_);
        ++stamp_;
        index_.clear();
        entries_.clear();
    }

    std::size_t size() const {
        const std::lock_guard lock(mutex_);
        return entries_.size();
    }

private:
    struct Entry {
        std::string key;
        Value value;
        base::SystemTime kept;
    };
    const base::Clock& clock_;
    std::size_t entries_max_;
    std::chrono::seconds age_max_;
    mutable std::mutex mutex_;
    std::uint64_t stamp_ = 0;
    std::list<Entry> entries_;
    std::unordered_map<std::string, typename std::list<Entry>::iterator> index_;
};

}  // namespace directory
