// Plan: what to look up for a text that is searched for.
#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "trigram/segment.hpp"

namespace trigram {

struct PlanLimits {
    std::size_t grams_max = 16;  ///< a text that has all of them is nearly always found
};

/// The text is in a document's field only if all its trigrams are.
class Plan {
public:
    explicit Plan(std::string_view utf8, PlanLimits limits = {});

    /// False: the index knows nothing of such a text (it is empty, or no characters).
    bool prunes() const { return !grams_.empty() || prefix_; }
    /// Of field 0, those that are probably rarest first. Empty for a text of one or two units.
    const std::vector<Gram>& grams() const { return grams_; }
    /// For such a short text: the first and the last term that begin with it; any of them will do.
    bool by_prefix() const { return prefix_; }
    std::pair<std::string, std::string> prefix_terms(Field field) const;

private:
    std::vector<Gram> grams_;
    bool prefix_ = false;
    Gram first_ = 0, last_ = 0;
};

/// A gram of field 0 in another field.
constexpr Gram in_field(Gram gram, Field field) {
    return gram | Gram{static_cast<std::uint8_t>(field)} << gram_bits;
}

/// Keeps of `kept` what is in `other` too.
void intersect(Ordinals& kept, const Ordinals& other);
/// Adds what is in `other`.
void unite(Ordinals& all, const Ordinals& other);

}  // namespace trigram
