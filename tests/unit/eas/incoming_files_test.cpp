// Files that come with an invitation: in the calendar's text, as parts of the message, and as links.
#include "eas/incoming_files.hpp"

#include <set>

#include "base/base64.hpp"
#include "eas/items/event_attachments.hpp"
#include "mime/codec.hpp"
#include "pim/event_times.hpp"
#include "pim/itip/events.hpp"
#include "unit/eas/meeting_server.hpp"

namespace eas {
namespace {

using directory::run;
using Files = std::map<std::string, std::string>;  // by name: its octets, or "link"

std::string part(std::string_view header, std::string_view body) {
    return "--x\r\n" + std::string(header) + "\r\n\r\n" + std::string(body) + "\r\n";
}

/// As Exchange, Apple and Google send files, in one.
std::string invitation(int sequence, std::string_view lines, std::string_view parts,
                       std::string_view from = "olga@elsewhere.test") {
    return "From: <" + std::string(from) +
           ">\r\nTo: <anna@example.test>\r\nMIME-Version: 1.0\r\n"
           "Content-Type: multipart/mixed; boundary=x\r\n\r\n" +
           part("Content-Type: text/plain", "Come") +
           part("Content-Type: text/calendar; charset=utf-8; method=REQUEST",
                "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:uid-1\r\n"
                "ORGANIZER:mailto:olga@elsewhere.test\r\nATTENDEE:mailto:anna@example.test\r\n"
                "DTSTART:20900104T090000Z\r\nDTEND:20900104T100000Z\r\nSUMMARY:Plans\r\nSEQUENCE:" +
                    std::to_string(sequence) + "\r\nDTSTAMP:2026112" + std::to_string(2 + sequence) +
                    "T120000Z\r\n" + std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR") +
           std::string(parts) + "--x--\r\n";
}

std::string embedded(std::string_view name, std::string_view octets) {
    return "ATTACH;ENCODING=BASE64;VALUE=BINARY;FMTTYPE=text/x-own;FILENAME=" + std::string(name) + ":" +
           base::base64_encode(octets) + "\r\n";
}

std::string attached(std::string_view name, std::string_view content_id, std::string_view octets,
                     std::string_view disposition = "attachment") {
    return part("Content-Type: application/pdf\r\nContent-Disposition: " + std::string(disposition) +
                    "; filename=\"" + std::string(name) + "\"\r\nContent-ID: <" + std::string(content_id) +
                    ">\r\nContent-Transfer-Encoding: base64",
                base::base64_encode(octets));
}

class IncomingFilesTest : public MeetingServerTest {
protected:
    boost::asio::awaitable<Files> files() {
        Files out;
        const auto found = co_await events("uid-1");
        if (found.size() != 1) co_return Files{{"events", std::to_string(found.size())}};
        const pim::Component* event = pim::master_of(found.front().calendar);
        for (const pim::Property& one : event->properties) {
            if (one.name != "ATTACH") continue;
            std::string name(pim::itip::file_name_in(one)), title(one.parameter("FILENAME"));
            if (name.empty()) {
                out[one.value] = "link";
                continue;
            }
            std::vector<std::string> names{std::move(name)};
            const auto read = co_await read_file_parts(found.front().folder, found.front().entry, names);
            const std::string text = read && read->size() == 1 ? read->front() : "\r\n\r\nnone";
            out[title] = mime::base64_decode(text.substr(text.find("\r\n\r\n") + 4));
            EXPECT_EQ(one.parameter("SIZE"), std::to_string(out[title].size()));
        }
        co_return out;
    }
    /// What is between the parts of the event's message.
    boost::asio::awaitable<std::string> boundary() {
        const auto found = co_await events("uid-1");
        if (found.size() != 1) co_return std::string();
        auto detail = co_await read_detail(found.front().folder, found.front().entry);
        if (!detail) co_return std::string();
        MessageOctets message(found.front().folder, std::move(*detail));
        const auto opened = co_await message.open();
        if (!opened) co_return std::string();
        const auto header = co_await message.header();
        if (!header) co_return std::string();
        const std::size_t at = header->find("boundary=\"");
        if (at == std::string::npos) co_return std::string();
        co_return header->substr(at + 10, header->find('"', at + 10) - at - 10);
    }
    boost::asio::awaitable<bool> write_anew() {
        const auto found = co_await events("uid-1");
        if (found.size() != 1) co_return false;
        const auto kept = co_await services_->events.replace(&found.front());
        co_return kept.has_value();
    }
    /// One of the user's own.
    boost::asio::awaitable<bool> add_own(std::string name, std::string octets) {
        auto found = co_await events("uid-1");
        if (found.size() != 1) co_return false;
        MailedFiles sent;
        AddedAttachment file;
        file.name = std::move(name);
        file.octets = std::move(octets);
        file.name_in_event = name_of_attachment(file);
        sent.embedded.added.push_back(std::move(file));
        apply_attachments(sent.embedded, *pim::master_of(found.front().calendar));
        const auto kept = co_await services_->events.replace(&found.front(), &sent);
        co_return kept.has_value();
    }
};

TEST_F(IncomingFilesTest, AreThoseOfTheEvent) {
    watch();
    const std::string link = "https://drive.test/d/1";
    ASSERT_TRUE(run(deliver(invitation(
        0, embedded("in.txt", "within") + "ATTACH:CID:two@x\r\nATTACH;FILENAME=d:" + link + "\r\n",
        attached("one.pdf", "one@x", "the first") + attached("two.pdf", "two@x", "the second", "inline") +
            attached("logo.png", "logo@x", "of a signature", "inline") +
            part("Content-Type: application/ics\r\nContent-Disposition: attachment; filename=invite.ics",
                 "B")))));
    EXPECT_EQ(
        run(files()),
        (Files{{"in.txt", "within"}, {"one.pdf", "the first"}, {"two.pdf", "the second"}, {link, "link"}}));
}

TEST_F(IncomingFilesTest, AreThoseOfTheNextMessageAndTheUsers) {
    watch();
    ASSERT_TRUE(run(deliver(invitation(0, embedded("a.txt", "A"), attached("b.pdf", "b@x", "B")))));
    ASSERT_TRUE(run(add_own("mine.txt", "hers")));
    EXPECT_EQ(run(files()), (Files{{"a.txt", "A"}, {"b.pdf", "B"}, {"mine.txt", "hers"}}));
    ASSERT_TRUE(
        run(deliver(invitation(1, "", attached("b.pdf", "b@x", "B") + attached("c.pdf", "c@x", "C")))));
    EXPECT_EQ(run(files()), (Files{{"b.pdf", "B"}, {"c.pdf", "C"}, {"mine.txt", "hers"}}));
    ASSERT_TRUE(run(deliver(invitation(2, "", ""))));
    EXPECT_EQ(run(files()), (Files{{"mine.txt", "hers"}}));
    // Somebody else's are none.
    ASSERT_TRUE(run(deliver(invitation(3, embedded("d.txt", "D"), "", "mallory@elsewhere.test"))));
    EXPECT_EQ(run(files()), (Files{{"mine.txt", "hers"}}));
}

// A stranger who knew what parts them could write it into a file, and parts of his own behind it.
TEST_F(IncomingFilesTest, NobodyForeseesWhatPartsThem) {
    watch();
    ASSERT_TRUE(run(deliver(invitation(0, "", attached("a.txt", "a@x", "A")))));
    std::set<std::string> seen{run(boundary())};
    for (int i = 0; i < 3; ++i) {
        ASSERT_TRUE(run(write_anew()));
        seen.insert(run(boundary()));
    }
    EXPECT_EQ(seen.size(), 4U);
    EXPECT_FALSE(seen.contains(""));
    EXPECT_EQ(run(files()), (Files{{"a.txt", "A"}}));
}

TEST_F(IncomingFilesTest, AreNotMoreThanAnEventMayHave) {
    watch();
    std::string lines, parts;
    for (int i = 0; i < 20; ++i) lines += embedded("e" + std::to_string(i), std::to_string(i));
    for (int i = 0; i < 20; ++i)
        parts += attached("p" + std::to_string(i), "p" + std::to_string(i) + "@x", std::to_string(i));
    ASSERT_TRUE(run(deliver(invitation(0, lines, parts))));
    const IncomingFileLimits limits;
    EXPECT_EQ(run(files()).size(), limits.count_max);
    // What is in the text and too much is not kept there either.
    const auto found = run(events("uid-1"));
    EXPECT_LT(pim::octets_of(found.front().calendar), 20'000U);
    ASSERT_TRUE(run(deliver(invitation(1, embedded("large", std::string(2'200'000, 'x')), ""))));
    EXPECT_EQ(run(files()), Files());
}

TEST(IncomingFiles, AreLeftWhereThereIsNoRoom) {
    pim::Component calendar("VCALENDAR");
    pim::Component& event = calendar.components.emplace_back("VEVENT");
    AddedAttachment file;
    file.name_in_event = "0123456789abcdef";
    name_mailed_file(event, file, 5);
    event.properties.emplace_back("ATTACH", "https://drive.test/d/1");
    leave_files(calendar);
    ASSERT_EQ(event.properties.size(), 1U);
    EXPECT_EQ(event.properties.front().value, "https://drive.test/d/1");
}

}  // namespace
}  // namespace eas
