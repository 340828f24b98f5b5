#include "unit/engine/conformance.hpp"

#include <algorithm>
#include <array>
#include <cstring>
#include <random>

namespace store::engine {

std::string Conformance::text(const Result<Rows>& rows) {
    if (!rows) return "error: " + std::string(rows.error().what());
    std::string out;
    for (const Row& row : rows->rows) {
        if (!out.empty()) out += ' ';
        out.append(row.key).append("=").append(row.value);
    }
    return out;
}

std::string text_octets(std::size_t size, unsigned seed) {
    static constexpr std::array<std::string_view, 8> words{"relay ", "post ",   "office ", "letter ",
                                                           "road ",  "rider\n", "stamp ",  "horse "};
    std::mt19937 chance(seed);
    std::string out;
    while (out.size() < size) out += words[chance() % words.size()];
    out.resize(size);
    return out;
}

std::string base64_text(std::string_view octets, std::size_t line, std::string_view end) {
    static constexpr std::string_view alphabet =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    std::size_t column = 0;
    for (std::size_t i = 0; i + 3 <= octets.size(); i += 3) {
        std::uint32_t group = 0;
        for (std::size_t n = 0; n < 3; ++n) group = group << 8 | static_cast<unsigned char>(octets[i + n]);
        for (int shift = 18; shift >= 0; shift -= 6) out += alphabet[group >> shift & 63U];
        column += 4;
        if (column == line) {
            out += end;
            column = 0;
        }
    }
    return out;
}

std::string random_octets(std::size_t size, unsigned seed) {
    std::mt19937_64 chance(seed);
    std::string out(size, '\0');
    for (std::size_t at = 0; at < size; at += 8) {
        const std::uint64_t word = chance();
        std::memcpy(out.data() + at, &word, std::min<std::size_t>(8, size - at));
    }
    return out;
}

}  // namespace store::engine
