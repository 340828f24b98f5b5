#include "trigram/gathered.hpp"

#include <algorithm>
#include <array>
#include <bit>
#include <utility>

namespace trigram {
namespace {

constexpr unsigned digit_bits = 13;  // three passes for any trigram
constexpr std::size_t few = 4096;    // so many are sorted by comparing
constexpr std::size_t digits = std::size_t{1} << digit_bits;
constexpr std::size_t passes_max = (64 + digit_bits - 1) / digit_bits;

struct Pass {
    unsigned shift = 0;
    std::array<std::size_t, digits> at{};  // how many there are of each digit, then where the next one goes
};

/// Digits begin at bits that differ: in ASCII five of twelve never do.
std::vector<Pass> passes_for(std::uint64_t differing) {
    std::vector<Pass> out;
    out.reserve(passes_max);
    while (differing != 0) {
        Pass& pass = out.emplace_back();
        pass.shift = static_cast<unsigned>(std::countr_zero(differing));
        differing &= ~(std::uint64_t{digits - 1} << pass.shift);
    }
    return out;
}

void scatter(std::span<const std::uint64_t> values, Pass& pass, std::uint64_t* out) {
    std::size_t* const at = pass.at.data();
    for (const std::uint64_t value : values) out[at[value >> pass.shift & (digits - 1)]++] = value;
}

}  // namespace

void Gathered::add_block() { blocks_.push_back(std::make_unique_for_overwrite<std::uint64_t[]>(block_size)); }

/// By the least digit first.
std::span<const std::uint64_t> Gathered::sort(unsigned first_bit) {
    if (size_ <= few) return sort_few();
    std::uint64_t any = 0, all = ~std::uint64_t{0};
    for_each([&](std::uint64_t value) {
        any |= value;
        all &= value;
    });
    std::vector<Pass> passes = passes_for((any ^ all) >> first_bit << first_bit);
    if (passes.empty()) passes.emplace_back().shift = 64 - digit_bits;
    for_each([&](std::uint64_t value) {
        for (Pass& pass : passes) ++pass.at[value >> pass.shift & (digits - 1)];
    });
    for (Pass& pass : passes) {
        std::size_t sum = 0;
        for (std::size_t& count : pass.at) sum += std::exchange(count, sum);
    }
    sorted_ = std::make_unique_for_overwrite<std::uint64_t[]>(size_);
    for (std::size_t block = 0; block * block_size < size_; ++block)
        scatter(values(block), passes.front(), sorted_.get());
    blocks_.clear();
    std::unique_ptr<std::uint64_t[]> other;
    if (passes.size() > 1) other = std::make_unique_for_overwrite<std::uint64_t[]>(size_);
    for (std::size_t i = 1; i < passes.size(); ++i) {
        scatter({sorted_.get(), size_}, passes[i], other.get());
        sorted_.swap(other);
    }
    return {sorted_.get(), size_};
}

std::span<const std::uint64_t> Gathered::sort_few() {
    sorted_ = std::make_unique_for_overwrite<std::uint64_t[]>(size_);
    std::size_t at = 0;
    for_each([&](std::uint64_t value) { sorted_[at++] = value; });
    blocks_.clear();
    std::sort(sorted_.get(), sorted_.get() + size_);
    return {sorted_.get(), size_};
}

}  // namespace trigram
