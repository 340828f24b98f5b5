// Invitations as the programs of others write them (tests/eas/invitations), from their delivery to the event
// and to what its organizer gets as an answer. expected.tsv says what each is.
#include <filesystem>
#include <fstream>
#include <sstream>

#include "eas/mail/calendar_part.hpp"
#include "pim/date_time.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/events.hpp"
#include "pim/itip/write.hpp"
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

namespace itip = pim::itip;
using directory::run;

const std::filesystem::path samples = EAS_INVITATIONS;
const itip::Owner anna{{"anna@example.test"}, "Anna"};

struct Sample {
    std::string file, before, by_itself, start, end, title, organizer, status;
};

std::string octets_of(const std::string& file) {
    std::ifstream in(samples / file, std::ios::binary);
    std::ostringstream out;
    out << in.rdbuf();
    return std::move(out).str();
}

std::vector<Sample> expected() {
    std::vector<Sample> out;
    std::istringstream lines(octets_of("expected.tsv"));
    for (std::string line; std::getline(lines, line);) {
        if (line.starts_with('#')) continue;
        std::istringstream fields(line);
        Sample one;
        for (std::string* field : {&one.file, &one.before, &one.by_itself, &one.start, &one.end, &one.title,
                                   &one.organizer, &one.status})
            std::getline(fields, *field, '\t');
        out.push_back(std::move(one));
    }
    return out;
}

/// From a sample's file name to what it is printed as.
void PrintTo(const Sample& sample, std::ostream* out) { *out << sample.file << " after " << sample.before; }

class InvitationTest : public MeetingServerTest, public testing::WithParamInterface<Sample> {
protected:
    /// What a device is asked to answer.
    boost::asio::awaitable<std::optional<itip::Message>> message_of_newest() {
        const store::FolderTreePtr tree = account_->folders();
        const store::FolderInfo* inbox = tree->find(store::SpecialUse::inbox);
        auto folder = co_await account_->open(inbox->id);
        const store::SnapshotPtr now_there = (*folder)->snapshot();
        std::vector<store::Entry> entries{*now_there->at(base::SeqNum(now_there->size()))};
        const auto details = co_await (*folder)->details(std::move(entries));
        MessageOctets octets(*folder, details->front());
        const auto opened = co_await octets.open();
        if (!opened) co_return std::nullopt;
        const auto text = co_await read_calendar(&octets);
        co_return text ? itip::read_message(*text) : std::nullopt;
    }
};

void check(const Sample& sample, const pim::Component& calendar) {
    const pim::Component* event = itip::main_event(calendar);
    ASSERT_NE(event, nullptr);
    const auto moment = [](std::string_view text) { return pim::parse_date_time(text)->seconds; };
    EXPECT_EQ(itip::moment_of(calendar, *event, "DTSTART"), moment(sample.start));
    const pim::EventTimes times = pim::times_of(calendar, *event);
    const std::int64_t start = times.read(*event, "DTSTART").value_or(0);
    EXPECT_EQ(times.read_end(*event, start) - start, moment(sample.end) - moment(sample.start));
    EXPECT_EQ(event->text("SUMMARY"), sample.title);
    ASSERT_NE(event->find("ORGANIZER"), nullptr);
    EXPECT_EQ(itip::address_of(*event->find("ORGANIZER")), sample.organizer);
    EXPECT_EQ(event->raw("STATUS"), sample.status);
    EXPECT_NE(anna.attendee_of(*event), nullptr);
    EXPECT_EQ(pim::write(calendar).find("\xEF\xBF\xBD"), std::string::npos);  // no character is broken
}

TEST_P(InvitationTest, BecomesAnEventThatCanBeAnswered) {
    const Sample& sample = GetParam();
    watch();
    if (!sample.before.empty()) {
        ASSERT_TRUE(run(deliver(octets_of(sample.before))));
    }
    ASSERT_TRUE(run(deliver(octets_of(sample.file))));
    const auto message = run(message_of_newest());
    ASSERT_TRUE(message);
    const auto found = run(events(message->uid));
    ASSERT_EQ(found.size(), sample.by_itself == "yes" ? 1U : 0U);
    const pim::Component kept = found.empty() ? itip::adopt(*message, anna) : found.front().calendar;
    check(sample, kept);
    if (pim::is_override(message->event()) && !sample.before.empty()) {
        const auto moment = itip::moment_of(message->calendar, message->event(), "RECURRENCE-ID");
        const pim::Component* own = moment ? itip::find_override(kept, *moment) : nullptr;
        ASSERT_NE(own, nullptr);
        EXPECT_EQ(own->text("SUMMARY"), message->event().text("SUMMARY"));
        EXPECT_EQ(itip::moment_of(kept, *own, "DTSTART"),
                  itip::moment_of(message->calendar, message->event(), "DTSTART"));
    }
    // The answer names the event as its organizer does, and can be read again.
    itip::OutgoingReply reply;
    reply.answer = itip::Answer::accepted;
    reply.now = 1'900'000'000;
    const auto made = itip::make_reply(kept, reply, anna);
    ASSERT_TRUE(made);
    const auto answer = itip::read_message(pim::write(*made));
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->uid, message->uid);
    pim::Component organizers = message->calendar;
    if (message->method == itip::Method::request && pim::master_of(organizers) != nullptr)
        EXPECT_EQ(itip::apply_reply(organizers, *answer, "anna@example.test"), itip::Applied::done);
}

INSTANTIATE_TEST_SUITE_P(Samples, InvitationTest, testing::ValuesIn(expected()));

TEST(Invitations, EachSampleIsInTheTable) {
    const std::vector<Sample> all = expected();
    for (const auto& entry : std::filesystem::directory_iterator(samples))
        if (entry.path().extension() == ".eml")
            EXPECT_TRUE(std::ranges::any_of(all, [&](const Sample& one) {
                return one.file == entry.path().filename().string();
            })) << entry.path();
}

TEST(Invitations, LinesAreJoinedWithinACharacter) {
    std::string text = "SUMMARY:J\xC3\r\n \xA4hr\n\tlich\r\nEND:VEVENT\r\n";
    unfold_calendar(text);
    EXPECT_EQ(text, "SUMMARY:J\xC3\xA4hrlich\r\nEND:VEVENT\r\n");
    text = "a\r\n";
    unfold_calendar(text);
    EXPECT_EQ(text, "a\r\n");
    text = "\r\n \r\n ";
    unfold_calendar(text);
    EXPECT_EQ(text, "");
}

}  // namespace
}  // namespace eas
