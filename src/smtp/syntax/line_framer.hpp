// LineFramer: finds where a command line ends, before anything looks into it. It keeps no octets: the
// caller's buffer does, and tells how much of it is used up.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace smtp {

class LineFramer {
public:
    enum class Status : std::uint8_t {
        need_more,   ///< no line end yet; wait for octets
        line,        ///< `line` is one command without its CRLF
        bare_lf,     ///< a line that ended with LF alone: refuse it (RFC 5321 section 2.3.8)
        bad_octets,  ///< a line with a NUL or a bare CR in it
        too_long,    ///< a line over the limit ended here; it was dropped
        flood,       ///< junk without a line end, past all patience: close
    };
    struct Frame {
        Status status = Status::need_more;
        std::string_view line;     ///< view into the input
        std::size_t consumed = 0;  ///< octets of the input that are used up
    };

    /// `line_max` counts the line end too (RFC 5321 section 4.5.3.1.4); `junk_max` bounds a line that is
    /// being dropped.
    explicit LineFramer(std::size_t junk_max = 64U << 10) : junk_max_(junk_max) {}
    Frame next(std::string_view input, std::size_t line_max);

private:
    std::size_t junk_max_;
    std::size_t scanned_ = 0;  ///< octets at the front of the input known to hold no LF
    std::size_t dropped_ = 0;  ///< octets of an overlong line that are gone already
};

}  // namespace smtp
