// FuzzyMatcher: whether a text has the words of another, in any order, perhaps misspelt, and how well. RFC
// 6203.
#pragma once
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace imap {

/// Takes text in pieces, folded as the needle is. A word counts in full as it stands, less as a part of a
/// longer word, less with one wrong letter, or with two in long words.
class FuzzyMatcher {
public:
    static constexpr std::size_t words_max = 16;       ///< of the needle; what is behind does not count
    static constexpr std::size_t word_bytes_max = 64;  ///< of a word; what is behind does not count

    explicit FuzzyMatcher(std::string_view needle);
    void feed(std::string_view text);
    /// A word does not go on behind here.
    void restart();
    /// 1 to 100 (RFC 6203 section 4); 0: some word is not there.
    unsigned score() const;

private:
    struct Word {
        std::string text;
        unsigned score = 0;
    };
    void end_word();

    std::vector<Word> words_;
    std::string word_;  // of the text, under way
};

}  // namespace imap
