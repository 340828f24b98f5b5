#include "imap/syntax/imap_url.hpp"

#include <algorithm>
#include <charconv>

#include "base/percent.hpp"
#include "imap/syntax/grammar.hpp"
#include "imap/syntax/mailbox_name.hpp"
#include "imap/syntax/octets.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {

constexpr std::string_view hex_digits = "0123456789ABCDEF";

/// Where `upper` begins in any case, or npos.
std::size_t find_word(std::string_view text, std::string_view upper) {
    const auto found = std::search(text.begin(), text.end(), upper.begin(), upper.end(),
                                   [](char a, char b) { return to_upper(a) == b; });
    return found == text.end() ? std::string_view::npos : static_cast<std::size_t>(found - text.begin());
}

/// Nothing: a "%" without its digits, or a control.
std::optional<std::string> url_decoded(std::string_view text) {
    auto out = base::percent_decoded(text);
    const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; };
    if (out && std::ranges::any_of(*out, control)) return std::nullopt;
    return out;
}

/// The whole text as a number.
template <class Number>
bool number_of(std::string_view text, Number& out) {
    if (text.empty() || !is_digit(text.front())) return false;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), out);
    return result.ec == std::errc() && result.ptr == text.data() + text.size();
}

/// "." and ".." are ways through a hierarchy in URLs (RFC 3986 section 5.2.4): no client needs them here.
bool has_dot_segment(std::string_view path) {
    for (;;) {
        const std::size_t slash = std::min(path.find('/'), path.size());
        const std::string_view segment = path.substr(0, slash);
        if (segment == "." || segment == "..") return true;
        if (slash == path.size()) return false;
        path.remove_prefix(slash + 1);
    }
}

/// enc-mailbox [uidvalidity], of an absolute path or one relative to the selected mailbox (RFC 5092 section
/// 7)
bool parse_url_mailbox(std::string_view text, std::string_view selected, MessageUrl& out) {
    constexpr std::string_view validity = ";UIDVALIDITY=";
    if (const std::size_t at = find_word(text, validity); at != std::string_view::npos) {
        const bool good = number_of(text.substr(at + validity.size()), out.uid_validity.emplace()) &&
                          *out.uid_validity != 0;
        if (!good) return false;
        text = text.substr(0, at);
    }
    if (text.empty() && !selected.empty() && out.uid_validity) {
        out.mailbox = selected;
        return true;
    }
    std::string base;
    if (text.starts_with('/')) {
        text.remove_prefix(1);
    } else {
        // ":" before any "/" ends the name of a scheme.
        if (text.substr(0, text.find('/')).find(':') != std::string_view::npos) return false;
        const std::size_t slash = selected.rfind('/');
        if (slash != std::string_view::npos) base = selected.substr(0, slash + 1);
    }
    // A second "/" would be another server's name (RFC 3986 section 4.2).
    if (text.empty() || text.starts_with('/') || has_dot_segment(text)) return false;
    if (text.find(';') != std::string_view::npos) return false;
    const auto decoded = url_decoded(text);
    if (!decoded) return false;
    auto name = decode_mailbox_name(base + *decoded, ParseMode{.utf8 = true});
    if (!name || name->empty()) return false;
    out.mailbox = std::move(*name);
    return true;
}

/// enc-section: what stands within the brackets of FETCH BODY[]
bool parse_url_section(std::string_view text, Section& out) {
    const auto decoded = url_decoded(text);
    if (!decoded || decoded->empty()) return false;
    const std::string bracketed = '[' + *decoded + ']';
    Cursor in(bracketed);
    FetchSection section;
    if (!parse_section(in, section) || !in.at_end()) return false;
    out = std::move(section.section);
    return true;
}

/// partial-range = number ["." nz-number]
bool parse_url_partial(std::string_view text, Partial& out) {
    const std::size_t dot = std::min(text.find('.'), text.size());
    if (!number_of(text.substr(0, dot), out.offset)) return false;
    if (dot == text.size()) return true;
    return number_of(text.substr(dot + 1), out.length) && out.length != 0;
}

}  // namespace

std::optional<MessageUrl> parse_message_url(std::string_view text, std::string_view selected) {
    constexpr std::string_view uid = ";UID=", section = "/;SECTION=", partial = "/;PARTIAL=";
    MessageUrl out;
    const std::size_t at = find_word(text, uid);
    if (at == std::string_view::npos) return std::nullopt;
    std::string_view path = text.substr(0, at);
    std::string_view rest = text.substr(at + uid.size());
    if (path.empty()) {
        if (selected.empty()) return std::nullopt;
        out.mailbox = selected;
    } else {
        if (!path.ends_with('/')) return std::nullopt;
        path.remove_suffix(1);
        if (!parse_url_mailbox(path, selected, out)) return std::nullopt;
    }
    if (const std::size_t found = find_word(rest, partial); found != std::string_view::npos) {
        if (!parse_url_partial(rest.substr(found + partial.size()), out.partial.emplace()))
            return std::nullopt;
        rest = rest.substr(0, found);
    }
    if (const std::size_t found = find_word(rest, section); found != std::string_view::npos) {
        if (!parse_url_section(rest.substr(found + section.size()), out.section)) return std::nullopt;
        rest = rest.substr(0, found);
    }
    std::uint32_t number = 0;
    if (!number_of(rest, number) || number == 0) return std::nullopt;
    out.uid = base::Uid(number);
    return out;
}

std::string url_for_response(std::string_view url) {
    std::string out;
    for (const char c : url) {
        const auto octet = static_cast<unsigned char>(c);
        if (octet > 0x20 && octet < 0x7F && c != ']') {
            out.push_back(c);
            continue;
        }
        out.push_back('%');
        out.push_back(hex_digits[octet >> 4]);
        out.push_back(hex_digits[octet & 15U]);
    }
    return out;
}

}  // namespace imap
