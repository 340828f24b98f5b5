// Small pieces of texts, and percent-encoding.
#include "base/text.hpp"

#include <gtest/gtest.h>

#include "base/percent.hpp"

namespace {

TEST(Text, TrimmedOfBlanksAndLineEnds) {
    EXPECT_EQ(base::trimmed(" \t a b \r\n"), "a b");
    EXPECT_EQ(base::trimmed("a"), "a");
    EXPECT_EQ(base::trimmed(" \r\n\t"), "");
    EXPECT_EQ(base::trimmed(""), "");
}

TEST(Text, TheDomainStandsBehindTheLastAt) {
    EXPECT_EQ(base::domain_of("anna@Example.org"), "Example.org");
    EXPECT_EQ(base::domain_of("\"a@b\"@example.org"), "example.org");
    EXPECT_EQ(base::domain_of("postmaster"), "");
    EXPECT_EQ(base::domain_of("anna@"), "");
}

TEST(Percent, DecodesOrRefuses) {
    EXPECT_EQ(base::percent_decoded("a%20b%2Fc%2f+"), "a b/c/+");
    EXPECT_EQ(base::percent_decoded("%00%fF"), std::string("\0\xFF", 2));
    EXPECT_EQ(base::percent_decoded(""), "");
    for (const char* wrong : {"%", "a%2", "%G0", "%0g", "%%20"})
        EXPECT_FALSE(base::percent_decoded(wrong)) << wrong;
}

TEST(Percent, QueriesAreTakenAsTheyCome) {
    EXPECT_EQ(base::query_decoded("a+b%2Bc%", base::Plus::is_blank), "a b+c%");
    EXPECT_EQ(base::query_decoded("a+b%zz%41", base::Plus::is_plus), "a+b%zzA");
    EXPECT_EQ(base::query_decoded("%4", base::Plus::is_plus), "%4");
}

}  // namespace
