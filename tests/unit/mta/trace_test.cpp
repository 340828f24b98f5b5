// What is kept of the steps of messages, and how they are found again.
#include "mta/trace.hpp"

#include <boost/asio/co_spawn.hpp>
#include <gtest/gtest.h>

#include "support/certificates.hpp"
#include "support/kept_io_context.hpp"

namespace mta {
namespace {

class TraceTest : public testing::Test {
protected:
    std::vector<std::string> find(TraceQuery query) {
        test::KeptIoContext io;
        std::vector<std::string> out;
        boost::asio::co_spawn(
            *io, trace.find(std::move(query)),
            [&](const std::exception_ptr&, std::vector<std::string> found) { out = std::move(found); });
        (*io).run();
        return out;
    }
    std::vector<std::string> find(const std::string& id) {
        TraceQuery query;
        query.id = id;
        return find(std::move(query));
    }

    support::TemporaryFolder folder;
    base::ManualClock clock{base::SystemTime(std::chrono::seconds(1'800'000'000))};
    Trace trace{TraceSettings{.folder = folder.path()}, clock};
};

TEST_F(TraceTest, AMessageIsFoundByWhomItNamesAndByWhatItIs) {
    trace.add("1", "accepted", {{"from", "Anna@ours.test"}, {"message_id", "<a@ours.test>"}});
    trace.add("2", "accepted", {{"from", "bert@ours.test"}});
    clock.advance(std::chrono::seconds(1));
    trace.add("1", "delivered", {{"to", "cleo@far.test"}});
    EXPECT_EQ(find("1").size(), 2U);
    TraceQuery query;
    query.address = "anna@OURS.test";
    EXPECT_EQ(find(query), find("1"));
    query = {};
    query.message_id = "<a@ours.test>";
    EXPECT_EQ(find(query), find("1"));
    query = {};
    query.since = base::unix_milliseconds(clock.now());
    EXPECT_EQ(find(query), find("1")) << "of a message with one young step all steps";
    query.address = "bert";
    EXPECT_TRUE(find(query).empty());
}

/// Another thread may have delivered it by then.
TEST_F(TraceTest, WhatIsSentAboutAMessageIsFoundThoughItSaysSoLate) {
    trace.add("1", "accepted", {{"from", "anna@ours.test"}});
    trace.add("2", "delivered", {{"to", "anna@ours.test"}});
    trace.add("3", "delivered", {{"to", "bert@ours.test"}});
    trace.add("2", "tell", {{"about", "1"}});
    const std::vector<std::string> found = find("1");
    ASSERT_EQ(found.size(), 3U);
    EXPECT_NE(found[1].find("delivered"), std::string::npos);
    EXPECT_EQ(find("2").size(), 2U);
}

}  // namespace
}  // namespace mta
