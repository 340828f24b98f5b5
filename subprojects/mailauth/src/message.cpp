#include "mailauth/message.hpp"

#include <algorithm>

#include "mailauth/domain.hpp"

namespace mailauth {

namespace {

bool is_blank(char c) { return c == ' ' || c == '\t'; }

/// Behind the line that begins at \p at.
std::size_t line_end(std::string_view text, std::size_t at) {
    const std::size_t end = text.find('\n', at);
    return end == std::string_view::npos ? text.size() : end + 1;
}

bool is_empty_line(std::string_view line) { return line == "\r\n" || line == "\n"; }

/// Unfolds, makes one blank of each run, and takes the blanks at both ends away.
void collapse(std::string_view value, std::string& out) {
    bool blank = false;
    bool any = false;
    for (std::size_t i = 0; i < value.size(); ++i) {
        const char c = value[i];
        const bool crlf = c == '\r' && i + 1 < value.size() && value[i + 1] == '\n';
        if (crlf) ++i;
        if (crlf || c == '\n') continue;
        if (is_blank(c)) {
            blank = true;
            continue;
        }
        if (blank && any) out += ' ';
        blank = false;
        any = true;
        out += c;
    }
}

}  // namespace

std::string_view HeaderField::value() const {
    const std::size_t colon = octets.find(':');
    return colon == std::string_view::npos ? std::string_view() : octets.substr(colon + 1);
}

std::vector<HeaderField> split_header(std::string_view header) {
    std::vector<HeaderField> fields;
    for (std::size_t at = 0; at < header.size();) {
        std::size_t end = line_end(header, at);
        if (is_empty_line(header.substr(at, end - at))) break;
        while (end < header.size() && is_blank(header[end])) end = line_end(header, end);
        HeaderField field;
        field.octets = header.substr(at, end - at);
        at = end;
        const std::size_t colon = field.octets.find(':');
        if (colon == std::string_view::npos || is_blank(field.octets.front())) continue;
        field.name = field.octets.substr(0, colon);
        while (!field.name.empty() && is_blank(field.name.back())) field.name.remove_suffix(1);
        if (field.name.empty() || field.name.find_first_of(" \t\r\n") != std::string_view::npos) continue;
        fields.push_back(field);
    }
    return fields;
}

std::size_t body_offset(std::string_view message) {
    for (std::size_t at = 0; at < message.size();) {
        const std::size_t end = line_end(message, at);
        if (is_empty_line(message.substr(at, end - at))) return end;
        at = end;
    }
    return message.size();
}

std::string with_crlf(std::string_view message) {
    std::string out;
    out.reserve(message.size() + message.size() / 32);
    for (std::size_t i = 0; i < message.size(); ++i) {
        if (message[i] == '\n' && (i == 0 || message[i - 1] != '\r')) out += '\r';
        out += message[i];
    }
    return out;
}

std::string_view name_of(Canonical canonical) {
    return canonical == Canonical::simple ? "simple" : "relaxed";
}

void canonical_field(Canonical canonical, std::string_view octets, std::string& out) {
    if (canonical == Canonical::simple) {  // RFC 6376 section 3.4.1
        out += octets;
        return;
    }
    const std::size_t colon = octets.find(':');  // section 3.4.2
    std::string_view name = octets.substr(0, colon);
    while (!name.empty() && is_blank(name.back())) name.remove_suffix(1);
    for (const char c : name) out += lower(c);
    out += ':';
    if (colon != std::string_view::npos) collapse(octets.substr(colon + 1), out);
    out += "\r\n";
}

}  // namespace mailauth
