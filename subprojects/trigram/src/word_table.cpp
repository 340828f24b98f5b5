#include "trigram/word_table.hpp"

#include <algorithm>
#include <numeric>

namespace trigram {

std::uint32_t WordTable::find(unsigned field, std::string_view word, std::uint64_t hash,
                              std::size_t words_max) {
    std::size_t at = hash >> 8U & (slots_.size() - 1);
    const auto tag = static_cast<std::uint32_t>(hash >> 40U);
    for (; slots_[at].number != none; at = (at + 1) & (slots_.size() - 1)) {
        const Slot& slot = slots_[at];
        if (slot.tag == tag && is(slot.number, field, word)) return slot.number;
    }
    if (starts_.size() >= words_max || octets_.size() > octets_max) return none;
    const auto number = static_cast<std::uint32_t>(starts_.size());
    slots_[at] = Slot{number, tag};
    starts_.push_back(static_cast<std::uint32_t>(octets_.size()));
    hashes_.push_back(hash);
    octets_.push_back(static_cast<char>(0x80U | field));
    octets_ += word;
    if (starts_.size() * 2 > slots_.size()) grow();
    return number;
}

std::string_view WordTable::term(std::uint32_t number) const {
    const std::size_t begin = starts_[number];
    const std::size_t end = number + 1 == starts_.size() ? octets_.size() : starts_[number + 1];
    return std::string_view(octets_).substr(begin, end - begin);
}

bool WordTable::is(std::uint32_t number, unsigned field, std::string_view word) const {
    const std::string_view known = term(number);
    return known.front() == static_cast<char>(0x80U | field) && known.substr(1) == word;
}

void WordTable::grow() {
    slots_.assign(slots_.size() * 2, Slot{});
    for (std::uint32_t number = 0; number < starts_.size(); ++number) {
        const std::uint64_t hash = hashes_[number];
        std::size_t at = hash >> 8U & (slots_.size() - 1);
        while (slots_[at].number != none) at = (at + 1) & (slots_.size() - 1);
        slots_[at] = Slot{number, static_cast<std::uint32_t>(hash >> 40U)};
    }
}

std::vector<std::uint32_t> WordTable::in_order() const {
    std::vector<std::uint32_t> order(starts_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, [this](std::uint32_t a, std::uint32_t b) { return term(a) < term(b); });
    return order;
}

}  // namespace trigram
