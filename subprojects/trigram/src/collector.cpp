#include "trigram/collector.hpp"

#include <algorithm>
#include <cstring>
#include <random>

#include "octets.hpp"

namespace trigram {
namespace {

constexpr std::size_t common_bits = std::size_t{1} << 21;  // 7 bits a unit
constexpr std::size_t seen_words_size = 4096;
constexpr Gram nothing = ~Gram{0};
constexpr std::ptrdiff_t piece = 4096;

/// The unit of an ASCII character and whether it stands in words.
struct Ascii {
    std::uint8_t unit = 0;
    bool word = false;
};
constexpr std::array<Ascii, 128> make_ascii() {
    std::array<Ascii, 128> out{};
    for (unsigned c = 0; c < 128; ++c) {
        const bool upper = c >= 'A' && c <= 'Z';
        const unsigned lower = upper ? c + 32 : c;
        out[c].unit = static_cast<std::uint8_t>(lower == 0 ? 1 : lower);
        out[c].word = (lower >= 'a' && lower <= 'z') || (c >= '0' && c <= '9');
    }
    return out;
}
constexpr std::array<Ascii, 128> ascii_table = make_ascii();

/// Three units of 7 bits as a gram.
constexpr Gram widened(std::uint32_t ascii) {
    return Gram{ascii >> 14U} << (2 * unit_bits) | Gram{ascii >> 7U & 127U} << unit_bits | (ascii & 127U);
}

constexpr std::uint64_t mix(std::uint64_t value) {
    value ^= value >> 31U;
    value *= 0x9E3779B97F4A7C15U;
    value ^= value >> 29U;
    return value;
}

constexpr std::size_t word_head = 10;  // hash, field, length
using WordBuffer = std::array<char, word_bytes_max>;
static_assert(word_bytes_max % sizeof(std::uint64_t) == 0);

/// Another one in each process: who sends mail cannot make words that meet in one place of a table. Hashes
/// are in no file.
const std::uint64_t hash_seed = [] {
    std::random_device device;
    return std::uint64_t{device()} << 32U | device();
}();

/// Never 0. Eight octets at a time: what stands behind the word is masked out.
std::uint64_t hash_of(unsigned field, const WordBuffer& word, std::size_t size) {
    std::uint64_t hash = mix(hash_seed + field) ^ size;
    for (std::size_t at = 0; at < size; at += 8) {
        std::uint64_t part = 0;
        std::memcpy(&part, word.data() + at, sizeof part);
        if (size - at < 8) part &= (std::uint64_t{1} << 8 * (size - at)) - 1;
        hash = mix(hash ^ part) * 0xD6E8FEB86659FD93U;
    }
    return mix(hash) | 1U;
}

}  // namespace

bool append_word_character(char32_t character, std::string& out) {
    if (character < 128) {
        if (!ascii_table[character].word) return false;
        out.push_back(static_cast<char>(ascii_table[character].unit));
        return true;
    }
    if (character >= 0x410 && character <= 0x42F) character += 0x20;
    if (character < 0x430 || character > 0x44F) return false;
    out.push_back(static_cast<char>(0xC0U | character >> 6U));
    out.push_back(static_cast<char>(0x80U | (character & 0x3FU)));
    return true;
}

std::optional<std::string> word_term(Field field, std::string_view utf8) {
    std::string out(1, static_cast<char>(0x80U | static_cast<unsigned>(field)));
    char32_t character = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        if (!next_character(utf8, at, character, true) || !append_word_character(character, out))
            return std::nullopt;
        if (out.size() > 1 + word_bytes_max) return std::nullopt;
    }
    if (out.size() < 1 + word_bytes_min) return std::nullopt;
    return out;
}

Collector::Collector(CollectorLimits limits) : limits_(limits), seen_words_(seen_words_size) { grow_table(); }

void Collector::begin_document() {
    for (const Gram gram : grams_) {
        const unsigned a = static_cast<unsigned>(gram >> 24U) & 0xFFFU;
        const unsigned b = static_cast<unsigned>(gram >> 12U) & 0xFFFU;
        const unsigned c = static_cast<unsigned>(gram) & 0xFFFU;
        if ((a | b | c) < 128) {
            const std::size_t index = std::size_t{a} << 14U | b << 7U | c;
            common_[gram >> gram_bits][index / 64] = 0;
        }
    }
    if (rare_count_ != 0) {
        if (rare_.size() > 65'536) rare_.assign(1024, nothing);
        std::ranges::fill(rare_, nothing);
        rare_count_ = 0;
    }
    std::ranges::fill(seen_words_, 0);
    if (grams_.capacity() > 262'144) std::vector<Gram>().swap(grams_);
    grams_.clear();
    if (words_.capacity() > (1U << 20)) std::string().swap(words_);
    words_.clear();
    cut_.clear();
    overflow_ = false;
}

void Collector::begin_text(Field field) {
    field_ = static_cast<unsigned>(field);
    field_bits_ = Gram{field_} << gram_bits;
    if (common_[field_].empty()) common_[field_].resize(common_bits / 64);
    window_ = 0;
    ascii_ = 0;
    have_ = ascii_have_ = 0;
    cut_.clear();
    word_.clear();
    long_word_ = false;
}

void Collector::feed(std::string_view utf8, bool words) {
    std::string joined;
    if (!cut_.empty()) {
        joined = std::move(cut_);
        cut_.clear();
        joined += utf8;
        utf8 = joined;
    }
    if (!words) end_word();
    for (std::size_t at = 0; at < utf8.size() && !overflow_;) {
        const char* const from = utf8.data() + at;
        const char* const end = utf8.data() + utf8.size();
        const char* to = from;
        while (to != end && static_cast<unsigned char>(*to) < 128) ++to;
        if (to != from) {
            feed_ascii(from, to, words);
            at += static_cast<std::size_t>(to - from);
            continue;
        }
        char32_t character = 0;
        if (!next_character(utf8, at, character, false)) {
            cut_ = utf8.substr(at);
            return;
        }
        feed_character(character, words);
    }
}

void Collector::feed_ascii(const char* from, const char* to, bool words) {
    const char* at = from;
    for (; at != to && ascii_have_ < 3; ++at) unit(ascii_table[static_cast<unsigned char>(*at)].unit);
    // Nearly every octet of most mail passes here: nothing but one bit is looked at.
    std::uint32_t last = ascii_;
    // Whether it is new is not to be foretold, so nothing branches on it.
    std::uint64_t* const seen = common_[field_].data();
    while (at != to) {
        const char* const stop = at + std::min(to - at, piece);
        std::size_t count = grams_.size();
        grams_.resize(count + static_cast<std::size_t>(stop - at));
        Gram* const grams = grams_.data();
        for (; at != stop; ++at) {
            last = (last << 7U | ascii_table[static_cast<unsigned char>(*at)].unit) & (common_bits - 1);
            const std::uint64_t before = seen[last / 64];
            const std::uint64_t bit = std::uint64_t{1} << (last % 64);
            grams[count] = field_bits_ | widened(last);
            count += (before & bit) == 0 ? 1 : 0;
            seen[last / 64] = before | bit;
        }
        grams_.resize(count);
    }
    if (ascii_have_ == 3) {
        ascii_ = last;
        window_ = widened(last);
    }
    if (grams_.size() >= limits_.grams_max) overflow_ = true;
    if (!words) return;
    collect_words(from, to);
}

/// The word under way is in a buffer of this function while it runs: it changes with each octet.
void Collector::collect_words(const char* from, const char* to) {
    WordBuffer word{};
    std::size_t size = word_.copy(word.data(), word.size());
    for (const char* at = from; at != to; ++at) {
        const Ascii& character = ascii_table[static_cast<unsigned char>(*at)];
        if (!character.word) {
            if (size >= word_bytes_min && !long_word_) add_word(word, size);
            size = 0;
            long_word_ = false;
        } else if (size < word.size()) {
            word[size++] = static_cast<char>(character.unit);
        } else {
            long_word_ = true;
        }
    }
    word_.assign(word.data(), size);
}

void Collector::feed_character(char32_t character, bool words) {
    for (const Unit next : fold_character(character)) unit(next);
    if (!words) return;
    const std::size_t before = word_.size();
    if (!append_word_character(character, word_)) {
        end_word();
    } else if (word_.size() > word_bytes_max) {
        word_.resize(before);
        long_word_ = true;
    }
}

void Collector::unit(Unit unit) {
    window_ = (window_ << unit_bits | unit) & gram_mask;
    if (have_ < 3) ++have_;
    if (unit < 128) {
        ascii_ = (ascii_ << 7U | unit) & (common_bits - 1);
        if (ascii_have_ < 3) ++ascii_have_;
    } else {
        ascii_have_ = 0;
    }
    if (ascii_have_ == 3) {
        add_common(ascii_, field_bits_ | window_);
    } else if (have_ == 3) {
        add_rare(field_bits_ | window_);
    }
}

/// The last one and two units have trigrams of their own, with 0 after them: so a text of one or two units
/// is the beginning of a trigram wherever it stands.
void Collector::end_text() {
    if (!cut_.empty()) {
        cut_.clear();
        unit(broken_unit);
    }
    end_word();
    for (unsigned i = 0; i < 2; ++i) {
        window_ = window_ << unit_bits & gram_mask;
        if (have_ < 3) ++have_;
        if (have_ == 3) add_rare(field_bits_ | window_);
    }
    have_ = ascii_have_ = 0;
}

void Collector::add_common(std::uint32_t index, Gram gram) {
    std::uint64_t& word = common_[field_][index / 64];
    const std::uint64_t bit = std::uint64_t{1} << (index % 64);
    if ((word & bit) != 0) return;
    word |= bit;
    grams_.push_back(gram);
    if (grams_.size() >= limits_.grams_max) overflow_ = true;
}

void Collector::add_rare(Gram gram) {
    std::size_t at = mix(gram) & (rare_.size() - 1);
    for (; rare_[at] != nothing; at = (at + 1) & (rare_.size() - 1))
        if (rare_[at] == gram) return;
    rare_[at] = gram;
    grams_.push_back(gram);
    if (grams_.size() >= limits_.grams_max) overflow_ = true;
    if (++rare_count_ * 2 > rare_.size()) grow_table();
}

void Collector::grow_table() {
    std::vector<Gram> old(rare_.empty() ? 1024 : rare_.size() * 2, nothing);
    old.swap(rare_);
    for (const Gram gram : old) {
        if (gram == nothing) continue;
        std::size_t at = mix(gram) & (rare_.size() - 1);
        while (rare_[at] != nothing) at = (at + 1) & (rare_.size() - 1);
        rare_[at] = gram;
    }
}

void Collector::end_word() {
    if (word_.size() >= word_bytes_min && !long_word_) {
        WordBuffer word{};
        add_word(word, word_.copy(word.data(), word.size()));
    }
    word_.clear();
    long_word_ = false;
}

void Collector::add_word(const WordBuffer& word, std::size_t size) {
    const std::uint64_t hash = hash_of(field_, word, size);
    std::uint64_t& seen = seen_words_[(hash >> 20U) % seen_words_size];
    if (seen == hash || words_.size() + size + word_head > limits_.word_octets_max) return;
    seen = hash;
    std::array<char, word_head + word_bytes_max> entry;
    std::memcpy(entry.data(), &hash, sizeof hash);
    entry[8] = static_cast<char>(field_);
    entry[9] = static_cast<char>(size);
    std::memcpy(entry.data() + word_head, word.data(), word.size());
    words_.append(entry.data(), word_head + size);
}

Collector::Word Collector::take_word(std::string_view& words) {
    Word out;
    out.hash = get_fixed<std::uint64_t>(words, 0);
    out.field = static_cast<unsigned char>(words[8]);
    out.octets = words.substr(word_head, static_cast<unsigned char>(words[9]));
    words.remove_prefix(word_head + out.octets.size());
    return out;
}

}  // namespace trigram
