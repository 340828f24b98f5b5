#include "mta/smtp_out/syntax/extensions.hpp"

#include <algorithm>
#include <charconv>
#include <string_view>

#include "base/ascii.hpp"

namespace mta::smtp_out {
namespace {

constexpr std::size_t mechanisms_max = 32;

std::string_view next_word(std::string_view& text) {
    const std::size_t start = std::min(text.find_first_not_of(" \t"), text.size());
    text.remove_prefix(start);
    const std::size_t end = std::min(text.find_first_of(" \t"), text.size());
    const std::string_view word = text.substr(0, end);
    text.remove_prefix(end);
    return word;
}

template <class Number>
bool read_number(std::string_view text, Number& out) {
    Number value = 0;
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (ec != std::errc() || end != text.data() + text.size()) return false;
    out = value;
    return true;
}

void read_mechanisms(std::string_view rest, std::vector<std::string>& out) {
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
        std::string name;
        for (const char c : word) name += base::to_upper(c);
        if (out.size() < mechanisms_max && std::ranges::find(out, name) == out.end())
            out.push_back(std::move(name));
    }
}

/// RFC 9422 section 3: name=value pairs; what is not known is ignored.
void read_limits(std::string_view rest, Extensions& out) {
    for (std::string_view word = next_word(rest); !word.empty(); word = next_word(rest)) {
        const std::size_t equals = word.find('=');
        if (equals == std::string_view::npos) continue;
        const std::string_view name = word.substr(0, equals), value = word.substr(equals + 1);
        if (base::equals_nocase(name, "RCPTMAX")) read_number(value, out.rcpt_max);
        if (base::equals_nocase(name, "MAILMAX")) read_number(value, out.mail_max);
        if (base::equals_nocase(name, "RCPTDOMAINMAX")) read_number(value, out.rcpt_domain_max);
    }
}

/// Keywords without a value that matters.
bool* flag_of(std::string_view keyword, Extensions& out) {
    struct Flag {
        std::string_view name;
        bool Extensions::* member;
    };
    constexpr Flag flags[] = {
        {"PIPELINING", &Extensions::pipelining},
        {"8BITMIME", &Extensions::eight_bit},
        {"BINARYMIME", &Extensions::binary},
        {"CHUNKING", &Extensions::chunking},
        {"SMTPUTF8", &Extensions::smtputf8},
        {"DSN", &Extensions::dsn},
        {"STARTTLS", &Extensions::start_tls},
        {"ENHANCEDSTATUSCODES", &Extensions::enhanced},
        {"REQUIRETLS", &Extensions::require_tls},
        {"MT-PRIORITY", &Extensions::mt_priority},
        {"DELIVERBY", &Extensions::deliver_by},
        {"SIZE", &Extensions::size},
        {"FUTURERELEASE", &Extensions::future_release},
    };
    for (const Flag& flag : flags)
        if (base::equals_nocase(keyword, flag.name)) return &(out.*flag.member);
    return nullptr;
}

}  // namespace

Extensions read_extensions(const Reply& reply) {
    Extensions out;
    if (reply.lines.empty()) return out;
    std::string_view first = reply.lines.front();
    out.greeting_name = printable(next_word(first), 255);
    for (std::size_t i = 1; i < reply.lines.size(); ++i) {
        std::string_view rest = reply.lines[i];
        const std::string_view keyword = next_word(rest);
        // "AUTH=LOGIN": servers of the last century, made for their clients.
        if (keyword.size() > 5 && base::equals_nocase(keyword.substr(0, 5), "AUTH=")) {
            read_mechanisms(keyword.substr(5), out.auth);
            read_mechanisms(rest, out.auth);
        } else if (base::equals_nocase(keyword, "AUTH")) {
            read_mechanisms(rest, out.auth);
        } else if (base::equals_nocase(keyword, "LIMITS")) {
            read_limits(rest, out);
        } else if (bool* const flag = flag_of(keyword, out); flag != nullptr) {
            *flag = true;
            const std::string_view value = next_word(rest);
            if (flag == &out.size) read_number(value, out.size_max);
            if (flag == &out.deliver_by) read_number(value.substr(0, value.find(',')), out.deliver_by_min);
            if (flag == &out.future_release) read_number(value, out.hold_max);
        }
    }
    return out;
}

}  // namespace mta::smtp_out
