// What the index spends on one message at most. Beyond a limit nothing fails: the rest stays octets that
// nobody looks into.
#pragma once
#include <cstddef>
#include <cstdint>

namespace mime {

struct Limits {
    std::uint32_t depth_max = 100;  ///< nested parts: deeper ones are opaque leaves; real mail stays under 20
    std::uint32_t parts_max = 10'000;      ///< further boundaries are text of the last part
    std::size_t boundary_bytes_max = 200;  ///< RFC 2046 allows 70; a longer one is as none
    std::size_t boundary_line_max = 512;   ///< boundary with its padding: what is held back of a line at most
    std::size_t field_bytes_max = 1 << 20;     ///< kept of one header field; the rest is counted only
    std::size_t headers_bytes_max = 10 << 20;  ///< kept of all headers of a message
    std::size_t addresses_max = 10'000;        ///< in one field; further ones are left out
    std::size_t parameters_max = 1'000;        ///< of one Content-Type or Content-Disposition
    std::size_t parameter_pieces_max = 256;    ///< RFC 2231 continuations of one parameter
    std::size_t references_max = 64;  ///< the first and the last 63: threads need the ends of a chain
    std::size_t preview_source_bytes = 16'384;  ///< of the text part: HTML may open with that much style
    std::size_t preview_characters = 200;       ///< RFC 8970 section 3.1: at most 256
    std::size_t string_bytes_max =
        65'536;  ///< one string of ENVELOPE and BODYSTRUCTURE: clients hold it in memory
    std::size_t rendered_bytes_max =
        4 << 20;  ///< ENVELOPE or BODYSTRUCTURE in all; beyond it address lists and parameters are cut
};

}  // namespace mime
