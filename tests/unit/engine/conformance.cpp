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
