// When progress is told, and how: RFC 9585.
#include "imap/progress.hpp"

#include <gtest/gtest.h>

namespace {

using imap::in_progress_code;
using imap::Progress;
using std::chrono::seconds;

TEST(Progress, IsToldAfterTheFirstSecondsAndThenNowAndThen) {
    const base::SystemTime start{seconds(1'000)};
    Progress progress(start, seconds(5), seconds(2));
    EXPECT_FALSE(progress.due(start));
    EXPECT_FALSE(progress.due(start + seconds(4)));
    EXPECT_TRUE(progress.due(start + seconds(5)));
    EXPECT_FALSE(progress.due(start + seconds(6)));
    EXPECT_TRUE(progress.due(start + seconds(60)));
    EXPECT_FALSE(progress.due(start + seconds(61)));  // nothing is made up for
    EXPECT_TRUE(progress.due(start + seconds(62)));
}

TEST(Progress, AClockThatWasSetBackBeginsAnew) {
    const base::SystemTime start{seconds(1'000'000)};
    Progress progress(start, seconds(5), seconds(2));
    EXPECT_TRUE(progress.due(start + seconds(9)));
    EXPECT_FALSE(progress.due(start - seconds(3'600)));
    EXPECT_FALSE(progress.due(start - seconds(3'599)));
    EXPECT_TRUE(progress.due(start - seconds(3'598)));
}

TEST(Progress, TheCodeIsThatOfTheRfc) {
    EXPECT_EQ(in_progress_code("A001", 454, 1'000), "INPROGRESS (\"A001\" 454 1000)");
    EXPECT_EQ(in_progress_code("A001", 1'000, 1'000), "INPROGRESS (\"A001\" 999 1000)");
    EXPECT_EQ(in_progress_code("A001", 0, 0), "INPROGRESS (\"A001\" NIL NIL)");
    EXPECT_EQ(in_progress_code("A001", 7, 0), "INPROGRESS (\"A001\" 7 NIL)");
    EXPECT_EQ(in_progress_code("A]1", 1, 2), "INPROGRESS (NIL 1 2)");
}

}  // namespace
