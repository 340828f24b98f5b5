// Octet classes of RFC 5321 section 4.1.2 as tables.
#pragma once
#include <array>
#include <cstdint>
#include <string_view>

#include "base/ascii.hpp"

namespace smtp {

using base::equals_nocase;

enum : std::uint8_t {
    ch_atext = 1,  ///< RFC 5322 section 3.2.3, without UTF-8
    ch_digit = 2,
    ch_alpha = 4,
    ch_domain = 8,  ///< letters, digits, '-' and '_' (underscores are in use, if not in the grammar)
    ch_xchar = 16,  ///< RFC 3461 section 4: '!'..'~' without '+' and '='
    ch_param = 32,  ///< esmtp-value of RFC 5321 section 4.1.2: '!'..'~' without '='
    ch_hello = 64,  ///< what a host name or address literal after EHLO may hold
};

constexpr std::array<std::uint8_t, 256> make_char_classes() {
    std::array<std::uint8_t, 256> table{};
    for (unsigned c = 0x21; c <= 0x7E; ++c) {
        table[c] |= (c != '=') ? std::uint8_t(ch_param) : std::uint8_t(0);
        table[c] |= (c != '=' && c != '+') ? std::uint8_t(ch_xchar) : std::uint8_t(0);
    }
    for (unsigned c = '0'; c <= '9'; ++c) table[c] |= ch_digit | ch_atext | ch_domain | ch_hello;
    for (unsigned c = 'A'; c <= 'Z'; ++c) table[c] |= ch_alpha | ch_atext | ch_domain | ch_hello;
    for (unsigned c = 'a'; c <= 'z'; ++c) table[c] |= ch_alpha | ch_atext | ch_domain | ch_hello;
    for (const char c : std::string_view("!#$%&'*+-/=?^_`{|}~")) table[std::uint8_t(c)] |= ch_atext;
    for (const char c : std::string_view("-_")) table[std::uint8_t(c)] |= ch_domain;
    for (const char c : std::string_view("-_.:[]")) table[std::uint8_t(c)] |= ch_hello;
    return table;
}
inline constexpr auto char_classes = make_char_classes();

constexpr bool is(char c, std::uint8_t classes) { return (char_classes[std::uint8_t(c)] & classes) != 0; }
constexpr bool is_control(char c) { return std::uint8_t(c) < 0x20 || c == 0x7F; }
constexpr bool is_eight_bit(char c) { return std::uint8_t(c) >= 0x80; }
}  // namespace smtp
