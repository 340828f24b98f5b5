// Collector: the distinct trigrams and words of one document, from texts that come in pieces.
#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "trigram/term.hpp"

namespace trigram {

struct CollectorLimits {
    std::size_t grams_max = 1U << 20;  ///< of one document: 8 MiB; a novel in any alphabet has 50,000
    std::size_t word_octets_max = 4U << 20;
};

/// The octets of a word, the first one lowest, and others that mean nothing behind it.
using WordBuffer = std::array<std::uint64_t, word_bytes_max / 8>;

/// Used for one document after the other; keeps its memory between them.
class Collector {
public:
    explicit Collector(CollectorLimits limits = {});

    void begin_document();
    /// A text of its own: nothing spans two of them.
    void begin_text(Field field);
    /// Pieces may break anywhere, also inside a character. `words`: whole words of it count as found for
    /// sure.
    void feed(std::string_view utf8, bool words = true);
    void end_text();

    /// Distinct, in no order.
    const std::vector<Gram>& grams() const { return grams_; }
    /// Each as take_word() reads it; some may come twice.
    std::string_view words() const { return std::string_view(words_).substr(0, words_size_); }
    struct Word {
        unsigned field = 0;
        std::uint64_t hash = 0;
        std::string_view octets;
    };
    /// Takes one off the front, which is not empty.
    static Word take_word(std::string_view& words);
    /// The document has more than the limits allow: what is here is not all.
    bool overflow() const { return overflow_; }

private:
    void feed_ascii(const char* from, const char* to, bool words);
    void collect_words(const char* from, const char* to);
    const char* continue_word(const char* from, const char* to);
    void feed_character(char32_t character, bool words);
    void unit(Unit unit);
    void add_rare(Gram gram);
    void add_common(std::uint32_t index, Gram gram);
    void grow_table();
    void end_word();
    void make_room_for_words();
    void add_word(const WordBuffer& word, std::size_t size);

    CollectorLimits limits_;
    std::uint64_t field_bits_ = 0;
    unsigned field_ = 0;
    Gram window_ = 0;          // the last units
    std::uint32_t ascii_ = 0;  // the same in 7 bits each, while all are ASCII
    unsigned have_ = 0;        // units in the window, at most 3
    unsigned ascii_have_ = 0;  // of them ASCII in a row
    bool overflow_ = false;
    bool long_word_ = false;
    std::string cut_;    // first octets of a character
    std::string word_;   // the one under way
    std::string words_;  // longer than words_size_
    std::size_t words_size_ = 0;
    std::vector<Gram> grams_;
    // A bit for each trigram of ASCII, a set for all others.
    std::array<std::vector<std::uint64_t>, fields> common_;
    std::vector<Gram> rare_;
    std::size_t rare_count_ = 0;
    std::uint64_t document_ = 0;  // its number
    // By hash, which the document's number is added to: forgets, never invents but by 2^-64.
    std::vector<std::uint64_t> seen_words_;
};

}  // namespace trigram
