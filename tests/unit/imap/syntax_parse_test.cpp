#include <gtest/gtest.h>

#include "imap/syntax/parse_command.hpp"
TEST(Parse, Noop) {
    std::string tag;
    EXPECT_TRUE(imap::parse_command("A NOOP", tag));
}
