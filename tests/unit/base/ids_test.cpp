#include "base/ids.hpp"

#include <set>

#include <gtest/gtest.h>

#include "base/id_source.hpp"
#include "base/random.hpp"
#include "base/secret.hpp"

namespace base {
namespace {

using namespace std::chrono_literals;

TEST(IdSource, GrowsAlsoWhenTheClockIsSetBack) {
    ManualClock clock(SystemTime(1'800'000'000s));
    IdSource source(clock, 5);
    std::uint64_t last = 0;
    for (int i = 0; i < 10'000; ++i) {
        if (i == 5'000) clock.advance(-3'600'000ms);
        const std::uint64_t id = source.next();
        EXPECT_GT(id, last);
        last = id;
    }
    EXPECT_GE(IdSource::time_of(last), 1'800'000'000'000);
}

TEST(IdSource, SkipsPastWhatTheStoreHolds) {
    ManualClock clock(SystemTime(1'800'000'000s));
    IdSource ahead(clock);
    clock.advance(60'000ms);
    const std::uint64_t stored = ahead.next();
    clock.advance(-60'000ms);
    IdSource source(clock);
    source.skip_past(stored);
    EXPECT_GT(source.next(), stored);
}

TEST(Random, PasswordsDifferAndAreTypeable) {
    std::set<std::string> seen;
    for (int i = 0; i < 100; ++i) {
        const std::string password = Random::system().password();
        EXPECT_EQ(password.size(), 17U);
        EXPECT_EQ(password.find_first_not_of("abcdefghijkmnpqrstuvwxyz23456789-"), std::string::npos);
        EXPECT_TRUE(seen.insert(password).second);
    }
}

TEST(SeededRandom, RepeatsForTheSameSeed) {
    SeededRandom one(7), two(7), three(8);
    const std::string first = one.hex(16);
    EXPECT_EQ(first, two.hex(16));
    EXPECT_NE(first, three.hex(16));
}

TEST(Secret, ComparesAndIsWipedWhenMoved) {
    Secret secret(std::string("open sesame"));
    EXPECT_TRUE(secret.equals("open sesame"));
    EXPECT_FALSE(secret.equals("open sesamE"));
    EXPECT_FALSE(secret.equals("open"));
    const Secret other = std::move(secret);
    EXPECT_TRUE(secret.empty());  // NOLINT(bugprone-use-after-move): that is what is shown
    EXPECT_EQ(other.reveal(), "open sesame");
}

}  // namespace
}  // namespace base
