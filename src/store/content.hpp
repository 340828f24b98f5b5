// MessageContent: what MessageWriter makes of a message, until and after some folder takes it.
#pragma once
#include <deque>
#include <memory>
#include <mutex>

#include "store/engine/engine.hpp"
#include "store/message.hpp"
#include "store/static_record.hpp"
#include "store/waiter.hpp"

namespace store {

class MessageContent final : public Content, public std::enable_shared_from_this<MessageContent> {
public:
    MessageContent(std::shared_ptr<engine::BlobWriter> writer, StaticRecord record, std::uint32_t received,
                   std::uint64_t message_id_hash)
        : writer_(std::move(writer)),
          record_(std::move(record)),
          received_(received),
          message_id_hash_(message_id_hash) {}

    std::uint64_t size() const override { return record_.blob_bytes; }
    std::uint64_t header_bytes() const override { return record_.header_bytes; }
    std::uint32_t received_fields() const override { return received_; }

    /// All but prefix and link.
    const StaticRecord& record() const { return record_; }
    std::uint64_t message_id_hash() const { return message_id_hash_; }
    /// In-Reply-To and References, the nearest ancestor first.
    std::vector<std::uint64_t> ancestors;

    /// Adds to the prelude what makes the blob exist with these tags: the first time the blob itself.
    void join(engine::Prelude& prelude, std::vector<std::string> tags) const;

    /// The blob is to be finished by one commit at a time: held from before that until the hold is dropped.
    class Hold {
    public:
        explicit Hold(std::shared_ptr<const MessageContent> content) : content_(std::move(content)) {}
        Hold(const Hold&) = delete;
        Hold& operator=(const Hold&) = delete;
        ~Hold() { content_->release(); }

    private:
        std::shared_ptr<const MessageContent> content_;
    };
    /// Null at once when the blob is stored already: no need to take turns any more.
    static awaitable<std::unique_ptr<Hold>> hold(std::shared_ptr<const MessageContent> content);
    void stored() const;

private:
    void release() const;

    std::shared_ptr<engine::BlobWriter> writer_;
    StaticRecord record_;
    std::uint32_t received_;
    std::uint64_t message_id_hash_;

    mutable std::mutex mutex_;
    mutable bool stored_ = false;
    mutable bool held_ = false;
    mutable std::deque<std::shared_ptr<Waiter>> waiting_;
};
using MessageContentPtr = std::shared_ptr<const MessageContent>;

/// Octets that a static row may have: it must stay a row when a prefix and its own fields are added.
inline std::size_t described_bytes_max(const engine::Limits& limits) {
    return limits.value_bytes_max - (96U << 10);
}

/// `engine` must outlive the writer.
std::unique_ptr<MessageWriter> make_message_writer(engine::Engine& engine, std::uint64_t message_bytes_max);

}  // namespace store
