#include "store/engine/rocksdb/base64_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#include "store/engine/rocksdb/octets.hpp"

namespace store::engine::rocks {
namespace {

constexpr std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::string_view line_end = "\r\n";
constexpr std::size_t line_max = 252;  // characters; RFC 2045 section 6.8 has 76

/// Two characters for each twelve bits: half as many look-ups as one for each six.
constexpr auto pairs = [] {
    std::array<std::array<char, 2>, 4096> out{};
    for (std::size_t i = 0; i < out.size(); ++i) out[i] = {alphabet[i >> 6], alphabet[i & 63]};
    return out;
}();
constexpr std::uint8_t none = 0xFF;
constexpr auto values = [] {
    std::array<std::uint8_t, 256> out{};
    out.fill(none);
    for (std::size_t i = 0; i < alphabet.size(); ++i)
        out[static_cast<unsigned char>(alphabet[i])] = static_cast<std::uint8_t>(i);
    return out;
}();

/// Whole groups only: `octets` is three for each four of `out`.
void encode(std::string_view octets, char* out) {
    for (std::size_t i = 0; i < octets.size(); i += 3, out += 4) {
        const auto octet = [&](std::size_t n) {
            return std::uint32_t{static_cast<unsigned char>(octets[n])};
        };
        const std::uint32_t group = octet(i) << 16 | octet(i + 1) << 8 | octet(i + 2);
        std::memcpy(out, pairs[group >> 12].data(), 2);
        std::memcpy(out + 2, pairs[group & 4095].data(), 2);
    }
}

/// False: not base64, or not without padding.
bool decode(std::string_view line, char* out) {
    std::uint8_t bad = 0;
    for (std::size_t i = 0; i < line.size(); i += 4, out += 3) {
        const auto value = [&](std::size_t n) { return values[static_cast<unsigned char>(line[n])]; };
        const std::uint8_t a = value(i), b = value(i + 1), c = value(i + 2), d = value(i + 3);
        bad |= static_cast<std::uint8_t>(a | b | c | d);
        const std::uint32_t group =
            std::uint32_t{a} << 18 | std::uint32_t{b} << 12 | std::uint32_t{c} << 6 | d;
        out[0] = static_cast<char>(group >> 16 & 0xFFU);
        out[1] = static_cast<char>(group >> 8 & 0xFFU);
        out[2] = static_cast<char>(group & 0xFFU);
    }
    return (bad & 0x80U) == 0;
}

/// The part of [at, at + size) that lies in [from, to), relative to `at`.
struct Overlap {
    std::size_t from = 0, to = 0;
    Overlap(std::size_t at, std::size_t size, std::size_t wanted_from, std::size_t wanted_to)
        : from(std::clamp(wanted_from, at, at + size) - at), to(std::clamp(wanted_to, at, at + size) - at) {}
    std::size_t size() const { return to - from; }
};

}  // namespace

std::optional<std::string> Base64Lines::pack(std::string_view raw) {
    if (raw.size() > UINT16_MAX + 1U) return std::nullopt;
    const std::size_t first_end = raw.substr(0, line_max + 2).find(line_end);
    if (first_end == raw.npos) return std::nullopt;
    const std::size_t lead = first_end + line_end.size();
    const std::size_t length = raw.substr(lead, line_max + 2).find(line_end);
    if (length == raw.npos || length == 0 || length % 4 != 0 || length > line_max) return std::nullopt;
    const std::size_t line = length + line_end.size(), most = (raw.size() - lead) / line;
    if ((raw.size() - lead) / 8 * 7 > most * line) return std::nullopt;

    std::string octets(most * (length / 4 * 3), '\0');
    std::size_t lines = 0;
    for (; lines < most; ++lines) {
        const std::string_view text = raw.substr(lead + lines * line, line);
        if (!text.ends_with(line_end)) break;
        if (!decode(text.substr(0, length), octets.data() + lines * (length / 4 * 3))) break;
    }
    if (lines * line < raw.size() / 8 * 7) return std::nullopt;
    octets.resize(lines * (length / 4 * 3));

    std::string form;
    form.reserve(head_bytes + raw.size() - lines * line + octets.size());
    put(form, static_cast<std::uint8_t>(length));
    put(form, static_cast<std::uint16_t>(lead));
    put(form, static_cast<std::uint16_t>(lines));
    form += raw.substr(0, lead);
    form += raw.substr(lead + lines * line);
    form += octets;
    return form;
}

std::size_t Base64Lines::octets_of(std::string_view form) {
    if (form.size() < head_bytes) return 0;
    return std::size_t{take<std::uint8_t>(form, 0)} / 4 * 3 * take<std::uint16_t>(form, 3);
}

std::size_t Base64Lines::octets_at(std::string_view form, std::size_t raw_size) {
    if (form.size() < head_bytes) return 0;
    const std::size_t text =
        (std::size_t{take<std::uint8_t>(form, 0)} + line_end.size()) * take<std::uint16_t>(form, 3);
    return text > raw_size ? 0 : head_bytes + raw_size - text;
}

std::optional<Base64Lines> Base64Lines::parse(std::string_view form, std::size_t raw_size) {
    const std::size_t at = octets_at(form, raw_size), octets = octets_of(form);
    if (at == 0 || form.size() != at + octets) return std::nullopt;
    const std::size_t length = take<std::uint8_t>(form, 0), lead = take<std::uint16_t>(form, 1);
    if (length == 0 || length % 4 != 0 || lead > at - head_bytes) return std::nullopt;
    Base64Lines out;
    out.line_ = length + line_end.size();
    out.lead_ = form.substr(head_bytes, lead);
    out.tail_ = form.substr(head_bytes + lead, at - head_bytes - lead);
    out.octets_ = form.substr(at);
    return out;
}

void Base64Lines::write(std::size_t from, std::size_t to, char* out) const {
    const std::size_t per_line = (line_ - line_end.size()) / 4 * 3, lines = octets_.size() / per_line;
    const Overlap lead(0, lead_.size(), from, to);
    out += lead_.copy(out, lead.size(), lead.from);
    const Overlap text(lead_.size(), lines * line_, from, to);
    std::array<char, line_max + 2> edge{};
    for (std::size_t at = text.from; at < text.to;) {
        const std::size_t number = at / line_, begins = number * line_;
        const std::size_t ends = std::min(begins + line_, text.to);
        const bool whole = at == begins && ends == begins + line_;
        char* const place = whole ? out : edge.data();
        encode(octets_.substr(number * per_line, per_line), place);
        std::memcpy(place + line_ - line_end.size(), line_end.data(), line_end.size());
        if (!whole) std::memcpy(out, edge.data() + (at - begins), ends - at);
        out += ends - at;
        at = ends;
    }
    const Overlap tail(lead_.size() + lines * line_, tail_.size(), from, to);
    tail_.copy(out, tail.size(), tail.from);
}

}  // namespace store::engine::rocks
