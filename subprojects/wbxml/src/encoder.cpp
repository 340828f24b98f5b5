// Writing WBXML. MS-ASWBXML section 2.1; the tokens are WBXML 1.3 section 7.
#include "wbxml/encoder.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <iterator>

namespace wbxml {

namespace {

constexpr std::string_view header("\x03\x01\x6A\x00", 4);
constexpr char switch_page = 0x00, end_token = 0x01, str_i = 0x03, opaque_token = static_cast<char>(0xC3);
constexpr std::uint8_t has_content = 0x40;
constexpr std::size_t short_text =
    112;  // what is written by one append: most texts of a Sync answer are shorter

constexpr bool is_forbidden(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet < 0x20 && octet != '\t' && octet != '\n' && octet != '\r';
}

/// Without controls, and without anything that may be no character.
bool is_plain_ascii(std::string_view text) {
    // No early end: so the compiler looks at sixteen octets at a time.
    bool other = false;
    for (const char c : text) other |= is_forbidden(c) || static_cast<unsigned char>(c) >= 0x80;
    return !other;
}

constexpr bool is_continuation(char c) { return (static_cast<unsigned char>(c) & 0xC0U) == 0x80; }

/// Octets of the character at the start; 0: it is none, of UTF-8 (RFC 3629) or of XML 1.0 section 2.2.
std::size_t character_octets(std::string_view text) {
    const auto octet = [text](std::size_t at) { return static_cast<unsigned char>(text[at]); };
    const unsigned lead = octet(0);
    if (lead < 0x80) return is_forbidden(text[0]) ? 0 : 1;
    const std::size_t octets = lead < 0xC2 || lead > 0xF4 ? 0 : lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (octets == 0 || text.size() < octets) return 0;
    for (std::size_t i = 1; i < octets; ++i)
        if (!is_continuation(text[i])) return 0;
    const unsigned second = octet(1);
    const bool overlong = (lead == 0xE0 && second < 0xA0) || (lead == 0xF0 && second < 0x90);
    const bool surrogate = lead == 0xED && second >= 0xA0;
    const bool beyond = lead == 0xF4 && second >= 0x90;
    const bool no_character = lead == 0xEF && second == 0xBF && octet(2) >= 0xBE;  // U+FFFE and U+FFFF
    return overlong || surrogate || beyond || no_character ? 0 : octets;
}

/// How many octets at the start can stand as they are.
std::size_t good_prefix(std::string_view text) {
    constexpr std::size_t step = 16;
    std::size_t at = 0;
    while (at < text.size()) {
        if (text.size() - at >= step && is_plain_ascii(text.substr(at, step))) {
            at += step;
            continue;
        }
        for (const std::size_t end = std::min(text.size(), at + step); at < end;) {
            const std::size_t octets = character_octets(text.substr(at));
            if (octets == 0) return at;
            at += octets;
        }
    }
    return at;
}

/// U+FFFD for each octet of what is no character; nothing for a control.
void append_mended(std::string& out, std::string_view text) {
    constexpr std::string_view replacement = "\xEF\xBF\xBD";
    while (!text.empty()) {
        const std::size_t good = good_prefix(text);
        out.append(text.substr(0, good));
        text.remove_prefix(good);
        if (text.empty()) return;
        if (!is_forbidden(text.front())) out.append(replacement);
        text.remove_prefix(1);
    }
}

/// mb_u_int32, WBXML 1.3 section 5.1.
std::size_t write_length(char* to, std::uint32_t value) {
    std::size_t octets = 1;
    for (std::uint32_t rest = value >> 7; rest != 0; rest >>= 7) ++octets;
    for (std::size_t i = octets; i-- > 0; value >>= 7)
        to[i] = static_cast<char>((value & 0x7F) | (i + 1 == octets ? 0 : 0x80));
    return octets;
}

}  // namespace

Encoder::Encoder(std::string& out) : out_(out) { out_.append(header); }

void Encoder::put(Tag tag, bool content) {
    const std::array<char, 3> octets{switch_page, static_cast<char>(tag.page()),
                                     static_cast<char>(tag.token() | (content ? has_content : 0))};
    const std::size_t from = tag.page() == page_ ? 2 : 0;
    out_.append(octets.data() + from, octets.size() - from);
    page_ = tag.page();
}

void Encoder::switch_to(std::uint8_t page) {
    if (page == page_) return;
    const std::array<char, 2> octets{switch_page, static_cast<char>(page)};
    out_.append(octets.data(), octets.size());
    page_ = page;
}

// A fragment begins and ends on page 0, as a document begins.
void Encoder::end_fragment() { switch_to(0); }

void Encoder::append(std::string_view fragment) {
    if (fragment.empty()) return;
    switch_to(0);
    out_.append(fragment);
}

void Encoder::open(Tag tag) {
    put(tag, true);
    ++depth_;
}

void Encoder::close() {
    out_.push_back(end_token);
    --depth_;
}

void Encoder::empty(Tag tag) { put(tag, false); }

void Encoder::text(Tag tag, std::string_view utf8) {
    const bool fits = is_plain_ascii(utf8) || good_prefix(utf8) == utf8.size();
    if (fits && utf8.size() <= short_text) {
        std::array<char, short_text + 6> octets;
        char* at = octets.data();
        if (tag.page() != page_) {
            *at++ = switch_page;
            *at++ = static_cast<char>(page_ = tag.page());
        }
        *at++ = static_cast<char>(tag.token() | has_content);
        *at++ = str_i;
        at = std::copy(utf8.begin(), utf8.end(), at);
        *at++ = 0;
        *at++ = end_token;
        out_.append(octets.data(), static_cast<std::size_t>(at - octets.data()));
        return;
    }
    put(tag, true);
    out_.push_back(str_i);
    if (fits) {
        out_.append(utf8);
    } else {
        append_mended(out_, utf8);
    }
    end_text();
}

void Encoder::end_text() {
    const std::array<char, 2> tail{0, end_token};
    out_.append(tail.data(), tail.size());
}

void Encoder::number(Tag tag, std::int64_t value) {
    std::array<char, 20> digits;
    const auto result = std::to_chars(digits.data(), digits.data() + digits.size(), value);
    text(tag, {digits.data(), static_cast<std::size_t>(result.ptr - digits.data())});
}

void Encoder::opaque(Tag tag, std::string_view octets) {
    open_opaque(tag, static_cast<std::uint32_t>(octets.size()));
    out_.append(octets);
    close();
}

void Encoder::open_opaque(Tag tag, std::uint32_t size) {
    open(tag);
    std::array<char, 6> octets;
    octets[0] = opaque_token;
    out_.append(octets.data(), 1 + write_length(octets.data() + 1, size));
}

void Encoder::back_to(const Mark& mark) {
    out_.resize(mark.size);
    depth_ = mark.depth;
    page_ = mark.page;
}

}  // namespace wbxml
