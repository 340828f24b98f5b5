// Threads: which thread a message belongs to, by the Message-IDs of its account (RFC 8474 section 5.2). A row
// for each Message-ID, in partitions of half a year each, so that old ones go as a whole.
#pragma once
#include <map>
#include <utility>
#include <vector>

#include "store/engine/engine.hpp"

namespace store {

/// What is asked of one message, by hashes of Message-IDs.
struct Family {
    std::uint64_t own = 0;                 ///< its own; 0: it has none
    std::vector<std::uint64_t> ancestors;  ///< the nearest first
};

class Threads {
public:
    static constexpr std::int64_t period_seconds = 182 * 24 * 3600;
    static constexpr unsigned periods_kept = 4;
    static constexpr std::size_t ancestors_max = 8;  ///< of a message, that are looked up

    Threads(engine::Engine& engine, base::AccountId account) : engine_(engine), account_(account) {}

    /// The thread of each family; none: nobody of it is known. An ancestor is known for as long as its period
    /// is kept, a message with the same Message-ID while the period lasts.
    engine::awaitable<Result<std::vector<base::ThreadId>>> find(std::vector<Family> families,
                                                                std::int64_t now) const;
    /// Rows for messages that come: Message-ID and thread.
    static engine::Patch rows_of(base::AccountId account, std::int64_t now,
                                 const std::map<std::uint64_t, base::ThreadId>& messages);

    /// Forgets all.
    engine::awaitable<Result<void>> drop() const;
    /// Whether a period of such partitions is no longer looked at.
    static bool is_over(std::uint32_t period, std::int64_t now);
    static bool sound(const engine::Row& row);

private:
    engine::Engine& engine_;
    base::AccountId account_;
};

}  // namespace store
