#include "cli/output.hpp"

#include <gtest/gtest.h>

namespace cli {
namespace {

TEST(Output, NumbersForPeople) {
    EXPECT_EQ(human_bytes(0), "0 B");
    EXPECT_EQ(human_bytes(1023), "1023 B");
    EXPECT_EQ(human_bytes(1536), "1.5 KiB");
    EXPECT_EQ(human_bytes(5ULL << 40), "5.0 TiB");
    EXPECT_EQ(human_seconds(119), "119 s");
    EXPECT_EQ(human_seconds(7199), "119 min");
    EXPECT_EQ(human_seconds(3 * 86400), "3 d");
}

TEST(Output, NothingFromOutsideReachesTheTerminalRaw) {
    EXPECT_EQ(printable("a\x1b[2Jb\r\n\x7f"), "a?[2Jb???");
    EXPECT_EQ(printable("gr\xc3\xbc\xc3\x9f \xc2\x9b"), "gr\xc3\xbc\xc3\x9f ?");
}

TEST(Output, TableAlignsByCharacters) {
    Table table({"name", "count"});
    table.add({"\xc3\xbc", "7"});
    table.add({"longer", "123456"});
    testing::internal::CaptureStdout();
    table.print();
    EXPECT_EQ(testing::internal::GetCapturedStdout(),
              "name    count\n\xc3\xbc            7\nlonger  123456\n");
}

}  // namespace
}  // namespace cli
