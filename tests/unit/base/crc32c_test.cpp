#include "base/crc32c.hpp"

#include <cstdint>
#include <string>
#include <string_view>

#include <gtest/gtest.h>

namespace {

TEST(Crc32c, KnownValues) {  // RFC 3720 appendix B.4
    EXPECT_EQ(base::crc32c(std::string(32, '\0')), 0x8A9136AAU);
    EXPECT_EQ(base::crc32c(std::string(32, '\xFF')), 0x62A8AB43U);
    std::string rising;
    for (int i = 0; i < 32; ++i) rising += static_cast<char>(i);
    EXPECT_EQ(base::crc32c(rising), 0x46DD794EU);
    EXPECT_EQ(base::crc32c("123456789"), 0xE3069283U);
    EXPECT_EQ(base::crc32c(""), 0U);
}

TEST(Crc32c, GoesOnFromAnEarlierPart) {
    const std::string text = "The quick brown fox jumps over the lazy dog";
    for (std::size_t cut = 0; cut <= text.size(); ++cut) {
        const auto first = base::crc32c(std::string_view(text).substr(0, cut));
        EXPECT_EQ(base::crc32c(std::string_view(text).substr(cut), first), base::crc32c(text));
    }
}

/// Long pieces go by lanes, short ones octet by octet: any cut must give the same.
TEST(Crc32c, LongTextsAreTheSameInAnyPieces) {
    std::string text;
    for (std::uint32_t i = 0; i < 3'000; ++i) text += static_cast<char>(i * 2'654'435'761U >> 24U);
    std::uint32_t by_octet = 0;
    for (const char c : text) by_octet = base::crc32c(std::string_view(&c, 1), by_octet);
    EXPECT_EQ(base::crc32c(text), by_octet);
    for (std::size_t cut = 0; cut <= text.size(); cut += 61) {
        const auto first = base::crc32c(std::string_view(text).substr(0, cut));
        EXPECT_EQ(base::crc32c(std::string_view(text).substr(cut), first), by_octet) << cut;
    }
}

}  // namespace
