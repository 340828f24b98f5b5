// A fault of Boost.Beast's parser (1.81), and how it is kept away from it.
#pragma once
#include <string_view>

namespace http {

/// What may be the beginning of the last chunk of a body without any other: "0 CRLF CRLF" at the shortest.
/// Beast looks at the first line alone once, and aborts the process when it is asked again before five octets
/// are there (basic_parser::parse_chunk_header). They may wait: whoever sends chunks has more to send.
constexpr bool is_cut_last_chunk(std::string_view octets) {
    return octets.size() < 5 && octets.starts_with('0');
}

}  // namespace http
