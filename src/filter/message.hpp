// The octets of a message, wherever they are kept, and what is put together of several such.
#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "store/error.hpp"

namespace filter {

using boost::asio::awaitable;

class Message {
public:
    virtual ~Message() = default;
    virtual std::uint64_t size() const = 0;
    /// Octets [offset, offset + length), fewer only at the end. \errors unavailable, corrupt
    virtual awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) = 0;
};
using MessagePtr = std::shared_ptr<Message>;

/// How much is read of one at a time.
inline constexpr std::size_t piece_bytes = 64U << 10;

MessagePtr make_message(std::string octets);
/// `head`, then `rest` from `offset` on.
MessagePtr make_message(std::string head, MessagePtr rest, std::uint64_t offset);

/// The header section with its empty line; all of a message that has none. \errors limit: it has more than
/// `bytes_max` octets
awaitable<store::Result<std::string>> read_header(MessagePtr message, std::size_t bytes_max);

}  // namespace filter
