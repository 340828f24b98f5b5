// Down-conversion: a message with 8-bit or binary parts as one of 7-bit lines, for hosts without 8BITMIME or
// BINARYMIME. RFC 6152 section 3, RFC 3030 section 3. Signatures over what is changed (DKIM) do not survive;
// that is why it is done only where nothing else goes through.
#pragma once
#include <algorithm>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "mta/connector.hpp"
#include "mta/smtp_out/source.hpp"

namespace mta::smtp_out {

/// What one pass over a message has found, and how to make it 7-bit.
struct SevenBitPlan {
    enum class Way : std::uint8_t { copy, header, quoted_printable, base64 };
    struct Piece {
        Way way = Way::copy;
        std::uint64_t offset = 0, bytes = 0;  ///< of the message
        std::string encoding;                 ///< of Way::header: what Content-Transfer-Encoding becomes
        bool top = false;                     ///< of Way::header: the message's own, which needs MIME-Version
    };
    bool eight_bit_header = false;  ///< nothing that can be converted: RFC 6532
    bool possible = false;
    std::vector<Piece> pieces;  ///< in order, together the whole message
    /// False: it is a 7-bit message already.
    bool changes() const {
        return std::any_of(pieces.begin(), pieces.end(),
                           [](const Piece& one) { return one.way != Way::copy; });
    }
};

struct ConvertLimits {
    /// A header that is rewritten is held in memory; one that is larger makes the message impossible to
    /// convert.
    static constexpr std::uint64_t header_bytes = 1U << 20;
    /// Text with a longer line becomes base64: quoted-printable is made line by line.
    static constexpr std::size_t line_bytes = 64U << 10;
};

/// Reads the message once or twice, in bounded memory.
boost::asio::awaitable<store::Result<std::shared_ptr<const SevenBitPlan>>> plan_seven_bit(
    std::shared_ptr<Message> message, std::size_t piece_bytes);

class SevenBitSource final : public Source {
public:
    SevenBitSource(std::shared_ptr<Message> message, std::shared_ptr<const SevenBitPlan> plan,
                   std::size_t piece_bytes)
        : message_(std::move(message)), plan_(std::move(plan)), piece_bytes_(piece_bytes) {}
    boost::asio::awaitable<store::Result<std::string>> next() override;

private:
    std::string encode(const SevenBitPlan::Piece& piece, std::string octets, bool last);

    std::shared_ptr<Message> message_;
    std::shared_ptr<const SevenBitPlan> plan_;
    const std::size_t piece_bytes_;
    std::size_t at_ = 0;      // piece of the plan
    std::uint64_t done_ = 0;  // octets of it
    std::string rest_;        // that wait for more to be encoded
};

/// A header with another Content-Transfer-Encoding, and what a MIME header needs beside it.
std::string with_encoding(std::string_view header, const std::string& encoding, bool top);

}  // namespace mta::smtp_out
