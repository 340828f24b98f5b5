// Pieces are folded as they come; only as much of them is kept as can begin a text.
#include "imap/text_match.hpp"

#include <algorithm>
#include <cstring>
#include <utility>

namespace imap {

namespace {

/// Octets at the end that begin a character and do not finish it.
std::size_t incomplete_tail(std::string_view text) {
    for (std::size_t back = 1; back <= 3 && back <= text.size(); ++back) {
        const auto octet = static_cast<unsigned char>(text[text.size() - back]);
        if (octet < 128) return 0;
        if (octet < 192) continue;
        const std::size_t length = octet >= 240 ? 4 : octet >= 224 ? 3 : 2;
        return length > back ? back : 0;
    }
    return 0;
}

}  // namespace

bool has_text(std::string_view folded, std::string_view needle) {
    return needle.empty() || ::memmem(folded.data(), folded.size(), needle.data(), needle.size()) != nullptr;
}

void TextMatcher::add(std::size_t id, std::string folded) {
    longest_ = std::max(longest_, folded.size());
    // The empty text is in everything (RFC 9051 section 6.4.4: substring).
    const bool empty = folded.empty();
    needles_.push_back(Needle{id, std::move(folded), empty});
    if (!empty) ++open_;
}

void TextMatcher::feed(std::string_view utf8) {
    if (open_ == 0) return;
    std::string joined;
    if (!incomplete_.empty()) {
        joined = std::exchange(incomplete_, {}).append(utf8);
        utf8 = joined;
    }
    const std::size_t tail = incomplete_tail(utf8);
    incomplete_ = utf8.substr(utf8.size() - tail);
    const std::size_t known = window_.size();
    window_ += search_key_text(comparator_, utf8.substr(0, utf8.size() - tail));
    if (!fuzzy_.empty()) feed_fuzzy(std::string_view(window_).substr(known));
    for (Needle& needle : needles_) {
        if (needle.found) continue;
        // Of what came before, only the end can begin something new.
        const std::size_t skip = known - std::min(known, needle.text.size() - 1);
        if (!has_text(std::string_view(window_).substr(skip), needle.text)) continue;
        needle.found = true;
        --open_;
    }
    if (window_.size() >= longest_) window_.erase(0, window_.size() - (longest_ == 0 ? 0 : longest_ - 1));
}

void TextMatcher::add_fuzzy(std::size_t id, std::string_view folded) {
    fuzzy_.push_back(FuzzyNeedle{id, FuzzyMatcher(folded), false});
    ++open_;
}

void TextMatcher::feed_fuzzy(std::string_view folded) {
    for (FuzzyNeedle& needle : fuzzy_) {
        if (needle.found) continue;
        needle.matcher.feed(folded);
        if (needle.matcher.score() < 100) continue;
        needle.found = true;
        --open_;
    }
}

void TextMatcher::restart() {
    for (FuzzyNeedle& needle : fuzzy_) needle.matcher.restart();
    incomplete_.clear();
    window_.clear();
}

unsigned TextMatcher::score(std::size_t id) const {
    for (const Needle& needle : needles_)
        if (needle.id == id) return needle.found ? 100 : 0;
    for (const FuzzyNeedle& needle : fuzzy_)
        if (needle.id == id) return needle.matcher.score();
    return 0;
}

}  // namespace imap
