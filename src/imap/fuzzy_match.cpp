#include "imap/fuzzy_match.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace imap {
namespace {

constexpr unsigned whole = 100, inside = 85, one_wrong = 60, two_wrong = 35;

/// Letters and digits; every octet of a character beyond ASCII is one.
bool is_letter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           static_cast<unsigned char>(c) >= 128;
}

/// How many octets must be put in, left out or changed; more than `most`: just more. Costs the shorter text's
/// length times 2 · most + 1.
unsigned distance(std::string_view a, std::string_view b, unsigned most) {
    if (a.size() > b.size()) std::swap(a, b);
    if (b.size() - a.size() > most) return most + 1;
    std::array<unsigned, FuzzyMatcher::word_bytes_max + 1> row{};
    for (std::size_t j = 0; j <= b.size(); ++j) row[j] = static_cast<unsigned>(j);
    for (std::size_t i = 1; i <= a.size(); ++i) {
        const std::size_t from = i > most ? i - most : 1, to = std::min(b.size(), i + most);
        unsigned diagonal = row[from - 1];
        row[from - 1] = from == 1 ? static_cast<unsigned>(i) : most + 1;
        unsigned least = most + 1;
        for (std::size_t j = from; j <= to; ++j) {
            const unsigned above = j == i + most ? most + 1 : row[j];
            const unsigned changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
            diagonal = row[j];
            row[j] = std::min({changed, above + 1, row[j - 1] + 1});
            least = std::min(least, row[j]);
        }
        if (least > most) return most + 1;
    }
    return row[b.size()];
}

unsigned compare(std::string_view wanted, std::string_view word) {
    if (wanted == word) return whole;
    if (word.find(wanted) != std::string_view::npos) return inside;
    constexpr std::size_t long_enough = 4, longer = 8;  // letters: of short words every one matters
    if (wanted.size() < long_enough) return 0;
    const unsigned wrong = distance(wanted, word, wanted.size() < longer ? 1 : 2);
    return wrong == 1 ? one_wrong : wrong == 2 && wanted.size() >= longer ? two_wrong : 0;
}

}  // namespace

FuzzyMatcher::FuzzyMatcher(std::string_view needle) {
    std::string word;
    const auto end = [&] {
        if (!word.empty() && words_.size() < words_max) words_.push_back(Word{std::exchange(word, {}), 0});
        word.clear();
    };
    for (const char c : needle) {
        if (!is_letter(c)) {
            end();
        } else if (word.size() < word_bytes_max) {
            word.push_back(c);
        }
    }
    end();
}

void FuzzyMatcher::feed(std::string_view text) {
    for (const char c : text) {
        if (!is_letter(c)) {
            if (!word_.empty()) end_word();
        } else if (word_.size() < word_bytes_max) {
            word_.push_back(c);
        }
    }
}

void FuzzyMatcher::restart() {
    if (!word_.empty()) end_word();
}

void FuzzyMatcher::end_word() {
    for (Word& wanted : words_)
        if (wanted.score < whole) wanted.score = std::max(wanted.score, compare(wanted.text, word_));
    word_.clear();
}

unsigned FuzzyMatcher::score() const {
    unsigned sum = 0;
    for (const Word& wanted : words_) {
        unsigned score = wanted.score;
        if (score < whole && !word_.empty()) score = std::max(score, compare(wanted.text, word_));
        if (score == 0) return 0;
        sum += score;
    }
    // No words at all: like the empty text, in everything.
    return words_.empty() ? whole : sum / static_cast<unsigned>(words_.size());
}

}  // namespace imap
