// TlsMemory: hosts whose TLS was found broken, so that opportunistic mail does not stumble over it each time.
// Bounded; forgets after a while, so that a host that is mended is spoken to in private again. Thread-safe.
#pragma once
#include <chrono>
#include <mutex>
#include <string>
#include <unordered_map>

namespace mta::smtp_out {

class TlsMemory {
public:
    TlsMemory(std::chrono::seconds kept, std::size_t hosts_max) : kept_(kept), hosts_max_(hosts_max) {}

    bool broken(const std::string& host) const {
        const std::lock_guard lock(mutex_);
        const auto known = until_.find(host);
        return known != until_.end() && known->second > Clock::now();
    }
    void remember(const std::string& host) {
        const std::lock_guard lock(mutex_);
        const auto now = Clock::now();
        if (until_.size() >= hosts_max_)
            std::erase_if(until_, [now](const auto& e) { return e.second <= now; });
        if (until_.size() >= hosts_max_) until_.erase(until_.begin());
        until_[host] = now + kept_;
    }

private:
    using Clock = std::chrono::steady_clock;
    const std::chrono::seconds kept_;
    const std::size_t hosts_max_;
    mutable std::mutex mutex_;
    std::unordered_map<std::string, Clock::time_point> until_;
};

}  // namespace mta::smtp_out
