#include "base/utf8.hpp"

#include <array>
#include <cstdint>
#include <cstring>

#include <unicode/bytestream.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>

namespace base {
namespace {
constexpr std::uint64_t high_bits = 0x8080808080808080U;

bool is_continuation(unsigned char octet) { return (octet & 0xC0U) == 0x80U; }

/// How many octets at the start are ASCII; looks at eight at a time.
std::size_t ascii_prefix(std::string_view text) noexcept {
    std::size_t at = 0;
    while (text.size() - at >= sizeof(std::uint64_t)) {
        std::uint64_t word = 0;
        std::memcpy(&word, text.data() + at, sizeof word);
        if ((word & high_bits) != 0) break;
        at += sizeof word;
    }
    while (at < text.size() && static_cast<unsigned char>(text[at]) < 0x80) ++at;
    return at;
}
}  // namespace

Utf8Char first_utf8(std::string_view text) noexcept {
    if (text.empty()) return {};
    const auto lead = static_cast<unsigned char>(text[0]);
    if (lead < 0x80) return {lead, 1};
    if (lead < 0xC2 || lead > 0xF4) return {};  // continuation, overlong, or beyond U+10FFFF
    const std::size_t octets = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (text.size() < octets) return {};
    char32_t code = lead & (0x7FU >> octets);
    for (std::size_t i = 1; i < octets; ++i) {
        const auto octet = static_cast<unsigned char>(text[i]);
        if (!is_continuation(octet)) return {};
        code = (code << 6U) | (octet & 0x3FU);
    }
    constexpr std::array<char32_t, 5> smallest{0, 0, 0x80, 0x800, 0x10000};
    if (code < smallest[octets] || code > 0x10FFFF || (code >= 0xD800 && code <= 0xDFFF)) return {};
    return {code, octets};
}

bool is_ascii(std::string_view text) noexcept { return ascii_prefix(text) == text.size(); }

bool is_utf8(std::string_view text) noexcept {
    for (text.remove_prefix(ascii_prefix(text)); !text.empty(); text.remove_prefix(ascii_prefix(text))) {
        const std::size_t octets = first_utf8(text).octets;
        if (octets == 0) return false;
        text.remove_prefix(octets);
    }
    return true;
}

void append_utf8(std::string& out, char32_t code) {
    const auto octet = [](char32_t value) { return static_cast<char>(static_cast<unsigned char>(value)); };
    if (code < 0x80) {
        out.push_back(octet(code));
    } else if (code < 0x800) {
        out.append({octet(0xC0U | (code >> 6U)), octet(0x80U | (code & 0x3FU))});
    } else if (code < 0x10000) {
        out.append({octet(0xE0U | (code >> 12U)), octet(0x80U | ((code >> 6U) & 0x3FU)),
                    octet(0x80U | (code & 0x3FU))});
    } else {
        out.append({octet(0xF0U | (code >> 18U)), octet(0x80U | ((code >> 12U) & 0x3FU)),
                    octet(0x80U | ((code >> 6U) & 0x3FU)), octet(0x80U | (code & 0x3FU))});
    }
}

std::string to_nfc(std::string_view text) {
    if (is_ascii(text)) return std::string(text);
    UErrorCode status = U_ZERO_ERROR;
    const icu::Normalizer2* nfc = icu::Normalizer2::getNFCInstance(status);
    std::string out;
    if (U_SUCCESS(status)) {
        icu::StringByteSink<std::string> sink(&out);
        nfc->normalizeUTF8(0, icu::StringPiece(text.data(), static_cast<std::int32_t>(text.size())), sink,
                           nullptr, status);
    }
    // Fails only without memory or without ICU's own data.
    return U_SUCCESS(status) ? out : std::string(text);
}

}  // namespace base
