#include "store/content.hpp"

#include <cstring>
#include <utility>

namespace store {

void MessageContent::join(engine::Prelude& prelude, std::vector<std::string> tags) const {
    const std::lock_guard lock(mutex_);
    if (!stored_) {
        prelude.blobs.emplace_back(writer_, std::move(tags));
        return;
    }
    for (std::string& tag : tags) prelude.tags.push_back(engine::Tag{record_.blob, std::move(tag)});
}

awaitable<std::unique_ptr<MessageContent::Hold>> MessageContent::hold(MessageContentPtr content) {
    for (;;) {
        auto waiter = std::make_shared<Waiter>();
        {
            const std::lock_guard lock(content->mutex_);
            if (content->stored_) co_return nullptr;
            if (!content->held_) {
                content->held_ = true;
                break;
            }
            content->waiting_.push_back(waiter);
        }
        co_await wait_for(std::move(waiter));
    }
    co_return std::make_unique<Hold>(std::move(content));
}

void MessageContent::stored() const {
    const std::lock_guard lock(mutex_);
    stored_ = true;
}

void MessageContent::release() const {
    std::deque<std::shared_ptr<Waiter>> waiting;
    {
        const std::lock_guard lock(mutex_);
        held_ = false;
        waiting.swap(waiting_);  // all: some of them may have gone away
    }
    for (const auto& waiter : waiting) waiter->wake();
}

namespace {

/// Finds the empty line that ends the header, in pieces.
class HeaderEnd {
public:
    /// How many of these octets belong to the header; all of them while it goes on.
    std::size_t feed(std::string_view octets) {
        std::size_t at = 0;
        while (at < octets.size() && !found()) {
            if (state_ == State::text) {
                const void* end = std::memchr(octets.data() + at, '\n', octets.size() - at);
                if (end == nullptr) return octets.size();
                at = static_cast<std::size_t>(static_cast<const char*>(end) - octets.data()) + 1;
                state_ = State::line_start;
                continue;
            }
            const char c = octets[at++];
            if (c == '\n') {
                state_ = State::found;
            } else {
                state_ = c == '\r' && state_ == State::line_start ? State::line_start_cr : State::text;
            }
        }
        return at;
    }
    bool found() const { return state_ == State::found; }

private:
    enum class State : std::uint8_t { line_start, line_start_cr, text, found };
    State state_ = State::line_start;
};

class BlobMessageWriter final : public MessageWriter {
public:
    BlobMessageWriter(engine::Engine& engine, std::uint64_t bytes_max)
        : blob_(engine.new_blob()),
          bytes_max_(bytes_max),
          row_bytes_max_(described_bytes_max(engine.limits())) {}

    awaitable<Result<void>> write(std::string_view octets) override {
        if (octets.size() > bytes_max_ - size_) co_return Error(Errc::limit, "the message is too big");
        size_ += octets.size();
        indexer_.feed(octets);
        std::size_t header = 0;
        if (!header_end_.found()) {
            header = header_end_.feed(octets);
            auto written = co_await blob_->write(octets.substr(0, header));
            if (!written) co_return written;
            if (header_end_.found()) blob_->cut();
        }
        if (header < octets.size()) {
            auto written = co_await blob_->write(octets.substr(header));
            if (!written) co_return written;
        }
        co_return Result<void>();
    }

    std::uint64_t size() const override { return size_; }

    awaitable<Result<ContentPtr>> finish() override {
        const mime::Index index = indexer_.finish();
        StaticRecord record = describe(index, row_bytes_max_);
        record.blob = blob_->id();
        auto content = std::make_shared<MessageContent>(std::move(blob_), std::move(record),
                                                        index.received_fields, index.keys.message_id);
        if (index.keys.in_reply_to != 0) content->ancestors.push_back(index.keys.in_reply_to);
        content->ancestors.insert(content->ancestors.end(), index.keys.references.rbegin(),
                                  index.keys.references.rend());
        ContentPtr out = std::move(content);
        co_return out;
    }

private:
    std::shared_ptr<engine::BlobWriter> blob_;
    mime::Indexer indexer_;
    HeaderEnd header_end_;
    std::uint64_t size_ = 0;
    std::uint64_t bytes_max_;
    std::size_t row_bytes_max_;
};

}  // namespace

std::unique_ptr<MessageWriter> make_message_writer(engine::Engine& engine, std::uint64_t message_bytes_max) {
    return std::make_unique<BlobMessageWriter>(engine, message_bytes_max);
}

}  // namespace store
