#include "filter/syntax/wildcard.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace filter {

bool matches_wildcard(std::string_view pattern, std::string_view text) {
    text = text.substr(0, matched_bytes_max);
    std::size_t p = 0, t = 0;
    std::size_t star = std::string_view::npos, resume = 0;  // the last '*', and where its octets end now
    while (t < text.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = t;
        } else if (p < pattern.size() && (pattern[p] == '?' || pattern[p] == base::to_lower(text[t]))) {
            ++p;
            ++t;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            t = ++resume;
        } else {
            return false;
        }
    }
    while (p < pattern.size() && pattern[p] == '*') ++p;
    return p == pattern.size();
}

bool contains_nocase(std::string_view text, std::string_view part) {
    const auto same = [](char a, char b) { return base::to_lower(a) == b; };
    return part.empty() ||
           std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

}  // namespace filter
