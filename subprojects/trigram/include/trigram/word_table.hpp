// WordTable: a number for each distinct word of many documents. Open addressing, by hashes that whoever
// collected the words has made already; all words stand in one string.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace trigram {

class WordTable {
public:
    static constexpr std::uint32_t none = ~std::uint32_t{0};

    /// The number of a word in a field: numbers go up from 0. `none`: it is new, and there are `words_max`.
    std::uint32_t find(unsigned field, std::string_view word, std::uint64_t hash, std::size_t words_max);
    std::size_t size() const { return starts_.size(); }
    /// As term.hpp has it. Good until the next find().
    std::string_view term(std::uint32_t number) const;
    /// The numbers in the order of their terms.
    std::vector<std::uint32_t> in_order() const;
    std::size_t bytes() const {
        return octets_.capacity() + starts_.capacity() * 4 + hashes_.capacity() * 8 + slots_.capacity() * 8;
    }

private:
    static constexpr std::size_t octets_max = 1U << 30;
    struct Slot {
        std::uint32_t number = none, tag = 0;
    };
    bool is(std::uint32_t number, unsigned field, std::string_view word) const;
    void grow();

    std::string octets_;
    std::vector<std::uint32_t> starts_;
    std::vector<std::uint64_t> hashes_;
    std::vector<Slot> slots_ = std::vector<Slot>(1024);
};

}  // namespace trigram
