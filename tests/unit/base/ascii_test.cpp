// ASCII case: the 26 letters and nothing else.
#include "base/ascii.hpp"

#include <gtest/gtest.h>

namespace {

TEST(Ascii, CaseIsThatOfTwentySixLetters) {
    for (unsigned octet = 0; octet < 256; ++octet) {
        const char c = static_cast<char>(octet);
        const bool upper = octet >= 'A' && octet <= 'Z', lower = octet >= 'a' && octet <= 'z';
        EXPECT_EQ(base::to_lower(c), upper ? static_cast<char>(octet + 32) : c);
        EXPECT_EQ(base::to_upper(c), lower ? static_cast<char>(octet - 32) : c);
    }
}

TEST(Ascii, EqualWithoutCase) {
    EXPECT_TRUE(base::equals_nocase("", ""));
    EXPECT_TRUE(base::equals_nocase("eHLO-9", "EhlO-9"));
    EXPECT_FALSE(base::equals_nocase("EHLO", "EHL"));
    EXPECT_FALSE(base::equals_nocase("@", "`"));  // a case apart, and no letters
    EXPECT_FALSE(base::equals_nocase("\xC4", "\xE4"));
    EXPECT_EQ(base::lowered("MiXed \xC4.Ä"), "mixed \xC4.Ä");
}

}  // namespace
