#include "filter/syntax/edit.hpp"

#include <algorithm>
#include <charconv>

namespace filter {
namespace {

constexpr std::size_t field_name_max = 200;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// "5.7.1" of the class that the code has; at most three digits a part. RFC 3463 section 2
bool is_status(std::string_view text, char klass) {
    if (text.size() < 5 || text[0] != klass || text[1] != '.') return false;
    text.remove_prefix(2);
    const std::size_t dot = text.find('.');
    if (dot == std::string_view::npos) return false;
    const auto number = [](std::string_view part) {
        return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
    };
    return number(text.substr(0, dot)) && number(text.substr(dot + 1));
}

}  // namespace

Reply make_reply(std::uint16_t code, std::string_view status, std::string_view text) {
    Reply out;
    out.code = code;
    out.status = status;
    out.text = text.substr(0, reply_text_max);
    std::ranges::replace_if(out.text, [](char c) { return c < 0x20 || c == 0x7F; }, '?');
    return out;
}

Reply parse_reply(std::string_view line) {
    const bool coded = line.size() >= 3 && (line[0] == '4' || line[0] == '5') && is_digit(line[1]) &&
                       is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
    if (!coded) return {};
    std::uint16_t code = 0;
    std::from_chars(line.data(), line.data() + 3, code);
    const char klass = line[0];
    line.remove_prefix(std::min<std::size_t>(4, line.size()));
    line = line.substr(0, line.find_first_of("\r\n"));  // of several lines the first
    std::string_view status = klass == '4' ? "4.7.1" : "5.7.1";
    const std::string_view word = line.substr(0, line.find(' '));
    if (is_status(word, klass)) {
        status = word;
        line.remove_prefix(std::min(word.size() + 1, line.size()));
    }
    return make_reply(code, status, line.empty() ? std::string_view("Refused by a filter") : line);
}

bool is_field_name(std::string_view name) {
    return !name.empty() && name.size() <= field_name_max &&
           std::ranges::all_of(name, [](char c) { return c > 0x20 && c < 0x7F && c != ':'; });
}

std::string field_value(std::string_view value) {
    std::string out;
    bool first = true;
    while (first || !value.empty()) {
        const std::size_t end = std::min(value.find_first_of("\r\n"), value.size());
        std::string line(value.substr(0, end));
        value.remove_prefix(end);
        if (value.starts_with("\r\n"))
            value.remove_prefix(2);
        else if (!value.empty())
            value.remove_prefix(1);
        std::erase(line, '\0');
        const bool blank = line.find_first_not_of(" \t") == std::string::npos;
        if (!first && blank) continue;  // an obsolete fold (RFC 5322 section 4.2), or the end of a header
        if (!first) out += "\r\n";
        if (line.empty() || (line.front() != ' ' && line.front() != '\t')) out += first ? ' ' : '\t';
        out += line;
        first = false;
    }
    return out;
}

}  // namespace filter
