// Growing: an array that is only appended to and whose elements never move. One writer appends; readers on
// other threads use what was published to them before (the publication, a mutex, orders the two).
#pragma once
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <memory>

namespace imap {

template <class T>
class Growing {
public:
    /// What the next one will be called. Of the writer.
    std::uint32_t size() const { return size_; }
    void push_back(const T& value) {
        const Place place = place_of(size_);
        if (!segments_[place.segment])
            segments_[place.segment] = std::make_unique<T[]>(std::size_t{1} << (first_bits + place.segment));
        segments_[place.segment][place.offset] = value;
        ++size_;
    }
    const T& operator[](std::uint32_t at) const {
        const Place place = place_of(at);
        return segments_[place.segment][place.offset];
    }
    /// Octets that are allocated.
    std::size_t bytes() const {
        std::size_t sum = 0;
        for (unsigned segment = 0; segment < segments_.size(); ++segment)
            if (segments_[segment]) sum += sizeof(T) << (first_bits + segment);
        return sum;
    }

private:
    // Segment k holds 2^(k + first_bits) elements: 23 of them hold all that 32 bits can count.
    static constexpr unsigned first_bits = 9;
    struct Place {
        unsigned segment;
        std::size_t offset;
    };
    static Place place_of(std::uint32_t at) {
        const std::uint64_t shifted = std::uint64_t{at} + (std::uint64_t{1} << first_bits);
        const auto bits = static_cast<unsigned>(std::bit_width(shifted)) - 1;
        return Place{bits - first_bits, static_cast<std::size_t>(shifted - (std::uint64_t{1} << bits))};
    }

    std::array<std::unique_ptr<T[]>, 24> segments_;
    std::uint32_t size_ = 0;
};

}  // namespace imap
