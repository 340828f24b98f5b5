// Substring search without regard to case, over text that comes in pieces. RFC 9051 section 6.4.4.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "imap/fuzzy_match.hpp"
#include "imap/sort/comparator.hpp"

namespace imap {

/// True when `folded` has `needle` in it. Time grows with the sum of their sizes, not with the product as it
/// does in std::string::find(): both are chosen by strangers.
bool has_text(std::string_view folded, std::string_view needle);

/// Looks for several texts at once. Holds one piece and as much as the longest text of the one before.
class TextMatcher {
public:
    explicit TextMatcher(Comparator comparator = default_comparator) : comparator_(comparator) {}
    /// \param folded by search_key_text()
    void add(std::size_t id, std::string folded);
    /// The same, but not exactly (RFC 6203).
    void add_fuzzy(std::size_t id, std::string_view folded);
    /// Pieces may break anywhere, also inside a character.
    void feed(std::string_view utf8);
    /// What follows does not touch what came before: the next part, or the next field.
    void restart();
    bool all_found() const { return open_ == 0; }
    std::size_t open() const { return open_; }  ///< texts not found yet: each is looked for in every piece
    bool found(std::size_t id) const { return score(id) != 0; }
    /// How well: 100 for what is found exactly, 0 for what is not.
    unsigned score(std::size_t id) const;

private:
    void feed_fuzzy(std::string_view folded);
    struct Needle {
        std::size_t id = 0;
        std::string text;
        bool found = false;
    };
    struct FuzzyNeedle {
        std::size_t id = 0;
        FuzzyMatcher matcher;
        bool found = false;  // as well as can be
    };
    Comparator comparator_;
    std::vector<FuzzyNeedle> fuzzy_;
    std::vector<Needle> needles_;
    std::size_t open_ = 0;  // not found yet
    std::size_t longest_ = 0;
    std::string incomplete_;  // first octets of a character
    std::string window_;      // folded: the end of what came before, then the piece
};

}  // namespace imap
