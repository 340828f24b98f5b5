#include "base/percent.hpp"

#include "base/ascii.hpp"

namespace base {
namespace {

int hex_digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    const char low = to_lower(c);
    return low >= 'a' && low <= 'f' ? low - 'a' + 10 : -1;
}

/// The octet that "%XX" at the front means, or -1.
int encoded_octet(std::string_view text) {
    if (text.size() < 3) return -1;
    const int high = hex_digit(text[1]), low = hex_digit(text[2]);
    return high < 0 || low < 0 ? -1 : high * 16 + low;
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        if (text[at] != '%') {
            out.push_back(text[at]);
            continue;
        }
        const int octet = encoded_octet(text.substr(at));
        if (octet < 0) return std::nullopt;
        out.push_back(static_cast<char>(octet));
        at += 2;
    }
    return out;
}

std::string percent_encoded(std::string_view text) {
    constexpr std::string_view digits = "0123456789ABCDEF";
    std::string out;
    out.reserve(text.size());
    for (const char c : text) {
        const char low = to_lower(c);
        if ((low >= 'a' && low <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_' ||
            c == '~') {
            out.push_back(c);
            continue;
        }
        const auto octet = static_cast<unsigned char>(c);
        out.push_back('%');
        out.push_back(digits[octet >> 4U]);
        out.push_back(digits[octet & 15U]);
    }
    return out;
}

std::string query_decoded(std::string_view text, Plus plus) {
    std::string out;
    out.reserve(text.size());
    for (std::size_t at = 0; at < text.size(); ++at) {
        const int octet = text[at] == '%' ? encoded_octet(text.substr(at)) : -1;
        if (octet >= 0) {
            out.push_back(static_cast<char>(octet));
            at += 2;
        } else {
            out.push_back(plus == Plus::is_blank && text[at] == '+' ? ' ' : text[at]);
        }
    }
    return out;
}

}  // namespace base
