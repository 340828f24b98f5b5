// clamd's INSTREAM: the command, the pieces and the answer (clamd(8)). Sans I/O.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace filter::clamd {

/// An answer is one short line; who says more is no clamd.
inline constexpr std::size_t answer_bytes_max = 4096;
inline constexpr std::string_view command{"zINSTREAM\0", 10};

/// Octets as one piece of the stream: their number, big endian, and themselves. None: its end.
void append_piece(std::string& out, std::string_view octets);

struct Answer {
    enum class Kind : std::uint8_t {
        incomplete,  ///< its NUL has not come yet
        clean,
        found,    ///< `text` is the name of what it found
        too_big,  ///< over clamd's StreamMaxLength: nothing is known of the message
        failed,   ///< `text` is what it said
    };
    Kind kind = Kind::incomplete;
    std::string text;  ///< printable ASCII
};
/// Of all that came. \p closed: nothing more will come, so a line without its NUL counts as well.
Answer parse(std::string_view input, bool closed);

}  // namespace filter::clamd
