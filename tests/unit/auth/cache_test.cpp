#include <gtest/gtest.h>

#include "auth/verified_cache.hpp"

namespace auth {
namespace {

using namespace std::chrono_literals;

TEST(VerifiedCache, KnowsExactlyWhatWasVerified) {
    base::ManualClock clock(base::SystemTime(1'800'000'000s));
    base::SeededRandom random(1);
    VerifiedCache cache(clock, random, 300s, 100);
    const base::AccountId one(1), two(2);
    const base::Secret password("secret");
    cache.add(one, "hash", password);
    EXPECT_TRUE(cache.contains(one, "hash", password));
    EXPECT_FALSE(cache.contains(two, "hash", password));
    EXPECT_FALSE(cache.contains(one, "hash2", password));
    EXPECT_FALSE(cache.contains(one, "hash", base::Secret("secret2")));
    EXPECT_FALSE(cache.contains(one, "hashs", base::Secret("ecret")));  // parts do not run together
    EXPECT_FALSE(cache.contains(one, "", password));
    clock.advance(299s);
    EXPECT_TRUE(cache.contains(one, "hash", password));
    clock.advance(1s);
    EXPECT_FALSE(cache.contains(one, "hash", password));
    cache.add(one, "hash", password);
    clock.advance(-10s);  // set back: rather hash again than believe for too long
    EXPECT_FALSE(cache.contains(one, "hash", password));
}

TEST(VerifiedCache, IsBounded) {
    base::ManualClock clock(base::SystemTime(1'800'000'000s));
    base::SeededRandom random(1);
    VerifiedCache cache(clock, random, 300s, 10);
    for (std::uint32_t i = 1; i <= 100; ++i) cache.add(base::AccountId(i), "hash", base::Secret("x"));
    EXPECT_LE(cache.size(), 10U);
    EXPECT_TRUE(cache.contains(base::AccountId(100), "hash", base::Secret("x")));
    for (int i = 0; i < 100; ++i) {
        clock.advance(1s);
        cache.add(base::AccountId(7), "hash", base::Secret("x"));
    }
    EXPECT_LE(cache.size(), 10U);
    EXPECT_TRUE(cache.contains(base::AccountId(7), "hash", base::Secret("x")));
}

}  // namespace
}  // namespace auth
