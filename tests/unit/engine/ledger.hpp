// Ledger: a workload whose acknowledgements are written down, and the proof that a store still has all of
// them.
//
// Worker k owns partition f/<k>: its n-th commit writes row h=<n>, and every third one brings a blob tagged
// <k>.<n>, whose id is in row b<n> and whose octets follow from k and n.
#pragma once
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>

#include "store/engine/engine.hpp"

namespace store::engine {

class Ledger {
public:
    /// Called at each acknowledgement, on the worker's thread.
    using OnAck = std::function<void(int worker, int number)>;

    /// Commits until a commit fails or `until` is reached. \returns why it ended; none: `until`
    awaitable<Errc> work(Engine& engine, int worker, int until, OnAck on_ack);
    void acknowledge(int worker, int number);
    int acknowledged(int worker) const;

    /// "" when all that was acknowledged is there, and of the rest all or nothing; else what is wrong.
    std::string verify(Engine& engine) const;

private:
    std::string verify_worker(Engine& engine, int worker, int acked) const;
    mutable std::mutex mutex_;
    std::map<int, int> acked_;
};

}  // namespace store::engine
