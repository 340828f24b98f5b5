#include "smtp/syntax/parameters.hpp"

#include <charconv>
#include <chrono>

#include "base/utf8.hpp"
#include "smtp/syntax/xtext.hpp"

namespace smtp {
namespace {

struct Parameter {
    std::string_view name;
    std::string_view value;
    bool has_value = false;
};

/// esmtp-param = esmtp-keyword ["=" esmtp-value]; false: bad syntax.
bool next_parameter(Cursor& in, Parameter& out) {
    if (!in.skip(' ')) return false;
    in.skip_spaces();
    if (in.done()) {  // quirk_trailing_space: some clients end the line with one
        out = {};
        return true;
    }
    const std::string_view rest = in.rest();
    std::size_t n = 0;
    while (n < rest.size() && (is(rest[n], ch_alpha | ch_digit) || (n > 0 && rest[n] == '-'))) ++n;
    if (n == 0) return false;
    out.name = in.advance(n);
    out.has_value = in.skip('=');
    out.value = {};
    if (!out.has_value) return in.done() || in.peek() == ' ';
    const std::string_view value = in.rest();
    n = 0;
    // AUTH=<> and ORCPT of RFC 6533 need '=' nowhere, but UTF-8 may be in any value (RFC 6531 section 3.4).
    while (n < value.size() && (is(value[n], ch_param) || is_eight_bit(value[n]))) ++n;
    out.value = in.advance(n);
    return n > 0 && (in.done() || in.peek() == ' ');
}

/// Notes that parameter number `bit` was seen; false: it was before.
bool once(unsigned& seen, unsigned bit) {
    if ((seen & (1U << bit)) != 0) return false;
    seen |= 1U << bit;
    return true;
}

/// size-value = 1*20DIGIT, RFC 1870 section 3. More than 64 bits is as good as the greatest number.
std::optional<std::uint64_t> parse_size(std::string_view text) {
    if (text.empty() || text.size() > 20) return std::nullopt;
    for (const char c : text)
        if (!is(c, ch_digit)) return std::nullopt;
    std::uint64_t size = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), size);
    if (error == std::errc::result_out_of_range) return UINT64_MAX;
    return size;
}

std::optional<Body> parse_body(std::string_view text) {
    if (equals_nocase(text, "7BIT")) return Body::seven_bit;
    if (equals_nocase(text, "8BITMIME")) return Body::eight_bit;
    if (equals_nocase(text, "BINARYMIME")) return Body::binary;
    return std::nullopt;
}

/// AUTH=<> or an xtext mailbox, RFC 4954 section 5.
bool parse_auth(std::string_view text, MailParameters& out) {
    if (text == "<>") {
        out.auth = std::string();
        return true;
    }
    auto decoded = decode_xtext(text);
    if (!decoded || decoded->empty() || !parse_mailbox(*decoded)) return false;
    out.auth = std::move(*decoded);
    return true;
}

/// All digits, so many at least and at most.
std::optional<std::int64_t> digits_of(std::string_view text, std::size_t least, std::size_t most) {
    if (text.size() < least || text.size() > most) return std::nullopt;
    std::int64_t number = 0;
    for (const char c : text) {
        if (!is(c, ch_digit)) return std::nullopt;
        number = number * 10 + (c - '0');
    }
    return number;
}

/// by-value = by-time ";" by-mode [by-trace], RFC 2852 section 4.
std::optional<ByTime> parse_by(std::string_view text) {
    const auto semicolon = text.find(';');
    if (semicolon == std::string_view::npos) return std::nullopt;
    std::string_view time = text.substr(0, semicolon);
    const bool negative = time.starts_with('-');
    if (negative || time.starts_with('+')) time.remove_prefix(1);
    const auto seconds = digits_of(time, 1, 9);
    const std::string_view mode = text.substr(semicolon + 1);
    if (!seconds || mode.empty() || mode.size() > 2) return std::nullopt;
    ByTime out;
    out.seconds = negative ? -*seconds : *seconds;
    out.notify_only = base::to_lower(mode[0]) == 'n';
    out.trace = mode.size() == 2;
    if (base::to_lower(mode[0]) != 'n' && base::to_lower(mode[0]) != 'r') return std::nullopt;
    if (out.trace && base::to_lower(mode[1]) != 't') return std::nullopt;
    if (!out.notify_only && out.seconds <= 0) return std::nullopt;  // section 4.1.2
    return out;
}

/// date-time of RFC 3339 section 5.6 in UTC: "2026-11-22T10:00:00Z".
std::optional<std::int64_t> parse_time(std::string_view text) {
    if (text.size() != 20 || text[4] != '-' || text[7] != '-' || base::to_lower(text[10]) != 't' ||
        text[13] != ':' || text[16] != ':' || base::to_lower(text[19]) != 'z')
        return std::nullopt;
    const auto year = digits_of(text.substr(0, 4), 4, 4), month = digits_of(text.substr(5, 2), 2, 2),
               day = digits_of(text.substr(8, 2), 2, 2), hour = digits_of(text.substr(11, 2), 2, 2),
               minute = digits_of(text.substr(14, 2), 2, 2), second = digits_of(text.substr(17, 2), 2, 2);
    if (!year || !month || !day || !hour || !minute || !second) return std::nullopt;
    using namespace std::chrono;
    const year_month_day date(std::chrono::year(static_cast<int>(*year)),
                              std::chrono::month(static_cast<unsigned>(*month)),
                              std::chrono::day(static_cast<unsigned>(*day)));
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    const auto time = sys_days(date).time_since_epoch() + hours(*hour) + minutes(*minute) + seconds(*second);
    return duration_cast<seconds>(time).count();
}

std::optional<int> parse_priority(std::string_view text) {
    const bool negative = text.starts_with('-');
    if (negative) text.remove_prefix(1);
    const auto number = digits_of(text, 1, 1);
    if (!number) return std::nullopt;
    return static_cast<int>(negative ? -*number : *number);
}

/// Of submission alone; an unknown one is left to the caller.
Parsed<bool> take_submission_parameter(const Parameter& parameter, unsigned& seen, MailParameters& out) {
    const auto named = [&parameter](std::string_view name) { return equals_nocase(parameter.name, name); };
    if (named("REQUIRETLS")) {
        if (!once(seen, 6)) return replies::twice_parameter;
        if (parameter.has_value) return replies::bad_parameter;
        out.require_tls = true;
    } else if (named("HOLDFOR") || named("HOLDUNTIL")) {
        if (!once(seen, 7)) return replies::twice_parameter;  // RFC 4865 section 4.3: not both
        if (named("HOLDFOR")) {
            out.hold_for = digits_of(parameter.value, 1, 9);
            if (!out.hold_for || *out.hold_for > ParameterLimits::hold_max) return replies::bad_hold;
        } else {
            out.hold_until = parse_time(parameter.value);
            if (!out.hold_until) return replies::bad_hold;
        }
    } else if (named("BY")) {
        if (!once(seen, 8)) return replies::twice_parameter;
        out.by = parse_by(parameter.value);
        if (!out.by) return replies::bad_by;
    } else if (named("MT-PRIORITY")) {
        if (!once(seen, 9)) return replies::twice_parameter;
        out.priority = parse_priority(parameter.value);
        if (!out.priority) return replies::bad_parameter;
    } else {
        return false;
    }
    return true;
}

Parsed<void> take_mail_parameter(const Parameter& parameter, unsigned& seen, MailParameters& out) {
    const auto named = [&parameter](std::string_view name) { return equals_nocase(parameter.name, name); };
    if (named("SIZE")) {
        if (!once(seen, 0)) return replies::twice_parameter;
        out.size = parse_size(parameter.value);
        if (!out.size) return replies::bad_size;
    } else if (named("BODY")) {
        if (!once(seen, 1)) return replies::twice_parameter;
        const auto body = parse_body(parameter.value);
        if (!body) return replies::bad_body;
        out.body = *body;
    } else if (named("SMTPUTF8")) {
        if (!once(seen, 2)) return replies::twice_parameter;
        if (parameter.has_value) return replies::bad_parameter;
        out.smtputf8 = true;
    } else if (named("RET")) {
        if (!once(seen, 3)) return replies::twice_parameter;
        if (equals_nocase(parameter.value, "FULL"))
            out.ret = Ret::full;
        else if (equals_nocase(parameter.value, "HDRS"))
            out.ret = Ret::headers;
        else
            return replies::bad_ret;
    } else if (named("ENVID")) {
        if (!once(seen, 4)) return replies::twice_parameter;
        auto envid = decode_xtext(parameter.value);
        if (!envid || envid->empty() || parameter.value.size() > ParameterLimits::envid_max)
            return replies::bad_envid;
        for (const char c : *envid)  // RFC 3461 section 4.4: printable ASCII once decoded
            if (is_control(c) || is_eight_bit(c)) return replies::bad_envid;
        out.envid = std::move(*envid);
    } else if (named("AUTH")) {
        if (!once(seen, 5)) return replies::twice_parameter;
        if (!parse_auth(parameter.value, out)) return replies::bad_auth_parameter;
    } else {
        const auto taken = take_submission_parameter(parameter, seen, out);
        if (!taken) return taken.error();
        if (!*taken) return replies::unknown_parameter;
    }
    return {};
}

/// notify-esmtp-value = "NEVER" / 1#notify-list-element
std::optional<std::uint8_t> parse_notify(std::string_view text) {
    if (equals_nocase(text, "NEVER")) return notify_never;
    std::uint8_t out = notify_unset;
    Cursor in(text);
    while (true) {
        const std::string_view word = in.until(',');
        std::uint8_t bit = 0;
        if (equals_nocase(word, "SUCCESS")) bit = notify_success;
        if (equals_nocase(word, "FAILURE")) bit = notify_failure;
        if (equals_nocase(word, "DELAY")) bit = notify_delay;
        if (bit == 0 || (out & bit) != 0) return std::nullopt;
        out = std::uint8_t(out | bit);
        if (in.done()) return out;
        in.skip(',');
    }
}

/// RFC 6533 section 3: "\x{hex}" stands for a character in utf-8-addr-xtext; the text itself is kept as it
/// came.
bool is_utf8_address(std::string_view text) {
    if (text.empty() || !base::is_utf8(text)) return false;
    for (const char c : text)
        if (is_control(c)) return false;
    return true;
}

/// orcpt-parameter = "ORCPT=" addr-type ";" xtext
bool parse_orcpt(std::string_view text, RcptParameters& out) {
    const std::size_t semicolon = text.find(';');
    if (semicolon == std::string_view::npos || semicolon == 0 || text.size() > ParameterLimits::orcpt_max)
        return false;
    for (const char c : text.substr(0, semicolon)) {
        if (!is(c, ch_alpha | ch_digit) && c != '-') return false;
        out.orcpt_type += base::to_lower(c);
    }
    const std::string_view value = text.substr(semicolon + 1);
    if (out.orcpt_type == "utf-8") {
        if (!is_utf8_address(value)) return false;
        out.orcpt_address = std::string(value);
        return true;
    }
    auto decoded = decode_xtext(value);
    if (!decoded || decoded->empty()) return false;
    for (const char c : *decoded)
        if (is_control(c)) return false;  // it is written into reports later
    out.orcpt_address = std::move(*decoded);
    return true;
}

Parsed<void> take_rcpt_parameter(const Parameter& parameter, unsigned& seen, RcptParameters& out) {
    if (equals_nocase(parameter.name, "NOTIFY")) {
        if (!once(seen, 0)) return replies::twice_parameter;
        const auto notify = parse_notify(parameter.value);
        if (!notify) return replies::bad_notify;
        out.notify = *notify;
        return {};
    }
    if (equals_nocase(parameter.name, "ORCPT")) {
        if (!once(seen, 1)) return replies::twice_parameter;
        if (!parse_orcpt(parameter.value, out)) return replies::bad_orcpt;
        return {};
    }
    return replies::unknown_parameter;
}

template <class Out, class Take>
Parsed<Out> parse_parameters(Cursor& in, Take take) {
    Out out;
    unsigned seen = 0;
    while (!in.done()) {
        Parameter parameter;
        if (!next_parameter(in, parameter)) return replies::bad_parameter;
        if (parameter.name.empty()) break;
        const auto taken = take(parameter, seen, out);
        if (!taken) return taken.error();
    }
    return out;
}

}  // namespace

Parsed<MailParameters> parse_mail_parameters(Cursor& in) {
    return parse_parameters<MailParameters>(in, take_mail_parameter);
}

Parsed<RcptParameters> parse_rcpt_parameters(Cursor& in) {
    return parse_parameters<RcptParameters>(in, take_rcpt_parameter);
}

}  // namespace smtp
