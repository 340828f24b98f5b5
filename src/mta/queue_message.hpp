// Conversions between what the agent speaks of and what the queue keeps, and a queued message as octets.
#pragma once
#include <memory>
#include <string>

#include "mta/connector.hpp"
#include "store/queue.hpp"

namespace mta {

store::QueueEnvelope to_queue(const Envelope& envelope);
Envelope from_queue(store::QueueId id, const store::QueueEnvelope& envelope);
store::QueueRecipient to_queue(const Recipient& recipient);
Recipient from_queue(const store::QueueRecipient& recipient);

/// "1a2b3c…": how people and logs name a queued message.
std::string text_of(store::QueueId id);
/// 0: none of these.
store::QueueId queue_id_of(std::string_view text);
/// "5.7.1", RFC 3463; {0,0,0}: none of these.
Status status_of(std::string_view text);

/// Holds what it needs of the envelope; reads from the queue, which must outlive it.
class QueueMessage final : public Message {
public:
    QueueMessage(store::Queue& queue, store::QueueEnvelope envelope)
        : queue_(queue), envelope_(std::move(envelope)) {}
    std::uint64_t size() const override { return envelope_.size(); }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        return queue_.octets(&envelope_, offset, length);
    }
    base::BlobId blob() const { return envelope_.blob; }
    bool junk() const { return envelope_.junk; }
    bool submitted() const { return static_cast<bool>(envelope_.account); }  ///< by one who logged in
    const std::string& prefix() const { return envelope_.prefix; }

private:
    store::Queue& queue_;
    const store::QueueEnvelope envelope_;
};

}  // namespace mta
