#include "spf_macro.hpp"

#include <algorithm>
#include <charconv>
#include <vector>

#include "mailauth/domain.hpp"

namespace mailauth {

namespace {

constexpr std::string_view delimiter_octets = ".-+,/_=";

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }

/// macro-expand = "%{" macro-letter transformers *delimiter "}"
struct Macro {
    char letter = 0;  // lower case
    bool escaped = false;
    bool reversed = false;
    unsigned labels = 0;  // 0: all
    std::string_view delimiters;
};

/// What stands at the beginning of \p text, which begins with "%{". Its length, or 0.
std::size_t read_macro(std::string_view text, Macro& macro) {
    std::size_t at = 2;
    if (at >= text.size()) return 0;
    macro.letter = lower(text[at]);
    macro.escaped = macro.letter != text[at];
    if (std::string_view("slodiphcrtv").find(macro.letter) == std::string_view::npos) return 0;
    ++at;
    const std::size_t digits = at;
    while (at < text.size() && is_digit(text[at])) ++at;
    if (at > digits) {
        // A number of labels beyond 128 is as good as all (section 7.3).
        const auto [end, code] = std::from_chars(text.data() + digits, text.data() + at, macro.labels);
        if (code == std::errc::result_out_of_range)
            macro.labels = 0;
        else if (macro.labels == 0)
            return 0;
    }
    if (at < text.size() && lower(text[at]) == 'r') {
        macro.reversed = true;
        ++at;
    }
    const std::size_t delimiters = at;
    while (at < text.size() && delimiter_octets.find(text[at]) != std::string_view::npos) ++at;
    macro.delimiters = text.substr(delimiters, at - delimiters);
    return at < text.size() && text[at] == '}' ? at + 1 : 0;
}

/// toplabel = ( *alphanum ALPHA *alphanum ) / ( 1*alphanum "-" *( alphanum / "-" ) alphanum )
bool is_top_label(std::string_view label) {
    if (label.empty() || label.front() == '-' || label.back() == '-') return false;
    bool beyond_digits = false;
    for (const char c : label) {
        if (!is_digit(c) && !is_alpha(c) && c != '-') return false;
        if (!is_digit(c)) beyond_digits = true;
    }
    return beyond_digits;
}

/// domain-end = ( "." toplabel [ "." ] ) / macro-expand; \p literal is what follows the last macro.
bool ends_well(std::string_view literal, bool behind_macro) {
    if (literal.empty()) return behind_macro;
    if (literal.ends_with('.')) literal.remove_suffix(1);
    const std::size_t dot = literal.rfind('.');
    return dot != std::string_view::npos && is_top_label(literal.substr(dot + 1));
}

std::string reversed_v6(const IpAddress& ip) {
    constexpr std::string_view digits = "0123456789abcdef";
    std::string out;
    for (const char c : ip.octets()) {
        const auto octet = static_cast<unsigned char>(c);
        if (!out.empty()) out += '.';
        out += digits[octet >> 4U];
        out += '.';
        out += digits[octet & 15U];
    }
    return out;
}

std::string value_of(char letter, const MacroValues& values) {
    switch (letter) {
        case 's':
            return values.local_part + "@" + values.sender_domain;
        case 'l':
            return values.local_part;
        case 'o':
            return values.sender_domain;
        case 'd':
            return values.domain;
        case 'i':
            return values.ip.is_v6() ? reversed_v6(values.ip) : values.ip.text();
        case 'p':
            return values.validated;
        case 'v':
            return values.ip.is_v6() ? "ip6" : "in-addr";
        case 'h':
            return values.helo;
        case 'c':
            return values.ip.text();
        case 'r':
            return values.receiver;
        case 't':
            return std::to_string(values.now.count());
        default:
            return {};
    }
}

/// Section 7.3: split at delimiters, reverse, keep the rightmost, join with dots, escape for URLs.
std::string transform(std::string value, const Macro& macro) {
    if (macro.reversed || macro.labels != 0 || !macro.delimiters.empty()) {
        const std::string_view delimiters = macro.delimiters.empty() ? "." : macro.delimiters;
        std::vector<std::string_view> parts;
        const std::string_view whole = value;
        for (std::size_t begin = 0; begin <= whole.size();) {
            const std::size_t end = std::min(whole.find_first_of(delimiters, begin), whole.size());
            parts.push_back(whole.substr(begin, end - begin));
            begin = end + 1;
        }
        if (macro.reversed) std::reverse(parts.begin(), parts.end());
        const std::size_t skip =
            macro.labels != 0 && macro.labels < parts.size() ? parts.size() - macro.labels : 0;
        std::string joined;
        for (std::size_t i = skip; i < parts.size(); ++i) {
            if (i > skip) joined += '.';
            joined += parts[i];
        }
        value = std::move(joined);
    }
    if (!macro.escaped) return value;
    std::string out;
    for (const char c : value) {  // RFC 3986 section 2.3: all but unreserved octets
        if (is_digit(c) || is_alpha(c) || std::string_view("-._~").find(c) != std::string_view::npos) {
            out += c;
        } else {
            constexpr std::string_view digits = "0123456789ABCDEF";
            const auto octet = static_cast<unsigned char>(c);
            out += '%';
            out += digits[octet >> 4U];
            out += digits[octet & 15U];
        }
    }
    return out;
}

std::string_view escape_value(char c) {
    if (c == '%') return "%";
    if (c == '_') return " ";
    if (c == '-') return "%20";
    return {};
}

}  // namespace

std::string macro_fault(std::string_view text, MacroUse use) {
    std::size_t literal = 0;  // where the literal after the last macro begins
    bool behind_macro = false;
    for (std::size_t at = 0; at < text.size();) {
        const char c = text[at];
        if (c != '%') {
            const bool blank = c == ' ' && use == MacroUse::explanation;
            if (!blank && (c < 0x21 || c > 0x7e)) return "an octet that no macro string may hold";
            ++at;
            continue;
        }
        if (at + 1 < text.size() && !escape_value(text[at + 1]).empty()) {
            at += 2;
            continue;
        }
        Macro macro;
        const std::size_t length = text.substr(at).starts_with("%{") ? read_macro(text.substr(at), macro) : 0;
        if (length == 0) return "a malformed macro";
        if (use == MacroUse::domain_spec &&
            std::string_view("crt").find(macro.letter) != std::string_view::npos) {
            return "a macro letter that is for explanations only";
        }
        at += length;
        literal = at;
        behind_macro = true;
    }
    if (use == MacroUse::domain_spec && !ends_well(text.substr(literal), behind_macro)) {
        return "a domain that ends in no top label";
    }
    return {};
}

bool macro_has_letter(std::string_view text, char letter) {
    for (std::size_t at = text.find("%"); at != std::string_view::npos && at + 1 < text.size();
         at = text.find("%", at)) {
        if (text[at + 1] == '{' && at + 2 < text.size() && lower(text[at + 2]) == letter) return true;
        at += 2;
    }
    return false;
}

std::optional<std::string> expand_macros(std::string_view text, const MacroValues& values,
                                         std::size_t octets_max) {
    std::string out;
    for (std::size_t at = 0; at < text.size();) {
        if (out.size() > octets_max) return {};
        if (text[at] != '%') {
            out += text[at++];
            continue;
        }
        if (at + 1 < text.size() && !escape_value(text[at + 1]).empty()) {
            out += escape_value(text[at + 1]);
            at += 2;
            continue;
        }
        Macro macro;
        const std::size_t length = read_macro(text.substr(at), macro);
        if (length == 0) return {};
        const bool local = macro.letter == 's' || macro.letter == 'l';
        if (local && std::any_of(values.local_part.begin(), values.local_part.end(),
                                 [](char c) { return static_cast<unsigned char>(c) > 127; })) {
            return {};
        }
        out += transform(value_of(macro.letter, values), macro);
        at += length;
    }
    if (out.size() > octets_max) return {};
    return out;
}

}  // namespace mailauth
