// URLs of messages: what is one, what it names, and what is none.
#include "imap/syntax/imap_url.hpp"

#include <gtest/gtest.h>

namespace imap::test {
namespace {

/// "mailbox|validity|uid|parts|text|offset.length"; "-": no URL.
std::string shown(std::string_view url, std::string_view selected = {}) {
    const auto parsed = parse_message_url(url, selected);
    if (!parsed) return "-";
    std::string out = parsed->mailbox + '|';
    if (parsed->uid_validity) out += std::to_string(*parsed->uid_validity);
    out += '|' + std::to_string(parsed->uid.value) + '|';
    for (const std::uint32_t part : parsed->section.part) out += std::to_string(part) + '.';
    out += '|' + std::to_string(static_cast<int>(parsed->section.text)) + '|';
    if (parsed->partial)
        out += std::to_string(parsed->partial->offset) + '.' + std::to_string(parsed->partial->length);
    return out;
}

TEST(ImapUrl, NamesAMessageOrAPart) {
    EXPECT_EQ(shown("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER"), "Drafts|385759045|20||1|");
    EXPECT_EQ(shown("/Drafts;UIDVALIDITY=385759045/;UID=20/;section=1.MIME"), "Drafts|385759045|20|1.|5|");
    EXPECT_EQ(shown("/Drafts;UIDVALIDITY=385759045/;UID=30"), "Drafts|385759045|30||0|");
    EXPECT_EQ(shown("/Drafts/;UID=3002"), "Drafts||3002||0|");
    EXPECT_EQ(shown("/inbox/;uid=4294967295/;Section=1.2/;Partial=5"), "INBOX||4294967295|1.2.|0|5.0");
    EXPECT_EQ(shown("/a/b%20c/;UID=1/;PARTIAL=0.1024"), "a/b c||1||0|0.1024");
    EXPECT_EQ(shown("/Entw%C3%BCrfe/;UID=1"), "Entw\xC3\xBCrfe||1||0|");
    EXPECT_EQ(shown("/a/;UID=1/;SECTION=HEADER.FIELDS.NOT%20(To%20%22X-Y%22)"), "a||1||4|");
    EXPECT_EQ(shown("/a%3Bb/;UID=1"), "a;b||1||0|");
    EXPECT_EQ(shown("/a:b/;UID=1"), "a:b||1||0|");
}

TEST(ImapUrl, IsRelativeToTheSelectedMailbox) {
    EXPECT_EQ(shown(";UID=20/;SECTION=1", "top/sub"), "top/sub||20|1.|0|");
    EXPECT_EQ(shown(";UIDVALIDITY=7/;UID=20", "top/sub"), "top/sub|7|20||0|");
    EXPECT_EQ(shown("other/;UID=1", "top/sub"), "top/other||1||0|");
    EXPECT_EQ(shown("other/;UID=1", "top"), "other||1||0|");
    EXPECT_EQ(shown("/other/;UID=1", "top/sub"), "other||1||0|");
    EXPECT_EQ(shown(";UID=20"), "-");
    EXPECT_EQ(shown(";UIDVALIDITY=7/;UID=20"), "-");
}

TEST(ImapUrl, IsNone) {
    for (const std::string_view url : {"",
                                       "/",
                                       "/a",
                                       "/a/",
                                       "/;UID=1",
                                       "//host/a/;UID=1",
                                       "imap://host/a/;UID=1",
                                       "imap:/a/;UID=1",
                                       "/a;UID=1",
                                       "/a/;UID=0",
                                       "/a/;UID=",
                                       "/a/;UID=1x",
                                       "/a/;UID=4294967296",
                                       "/a/;UID=-1",
                                       "/a/;UID=+1",
                                       "/a/;UID=1/",
                                       "/a;UIDVALIDITY=0/;UID=1",
                                       "/a;UIDVALIDITY=/;UID=1",
                                       "/a;UIDVALIDITY=1x/;UID=1",
                                       "/a%2/;UID=1",
                                       "/a%zz/;UID=1",
                                       "/a%00b/;UID=1",
                                       "/a%0D%0A/;UID=1",
                                       "/%FF/;UID=1",
                                       "/../a/;UID=1",
                                       "/a/./b/;UID=1",
                                       "/a;b=c/;UID=1",
                                       "/a/;UID=1/;SECTION=",
                                       "/a/;UID=1/;SECTION=0",
                                       "/a/;UID=1/;SECTION=1.BOGUS",
                                       "/a/;UID=1/;SECTION=1%5D",
                                       "/a/;UID=1/;SECTION=1]x",
                                       "/a/;UID=1/;PARTIAL=",
                                       "/a/;UID=1/;PARTIAL=1.0",
                                       "/a/;UID=1/;PARTIAL=1.",
                                       "/a/;UID=1/;PARTIAL=1.2.3",
                                       "/a/;UID=1/;PARTIAL=99999999999999999999",
                                       "/a/;UID=1;URLAUTH=anonymous:internal:1",
                                       "/a/;UID=1/;SECTION=1;URLAUTH=anonymous:internal:1"})
        EXPECT_EQ(shown(url, "selected"), "-") << url;
}

TEST(ImapUrl, IsQuotedWithoutWhatEndsACode) {
    EXPECT_EQ(url_for_response("/a/;UID=1"), "/a/;UID=1");
    EXPECT_EQ(url_for_response(std::string_view("a]b\r\n c\xFF\0", 9)), "a%5Db%0D%0A%20c%FF%00");
}

}  // namespace
}  // namespace imap::test
