#include "filter/message.hpp"

#include <algorithm>
#include <utility>

namespace filter {
namespace {

class Text final : public Message {
public:
    explicit Text(std::string octets) : octets_(std::move(octets)) {}
    std::uint64_t size() const override { return octets_.size(); }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        if (offset >= octets_.size()) co_return std::string();
        co_return octets_.substr(static_cast<std::size_t>(offset), length);
    }

private:
    const std::string octets_;
};

class Composed final : public Message {
public:
    Composed(std::string head, MessagePtr rest, std::uint64_t offset)
        : head_(std::move(head)), rest_(std::move(rest)), offset_(std::min(offset, rest_->size())) {}
    std::uint64_t size() const override { return head_.size() + rest_->size() - offset_; }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        std::string out;
        if (offset < head_.size()) out = head_.substr(static_cast<std::size_t>(offset), length);
        if (out.size() == length) co_return out;
        const std::uint64_t from = offset_ + (std::max<std::uint64_t>(offset, head_.size()) - head_.size());
        auto more = co_await rest_->read(from, length - out.size());
        if (!more) co_return more.error();
        out += *more;
        co_return out;
    }

private:
    const std::string head_;
    const MessagePtr rest_;
    const std::uint64_t offset_;
};

}  // namespace

MessagePtr make_message(std::string octets) { return std::make_shared<Text>(std::move(octets)); }

MessagePtr make_message(std::string head, MessagePtr rest, std::uint64_t offset) {
    return std::make_shared<Composed>(std::move(head), std::move(rest), offset);
}

awaitable<store::Result<std::string>> read_header(MessagePtr message, std::size_t bytes_max) {
    std::string out;
    while (out.size() < message->size()) {
        auto piece = co_await message->read(out.size(), piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        const std::size_t from = out.size() < 3 ? 0 : out.size() - 3;
        out += *piece;
        if (out.starts_with("\r\n")) co_return std::string("\r\n");
        const std::size_t end = out.find("\r\n\r\n", from);
        if (end != std::string::npos) out.resize(end + 4);
        if (out.size() > bytes_max) co_return store::Error(store::Errc::limit, "a header too large");
        if (end != std::string::npos) break;
    }
    co_return out;
}

}  // namespace filter
