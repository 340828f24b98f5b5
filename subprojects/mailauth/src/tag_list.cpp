#include "tag_list.hpp"

#include <algorithm>

#include "mailauth/domain.hpp"

namespace mailauth {

namespace {

constexpr std::size_t tags_max = 100;  // DKIM knows 13

bool is_alpha(char c) { return lower(c) >= 'a' && lower(c) <= 'z'; }
bool is_name(std::string_view name) {
    return !name.empty() && is_alpha(name.front()) && std::all_of(name.begin(), name.end(), [](char c) {
        return is_alpha(c) || (c >= '0' && c <= '9') || c == '_';
    });
}

/// Printable ASCII, blanks of folding, or UTF-8 (RFC 8616 section 5).
bool is_value(std::string_view value) {
    return std::all_of(value.begin(), value.end(), [](char c) {
        return static_cast<unsigned char>(c) >= 32 ? c != 127 : c == '\t' || c == '\r' || c == '\n';
    });
}

}  // namespace

TagList::TagList(std::string_view text) {
    for (std::size_t begin = 0; begin < text.size() && fault_.empty();) {
        const std::size_t end = std::min(text.find(';', begin), text.size());
        if (!add(text, begin, end)) return;
        begin = end + 1;
    }
}

bool TagList::add(std::string_view text, std::size_t begin, std::size_t end) {
    const std::string_view spec = text.substr(begin, end - begin);
    if (trim(spec).empty()) {  // one ";" at the end is right, others stand for an empty tag
        if (end == text.size()) return true;
        fault_ = "an empty tag";
        return false;
    }
    const std::size_t equals = spec.find('=');
    Tag tag;
    if (equals != std::string_view::npos) {
        tag.name = trim(spec.substr(0, equals));
        tag.value = trim(spec.substr(equals + 1));
        tag.begin = begin + equals + 1;
        tag.end = end;
    }
    if (!is_name(tag.name) || !is_value(tag.value))
        fault_ = "something that is no tag";
    else if (find(tag.name) != nullptr)
        fault_ = "the tag " + std::string(tag.name) + "= twice";
    else if (tags_.size() == tags_max)
        fault_ = "too many tags";
    else
        tags_.push_back(tag);
    return fault_.empty();
}

const Tag* TagList::find(std::string_view name) const {
    const auto found =
        std::find_if(tags_.begin(), tags_.end(), [name](const Tag& tag) { return tag.name == name; });
    return found == tags_.end() ? nullptr : &*found;
}

std::string_view TagList::value(std::string_view name) const {
    const Tag* tag = find(name);
    return tag == nullptr ? std::string_view() : tag->value;
}

std::string without_blanks(std::string_view text) {
    std::string out(text);
    std::erase_if(out, [](char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; });
    return out;
}

std::vector<std::string_view> split(std::string_view text, char separator) {
    std::vector<std::string_view> parts;
    for (std::size_t begin = 0; begin <= text.size();) {
        const std::size_t end = std::min(text.find(separator, begin), text.size());
        parts.push_back(trim(text.substr(begin, end - begin)));
        begin = end + 1;
    }
    return parts;
}

}  // namespace mailauth
