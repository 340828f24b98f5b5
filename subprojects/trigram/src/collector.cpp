#include "trigram/collector.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <random>

#include "octets.hpp"

namespace trigram {
namespace {

constexpr std::size_t common_bits = std::size_t{1} << 21;  // 7 bits a unit
constexpr std::size_t seen_words_size = 4096;
constexpr Gram nothing = ~Gram{0};
constexpr std::size_t piece = 4096;

/// The units of ASCII characters.
constexpr std::array<std::uint8_t, 128> make_units() {
    std::array<std::uint8_t, 128> out{};
    for (unsigned c = 0; c < 128; ++c) {
        const bool upper = c >= 'A' && c <= 'Z';
        out[c] = static_cast<std::uint8_t>(c == 0 ? 1 : upper ? c + 32 : c);
    }
    return out;
}
constexpr std::array<std::uint8_t, 128> ascii_units = make_units();

constexpr bool in_words(std::uint8_t unit) {
    return (unit >= 'a' && unit <= 'z') || (unit >= '0' && unit <= '9');
}

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
static_assert(word_bytes_max % sizeof(std::uint64_t) == 0);
static_assert(std::endian::native == std::endian::little, "octets are looked at eight at a time");

constexpr std::uint64_t each_octet(std::uint64_t octet) { return octet * 0x0101010101010101U; }

/// Which of eight ASCII characters stand in words: a bit for each.
std::uint64_t words_of_eight(const char* from) {
    std::uint64_t characters = 0;
    std::memcpy(&characters, from, sizeof characters);
    // The uppermost bit of each octet tells whether the sum reached 128; none carries into the next.
    const auto reaches = [](std::uint64_t octets, unsigned least) {
        return octets + each_octet(128 - least);
    };
    const std::uint64_t small = characters | each_octet(0x20);
    const std::uint64_t letters = reaches(small, 'a') & ~reaches(small, 'z' + 1);
    const std::uint64_t numbers = reaches(characters, '0') & ~reaches(characters, '9' + 1);
    return ((letters | numbers) >> 7U & each_octet(1)) * 0x0102040810204080U >> 56U;
}

constexpr unsigned block_bytes = 64;

/// The same of a whole block; bits beyond its `size` say nothing.
std::uint64_t words_of_block(const char* from, std::size_t size) {
    std::array<char, block_bytes> copy{};
    if (size < block_bytes) {
        std::memcpy(copy.data(), from, size);
        from = copy.data();
    }
    std::uint64_t out = 0;
    for (unsigned i = 0; i < block_bytes; i += 8) out |= words_of_eight(from + i) << i;
    return out;
}

/// Others in each process: who sends mail cannot make words that meet in one place of a table. Hashes are in
/// no file.
const std::array<std::uint64_t, 4> hash_seeds = [] {
    std::random_device device;
    std::array<std::uint64_t, 4> out;
    for (std::uint64_t& seed : out) seed = std::uint64_t{device()} << 32U | device();
    return out;
}();

/// The octets from there on in small letters: a word, and what stands behind it.
WordBuffer small_word(const char* from, const char* end) {
    WordBuffer out{};
    const auto size = static_cast<std::size_t>(end - from);
    if (size >= word_bytes_max) [[likely]] {
        std::memcpy(out.data(), from, word_bytes_max);
    } else {
        std::memcpy(out.data(), from, size);
    }
    // Digits have this bit already.
    for (std::uint64_t& octets : out) octets |= each_octet(0x20);
    return out;
}

using WordMasks = std::array<WordBuffer, word_bytes_max + 1>;
constexpr WordMasks make_word_masks() {
    WordMasks out{};
    for (std::size_t size = 0; size < out.size(); ++size)
        for (std::size_t octet = 0; octet < size; ++octet)
            out[size][octet / 8] |= std::uint64_t{0xFF} << octet % 8 * 8;
    return out;
}
constexpr WordMasks word_masks = make_word_masks();

__extension__ using Wide = unsigned __int128;
std::uint64_t folded(std::uint64_t a, std::uint64_t b) {
    const Wide product = Wide{a} * b;
    return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64U);
}

/// Never 0. Nothing branches on the size; what stands behind the word is masked out.
std::uint64_t hash_of(unsigned field, const WordBuffer& word, std::size_t size) {
    const WordBuffer& masks = word_masks.data()[size];
    const std::uint64_t* const octets = word.data();
    const std::uint64_t* const mask = masks.data();
    const std::uint64_t* const seeds = hash_seeds.data();
    const std::uint64_t kind = std::uint64_t{field} << 8U | size;
    const std::uint64_t hash = folded((octets[0] & mask[0]) ^ seeds[0], (octets[1] & mask[1]) ^ seeds[1]) ^
                               folded((octets[2] & mask[2]) ^ seeds[2], kind ^ seeds[3]);
    return mix(hash) | 1U;
}

}  // namespace

bool append_word_character(char32_t character, std::string& out) {
    if (character < 128) {
        if (!in_words(ascii_units[character])) return false;
        out.push_back(static_cast<char>(ascii_units[character]));
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
    ++document_;
    if (grams_.capacity() > 262'144) std::vector<Gram>().swap(grams_);
    grams_.clear();
    if (words_.capacity() > (1U << 20)) std::string().swap(words_);
    words_size_ = 0;
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
        for (std::uint64_t eight = 0; end - to >= 8; to += 8) {
            std::memcpy(&eight, to, sizeof eight);
            if ((eight & each_octet(0x80)) != 0) break;
        }
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
    for (; at != to && ascii_have_ < 3; ++at) unit(ascii_units[static_cast<unsigned char>(*at)]);
    // Nearly every octet of most mail passes here: nothing but one bit is looked at.
    std::uint32_t last = ascii_;
    std::uint64_t* const seen = common_[field_].data();
    const std::uint8_t* const units = ascii_units.data();
    std::array<std::uint32_t, piece> fresh_grams;
    std::uint32_t* const fresh = fresh_grams.data();
    while (at != to) {
        const char* const stop = at + std::min(to - at, static_cast<std::ptrdiff_t>(piece));
        std::size_t count = 0;
        // Whether it is new is not to be foretold, so nothing branches on it.
        for (; at != stop; ++at) {
            last = last << 7U | units[static_cast<unsigned char>(*at)];
            std::uint64_t& place = seen[last / 64 % (common_bits / 64)];
            const std::uint64_t before = place, bit = std::uint64_t{1} << last % 64;
            fresh[count] = last;
            count += (before & bit) == 0 ? 1 : 0;
            place = before | bit;
        }
        for (std::size_t i = 0; i < count; ++i)
            grams_.push_back(field_bits_ | widened(fresh[i] % common_bits));
    }
    if (ascii_have_ == 3) {
        ascii_ = last % common_bits;
        window_ = widened(ascii_);
    }
    if (grams_.size() >= limits_.grams_max) overflow_ = true;
    if (words) collect_words(from, to);
}

/// Ends the word under way, if it ends here. Returns where words of their own begin.
const char* Collector::continue_word(const char* from, const char* to) {
    if (word_.empty()) return from;
    for (; from != to; ++from) {
        const std::uint8_t unit = ascii_units[static_cast<unsigned char>(*from)];
        if (!in_words(unit)) {
            end_word();
            break;
        }
        if (word_.size() < word_bytes_max) {
            word_.push_back(static_cast<char>(unit));
        } else {
            long_word_ = true;
        }
    }
    return from;
}

/// Words are the runs between two edges of a block's bits, so that an octet costs no branch.
void Collector::collect_words(const char* from, const char* to) {
    from = continue_word(from, to);
    const char* start = nullptr;
    while (from != to) {
        const auto size = std::min(static_cast<std::size_t>(to - from), std::size_t{block_bytes});
        const std::uint64_t words = words_of_block(from, size);
        std::uint64_t edges = words ^ (words << 1U | (start != nullptr ? 1U : 0U));
        if (size < block_bytes) edges &= (std::uint64_t{1} << size) - 1;
        make_room_for_words();
        for (; edges != 0; edges &= edges - 1) {
            const char* const edge = from + std::countr_zero(edges);
            if (start == nullptr) {
                start = edge;
                continue;
            }
            const auto length = static_cast<std::size_t>(edge - start);
            if (length <= word_bytes_max) [[likely]]
                add_word(small_word(start, to), length);
            start = nullptr;
        }
        from += size;
    }
    if (start == nullptr) return;
    const auto length = static_cast<std::size_t>(to - start);
    long_word_ = length > word_bytes_max;
    const WordBuffer word = small_word(start, to);
    word_.resize(std::min(length, word_bytes_max));
    std::memcpy(word_.data(), word.data(), word_.size());
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
        std::memcpy(word.data(), word_.data(), word_.size());
        make_room_for_words();
        add_word(word, word_.size());
    }
    word_.clear();
    long_word_ = false;
}

/// For as many as a block can have, whole or not.
void Collector::make_room_for_words() {
    constexpr std::size_t room = (block_bytes / 2 + 1) * (word_head + word_bytes_max);
    if (words_.size() - words_size_ < room) words_.resize(words_.size() * 2 + room);
}

/// Most words of a text come again, and whether this one does is not to be foretold: it is written in any
/// case, and stays if it is new and long enough.
void Collector::add_word(const WordBuffer& word, std::size_t size) {
    const std::uint64_t hash = hash_of(field_, word, size);
    std::uint64_t& seen = seen_words_.data()[(hash >> 20U) % seen_words_size];
    const std::uint64_t here = hash + document_;
    const unsigned fresh = seen != here && size >= word_bytes_min && words_size_ < limits_.word_octets_max;
    seen = here;
    char* const entry = words_.data() + words_size_;
    std::memcpy(entry, &hash, sizeof hash);
    entry[8] = static_cast<char>(field_);
    entry[9] = static_cast<char>(size);
    std::memcpy(entry + word_head, word.data(), word_bytes_max);
    words_size_ += fresh * (word_head + size);
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
