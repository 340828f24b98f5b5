#include "mta/smtp_out/source.hpp"

#include <algorithm>

namespace mta::smtp_out {

boost::asio::awaitable<store::Result<std::string>> PlainSource::next() {
    const std::uint64_t left = message_->size() - offset_;
    if (left == 0) co_return std::string();
    const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(left, piece_bytes_));
    auto piece = co_await message_->read(offset_, length);
    if (!piece) co_return piece.error();
    // A message that is shorter than it says must not be taken for whole.
    if (piece->size() != length) co_return store::Error(store::Errc::corrupt, "the message is cut short");
    offset_ += length;
    co_return std::move(*piece);
}

}  // namespace mta::smtp_out
