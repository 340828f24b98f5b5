// Header fields as they stand.
#include "mime/header.hpp"

#include <algorithm>
#include <cstring>

#include "ascii.hpp"

namespace mime {
namespace {

/// Offset after the line that begins at \p at.
std::size_t line_end(std::string_view text, std::size_t at) {
    const void* found = std::memchr(text.data() + at, '\n', text.size() - at);
    return found ? static_cast<std::size_t>(static_cast<const char*>(found) - text.data()) + 1 : text.size();
}

std::string_view without_line_end(std::string_view line) {
    if (line.ends_with('\n')) line.remove_suffix(1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    return line;
}

}  // namespace

std::size_t field_name_bytes(std::string_view line) {
    // field-name = 1*ftext, then obs-optional blanks (RFC 5322 sections 3.6.8 and 4.5); 8-bit names exist in
    // the wild.
    std::size_t at = 0;
    while (at < line.size() && is_field_name(line[at])) ++at;
    const std::size_t name = at;
    while (at < line.size() && is_blank(line[at])) ++at;
    return name > 0 && at < line.size() && line[at] == ':' ? name : 0;
}

bool FieldReader::next(Field& field) {
    if (at_ >= header_.size()) return false;
    std::size_t end = line_end(header_, at_);
    const std::string_view first = header_.substr(at_, end - at_);
    if (first == "\r\n" || first == "\n") return false;
    const std::size_t name = field_name_bytes(first);
    while (end < header_.size() && is_blank(header_[end])) end = line_end(header_, end);
    field.offset = at_;
    field.octets = header_.substr(at_, end - at_);
    field.name = first.substr(0, name);
    field.value = without_line_end(field.octets);
    if (name > 0) field.value.remove_prefix(first.find(':', name) + 1);
    at_ = end;
    return true;
}

bool same_name(std::string_view a, std::string_view b) {
    return a.size() == b.size() &&
           std::equal(a.begin(), a.end(), b.begin(), [](char x, char y) { return lower(x) == lower(y); });
}

bool find_field(std::string_view header, std::string_view name, Field& field) {
    FieldReader reader(header);
    while (reader.next(field)) {
        if (!field.name.empty() && same_name(field.name, name)) return true;
    }
    field = {};
    return false;
}

std::string header_subset(std::string_view header, std::span<const std::string_view> names, bool all_but) {
    std::string out;
    FieldReader reader(header);
    Field field;
    while (reader.next(field)) {
        const bool named =
            !field.name.empty() && std::any_of(names.begin(), names.end(), [&field](std::string_view name) {
                return same_name(name, field.name);
            });
        if (named != all_but) out += field.octets;
    }
    const std::string_view rest = reader.rest();
    out += rest.substr(0, rest.starts_with('\r') ? 2 : 1);
    return out;
}

std::string unfold(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (const char c : value) {
        if (c != '\r' && c != '\n') out.push_back(c);
    }
    return out;
}

}  // namespace mime
