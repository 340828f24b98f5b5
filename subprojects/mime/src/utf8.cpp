// UTF-8 by hand.
#include "utf8.hpp"

#include <algorithm>
#include <cstring>

namespace mime {
namespace {

unsigned octet(std::string_view text, std::size_t at) { return static_cast<unsigned char>(text[at]); }

/// Octets of the character that a lead octet promises; 0: no lead octet.
std::size_t promised(unsigned lead) {
    if (lead < 0x80) return 1;
    if (lead >= 0xc2 && lead < 0xe0) return 2;
    if (lead >= 0xe0 && lead < 0xf0) return 3;
    if (lead >= 0xf0 && lead < 0xf5) return 4;
    return 0;
}

/// RFC 3629 section 4: no overlong forms, surrogates or code points over 10FFFF.
bool second_fits(unsigned lead, unsigned second) {
    if (lead == 0xe0) return second >= 0xa0 && second < 0xc0;
    if (lead == 0xed) return second >= 0x80 && second < 0xa0;
    if (lead == 0xf0) return second >= 0x90 && second < 0xc0;
    if (lead == 0xf4) return second >= 0x80 && second < 0x90;
    return second >= 0x80 && second < 0xc0;
}

/// How many octets at the beginning of \p text are a character or the beginning of one; at least 0.
std::size_t fitting(std::string_view text) {
    const std::size_t length = promised(octet(text, 0));
    if (length < 2) return length;
    std::size_t at = 1;
    if (at < text.size() && !second_fits(octet(text, 0), octet(text, 1))) return 1;
    for (; at < length && at < text.size(); ++at) {
        if ((octet(text, at) & 0xc0) != 0x80) break;
    }
    return at;
}

}  // namespace

void append_utf8(std::string& out, std::uint32_t code_point) {
    const auto tail = [&out](std::uint32_t bits) { out.push_back(static_cast<char>(0x80 | (bits & 0x3f))); };
    if (code_point < 0x80) {
        out.push_back(static_cast<char>(code_point));
    } else if (code_point < 0x800) {
        out.push_back(static_cast<char>(0xc0 | code_point >> 6));
        tail(code_point);
    } else if (code_point >= 0xd800 && code_point < 0xe000) {
        out += replacement;
    } else if (code_point < 0x10000) {
        out.push_back(static_cast<char>(0xe0 | code_point >> 12));
        tail(code_point >> 6);
        tail(code_point);
    } else if (code_point < 0x110000) {
        out.push_back(static_cast<char>(0xf0 | code_point >> 18));
        tail(code_point >> 12);
        tail(code_point >> 6);
        tail(code_point);
    } else {
        out += replacement;
    }
}

std::size_t valid_prefix(std::string_view text) {
    std::size_t at = 0;
    while (at < text.size()) {
        while (at + 8 <= text.size()) {
            std::uint64_t word = 0;
            std::memcpy(&word, text.data() + at, 8);
            if (word & 0x8080808080808080ULL) break;
            at += 8;
        }
        if (at == text.size()) break;
        const std::size_t length = promised(octet(text, at));
        if (length == 0 || fitting(text.substr(at)) != length) break;
        at += length;
    }
    return at;
}

bool may_continue(std::string_view text) {
    const std::size_t length = promised(octet(text, 0));
    return length > text.size() && fitting(text) == text.size();
}

std::size_t broken_length(std::string_view text) { return std::max<std::size_t>(fitting(text), 1); }

std::size_t character_bytes(std::string_view text) {
    const std::size_t length = promised(octet(text, 0));
    return length == 0 || length > text.size() ? 1 : length;
}

std::string_view cut_utf8(std::string_view text, std::size_t bytes_max) {
    if (text.size() <= bytes_max) return text;
    std::size_t end = bytes_max;
    while (end > 0 && bytes_max - end < 3 && (octet(text, end) & 0xc0) == 0x80) --end;
    return text.substr(0, end);
}

}  // namespace mime
