// LineFramer: finds where a command line ends, before anything looks into it, for the protocols whose
// commands are lines (SMTP, LMTP, POP3). It keeps no octets: the caller's buffer does, and is told how much
// of it is used up. What is no good line has a status of its own; each protocol decides what it takes.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace base {

class LineFramer {
public:
    enum class Status : std::uint8_t {
        need_more,   ///< no line end yet; wait for octets
        line,        ///< `line` is one command without its CRLF
        bare_lf,     ///< a line that ended with LF alone: SMTP refuses it (RFC 5321 section 2.3.8)
        bad_octets,  ///< a line with a NUL or a bare CR in it
        too_long,    ///< a line over the limit ended here; it was dropped
        flood,       ///< junk without a line end, past all patience: close
    };
    struct Frame {
        Status status = Status::need_more;
        std::string_view line;     ///< without its end; a view into the input
        std::size_t consumed = 0;  ///< octets of the input that are used up
        /// `line` is a whole line, for those who take a lone LF and any octets.
        bool whole() const {
            return status == Status::line || status == Status::bare_lf || status == Status::bad_octets;
        }
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

}  // namespace base
