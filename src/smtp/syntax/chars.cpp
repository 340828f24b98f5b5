// UTF-8 by the table of RFC 3629 section 4.
#include "smtp/syntax/chars.hpp"

namespace smtp {
namespace {

/// Octets of the sequence that starts `text`, or 0 when it is not well-formed.
std::size_t sequence_octets(std::string_view text) {
    const auto at = [text](std::size_t i) {
        return i < text.size() ? std::uint8_t(text[i]) : std::uint8_t(0);
    };
    const auto tail = [&at](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
    const std::uint8_t first = at(0);
    if (first < 0x80) return 1;
    if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
    if (first >= 0xE0 && first <= 0xEF) {
        if (first == 0xE0 && at(1) < 0xA0) return 0;  // overlong
        if (first == 0xED && at(1) > 0x9F) return 0;  // surrogates
        return tail(1) && tail(2) ? 3 : 0;
    }
    if (first >= 0xF0 && first <= 0xF4) {
        if (first == 0xF0 && at(1) < 0x90) return 0;  // overlong
        if (first == 0xF4 && at(1) > 0x8F) return 0;  // over U+10FFFF
        return tail(1) && tail(2) && tail(3) ? 4 : 0;
    }
    return 0;
}

}  // namespace

bool is_utf8(std::string_view text) {
    while (!text.empty()) {
        const std::size_t octets = sequence_octets(text);
        if (octets == 0) return false;
        text.remove_prefix(octets);
    }
    return true;
}

}  // namespace smtp
