// Gathered: many numbers of 64 bits, appended first and sorted once. They lie in blocks, so that nothing is
// copied as they grow.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

namespace trigram {

class Gathered {
public:
    std::size_t size() const { return size_; }
    std::size_t bytes() const { return blocks_.size() * block_size * sizeof(std::uint64_t); }

    void push_back(std::uint64_t value) {
        if (size_ % block_size == 0) add_block();
        blocks_[size_ / block_size][size_ % block_size] = value;
        ++size_;
    }

    /// Calls change(value&) for each.
    template <class Change>
    void for_each(Change change) {
        for (std::size_t block = 0; block * block_size < size_; ++block) {
            for (std::uint64_t& value : values(block)) change(value);
        }
    }

    /// All of them in order. Of those that are equal from `first_bit` on the bits below are in order already.
    /// Takes as much memory again. Nothing but clear() may follow.
    std::span<const std::uint64_t> sort(unsigned first_bit);
    void clear() { *this = Gathered(); }

private:
    static constexpr std::size_t block_size = 8192;

    void add_block();
    std::span<const std::uint64_t> sort_few();
    std::span<std::uint64_t> values(std::size_t block) {
        const std::size_t begin = block * block_size;
        return {blocks_[block].get(), size_ - begin < block_size ? size_ - begin : block_size};
    }

    std::vector<std::unique_ptr<std::uint64_t[]>> blocks_;
    std::unique_ptr<std::uint64_t[]> sorted_;
    std::size_t size_ = 0;
};

}  // namespace trigram
