// LineFramer: finds where a command ends in what has come so far, and knows how long it may be. Sans I/O.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace pop3 {

class LineFramer {
public:
    enum class Status : std::uint8_t {
        more,      ///< no whole line yet; `octets` of the input are of no use
        line,      ///< `line` without its CRLF (a lone LF is taken too)
        too_long,  ///< a line over the limit has ended
        flood,     ///< a line over the limit goes on and on: close
    };
    struct Frame {
        Status status = Status::more;
        std::string_view line;   ///< points into the input
        std::size_t octets = 0;  ///< to be consumed
    };

    /// Looks at all that is not consumed yet. An over-long line is dropped as it comes: nothing grows.
    Frame next(std::string_view input, std::size_t line_bytes_max);
    static constexpr std::size_t flood_bytes = 64U << 10;

private:
    std::size_t searched_ = 0;  // octets of the input known to hold no LF
    std::size_t dropped_ = 0;   // of an over-long line
};

}  // namespace pop3
