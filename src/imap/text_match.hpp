// Substring search without regard to case, over text that comes in pieces. RFC 9051 section 6.4.4.
#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace imap {

/// Unicode's full case folding of UTF-8 text ("Straße" = "STRASSE"); what is no UTF-8 becomes U+FFFD.
std::string fold_case(std::string_view utf8);

/// True when `folded` has `needle` in it. Time grows with the sum of their sizes, not with the product as it
/// does in std::string::find(): both are chosen by strangers.
bool has_text(std::string_view folded, std::string_view needle);

/// Looks for several texts at once. Holds one piece and as much as the longest text of the one before.
class TextMatcher {
public:
    /// \param folded by fold_case()
    void add(std::size_t id, std::string folded);
    /// Pieces may break anywhere, also inside a character.
    void feed(std::string_view utf8);
    /// What follows does not touch what came before: the next part, or the next field.
    void restart();
    bool all_found() const { return open_ == 0; }
    std::size_t open() const { return open_; }  ///< texts not found yet: each is looked for in every piece
    bool found(std::size_t id) const;

private:
    struct Needle {
        std::size_t id = 0;
        std::string text;
        bool found = false;
    };
    std::vector<Needle> needles_;
    std::size_t open_ = 0;  // not found yet
    std::size_t longest_ = 0;
    std::string incomplete_;  // first octets of a character
    std::string window_;      // folded: the end of what came before, then the piece
};

}  // namespace imap
