#include "store/flags.hpp"

#include <algorithm>

namespace store {
namespace {

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

}  // namespace

bool same_keyword(std::string_view a, std::string_view b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                      [](char left, char right) { return lower(left) == lower(right); });
}

/// flag-keyword = atom. RFC 9051 section 9: ATOM-CHAR is any CHAR but these.
bool valid_keyword(std::string_view name) {
    if (name.empty() || name.size() > Keywords::name_bytes_max) return false;
    return std::all_of(name.begin(), name.end(), [](char c) {
        return c > 0x20 && c < 0x7F && std::string_view("(){%*\"\\]").find(c) == std::string_view::npos;
    });
}

std::optional<unsigned> Keywords::find(std::string_view name) const {
    for (std::size_t i = 0; i < names_.size(); ++i)
        if (same_keyword(names_[i], name)) return static_cast<unsigned>(i);
    return std::nullopt;
}

std::optional<unsigned> Keywords::add(std::string_view name) {
    if (const auto known = find(name)) return known;
    if (full()) return std::nullopt;
    names_.emplace_back(name);
    return static_cast<unsigned>(names_.size() - 1);
}

}  // namespace store
