// ListPattern: does a mailbox name match a LIST pattern? RFC 9051 section 6.3.9: "*" is any run of
// characters, "%" one within a level.
//
// All places of the pattern that fit are followed at once, 64 to a machine word: time is name × pattern / 64
// whatever the pattern is. Trying one after the other is exponential for "*a*a*a…" (CVE-2026-33607 of
// Dovecot).
#pragma once
#include <array>
#include <cstdint>
#include <string_view>
#include <vector>

#include "imap/syntax/mailbox_name.hpp"

namespace imap {

class ListPattern {
public:
    /// Longer patterns (runs of wildcards count as one) match nothing: no name is that long.
    static constexpr std::size_t tokens_max = 4096;

    /// \param pattern UTF-8, reference included (reference + pattern, as Dovecot joins them).
    explicit ListPattern(std::string_view pattern);

    /// INBOX, also as first level, matches in any case.
    bool matches(std::string_view name) const;

private:
    using Word = std::uint64_t;

    void set(std::vector<Word>& bits, std::size_t at) { bits[at / 64] |= Word{1} << (at % 64); }
    const Word* places_of(char c) const {
        return places_.data() + std::size_t{slot_of_[static_cast<unsigned char>(c)]} * words_;
    }

    std::size_t words_ = 0;
    std::size_t end_ = 0;                       ///< the place behind the last token
    std::vector<Word> star_, percent_;          ///< places of wildcards
    std::array<std::uint16_t, 256> slot_of_{};  ///< octet → its row in places_; row 0 is empty
    std::vector<Word> places_;                  ///< for each octet of the pattern: where it stands
    bool too_long_ = false;
};

}  // namespace imap
