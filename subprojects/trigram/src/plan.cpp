#include "trigram/plan.hpp"

#include <algorithm>
#include <array>

namespace trigram {
namespace {

/// How much a unit narrows a search, by how frequent it is in text: blanks and e little, q, digits and all
/// that is not ASCII much.
unsigned rarity(Unit unit) {
    constexpr std::string_view frequent = " etaoinsrhldcumfpgwybvkxjqz";
    if (unit >= 128) return 24;
    const auto at = frequent.find(static_cast<char>(unit));
    return at == std::string_view::npos ? 22 : static_cast<unsigned>(at);
}

unsigned rarity_of(Gram gram) {
    return rarity(static_cast<Unit>(gram >> (2 * unit_bits) & 0xFFFU)) +
           rarity(static_cast<Unit>(gram >> unit_bits & 0xFFFU)) + rarity(static_cast<Unit>(gram & 0xFFFU));
}

}  // namespace

Plan::Plan(std::string_view utf8, PlanLimits limits) {
    std::vector<Unit> units;
    constexpr std::size_t looked_at_max = 4096;  // a longer text is found by its beginning
    std::size_t end = std::min(utf8.size(), looked_at_max);
    while (end > 0 && end < utf8.size() && (static_cast<unsigned char>(utf8[end]) & 0xC0U) == 0x80U) --end;
    fold(utf8.substr(0, end), units);
    const auto broken = [](Unit unit) { return unit == broken_unit; };
    for (std::size_t i = 0; i + 2 < units.size(); ++i) {
        if (broken(units[i]) || broken(units[i + 1]) || broken(units[i + 2])) continue;
        grams_.push_back(make_gram(Field::body, units[i], units[i + 1], units[i + 2]));
    }
    std::ranges::sort(grams_);
    const auto repeated = std::ranges::unique(grams_);
    grams_.erase(repeated.begin(), repeated.end());
    std::ranges::sort(grams_, std::ranges::greater(),
                      [](Gram gram) { return std::pair(rarity_of(gram), gram); });
    if (grams_.size() > limits.grams_max) grams_.resize(limits.grams_max);
    if (!grams_.empty() || units.empty() || units.size() > 2 || std::ranges::any_of(units, broken)) return;
    prefix_ = true;
    first_ = make_gram(Field::body, units[0], units.size() > 1 ? units[1] : Unit{0}, 0);
    last_ = make_gram(Field::body, units[0], units.size() > 1 ? units[1] : Unit{0xFFF}, 0xFFF);
}

std::pair<std::string, std::string> Plan::prefix_terms(Field field) const {
    return {term_of(in_field(first_, field)), term_of(in_field(last_, field))};
}

void intersect(Ordinals& kept, const Ordinals& other) {
    auto out = kept.begin();
    auto at = other.begin();
    for (const Ordinal ordinal : kept) {
        // Steps that double: cheap where both are dense and where one is rare.
        for (std::ptrdiff_t step = 1; at != other.end() && *at < ordinal; step *= 2) {
            const auto next = other.end() - at > step ? at + step : other.end();
            if (next == other.end() || *next >= ordinal) {
                at = std::lower_bound(at, next, ordinal);
                break;
            }
            at = next;
        }
        if (at == other.end()) break;
        if (*at == ordinal) *out++ = ordinal;
    }
    kept.erase(out, kept.end());
}

void unite(Ordinals& all, const Ordinals& other) {
    if (other.empty()) return;
    Ordinals out;
    out.reserve(all.size() + other.size());
    std::ranges::set_union(all, other, std::back_inserter(out));
    all.swap(out);
}

}  // namespace trigram
