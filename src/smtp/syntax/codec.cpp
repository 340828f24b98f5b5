#include "smtp/syntax/codec.hpp"

#include <array>
#include <cstdint>

#include "smtp/syntax/chars.hpp"

namespace smtp {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

constexpr std::array<std::int8_t, 256> make_values() {
    std::array<std::int8_t, 256> values{};
    for (auto& value : values) value = -1;
    for (std::size_t i = 0; i < alphabet.size(); ++i) values[std::uint8_t(alphabet[i])] = std::int8_t(i);
    return values;
}
constexpr auto values = make_values();

int hex_value(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

std::optional<std::string> decode_base64(std::string_view text) {
    if (text.size() % 4 != 0) return std::nullopt;
    std::size_t padding = 0;
    while (padding < 2 && !text.empty() && text.back() == '=') {
        text.remove_suffix(1);
        ++padding;
    }
    std::string out;
    out.reserve(text.size() * 3 / 4 + 1);
    std::uint32_t bits = 0;
    unsigned held = 0;
    for (const char c : text) {
        const int value = values[std::uint8_t(c)];
        if (value < 0) return std::nullopt;
        bits = (bits << 6U) | std::uint32_t(value);
        held += 6;
        if (held < 8) continue;
        held -= 8;
        out += char((bits >> held) & 0xFFU);
    }
    if ((bits & ((1U << held) - 1U)) != 0) return std::nullopt;  // two texts for the same octets: no
    return out;
}

std::string encode_base64(std::string_view octets) {
    std::string out;
    out.reserve((octets.size() + 2) / 3 * 4);
    for (std::size_t i = 0; i < octets.size(); i += 3) {
        const std::size_t n = octets.size() - i;
        const auto at = [&](std::size_t k) {
            return k < n ? std::uint32_t(std::uint8_t(octets[i + k])) : 0U;
        };
        const std::uint32_t bits = at(0) << 16U | at(1) << 8U | at(2);
        out += alphabet[bits >> 18U & 63U];
        out += alphabet[bits >> 12U & 63U];
        out += n > 1 ? alphabet[bits >> 6U & 63U] : '=';
        out += n > 2 ? alphabet[bits & 63U] : '=';
    }
    return out;
}

std::optional<std::string> decode_xtext(std::string_view text) {
    std::string out;
    for (std::size_t i = 0; i < text.size(); ++i) {
        if (text[i] != '+') {
            if (!is(text[i], ch_xchar)) return std::nullopt;
            out += text[i];
            continue;
        }
        if (i + 2 >= text.size()) return std::nullopt;
        const int high = hex_value(text[i + 1]), low = hex_value(text[i + 2]);
        if (high < 0 || low < 0) return std::nullopt;
        out += char(high * 16 + low);
        i += 2;
    }
    return out;
}

}  // namespace smtp
