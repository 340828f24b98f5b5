#include "eas/search_hits.hpp"

#include <algorithm>
#include <functional>

#include <unicode/unistr.h>

namespace eas {

std::int64_t date_of(const SearchHit& hit) {
    return hit.kind == store::FolderKind::mail ? hit.entry.internal_date : hit.entry.save_date;
}

void keep_newest(std::vector<SearchHit>& hits, std::size_t most) {
    if (hits.size() <= most) return;
    const auto end = hits.begin() + static_cast<std::ptrdiff_t>(most);
    std::ranges::nth_element(hits, end, std::greater(), date_of);
    hits.erase(end, hits.end());
}

std::string folded(std::string_view utf8) {
    icu::UnicodeString text =
        icu::UnicodeString::fromUTF8(icu::StringPiece(utf8.data(), static_cast<int>(utf8.size())));
    std::string out;
    text.foldCase().toUTF8String(out);
    return out;
}

bool has_words(std::string_view text, const std::vector<std::string>& words) {
    const std::string all = folded(text);
    return std::ranges::all_of(
        words, [&all](const std::string& word) { return all.find(word) != std::string::npos; });
}

}  // namespace eas
