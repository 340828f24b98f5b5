// Folding by ICU, character by character, kept in blocks of 256 that are made when they are first needed.
#include "trigram/fold.hpp"

#include <array>
#include <atomic>
#include <memory>
#include <stdexcept>

#include <unicode/normalizer2.h>
#include <unicode/uchar.h>
#include <unicode/unistr.h>

namespace trigram {
namespace {

constexpr std::size_t block_size = 256;
constexpr char32_t characters = 0x110000;

struct Block {
    std::array<std::uint16_t, block_size + 1> first{};
    std::vector<Unit> units;
};

// From here on writing systems have thousands of characters: one unit could not tell them apart.
constexpr char32_t two_units_from = 0x2E80;

void append_units(char32_t character, std::vector<Unit>& out) {
    if (character == 0xFFFD) {
        out.push_back(broken_unit);
    } else if (character < two_units_from) {
        // Scripts that share units cost a false candidate; few mails have more than two.
        const auto unit = static_cast<Unit>(character & 0x7FFU);
        out.push_back(unit == 0 ? Unit{1} : unit);
    } else {
        out.push_back(static_cast<Unit>(0x800U + (character >> 8U) % 0x700U));
        out.push_back(static_cast<Unit>(0xF00U + (character & 0xFFU)));
    }
}

icu::UnicodeString fold_once(const icu::Normalizer2& nfkd, const icu::UnicodeString& text) {
    icu::UnicodeString out;
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1)) {
        const UChar32 character = text.char32At(at);
        icu::UnicodeString decomposed;
        if (!nfkd.getDecomposition(character, decomposed)) decomposed = icu::UnicodeString(character);
        for (std::int32_t i = 0; i < decomposed.length(); i = decomposed.moveIndex32(i, 1))
            out.append(u_totitle(decomposed.char32At(i)));
    }
    return out.foldCase(U_FOLD_CASE_DEFAULT);
}

void fold_slowly(char32_t character, std::vector<Unit>& out) {
    UErrorCode fault = U_ZERO_ERROR;
    const icu::Normalizer2* nfkd = icu::Normalizer2::getNFKDInstance(fault);
    if (U_FAILURE(fault) || nfkd == nullptr) throw std::runtime_error("ICU has no normalisation data");
    icu::UnicodeString text(static_cast<UChar32>(character));
    for (unsigned round = 0; round < 8; ++round) {
        icu::UnicodeString next = fold_once(*nfkd, text);
        if (next == text) break;
        text = next;
    }
    for (std::int32_t at = 0; at < text.length(); at = text.moveIndex32(at, 1))
        append_units(static_cast<char32_t>(text.char32At(at)), out);
}

std::array<std::atomic<const Block*>, characters / block_size> blocks{};

const Block& make_block(std::size_t number) {
    auto made = std::make_unique<Block>();
    for (std::size_t i = 0; i < block_size; ++i) {
        made->first[i] = static_cast<std::uint16_t>(made->units.size());
        fold_slowly(static_cast<char32_t>(number * block_size + i), made->units);
    }
    made->first[block_size] = static_cast<std::uint16_t>(made->units.size());
    const Block* expected = nullptr;
    // Another thread may have been faster; blocks live as long as the process.
    if (blocks[number].compare_exchange_strong(expected, made.get(), std::memory_order_acq_rel))
        return *made.release();
    return *expected;
}

}  // namespace

std::uint32_t folding() {
    UVersionInfo unicode{};
    u_getUnicodeVersion(unicode);
    return std::uint32_t{fold_version} << 24U | std::uint32_t{unicode[0]} << 16U |
           std::uint32_t{unicode[1]} << 8U | unicode[2];
}

std::span<const Unit> fold_character(char32_t character) {
    if (character >= characters) character = 0xFFFD;
    const std::size_t number = character / block_size;
    const Block* block = blocks[number].load(std::memory_order_acquire);
    if (block == nullptr) block = &make_block(number);
    const std::size_t first = block->first[character % block_size];
    return {block->units.data() + first, block->first[character % block_size + 1] - first};
}

bool next_character(std::string_view utf8, std::size_t& at, char32_t& character, bool last) {
    const auto octet = [&](std::size_t i) { return static_cast<unsigned char>(utf8[i]); };
    const unsigned lead = octet(at);
    character = 0xFFFD;
    if (lead < 0x80) {
        character = lead;
        ++at;
        return true;
    }
    const std::size_t length = lead >= 0xF5 ? 1 : lead >= 0xF0 ? 4 : lead >= 0xE0 ? 3 : lead >= 0xC2 ? 2 : 1;
    if (length == 1) {
        ++at;
        return true;
    }
    char32_t value = lead & (0x7FU >> length);
    std::size_t have = 1;
    for (; have < length && at + have < utf8.size(); ++have) {
        if ((octet(at + have) & 0xC0U) != 0x80U) break;
        value = value << 6U | (octet(at + have) & 0x3FU);
    }
    if (have < length) {
        if (at + have == utf8.size() && !last) return false;
        at += have;
        return true;
    }
    at += length;
    const bool overlong = (length == 3 && value < 0x800) || (length == 4 && value < 0x10000);
    if (!overlong && value < characters && (value < 0xD800 || value > 0xDFFF)) character = value;
    return true;
}

void fold(std::string_view utf8, std::vector<Unit>& out) {
    char32_t character = 0;
    for (std::size_t at = 0; at < utf8.size();) {
        if (!next_character(utf8, at, character, true)) return;
        const std::span<const Unit> units = fold_character(character);
        out.insert(out.end(), units.begin(), units.end());
    }
}

}  // namespace trigram
