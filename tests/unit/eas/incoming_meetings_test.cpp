// Mail about meetings as it is delivered: what it changes, what is answered, and how much of it.
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

using directory::run;

std::string mail(std::string_view from, std::string_view method, std::string_view event) {
    return "From: <" + std::string(from) + ">\r\nTo: <anna@example.test>\r\nMIME-Version: 1.0\r\n" +
           "Content-Type: text/calendar; charset=utf-8; method=" + std::string(method) +
           "\r\n\r\nBEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:" + std::string(method) +
           "\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n" + std::string(event) +
           "END:VEVENT\r\nEND:VCALENDAR\r\n";
}

class IncomingMeetingsTest : public MeetingServerTest {
protected:
    boost::asio::awaitable<bool> keep(std::string_view lines) {
        auto event = pim::parse("BEGIN:VCALENDAR\r\nVERSION:2.0\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n" +
                                std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR\r\n");
        if (!event) co_return false;
        const auto added = co_await services_->events.add(account_, std::move(*event));
        co_return added.has_value();
    }
    bool keep_annas() {
        return run(keep("DTSTAMP:20261122T120000Z\r\nDTSTART:20900104T090000Z\r\nSUMMARY:Plans\r\n"
                        "DTEND:20900104T100000Z\r\nORGANIZER:mailto:anna@example.test\r\n"
                        "ATTENDEE:mailto:bob@elsewhere.test\r\n"));
    }
    bool answer(int minute, std::string_view partstat) {
        return run(deliver(mail("bob@elsewhere.test", "REPLY",
                                "DTSTAMP:20261123T12" + std::to_string(10 + minute) +
                                    "00Z\r\nORGANIZER:mailto:anna@example.test\r\nATTENDEE;PARTSTAT=" +
                                    std::string(partstat) + ":mailto:bob@elsewhere.test\r\n")));
    }
    std::string bobs_answer() {
        const auto found = run(events("uid-1"));
        if (found.size() != 1) return "no event";
        const pim::Component* event = pim::master_of(found.front().calendar);
        return std::string(pim::itip::find_attendee(*event, "bob@elsewhere.test")->parameter("PARTSTAT"));
    }
};

TEST_F(IncomingMeetingsTest, NobodyWritesAnEventAnewWithoutEnd) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.free_bytes_max = 0;
    limits.rewritten_bytes_max = 4 * run(events("uid-1")).front().entry.size;
    watch(limits);
    int changes = 0;
    std::string last = "none";
    for (int i = 0; i < 20; ++i) {
        ASSERT_TRUE(answer(i, i % 2 == 0 ? "ACCEPTED" : "DECLINED"));
        const std::string now_there = bobs_answer();
        changes += now_there != last ? 1 : 0;
        last = now_there;
    }
    EXPECT_GE(changes, 2);
    EXPECT_LE(changes, 4);
}

TEST_F(IncomingMeetingsTest, SmallEventsAreWrittenAsOftenAsMailComes) {
    ASSERT_TRUE(keep_annas());
    IncomingMeetingsLimits limits;
    limits.rewritten_bytes_max = 0;
    watch(limits);
    for (int i = 0; i < 10; ++i) {
        const std::string_view partstat = i % 2 == 0 ? "ACCEPTED" : "DECLINED";
        ASSERT_TRUE(answer(i, partstat));
        EXPECT_EQ(bobs_answer(), partstat);
    }
}

}  // namespace
}  // namespace eas
