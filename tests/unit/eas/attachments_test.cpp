// Attachments of events: in the iCalendar, as devices add, see and delete them; and of drafts as parts.
#include <fmt/format.h>

#include "eas/items/event_attachments.hpp"
#include "eas/mail/attachment_part.hpp"
#include "eas/mail/draft.hpp"
#include "item_data.hpp"
#include "mime/index.hpp"
#include "pim/itip/apply.hpp"
#include "pim/itip/write.hpp"

namespace eas {
namespace {

namespace base_tags = wbxml::airsyncbase;

AddedAttachment file(std::string_view client_id, std::string_view name, std::string_view octets) {
    AddedAttachment out;
    out.client_id = client_id;
    out.name = name;
    out.type = "text/plain";
    out.octets = octets;
    out.name_in_event = name_of_attachment(out);
    return out;
}

AttachmentChanges adding(std::initializer_list<AddedAttachment> files) {
    AttachmentChanges out;
    out.added = files;
    return out;
}

pim::Component event_with(std::string_view lines) {
    return *pim::parse("BEGIN:VCALENDAR\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTART:20260101T090000Z\r\n" +
                       std::string(lines) + "END:VEVENT\r\nEND:VCALENDAR\r\n");
}

TEST(EventAttachments, ThroughTheText) {
    pim::Component calendar = event_with("");
    AddedAttachment image = file("1", "Pl\xC3\xA4ne; \"a\", b:c.png", "octets");
    image.type = "image/png";
    image.content_id = "inside@x";
    image.is_inline = true;
    apply_attachments(adding({image}), calendar.components.front());
    const auto kept = pim::parse(pim::write(calendar));
    ASSERT_TRUE(kept);
    EXPECT_EQ(*kept, calendar);
    const std::string name = name_of_attachment(image);
    EXPECT_EQ(attachment_names(*kept), std::vector<std::string>{name});
    const std::string told = shown(store::FolderKind::calendar, *kept);
    EXPECT_TRUE(has(told, "Pl\xC3\xA4ne; \"a\", b:c.png") ||
                has(told, "Pl\xC3\xA4ne; &quot;a&quot;, b:c.png"))
        << told;
    for (const char* piece : {"<EstimatedDataSize>6<", "<ContentId>inside@x<", "<IsInline>1<", "<Method>1<"})
        EXPECT_TRUE(has(told, piece)) << piece << told;
    EXPECT_TRUE(has(told, ":@" + name + "<")) << told;
    EXPECT_FALSE(has(shown(store::FolderKind::calendar, *kept, 141), "Attachment"));
}

TEST(EventAttachments, WhatIsNoFileStays) {
    // A URI of an invitation; one that only looks like a file; and one whose octets stand in it.
    pim::Component calendar = event_with(
        "ATTACH:https://example.test/a.pdf\r\nATTACH;MANAGED-ID=x:CID:y@attachment.invalid\r\n"
        "ATTACH;ENCODING=BASE64;VALUE=BINARY:AAAA\r\n");
    const pim::Component before = calendar;
    AttachmentChanges changes;
    for (const char* reference : {"1:1:@x", "1:1:2", "", "https://example.test/a.pdf"})
        changes.removed.emplace_back(reference);
    apply_attachments(changes, calendar.components.front());
    EXPECT_EQ(calendar, before);
    EXPECT_TRUE(attachment_names(calendar).empty());
    EXPECT_FALSE(has(shown(store::FolderKind::calendar, calendar), "Attachment"));
}

TEST(EventAttachments, AddedAgainIsThereOnce) {
    pim::Component calendar = event_with("");
    pim::Component& event = calendar.components.front();
    apply_attachments(
        adding({file("1", "a", "x"), file("2", "a", "x"), file("1", "b", "x"), file("1", "a", "y")}), event);
    EXPECT_EQ(attachment_names(calendar).size(), 4U);  // each of them is another
    apply_attachments(adding({file("1", "a", "x")}), event);
    EXPECT_EQ(attachment_names(calendar).size(), 4U);
    AttachmentChanges changes = adding({file("3", "c", "z")});
    changes.removed.push_back(
        write_attachment_id({{base::FolderId(9), base::Uid(9)}, name_of_attachment(file("1", "a", "x"))}));
    apply_attachments(changes, event);
    const auto names = attachment_names(calendar);
    EXPECT_EQ(names.size(), 4U);
    EXPECT_EQ(names.back(), name_of_attachment(file("3", "c", "z")));
}

TEST(EventAttachments, Bounds) {
    EventAttachmentLimits limits;
    limits.count_max = 2;
    limits.octets_max = 10;
    pim::Component calendar = event_with("");
    pim::Component& event = calendar.components.front();
    apply_attachments(adding({file("1", "a", "12345")}), event);
    apply_attachments(adding({file("2", "b", "12345")}), event);
    EXPECT_TRUE(attachments_fit(calendar, limits));
    calendar.components.push_back(event);  // an occurrence that has the same: they are there once
    EXPECT_TRUE(attachments_fit(calendar, limits));
    apply_attachments(adding({file("3", "c", "")}), calendar.components.back());
    EXPECT_FALSE(attachments_fit(calendar, limits));  // three
    limits.count_max = 3;
    EXPECT_TRUE(attachments_fit(calendar, limits));
    apply_attachments(adding({file("3", "d", "1")}), calendar.components.front());
    limits.count_max = 9;
    EXPECT_FALSE(attachments_fit(calendar, limits));  // eleven octets
}

/// As this server has written it.
std::string line_of_file(std::size_t number, std::string_view size = "1") {
    const std::string name = fmt::format("{:016x}", number);
    return "ATTACH;MANAGED-ID=" + name + ";SIZE=" + std::string(size) +
           ":CID:" + pim::itip::file_content_id(name) + "\r\n";
}

TEST(EventAttachments, NamesOfAnotherFormAreNone) {
    std::string lines;
    for (const char* name :
         {"7", "0123456789ABCDEF", "0123456789abcdefg", "0123456789abcde", "0123456789abcdeg"})
        lines += "ATTACH;MANAGED-ID=" + std::string(name) + ":CID:" + name + "@attachment.invalid\r\n";
    lines += "ATTACH;MANAGED-ID=0123456789abcdef:CID:0123456789abcdee@attachment.invalid\r\n";
    EXPECT_TRUE(attachment_names(event_with(lines)).empty());
    EXPECT_EQ(attachment_names(event_with(lines + line_of_file(7))).size(), 1U);
}

TEST(EventAttachments, OfTooManyAFewAreLookedAt) {
    std::string lines;
    for (std::size_t i = 0; i < 9'900; ++i) lines += line_of_file(i);
    const pim::Component calendar = event_with(lines);
    EXPECT_EQ(attachment_names(calendar).size(), EventAttachmentLimits().count_max + 1);
    EXPECT_FALSE(attachments_fit(calendar));
}

TEST(EventAttachments, WhatWasTooMuchBeforeStaysAndNothingIsAdded) {
    const pim::Component calendar = event_with(line_of_file(1, "99999999999"));
    EXPECT_FALSE(attachments_fit(calendar));
    AttachmentChanges changes;
    EXPECT_TRUE(attachments_fit(changes, calendar));
    changes.removed.emplace_back("1:1:@0123456789abcdef");
    EXPECT_TRUE(attachments_fit(changes, calendar));
    changes.added.push_back(file("1", "a", "x"));
    EXPECT_FALSE(attachments_fit(changes, calendar));
}

TEST(EventAttachments, AMessageHasTheFilesThatItNames) {
    pim::Component calendar =
        event_with("ORGANIZER:mailto:o@x.test\r\nATTENDEE:mailto:a@x.test\r\nRRULE:FREQ=DAILY;COUNT=5\r\n");
    pim::Component occurrence = calendar.components.front();
    occurrence.remove("RRULE");
    occurrence.set_raw("RECURRENCE-ID", "20260102T090000Z");
    occurrence.set_raw("DTSTART", "20260102T100000Z");
    const AddedAttachment secret = file("1", "board.txt", "x"), open = file("2", "room.txt", "y");
    apply_attachments(adding({secret}), calendar.components.front());
    apply_attachments(adding({open}), occurrence);
    const std::int64_t moment = 1'767'344'400;  // 2026-01-02 09:00 UTC
    calendar.components.push_back(occurrence);
    const auto one = pim::itip::make_request(calendar, moment, 0);
    ASSERT_TRUE(one);
    EXPECT_EQ(attachment_names_told(*one), std::vector{open.name_in_event});
    const auto all = pim::itip::make_request(calendar, {}, 0);
    ASSERT_TRUE(all);
    EXPECT_EQ(attachment_names_told(*all).size(), 2U);
}

TEST(EventAttachments, AttendeesDoNotSeeOurNames) {
    pim::Component calendar = event_with("ORGANIZER:mailto:o@x.test\r\nATTENDEE:mailto:a@x.test\r\n");
    AddedAttachment one = file("1", "a.txt", "x");
    one.is_inline = true;
    apply_attachments(adding({one}), calendar.components.front());
    const auto request = pim::itip::make_request(calendar, {}, 0);
    ASSERT_TRUE(request);
    const std::string text = pim::write(*request);
    EXPECT_EQ(text.find("MANAGED-ID"), std::string::npos) << text;
    EXPECT_EQ(text.find("X-BARID"), std::string::npos) << text;
    EXPECT_EQ(request->components.front().raw("ATTACH"),
              "CID:" + pim::itip::file_content_id(name_of_attachment(one)));
    const auto cancel = pim::itip::make_cancel(calendar, {"a@x.test"}, {}, 0);
    ASSERT_TRUE(cancel);
    EXPECT_EQ(cancel->components.front().find("ATTACH"), nullptr);
}

/// A stranger's invitation cannot speak of files as this server does.
TEST(EventAttachments, OfInvitationsAreNone) {
    const auto message = pim::itip::read_message(
        "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nMETHOD:REQUEST\r\nBEGIN:VEVENT\r\nUID:u\r\nDTSTAMP:"
        "20260101T000000Z\r\n"
        "DTSTART:20260101T090000Z\r\nORGANIZER:mailto:o@x.test\r\nATTENDEE:mailto:a@x.test\r\n"
        "ATTACH;MANAGED-ID=ff;SIZE=99999999999:CID:ff@attachment.invalid\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n");
    ASSERT_TRUE(message);
    pim::itip::Owner owner;
    owner.addresses = {"a@x.test"};
    const pim::Component adopted = pim::itip::adopt(*message, owner);
    EXPECT_TRUE(attachment_names(adopted).empty());
    EXPECT_EQ(pim::master_of(adopted)->raw("ATTACH"), "CID:ff@attachment.invalid");
}

TEST(Attachments, WhatIsFaulty) {
    const auto parsed = [](auto fill) {
        std::string octets;
        wbxml::Encoder to(octets);
        to.open(base_tags::attachments);
        fill(to);
        to.close();
        const wbxml::Document document(octets);
        return parse_attachments(document.root());
    };
    const auto add = [](wbxml::Encoder& to, std::string_view id, bool with_content) {
        to.open(base_tags::add);
        to.text(base_tags::client_id, id);
        if (with_content) to.text(base_tags::content, "b2N0ZXRz");
        to.close();
    };
    const AttachmentChanges fine = parsed([&](wbxml::Encoder& to) { add(to, std::string(64, 'a'), true); });
    EXPECT_FALSE(fine.faulty);
    EXPECT_EQ(fine.added.front().octets, "octets");
    EXPECT_EQ(fine.added.front().name, "attachment");
    EXPECT_EQ(fine.added.front().name_in_event, name_of_attachment(fine.added.front()));
    EXPECT_TRUE(parsed([&](wbxml::Encoder& to) { add(to, "a", false); }).faulty);
    EXPECT_TRUE(parsed([&](wbxml::Encoder& to) { add(to, std::string(65, 'a'), true); }).faulty);
    EXPECT_TRUE(parsed([&](wbxml::Encoder& to) { to.empty(base_tags::attachment); }).faulty);
    const auto many = [&](int count) {
        return parsed([&](wbxml::Encoder& to) {
            for (int i = 0; i < count; ++i) add(to, "a", true);
        });
    };
    EXPECT_FALSE(many(100).faulty);
    EXPECT_TRUE(many(101).faulty);
    EXPECT_LE(many(500).added.size(), 100U);
}

TEST(Attachments, PartsOfADraft) {
    Draft draft;
    draft.from = "a@b.test";
    draft.text = "<b>x</b>";
    draft.text_type = BodyType::html;
    draft.parts.push_back("Content-Type: message/rfc822\r\n\r\nSubject: inner\r\n\r\ntext\r\n");
    DraftChanges changes;
    AddedAttachment text = file("1", "a.txt", "words");
    text.is_inline = true;  // it counts among the texts of the message
    changes.files.added = {text, file("2", "b.bin", "x")};
    apply(changes, draft);
    const std::string message = write_draft(draft, base::Random::system());
    const mime::Tree tree = mime::index(message).tree;
    const std::vector<std::uint32_t> parts = parts_of_draft(message, 2);
    ASSERT_EQ(parts.size(), 2U);
    EXPECT_EQ(tree.parts[parts[0]].type, "text");
    EXPECT_EQ(tree.parts[parts[0]].number, 3U);
    EXPECT_EQ(tree.parts[parts[1]].number, 4U);
    EXPECT_TRUE(parts_of_draft("Subject: x\r\n\r\ntext\r\n", 1).empty());
}

TEST(AttachmentPart, ANameIsNoHeader) {
    AddedAttachment file;
    file.name = "a\nContent-ID: <x>\r\n\r\nb.txt";
    file.octets = "octets";
    const std::string part = write_attachment_part(file, "id@here");
    const std::string header = part.substr(0, part.find("\r\n\r\n"));
    EXPECT_NE(header.find("filename=\"a Content-ID: <x>    b.txt\""), header.npos) << header;
    EXPECT_NE(header.find("Content-Transfer-Encoding"), header.npos) << header;
}

}  // namespace
}  // namespace eas
