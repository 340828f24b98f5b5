// Source: the octets of a message in order, piece by piece.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "mta/connector.hpp"
#include "store/error.hpp"

namespace mta::smtp_out {

class Source {
public:
    virtual ~Source() = default;
    /// Empty: the end. \errors as Message::read
    virtual boost::asio::awaitable<store::Result<std::string>> next() = 0;
};

/// As it is stored.
class PlainSource final : public Source {
public:
    PlainSource(std::shared_ptr<Message> message, std::size_t piece_bytes)
        : message_(std::move(message)), piece_bytes_(piece_bytes) {}
    boost::asio::awaitable<store::Result<std::string>> next() override;

private:
    std::shared_ptr<Message> message_;
    const std::size_t piece_bytes_;
    std::uint64_t offset_ = 0;
};

}  // namespace mta::smtp_out
