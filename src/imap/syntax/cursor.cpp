#include "imap/syntax/cursor.hpp"

#include <algorithm>
#include <charconv>

#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
constexpr std::uint64_t number32_max = UINT32_MAX;
constexpr std::uint64_t number64_max = INT64_MAX;  // RFC 9051 section 9: number64 has 63 bits

/// RFC 9051 has 7-bit atoms only, but clients send unquoted UTF-8 in names and search strings, and Dovecot
/// takes it.
constexpr OctetClass quirk_eight_bit_atom(const OctetClass& set) { return with_eight_bit(set); }
constexpr OctetClass lenient_astring_chars = quirk_eight_bit_atom(astring_chars);
constexpr OctetClass lenient_list_chars = quirk_eight_bit_atom(list_chars);

std::size_t run_length(std::string_view text, const OctetClass& set) {
    std::size_t length = 0;
    while (length < text.size() && is_in(set, text[length])) ++length;
    return length;
}

/// Spaces at a command's end, which several old clients send and Dovecot skips.
std::size_t quirk_trailing_spaces(std::string_view text) {
    return std::min(text.find_first_not_of(' '), text.size());
}
}  // namespace

bool Cursor::skip_word(std::string_view upper) {
    const std::string_view left = rest();
    if (left.size() < upper.size() || !equals_upper(left.substr(0, upper.size()), upper)) return false;
    if (left.size() > upper.size() && is_in(atom_chars, left[upper.size()])) return false;
    offset_ += upper.size();
    return true;
}

bool Cursor::end() {
    offset_ += quirk_trailing_spaces(rest());
    return at_end() || fail("unexpected text after the command");
}

bool Cursor::tag(std::string& out) {
    const std::size_t length = run_length(rest(), tag_chars);
    if (length == 0) return fail("expected tag");
    out.assign(rest().substr(0, length));
    offset_ += length;
    return true;
}

bool Cursor::atom(std::string_view& out) {
    const std::size_t length = run_length(rest(), atom_chars);
    if (length == 0) return fail("expected atom");
    out = rest().substr(0, length);
    offset_ += length;
    return true;
}

bool Cursor::upper_atom(std::string& out) {
    std::string_view word;
    if (!atom(word)) return false;
    out.resize(word.size());
    std::transform(word.begin(), word.end(), out.begin(), to_upper);
    return true;
}

bool Cursor::astring(std::string& out) {
    const std::size_t length = run_length(rest(), lenient_astring_chars);
    if (length == 0) return string(out);
    out.assign(rest().substr(0, length));
    offset_ += length;
    return true;
}

bool Cursor::list_mailbox(std::string& out) {
    const std::size_t length = run_length(rest(), lenient_list_chars);
    if (length == 0) return string(out);
    out.assign(rest().substr(0, length));
    offset_ += length;
    return true;
}

bool Cursor::string(std::string& out) {
    if (peek() == '"') return quoted(out);
    if (peek() == '{') return literal(out);
    return fail("expected string");
}

bool Cursor::nstring(std::optional<std::string>& out) {
    if (skip_word("NIL")) {
        out.reset();
        return true;
    }
    return string(out.emplace());
}

bool Cursor::quoted(std::string& out) {
    out.clear();
    for (std::size_t from = offset_ + 1; from < text_.size();) {
        const std::size_t stop = text_.find_first_of(std::string_view("\"\\\r\n\0", 5), from);
        if (stop == std::string_view::npos) break;
        out.append(text_.substr(from, stop - from));
        if (text_[stop] == '"') {
            offset_ = stop + 1;
            return true;
        }
        if (text_[stop] != '\\') return fail_at("bad octet in quoted string", stop);
        if (stop + 1 == text_.size()) break;
        const char escaped = text_[stop + 1];
        if (escaped != '"' && escaped != '\\') return fail_at("bad escape in quoted string", stop);
        out.push_back(escaped);
        from = stop + 2;
    }
    return fail("quoted string has no end");
}

/// "{" number64 ["+"] "}" and the line end, unless the frame ends there.
bool Cursor::literal_head(std::uint64_t& bytes) {
    if (!skip('{')) return fail("expected literal");
    if (!digits(bytes, number64_max, "bad size of literal")) return false;
    skip('+');
    return skip('}') || fail("expected } after the literal's size");
}

bool Cursor::literal(std::string& out) {
    std::uint64_t bytes = 0;
    if (!literal_head(bytes)) return false;
    skip('\r');
    if (!skip('\n')) return fail("expected line end after the literal's size");
    if (bytes > rest().size()) return fail("literal is cut short");
    out.assign(rest().substr(0, static_cast<std::size_t>(bytes)));
    // RFC 9051 section 4.3: only a literal8 may hold NUL.
    if (out.find('\0') != std::string::npos) return fail("NUL in literal");
    offset_ += out.size();
    return true;
}

bool Cursor::streamed_literal(std::uint64_t& bytes, bool& binary) {
    binary = skip('~');
    if (!literal_head(bytes)) return false;
    return at_end() || fail("text after the literal's size");
}

bool Cursor::digits(std::uint64_t& out, std::uint64_t largest, const char* what) {
    const std::string_view left = rest();
    const char* const begin = left.data();
    const auto [stop, error] = std::from_chars(begin, begin + left.size(), out);
    if (error != std::errc{} || out > largest) return fail(what);
    offset_ += static_cast<std::size_t>(stop - begin);
    return true;
}

bool Cursor::number64(std::uint64_t& out) { return digits(out, number64_max, "expected number"); }

bool Cursor::nz_number64(std::uint64_t& out) {
    // digit-nz: no leading zero
    if (peek() == '0') return fail("expected number above zero");
    return digits(out, number64_max, "expected number above zero");
}

bool Cursor::number(std::uint32_t& out) {
    std::uint64_t wide = 0;
    if (!digits(wide, number32_max, "expected number")) return false;
    out = static_cast<std::uint32_t>(wide);
    return true;
}

bool Cursor::nz_number(std::uint32_t& out) {
    if (peek() == '0') return fail("expected number above zero");
    std::uint64_t wide = 0;
    if (!digits(wide, number32_max, "expected number above zero")) return false;
    out = static_cast<std::uint32_t>(wide);
    return true;
}

}  // namespace imap
