// Octet classes of mail headers; no locale.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>

namespace mime {

constexpr bool is_blank(char c) { return c == ' ' || c == '\t'; }
constexpr bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
constexpr bool is_eight_bit(char c) { return static_cast<unsigned char>(c) >= 0x80; }
/// 7-bit and no control character.
constexpr bool is_printable(char c) {
    return static_cast<unsigned char>(c) >= 32 && static_cast<unsigned char>(c) < 127;
}
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
constexpr bool is_field_name(char c) { return static_cast<unsigned char>(c) > 32 && c != ':' && c != 127; }
constexpr char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

constexpr int hex_value(char c) {
    if (is_digit(c)) return c - '0';
    const char l = lower(c);
    return l >= 'a' && l <= 'f' ? l - 'a' + 10 : -1;
}

constexpr std::string_view trim(std::string_view text) {
    while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
    while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
    return text;
}

inline void append_lower(std::string& out, std::string_view text) {
    for (const char c : text) out.push_back(lower(c));
}

/// Length of the field name when \p line opens a header field, else 0.
std::size_t field_name_bytes(std::string_view line);

}  // namespace mime
