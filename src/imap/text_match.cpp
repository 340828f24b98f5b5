// Case folding by ICU; ASCII, which nearly all of it is, without.
#include "imap/text_match.hpp"

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

#include <unicode/ucasemap.h>

#include "base/ascii.hpp"
#include "base/result.hpp"
#include "base/utf8.hpp"

namespace imap {

namespace {

const UCaseMap* folding_map() {
    static const auto map = [] {
        UErrorCode fault = U_ZERO_ERROR;
        UCaseMap* made = ucasemap_open("", U_FOLD_CASE_DEFAULT, &fault);
        if (U_FAILURE(fault)) throw base::Bug("ICU has no case map");
        return made;
    }();
    return map;  // lives as long as the process; read by all threads
}

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

std::string fold_case(std::string_view utf8) {
    if (base::is_ascii(utf8)) return base::lowered(utf8);
    std::string out(utf8);
    for (;;) {
        UErrorCode fault = U_ZERO_ERROR;
        const std::int32_t length =
            ucasemap_utf8FoldCase(folding_map(), out.data(), static_cast<std::int32_t>(out.size()),
                                  utf8.data(), static_cast<std::int32_t>(utf8.size()), &fault);
        out.resize(static_cast<std::size_t>(std::max(length, 0)));
        if (fault == U_BUFFER_OVERFLOW_ERROR) continue;
        return U_FAILURE(fault) ? std::string(utf8) : out;
    }
}

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
    window_ += fold_case(utf8.substr(0, utf8.size() - tail));
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

void TextMatcher::restart() {
    incomplete_.clear();
    window_.clear();
}

bool TextMatcher::found(std::size_t id) const {
    for (const Needle& needle : needles_)
        if (needle.id == id) return needle.found;
    return false;
}

}  // namespace imap
