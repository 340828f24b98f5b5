// Quarantine: messages that a filter holds back until somebody looks at them: kept whole with their envelope
// and the reason, bounded by age, number and size.
//
// Partition z/quarantine, a row q<id hex16> each with the record as JSON; the octets are a blob with the tag
// "quarantine.<id hex16>". A message is kept in one durable write with its blob.
#pragma once
#include <chrono>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/id_source.hpp"
#include "base/ids.hpp"
#include "filter/facts.hpp"
#include "filter/message.hpp"
#include "store/engine/engine.hpp"

namespace filter {

struct QuarantineLimits {
    std::chrono::seconds age_max{30 * 24 * 3600};
    std::uint64_t bytes_max = 1ULL << 30;  ///< of all; the oldest go
    std::uint64_t messages_max = 10'000;   ///< the same
    std::size_t recipients_max = 1'000;    ///< of one, as RCPT has it
    std::size_t text_bytes_max = 1'024;    ///< of a reason, a subject …
};

struct Quarantined {
    std::uint64_t id = 0;
    std::int64_t time = 0;  ///< seconds since 1970
    std::string filter, reason;
    std::string sender;  ///< envelope
    std::vector<std::string> recipients;
    std::string client, account, queue_id;
    std::string from, subject, message_id;  ///< of the header, decoded
    std::uint64_t size = 0;
    base::BlobId blob;

    std::string id_text() const;  ///< 16 hex digits
};
std::optional<std::uint64_t> parse_quarantine_id(std::string_view text);
std::string encode(const Quarantined& message);
/// \errors nullopt: it is damaged
std::optional<Quarantined> decode_quarantined(std::string_view row);

/// Any thread may call anything. What it refers to outlives it.
class Quarantine {
public:
    Quarantine(store::engine::Engine& engine, base::IdSource& ids, const base::Clock& clock,
               QuarantineLimits limits = {});
    const QuarantineLimits& limits() const { return limits_; }

    /// Durable when it completes. What is found in the message itself is filled in. \errors no_space,
    /// unavailable, limit: it is larger than all that may be kept
    awaitable<store::Result<Quarantined>> add(Quarantined message, MessagePtr octets);
    /// Newest first, those before `before` (0: from the newest on).
    awaitable<store::Result<std::vector<Quarantined>>> list(std::uint64_t before, std::size_t most);
    /// \errors not_found
    awaitable<store::Result<Quarantined>> find(std::uint64_t id);
    MessagePtr message(const Quarantined& message) const;
    /// \errors not_found
    awaitable<store::Result<void>> remove(std::uint64_t id);
    /// What is too old or too much goes. Called from time to time, and by add().
    awaitable<store::Result<std::size_t>> sweep();

    struct Figures {
        std::uint64_t messages = 0, bytes = 0;
    };
    /// Of the last sweep, and what came and went since.
    Figures figures() const;

private:
    awaitable<store::Result<std::vector<Quarantined>>> scan(std::string after, bool* more);
    awaitable<store::Result<void>> forget(Quarantined message);
    void count(std::int64_t messages, std::int64_t bytes);

    store::engine::Engine& engine_;
    base::IdSource& ids_;
    const base::Clock& clock_;
    const QuarantineLimits limits_;
    mutable std::mutex mutex_;
    Figures figures_;
};

}  // namespace filter
