// QueueClaim: a queued message in the hands of somebody who changes it other than by an attempt.
#pragma once
#include <optional>
#include <vector>

#include "store/queue.hpp"

namespace store {

/// While it lives no attempt at the message begins. False: one is under way, or somebody else's claim.
class QueueClaim {
public:
    QueueClaim(Queue& queue, QueueId id) : queue_(queue), taken_(queue.claim(id)) {}
    QueueClaim(const QueueClaim&) = delete;
    QueueClaim& operator=(const QueueClaim&) = delete;
    ~QueueClaim() {
        if (!taken_) return;
        for (const Queue::Due& one : *taken_) queue_.give_back(one);
    }
    explicit operator bool() const { return taken_.has_value(); }

private:
    Queue& queue_;
    const std::optional<std::vector<Queue::Due>> taken_;
};

}  // namespace store
