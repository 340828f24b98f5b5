// The comparators by ICU; ASCII, which nearly all of it is, without.
#include "imap/sort/comparator.hpp"

#include <algorithm>
#include <memory>

#include <unicode/uchar.h>
#include <unicode/unorm2.h>
#include <unicode/ustring.h>
#include <unicode/utf16.h>
#include <unicode/utf8.h>

#include "base/ascii.hpp"
#include "base/result.hpp"
#include "base/utf8.hpp"

namespace imap {
namespace {

constexpr UChar32 table_end = 0x10000;  // characters beyond have few cases and are rare: made anew each time

void append_utf8(std::string& out, UChar32 character) {
    std::array<char, 4> octets{};
    std::int32_t length = 0;
    U8_APPEND_UNSAFE(octets.data(), length, character);
    out.append(octets.data(), static_cast<std::size_t>(length));
}

const UNormalizer2* compatibility() {
    static const UNormalizer2* const form = [] {
        UErrorCode fault = U_ZERO_ERROR;
        const UNormalizer2* found = unorm2_getNFKDInstance(&fault);
        if (U_FAILURE(fault)) throw base::Bug("ICU has no NFKD");
        return found;
    }();
    return form;
}

/// UnicodeData.txt gives Hangul syllables no decomposition each: RFC 5051 leaves them whole.
bool is_hangul(UChar32 character) { return character >= 0xAC00 && character <= 0xD7A3; }

using Characters = std::u32string;

/// RFC 5051 section 2: title case, then the decomposition, again until nothing changes.
Characters titlecased(UChar32 character) {
    Characters now(1, static_cast<char32_t>(character));
    constexpr unsigned rounds_max = 4;  // no character of Unicode 15 needs more than three
    for (unsigned round = 0; round < rounds_max; ++round) {
        Characters next;
        for (const char32_t each : now) {
            const UChar32 title = u_totitle(static_cast<UChar32>(each));
            std::array<UChar, 32> units{};
            UErrorCode fault = U_ZERO_ERROR;
            const std::int32_t length =
                is_hangul(title) ? -1
                                 : unorm2_getDecomposition(compatibility(), title, units.data(),
                                                           static_cast<std::int32_t>(units.size()), &fault);
            if (length < 0 || U_FAILURE(fault)) {
                next.push_back(static_cast<char32_t>(title));
                continue;
            }
            for (std::int32_t at = 0; at < length;) {
                UChar32 part = 0;
                U16_NEXT(units.data(), at, length, part);
                next.push_back(static_cast<char32_t>(part));
            }
        }
        if (next == now) break;
        now = std::move(next);
    }
    return now;
}

/// Unicode's full case folding of each character.
Characters folded(const Characters& text) {
    Characters out;
    for (const char32_t each : text) {
        std::array<UChar, 2> source{};
        std::int32_t units = 0;
        U16_APPEND_UNSAFE(source.data(), units, static_cast<UChar32>(each));
        std::array<UChar, 16> made{};
        UErrorCode fault = U_ZERO_ERROR;
        const std::int32_t length = u_strFoldCase(made.data(), static_cast<std::int32_t>(made.size()),
                                                  source.data(), units, U_FOLD_CASE_DEFAULT, &fault);
        if (U_FAILURE(fault)) {
            out.push_back(each);
            continue;
        }
        for (std::int32_t at = 0; at < length;) {
            UChar32 part = 0;
            U16_NEXT(made.data(), at, length, part);
            out.push_back(static_cast<char32_t>(part));
        }
    }
    return out;
}

enum class Map : std::uint8_t { title, search };

std::string mapped(Map map, UChar32 character) {
    Characters made = titlecased(character);
    // Folding may take apart what title case did not: U+1E9E becomes "ss".
    if (map == Map::search) made = folded(made);
    std::string out;
    for (const char32_t each : made) append_utf8(out, static_cast<UChar32>(each));
    return out;
}

/// What becomes of each character of the basic plane, as UTF-8. Made once, when the first text that is not
/// ASCII is compared: some ten milliseconds, 600 KB.
class Table {
public:
    explicit Table(Map map) : places_(static_cast<std::size_t>(table_end)) {
        for (UChar32 character = 0; character < table_end; ++character) {
            const std::string text = U_IS_SURROGATE(character) ? std::string() : mapped(map, character);
            places_[static_cast<std::size_t>(character)] =
                Place{static_cast<std::uint32_t>(texts_.size()), static_cast<std::uint8_t>(text.size())};
            texts_ += text;
        }
        texts_.shrink_to_fit();
    }
    std::string_view operator[](UChar32 character) const {
        const Place place = places_[static_cast<std::size_t>(character)];
        return std::string_view(texts_).substr(place.offset, place.bytes);
    }

private:
    struct Place {
        std::uint32_t offset = 0;
        std::uint8_t bytes = 0;
    };
    std::vector<Place> places_;
    std::string texts_;
};

const Table& table(Map map) {
    if (map == Map::title) {
        static const Table titles(Map::title);
        return titles;
    }
    static const Table searches(Map::search);
    return searches;
}

std::string map_text(Map map, std::string_view text) {
    const Table& known = table(map);
    std::string out;
    out.reserve(text.size() + text.size() / 4);
    const auto* const octets = reinterpret_cast<const std::uint8_t*>(text.data());
    for (std::size_t at = 0; at < text.size();) {
        const std::size_t from = at;
        UChar32 character = 0;
        U8_NEXT(octets, at, text.size(), character);
        if (character < 0) {
            out.append(text.substr(from, at - from));  // no UTF-8: compared as octets
        } else if (character < table_end) {
            out.append(known[character]);
        } else {
            out.append(mapped(map, character));
        }
    }
    return out;
}

std::string uppered(std::string_view text) {
    std::string out(text);
    std::ranges::transform(out, out.begin(), base::to_upper);
    return out;
}

/// "*" is any octets. No backtracking beyond the last star.
bool matches(std::string_view pattern, std::string_view name) {
    std::size_t p = 0, n = 0, star = std::string_view::npos, resume = 0;
    while (n < name.size()) {
        if (p < pattern.size() && pattern[p] == '*') {
            star = p++;
            resume = n;
        } else if (p < pattern.size() && pattern[p] == name[n]) {
            ++p;
            ++n;
        } else if (star != std::string_view::npos) {
            p = star + 1;
            n = ++resume;
        } else {
            return false;
        }
    }
    return pattern.find_first_not_of('*', p) == std::string_view::npos;
}

}  // namespace

std::string_view name_of(Comparator comparator) {
    switch (comparator) {
        case Comparator::unicode_casemap:
            return "i;unicode-casemap";
        case Comparator::ascii_casemap:
            return "i;ascii-casemap";
        case Comparator::octet:
            break;
    }
    return "i;octet";
}

std::string collation_key(Comparator comparator, std::string_view text) {
    if (comparator == Comparator::octet) return std::string(text);
    if (comparator == Comparator::ascii_casemap || base::is_ascii(text)) return uppered(text);
    return map_text(Map::title, text);
}

std::string search_key_text(Comparator comparator, std::string_view text) {
    if (comparator != Comparator::unicode_casemap) return collation_key(comparator, text);
    return base::is_ascii(text) ? base::lowered(text) : map_text(Map::search, text);
}

std::vector<Comparator> match_comparators(std::string_view pattern) {
    std::vector<Comparator> found;
    if (pattern == "default") return {default_comparator};
    for (const Comparator comparator : comparators)
        if (matches(pattern, name_of(comparator))) found.push_back(comparator);
    return found;
}

}  // namespace imap
