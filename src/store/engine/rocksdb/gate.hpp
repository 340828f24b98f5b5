// Gate: lets calls into RocksDB until it is closed, and then waits until the last is out.
#pragma once
#include <atomic>
#include <optional>
#include <utility>

namespace store::engine::rocks {

class Gate {
public:
    class Ticket {
    public:
        explicit Ticket(Gate& gate) : gate_(&gate) {}
        Ticket(Ticket&& other) noexcept : gate_(std::exchange(other.gate_, nullptr)) {}
        Ticket& operator=(Ticket&&) = delete;
        Ticket(const Ticket&) = delete;
        Ticket& operator=(const Ticket&) = delete;
        ~Ticket() {
            if (gate_ != nullptr) gate_->leave();
        }

    private:
        Gate* gate_;
    };

    /// Nothing once the gate is closed. Hold the ticket while RocksDB is used, not while waiting for an
    /// executor.
    std::optional<Ticket> enter() {
        if ((state_.fetch_add(1) & closed_bit) != 0) {
            leave();
            return std::nullopt;
        }
        return Ticket(*this);
    }
    void close() {
        state_.fetch_or(closed_bit);
        for (int now = state_.load(); now != closed_bit; now = state_.load()) state_.wait(now);
    }
    bool open() const { return (state_.load() & closed_bit) == 0; }

private:
    static constexpr int closed_bit = 1 << 30;
    void leave() {
        if (state_.fetch_sub(1) == (closed_bit | 1)) state_.notify_all();
    }
    std::atomic<int> state_{0};
};

}  // namespace store::engine::rocks
