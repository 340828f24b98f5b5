// One function a grammar rule of RFC 5321 section 4.1.2.
#include "smtp/syntax/path.hpp"

#include <algorithm>
#include <optional>

#include "base/utf8.hpp"

namespace smtp {
namespace {

enum class Direction : std::uint8_t { reverse, forward };

Reply refusal(Direction direction) {
    return direction == Direction::reverse ? replies::bad_sender : replies::bad_recipient;
}

/// Quoted-string = DQUOTE *QcontentSMTP DQUOTE; QcontentSMTP = qtextSMTP / quoted-pairSMTP
std::optional<std::string> quoted_string(Cursor& in) {
    if (!in.skip('"')) return std::nullopt;
    std::string out;
    while (!in.done()) {
        const char c = in.take();
        if (c == '"') return out;
        if (is_control(c)) return std::nullopt;
        if (c != '\\') {
            out += c;
            continue;
        }
        if (in.done() || is_control(in.peek()) || is_eight_bit(in.peek())) return std::nullopt;
        out += in.take();
    }
    return std::nullopt;
}

/// Dot-string = Atom *("." Atom). quirk_stray_dots: mobile carriers have given out addresses like "a..b" and
/// "a." for twenty years; they are taken here and quoted where they are written.
std::optional<std::string> dot_string(Cursor& in) {
    std::string out;
    while (is(in.peek(), ch_atext) || is_eight_bit(in.peek()) || in.peek() == '.') out += in.take();
    if (out.empty() || out.find_first_not_of('.') == std::string::npos) return std::nullopt;
    return out;
}

bool is_label(std::string_view label) {
    if (label.empty() || label.size() > PathLimits::label_max) return false;
    for (const char c : label)
        if (!is(c, ch_domain) && !is_eight_bit(c)) return false;
    return label.front() != '-' && label.back() != '-';
}

/// Snum 3("." Snum), RFC 5321 section 4.1.3
bool is_ipv4(std::string_view text) {
    Cursor in(text);
    for (int i = 0; i < 4; ++i) {
        if (i > 0 && !in.skip('.')) return false;
        const std::string_view digits = in.run(ch_digit);
        if (digits.empty() || digits.size() > 3) return false;
        unsigned value = 0;
        for (const char c : digits) value = value * 10 + unsigned(c - '0');
        if (value > 255) return false;
    }
    return in.done();
}

/// IPv6-addr, RFC 5321 section 4.1.3: groups of hex digits, "::" once, an IPv4 address in place of the last
/// two.
bool is_ipv6(std::string_view text) {
    unsigned groups = 0;
    bool gap = false;
    if (text.starts_with("::")) {
        gap = true;
        text.remove_prefix(2);
    }
    while (!text.empty()) {
        const std::size_t n = std::min(text.find(':'), text.size());
        const std::string_view group = text.substr(0, n);
        if (n == text.size() && group.find('.') != std::string_view::npos) {
            groups += 2;
            return is_ipv4(group) && (gap ? groups < 8 : groups == 8);
        }
        if (group.empty() || group.size() > 4) return false;
        for (const char c : group)
            if (!is(c, ch_digit) && !(base::to_lower(c) >= 'a' && base::to_lower(c) <= 'f')) return false;
        ++groups;
        text.remove_prefix(n);
        if (text == "::") {
            if (gap) return false;
            gap = true;
            break;
        }
        if (text.starts_with("::")) {
            if (gap) return false;
            gap = true;
            text.remove_prefix(2);
        } else if (!text.empty()) {
            text.remove_prefix(1);
            if (text.empty()) return false;
        }
    }
    return gap ? groups < 8 : groups == 8;
}

/// "[" … "]" or a domain: its octets, checked.
std::optional<std::string_view> domain_or_literal(Cursor& in) {
    if (in.peek() == '[') {
        const std::size_t close = in.rest().find(']');
        if (close == std::string_view::npos) return std::nullopt;
        const std::string_view literal = in.advance(close + 1);
        if (!is_address_literal(literal)) return std::nullopt;
        return literal;
    }
    std::size_t n = 0;
    const std::string_view rest = in.rest();
    while (n < rest.size() && (is(rest[n], ch_domain) || is_eight_bit(rest[n]) || rest[n] == '.')) ++n;
    const std::string_view domain = in.advance(n);
    if (!is_domain(domain)) return std::nullopt;
    return domain;
}

/// Mailbox = Local-part "@" ( Domain / address-literal )
std::optional<Path> mailbox(Cursor& in) {
    auto local = in.peek() == '"' ? quoted_string(in) : dot_string(in);
    if (!local || !in.skip('@')) return std::nullopt;
    const auto domain = domain_or_literal(in);
    if (!domain) return std::nullopt;
    Path path;
    path.local_part = std::move(*local);
    path.domain = std::string(*domain);
    path.eight_bit = !base::is_ascii(path.local_part) || !base::is_ascii(path.domain);
    if (path.eight_bit && !(base::is_utf8(path.local_part) && base::is_utf8(path.domain)))
        return std::nullopt;
    return path;
}

/// A-d-l ":" with A-d-l = At-domain *( "," At-domain ): read and dropped, RFC 5321 appendix C.
bool source_route(Cursor& in) {
    if (in.peek() != '@') return true;
    do {
        if (!in.skip('@') || !domain_or_literal(in)) return false;
    } while (in.skip(','));
    return in.skip(':');
}

Parsed<Path> parse_path(Cursor& in, Direction direction) {
    const std::size_t before = in.rest().size();
    const Reply bad = refusal(direction);
    if (!in.skip('<')) return bad;
    if (in.skip('>')) {
        if (direction == Direction::forward) return bad;
        Path path;
        path.null = true;
        return path;
    }
    if (direction == Direction::forward && in.skip_ignoring_case("postmaster>")) {
        Path path;
        path.local_part = "postmaster";
        return path;
    }
    if (!source_route(in)) return bad;
    auto path = mailbox(in);
    if (!path || !in.skip('>')) return bad;
    if (before - in.rest().size() > PathLimits::path_max) return bad;
    if (direction == Direction::forward && path->local_part.size() > PathLimits::local_part_max) return bad;
    return std::move(*path);
}

/// True when a local part may be written without quotes.
bool is_dot_string(std::string_view local) {
    if (local.empty() || local.front() == '.' || local.back() == '.') return false;
    char before = 'x';
    for (const char c : local) {
        if (c == '.' ? before == '.' : !(is(c, ch_atext) || is_eight_bit(c))) return false;
        before = c;
    }
    return true;
}

}  // namespace

std::string Path::address() const {
    if (null) return {};
    std::string out;
    out.reserve(local_part.size() + domain.size() + 3);
    if (is_dot_string(local_part)) {
        out = local_part;
    } else {
        out += '"';
        for (const char c : local_part) {
            if (c == '"' || c == '\\') out += '\\';
            out += c;
        }
        out += '"';
    }
    if (domain.empty()) return out;
    out += '@';
    out += domain;
    return out;
}

bool is_domain(std::string_view text) {
    if (text.empty() || text.size() > PathLimits::domain_max) return false;
    while (true) {
        const std::size_t dot = text.find('.');
        if (!is_label(text.substr(0, dot))) return false;
        if (dot == std::string_view::npos) return true;
        text.remove_prefix(dot + 1);
    }
}

bool is_address_literal(std::string_view text) {
    if (text.size() < 3 || text.front() != '[' || text.back() != ']') return false;
    text = text.substr(1, text.size() - 2);
    if (equals_nocase(text.substr(0, 5), "IPv6:")) return is_ipv6(text.substr(5));
    return is_ipv4(text);
}

Parsed<Path> parse_reverse_path(Cursor& in) { return parse_path(in, Direction::reverse); }
Parsed<Path> parse_forward_path(Cursor& in) { return parse_path(in, Direction::forward); }

Parsed<Path> parse_mailbox(std::string_view text) {
    Cursor in(text);
    auto path = mailbox(in);
    if (!path || !in.done() || text.size() > PathLimits::path_max) return replies::bad_auth_parameter;
    return std::move(*path);
}

}  // namespace smtp
