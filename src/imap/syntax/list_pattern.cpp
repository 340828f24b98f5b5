#include "imap/syntax/list_pattern.hpp"

#include <algorithm>
#include <string>

#include "imap/syntax/octets.hpp"

namespace imap {
namespace {
constexpr std::size_t inbox_octets = 5;

bool is_wildcard(char c) { return c == '*' || c == '%'; }

/// "*%*%" is "*", "%%" is "%": no two wildcards stand together.
std::string merge_wildcards(std::string_view pattern) {
    std::string out;
    out.reserve(pattern.size());
    for (const char c : pattern) {
        if (is_wildcard(c) && !out.empty() && is_wildcard(out.back())) {
            if (c == '*') out.back() = '*';
        } else {
            out.push_back(c);
        }
    }
    return out;
}
}  // namespace

ListPattern::ListPattern(std::string_view pattern) {
    const std::string tokens = merge_wildcards(pattern);
    too_long_ = tokens.size() > tokens_max;
    if (too_long_) return;
    end_ = tokens.size();
    words_ = end_ / 64 + 1;
    star_.resize(words_);
    percent_.resize(words_);
    std::uint16_t rows = 1;
    for (const char c : tokens) {
        std::uint16_t& slot = slot_of_[static_cast<unsigned char>(c)];
        if (!is_wildcard(c) && slot == 0) slot = rows++;
    }
    places_.resize(words_ * rows);
    for (std::size_t at = 0; at < tokens.size(); ++at) {
        const char c = tokens[at];
        if (c == '*') {
            set(star_, at);
        } else if (c == '%') {
            set(percent_, at);
        } else {
            places_[slot_of_[static_cast<unsigned char>(c)] * words_ + at / 64] |= Word{1} << (at % 64);
        }
    }
}

bool ListPattern::matches(std::string_view name) const {
    if (too_long_) return false;
    const std::size_t any_case = begins_with_inbox(name) ? inbox_octets : 0;
    // Bit n: the name so far brings us in front of token n. A wildcard may also be passed without taking
    // anything.
    std::array<Word, tokens_max / 64 + 1> active;
    std::fill_n(active.begin(), words_, Word{0});
    active[0] = 1;
    const auto pass_wildcards = [&] {
        Word carry = 0;
        for (std::size_t w = 0; w < words_; ++w) {
            const Word wild = active[w] & (star_[w] | percent_[w]);
            active[w] |= (wild << 1U) | carry;
            carry = wild >> 63U;
        }
    };
    pass_wildcards();
    for (std::size_t i = 0; i < name.size(); ++i) {
        const char c = name[i];
        const Word* const places = places_of(i < any_case ? to_upper(c) : c);
        const Word* const lower = places_of(i < any_case ? base::to_lower(c) : c);
        const Word within_level = c == hierarchy_delimiter ? 0 : ~Word{0};
        Word carry = 0;
        Word alive = 0;
        for (std::size_t w = 0; w < words_; ++w) {
            const Word step = active[w] & (places[w] | lower[w]);
            active[w] = (step << 1U) | carry | (active[w] & (star_[w] | (percent_[w] & within_level)));
            carry = step >> 63U;
            alive |= active[w];
        }
        if (alive == 0) return false;
        pass_wildcards();
    }
    return (active[end_ / 64] >> (end_ % 64) & 1U) != 0;
}

}  // namespace imap
