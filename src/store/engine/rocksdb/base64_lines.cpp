#include "store/engine/rocksdb/base64_lines.hpp"

#include <algorithm>
#include <array>
#include <cstring>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

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

/// Whole groups only.
bool decode_by_table(std::string_view line, char* out) {
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

#if defined(__x86_64__)
/// Sixteen characters a step; writes four octets more than it makes, so the last steps are not its own.
__attribute__((target("ssse3"))) bool decode_by_sixteen(std::string_view line, char* out) {
    const auto all = [](char c) __attribute__((target("ssse3"))) { return _mm_set1_epi8(c); };
    __m128i good = all(-1);
    for (; line.size() >= 24; line.remove_prefix(16), out += 12) {
        const __m128i in = _mm_loadu_si128(reinterpret_cast<const __m128i*>(line.data()));
        // What to add to a character for its value, by the range that it is in; octets above 127 are in none.
        __m128i add = _mm_setzero_si128(), known = _mm_setzero_si128();
        const auto range = [&](char first, char last, int by) __attribute__((target("ssse3"))) {
            const __m128i in_range = _mm_and_si128(_mm_cmpgt_epi8(in, all(static_cast<char>(first - 1))),
                                                   _mm_cmpgt_epi8(all(static_cast<char>(last + 1)), in));
            known = _mm_or_si128(known, in_range);
            add = _mm_or_si128(add, _mm_and_si128(in_range, all(static_cast<char>(by - first))));
        };
        range('A', 'Z', 0);
        range('a', 'z', 26);
        range('0', '9', 52);
        range('+', '+', 62);
        range('/', '/', 63);
        good = _mm_and_si128(good, known);
        const __m128i six = _mm_add_epi8(in, add);
        const __m128i twelve = _mm_maddubs_epi16(six, _mm_set1_epi16(0x0140));
        const __m128i groups = _mm_madd_epi16(twelve, _mm_set1_epi32(0x00011000));
        const __m128i order = _mm_setr_epi8(2, 1, 0, 6, 5, 4, 10, 9, 8, 14, 13, 12, -1, -1, -1, -1);
        _mm_storeu_si128(reinterpret_cast<__m128i*>(out), _mm_shuffle_epi8(groups, order));
    }
    return _mm_movemask_epi8(good) == 0xFFFF && decode_by_table(line, out);
}
#endif

/// False: not base64, or not without padding.
bool decode(std::string_view line, char* out) {
#if defined(__x86_64__)
    static const bool by_sixteen = __builtin_cpu_supports("ssse3") != 0;
    if (by_sixteen) return decode_by_sixteen(line, out);
#endif
    return decode_by_table(line, out);
}

/// The part of [at, at + size) that lies in [from, to), relative to `at`.
struct Overlap {
    std::size_t from = 0, to = 0;
    Overlap(std::size_t at, std::size_t size, std::size_t wanted_from, std::size_t wanted_to)
        : from(std::clamp(wanted_from, at, at + size) - at), to(std::clamp(wanted_to, at, at + size) - at) {}
    std::size_t size() const { return to - from; }
};

/// Lines of one length, each ended by CRLF. The first two are base64, the others may be.
struct Run {
    std::size_t from = 0, to = 0;
    std::size_t line = 0;  // octets of one, with CRLF
    std::size_t size() const { return to - from; }
};

constexpr std::size_t run_min = 2048;  // what is less is left to zstd, among its neighbours

bool is_line(std::string_view raw, std::size_t at, std::size_t line) {
    std::array<char, line_max> octets{};
    return at + line <= raw.size() && raw.substr(at, line).ends_with(line_end) &&
           decode(raw.substr(at, line - line_end.size()), octets.data());
}

/// The run around the line that follows the first end of a line from `at` on; empty where there is none.
Run run_at(std::string_view raw, std::size_t at) {
    const std::size_t before = raw.find(line_end, at);
    if (before == raw.npos) return {};
    const std::size_t first = before + line_end.size();
    const std::size_t length = raw.substr(first, line_max + line_end.size()).find(line_end);
    if (length == raw.npos || length == 0 || length % 4 != 0 || length > line_max) return {};
    Run run{first, first, length + line_end.size()};
    if (!is_line(raw, run.from, run.line) || !is_line(raw, run.from + run.line, run.line)) return {};
    const auto begins_line = [&](std::size_t from) {
        return from == 0 || raw.substr(0, from).ends_with(line_end);
    };
    while (run.from >= run.line && begins_line(run.from - run.line) &&
           is_line(raw, run.from - run.line, run.line)) {
        run.from -= run.line;
    }
    while (run.to + run.line <= raw.size() && raw.substr(run.to, run.line).ends_with(line_end)) {
        run.to += run.line;
    }
    return run;
}

/// The first run of run_min octets. Looks at one line of each run_min, so no run of twice that is missed.
Run find_run(std::string_view raw) {
    for (std::size_t at = 0; at + run_min <= raw.size();) {
        const Run run = run_at(raw, at);
        if (run.size() >= run_min) return run;
        at = std::max(at + run_min, run.to);
    }
    return {};
}

}  // namespace

std::size_t Base64Lines::cut(std::string_view raw) {
    const Run run = find_run(raw);
    if (run.size() == 0) return raw.size();
    if (run.from > run.size() / 8) return run.from;
    if (raw.size() - run.to > run.size() / 8) return run.to;
    return raw.size();
}

std::optional<std::string> Base64Lines::pack(std::string_view raw) {
    if (raw.size() > UINT16_MAX + 1U) return std::nullopt;
    const Run run = find_run(raw);
    if (run.size() == 0 || run.size() < raw.size() / 4 * 3) return std::nullopt;
    const std::size_t line = run.line, length = line - line_end.size(), most = run.size() / line;

    std::string octets(most * (length / 4 * 3), '\0');
    std::size_t lines = 0;
    for (; lines < most; ++lines) {
        const std::string_view text = raw.substr(run.from + lines * line, length);
        if (!decode(text, octets.data() + lines * (length / 4 * 3))) break;
    }
    if (lines * line < raw.size() / 4 * 3) return std::nullopt;
    octets.resize(lines * (length / 4 * 3));

    std::string form;
    form.reserve(head_bytes + raw.size() - lines * line + octets.size());
    put(form, static_cast<std::uint8_t>(length));
    put(form, static_cast<std::uint16_t>(run.from));
    put(form, static_cast<std::uint16_t>(lines));
    form += raw.substr(0, run.from);
    form += raw.substr(run.from + lines * line);
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
