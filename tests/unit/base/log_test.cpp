#include "base/log.hpp"

#include <gtest/gtest.h>

namespace base::log {
namespace {

TEST(Log, LogfmtQuotesOnlyWhatNeedsIt) {
    EXPECT_EQ(
        render(Format::logfmt, Level::info, "imap", "login", {{"user", "u1@example.test"}, {"ms", 3}}, 0),
        "time=1970-01-01T00:00:00.000Z level=info module=imap msg=login user=u1@example.test ms=3");
    EXPECT_EQ(render(Format::logfmt, Level::warn, "a", "b c", {{"d", ""}, {"e", true}, {"f", 1.5}},
                     1'700'000'000'123),
              "time=2023-11-14T22:13:20.123Z level=warn module=a msg=\"b c\" d=\"\" e=true f=1.5");
}

TEST(Log, NoOctetFromOutsideForgesALine) {
    const std::string line = render(Format::logfmt, Level::info, "smtp", "x",
                                    {{"helo", "a\r\nlevel=error \x1b[2J\x7f\xc2\x85\xff\"\\"}}, 0);
    EXPECT_TRUE(line.ends_with(R"(helo="a\r\nlevel=error \x1b[2J\x7f\xc2\x85\xff\"\\")")) << line;
    const std::string json = render(Format::json, Level::info, "smtp", "x", {{"helo", "\x01ü\xff"}}, 0);
    EXPECT_TRUE(json.ends_with("\"helo\":\"\\u0001ü\\u00ff\"}")) << json;
}

TEST(Log, LevelsPerModule) {
    set_level("", Level::warn);
    set_level("store", Level::debug);
    EXPECT_TRUE(enabled("store", Level::debug));
    EXPECT_FALSE(enabled("imap", Level::info));
    EXPECT_TRUE(enabled("imap", Level::error));
    set_level("store", Level::info);
    set_level("", Level::info);
    EXPECT_FALSE(enabled("store", Level::debug));
    Level level = Level::off;
    EXPECT_TRUE(parse_level("trace", level));
    EXPECT_EQ(level, Level::trace);
    EXPECT_FALSE(parse_level("loud", level));
}

}  // namespace
}  // namespace base::log
