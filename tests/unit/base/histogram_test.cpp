#include "base/histogram.hpp"

#include <algorithm>
#include <random>
#include <vector>

#include <gtest/gtest.h>

namespace base {
namespace {

using std::chrono::nanoseconds;

TEST(Histogram, QuantilesOfKnownNumbersAreRightToTwoPercent) {
    std::mt19937_64 random(7);
    std::lognormal_distribution<double> spread(12, 2);
    std::vector<std::uint64_t> numbers;
    Histogram one, two, all;
    for (int i = 0; i < 100'000; ++i) {
        numbers.push_back(static_cast<std::uint64_t>(spread(random)));
        (i % 2 != 0 ? one : two).add(nanoseconds(numbers.back()));
        all.add(nanoseconds(numbers.back()));
    }
    std::ranges::sort(numbers);
    one.merge(two);
    for (const double percent : {0.1, 1.0, 25.0, 50.0, 90.0, 99.0, 99.9, 99.99}) {
        const auto exact =
            static_cast<double>(numbers[static_cast<std::size_t>(percent / 100 * 100'000 + 0.5) - 1]);
        const auto found = static_cast<double>(all.percentile(percent).count());
        EXPECT_GE(found, exact * 0.999) << percent;
        EXPECT_LE(found, exact * 1.02 + 1) << percent;
        EXPECT_EQ(one.percentile(percent), all.percentile(percent));
    }
    EXPECT_EQ(all.percentile(100), all.max());
    EXPECT_EQ(all.max().count(), static_cast<std::int64_t>(numbers.back()));
    EXPECT_EQ(all.min().count(), static_cast<std::int64_t>(numbers.front()));
}

TEST(Histogram, EdgesAreKept) {
    Histogram empty;
    EXPECT_EQ(empty.percentile(50).count(), 0);
    EXPECT_EQ(empty.min().count(), 0);
    Histogram histogram;
    histogram.add(nanoseconds(-5));
    histogram.add(std::chrono::hours(24));
    EXPECT_EQ(histogram.percentile(50).count(), 0);
    EXPECT_EQ(histogram.percentile(100), std::chrono::hours(24));
}

}  // namespace
}  // namespace base
