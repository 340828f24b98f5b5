// Histogram: counts of durations in log-linear buckets, at most 1.6 % wide, from 1 ns to 1,200 s. For
// percentiles that can be merged: a rank in the sum of two histograms is exact to a bucket.
#pragma once
#include <array>
#include <bit>
#include <chrono>
#include <cstdint>

namespace base {

class Histogram {
public:
    static constexpr unsigned sub_bits = 6;  // 64 buckets to a power of two
    static constexpr unsigned powers = 41;

    void add(std::chrono::nanoseconds duration) {
        const auto ns = static_cast<std::uint64_t>(duration.count() < 0 ? 0 : duration.count());
        ++counts_[bucket_of(ns)];
        ++count_;
        sum_ns_ += ns;
        if (ns > max_ns_) max_ns_ = ns;
        if (ns < min_ns_) min_ns_ = ns;
    }

    void merge(const Histogram& other) {
        for (std::size_t i = 0; i < counts_.size(); ++i) counts_[i] += other.counts_[i];
        count_ += other.count_;
        sum_ns_ += other.sum_ns_;
        if (other.max_ns_ > max_ns_) max_ns_ = other.max_ns_;
        if (other.min_ns_ < min_ns_) min_ns_ = other.min_ns_;
    }

    /// The duration that `percent` of all are not above; the upper edge of its bucket, and max() at 100. 0
    /// when empty.
    std::chrono::nanoseconds percentile(double percent) const {
        if (count_ == 0) return {};
        auto rank = static_cast<std::uint64_t>(percent / 100 * static_cast<double>(count_) + 0.5);
        if (rank == 0) rank = 1;
        if (rank >= count_) return std::chrono::nanoseconds(max_ns_);
        std::uint64_t seen = 0;
        for (std::size_t i = 0; i < counts_.size(); ++i) {
            seen += counts_[i];
            if (seen >= rank)
                return std::chrono::nanoseconds(upper_edge(i) < max_ns_ ? upper_edge(i) : max_ns_);
        }
        return std::chrono::nanoseconds(max_ns_);
    }

    std::uint64_t count() const { return count_; }
    std::chrono::nanoseconds max() const { return std::chrono::nanoseconds(max_ns_); }
    std::chrono::nanoseconds min() const { return std::chrono::nanoseconds(count_ == 0 ? 0 : min_ns_); }
    double mean_ns() const {
        return count_ == 0 ? 0 : static_cast<double>(sum_ns_) / static_cast<double>(count_);
    }

private:
    static constexpr std::size_t bucket_of(std::uint64_t ns) {
        if (ns < (1U << sub_bits)) return ns;
        const auto power = static_cast<unsigned>(std::bit_width(ns)) - 1 - sub_bits;
        if (power >= powers - 1) return (std::size_t{powers} << sub_bits) - 1;
        return (std::size_t{power} << sub_bits) + (ns >> power);
    }
    static constexpr std::uint64_t upper_edge(std::size_t bucket) {
        if (bucket < (1U << sub_bits)) return bucket;
        const std::size_t power = (bucket >> sub_bits) - 1;
        const std::uint64_t sub = bucket - (power << sub_bits);
        return ((sub + 1) << power) - 1;
    }

    std::array<std::uint64_t, std::size_t{powers} << sub_bits> counts_{};
    std::uint64_t count_ = 0, sum_ns_ = 0, max_ns_ = 0, min_ns_ = ~std::uint64_t{0};
};

}  // namespace base
