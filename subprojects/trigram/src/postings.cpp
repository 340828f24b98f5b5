#include "postings.hpp"

#include <bit>
#include <cstring>

namespace trigram {
namespace {

/// log2 of ln 2 × the mean gap, which is where Rice's code is shortest.
unsigned low_bits(std::uint64_t count, std::uint64_t documents) {
    const std::uint64_t mean = documents * 69 / (count * 100);
    return mean == 0 ? 0 : static_cast<unsigned>(std::bit_width(mean) - 1);
}

class BitWriter {
public:
    explicit BitWriter(std::string& out) : out_(out) {}
    /// At most 32 bits, the lowest first.
    void put(std::uint64_t bits, unsigned count) {
        held_ |= bits << have_;
        have_ += count;
        while (have_ >= 8) {
            out_.push_back(static_cast<char>(held_));
            held_ >>= 8U;
            have_ -= 8;
        }
    }
    void unary(std::uint64_t value) {
        for (; value >= 32; value -= 32) put(0, 32);
        put(std::uint64_t{1} << value, static_cast<unsigned>(value) + 1);
    }
    void end() {
        if (have_ != 0) out_.push_back(static_cast<char>(held_));
        have_ = 0;
        held_ = 0;
    }

private:
    std::string& out_;
    std::uint64_t held_ = 0;
    unsigned have_ = 0;
};

class BitReader {
public:
    explicit BitReader(std::string_view octets) : octets_(octets) {}
    bool get(unsigned count, std::uint64_t& bits) {
        fill();
        if (have_ < count) return false;
        bits = held_ & ((std::uint64_t{1} << count) - 1);
        held_ >>= count;
        have_ -= count;
        return true;
    }
    bool unary(std::uint64_t& value) {
        value = 0;
        for (;;) {
            fill();
            if (have_ == 0) return false;
            if (held_ != 0) break;
            value += have_;
            have_ = 0;
        }
        const auto zeros = static_cast<unsigned>(std::countr_zero(held_));
        value += zeros;
        held_ >>= zeros;
        held_ >>= 1U;
        have_ -= zeros + 1;
        return true;
    }

private:
    /// Bits above `have_` are zero.
    void fill() {
        while (have_ <= 56 && at_ < octets_.size()) {
            held_ |= std::uint64_t{static_cast<unsigned char>(octets_[at_++])} << have_;
            have_ += 8;
        }
    }
    std::string_view octets_;
    std::size_t at_ = 0;
    std::uint64_t held_ = 0;
    unsigned have_ = 0;
};

}  // namespace

void put_postings(std::string& out, std::span<const std::uint32_t> ordinals, std::uint32_t documents) {
    const unsigned low = low_bits(ordinals.size(), documents);
    BitWriter bits(out);
    std::uint32_t next = 0;
    for (const std::uint32_t ordinal : ordinals) {
        const std::uint32_t gap = ordinal - next;
        bits.unary(gap >> low);
        bits.put(gap & ((std::uint64_t{1} << low) - 1), low);
        next = ordinal + 1;
    }
    bits.end();
}

bool get_postings(std::string_view octets, std::uint32_t count, std::uint32_t documents,
                  std::vector<std::uint32_t>& out) {
    if (count == 0 || count > documents) return false;
    const unsigned low = low_bits(count, documents);
    // The checksum held, so the count is honest; still no more than the octets can hold is set aside.
    if (octets.size() * 8 < std::uint64_t{count} * (low + 1)) return false;
    out.reserve(out.size() + count);
    BitReader bits(octets);
    std::uint64_t next = 0;
    for (std::uint32_t i = 0; i < count; ++i) {
        std::uint64_t high = 0, rest = 0;
        if (!bits.unary(high) || !bits.get(low, rest) || high > documents) return false;
        next += (high << low) + rest;
        if (next >= documents) return false;
        out.push_back(static_cast<std::uint32_t>(next));
        ++next;
    }
    return true;
}

}  // namespace trigram
