// Writers: every response as the RFCs show it, and what was written reads back.
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "imap/syntax/cursor.hpp"
#include "imap/syntax/fetch_writer.hpp"
#include "imap/syntax/found_writer.hpp"
#include "imap/syntax/response.hpp"
#include "imap/syntax/rules.hpp"

namespace imap {
namespace {

template <class Writer, class... Values>
std::string written(Writer writer, const Values&... values) {
    std::string out;
    writer(out, values...);
    return out;
}

TEST(Write, StringsByContent) {
    const auto string = [](std::string_view text, bool utf8 = false) {
        std::string out;
        write_string(out, text, {utf8});
        return out;
    };
    EXPECT_EQ(string(""), "\"\"");
    EXPECT_EQ(string("a \"b\" \\c"), "\"a \\\"b\\\" \\\\c\"");
    EXPECT_EQ(string("a\r\nb"), "{4}\r\na\r\nb");
    EXPECT_EQ(string("\xC3\xBC"), "{2}\r\n\xC3\xBC");
    EXPECT_EQ(string("\xC3\xBC", true), "\"\xC3\xBC\"");
    EXPECT_EQ(string("\xFF", true), "{1}\r\n\xFF");
    EXPECT_EQ(string(std::string_view("a\0b", 3)), "{3}\r\na?b");
    EXPECT_EQ(string(std::string(8001, 'x')).substr(0, 8), "{8001}\r\n");
    std::string out;
    write_nstring(out, std::nullopt);
    EXPECT_EQ(out, "NIL");
    const auto astring = [](std::string_view text) {
        std::string word;
        write_astring(word, text);
        return word;
    };
    EXPECT_EQ(astring("Date"), "Date");
    EXPECT_EQ(astring("nil"), "\"nil\"");
    EXPECT_EQ(astring(""), "\"\"");
    EXPECT_EQ(astring("a b"), "\"a b\"");
}

TEST(Write, StringsReadBack) {
    for (const std::string_view text :
         {"", "a", "NIL", "a b", "\"", "\\", "a\r\nb", "\xC3\xBC", "\xFF\xFE", "{5}", "(x)"}) {
        for (const bool utf8 : {false, true}) {
            std::string out, back;
            write_astring(out, text, {utf8});
            Cursor in(out);
            EXPECT_TRUE(in.astring(back) && in.at_end()) << out;
            EXPECT_EQ(back, text);
        }
    }
}

TEST(Write, MailboxesReadBack) {
    for (const std::string_view name :
         {"INBOX", "a/b", "R&D", "&", "Entw\xC3\xBCrfe", "\xF0\x9F\x98\x80/x", "a \"b\" \\", "%*"}) {
        for (const bool utf8 : {false, true}) {
            std::string out, back;
            write_mailbox(out, name, {utf8});
            EXPECT_EQ(out.front(), '"');  // imap.md quirk 18
            Cursor in(out, ParseMode{.utf8 = utf8});
            EXPECT_TRUE(parse_mailbox(in, back) && in.at_end()) << out;
            EXPECT_EQ(back, name);
        }
    }
}

TEST(Write, Conditions) {
    const auto condition = [](auto... values) { return written(write_condition, values...); };
    EXPECT_EQ(condition("A1", Condition::ok, "", "done"), "A1 OK done\r\n");
    EXPECT_EQ(condition("*", Condition::bye, "", "bye"), "* BYE bye\r\n");
    EXPECT_EQ(condition("A", Condition::no, code::try_create, "no such mailbox"),
              "A NO [TRYCREATE] no such mailbox\r\n");
    EXPECT_EQ(condition("A", Condition::bad, "", "x\r\ny\xFF"), "A BAD x  y?\r\n");
    EXPECT_EQ(condition("*", Condition::preauth, "", "hi"), "* PREAUTH hi\r\n");
    EXPECT_EQ(written(write_continuation, ""), "+ \r\n");
    EXPECT_EQ(code::uid_next(base::Uid(4392)), "UIDNEXT 4392");
    EXPECT_EQ(code::uid_validity(3857529045), "UIDVALIDITY 3857529045");
    EXPECT_EQ(code::highest_mod_seq(base::ModSeq(715194045007)), "HIGHESTMODSEQ 715194045007");
    EXPECT_EQ(code::unseen(base::SeqNum(12)), "UNSEEN 12");
    const std::vector<base::Uid> one{base::Uid(3955)};
    EXPECT_EQ(code::append_uid(38505, one), "APPENDUID 38505 3955");
    const std::vector<base::Uid> source{base::Uid(304), base::Uid(319), base::Uid(320)};
    const std::vector<base::Uid> destination{base::Uid(3956), base::Uid(3957), base::Uid(3958)};
    EXPECT_EQ(code::copy_uid(38505, source, destination), "COPYUID 38505 304,319:320 3956:3958");
    const NumberRanges modified{{7, 7}, {9, 9}};
    EXPECT_EQ(code::modified(modified), "MODIFIED 7,9");
    EXPECT_EQ(code::capability("IMAP4rev2"), "CAPABILITY IMAP4rev2");
    EXPECT_EQ(code::mailbox_id("F2212ea87"), "MAILBOXID (F2212ea87)");
    FlagList flags;
    EXPECT_EQ(code::permanent_flags(flags, true), "PERMANENTFLAGS (\\*)");
    flags.system = FlagList::deleted | FlagList::seen;
    EXPECT_EQ(code::permanent_flags(flags, true), "PERMANENTFLAGS (\\Seen \\Deleted \\*)");
    EXPECT_EQ(code::permanent_flags(flags, false), "PERMANENTFLAGS (\\Seen \\Deleted)");
}

TEST(Write, Untagged) {
    FlagList flags;
    flags.system = 31;
    flags.keywords = {"$Junk"};
    EXPECT_EQ(written(write_flags, flags),
              "* FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft $Junk)\r\n");
    EXPECT_EQ(written(write_exists, 23U), "* 23 EXISTS\r\n");
    EXPECT_EQ(written(write_recent, 0U), "* 0 RECENT\r\n");
    EXPECT_EQ(written(write_expunge, base::SeqNum(44)), "* 44 EXPUNGE\r\n");
    EXPECT_EQ(written(write_capability, "IMAP4rev2 IMAP4rev1"), "* CAPABILITY IMAP4rev2 IMAP4rev1\r\n");
    EXPECT_EQ(written(write_enabled, std::vector<std::string>{"CONDSTORE"}), "* ENABLED CONDSTORE\r\n");
    EXPECT_EQ(written(write_enabled, std::vector<std::string>{}), "* ENABLED\r\n");
    EXPECT_EQ(written(write_vanished, true, NumberRanges{{41, 41}, {43, 116}}),
              "* VANISHED (EARLIER) 41,43:116\r\n");
    EXPECT_EQ(written(write_vanished, false, NumberRanges{}), "");
    EXPECT_EQ(written(write_uid_batches, "A\"1", NumberRanges{{51, 900}, {1, 50}}),
              "* UIDBATCHES (TAG \"A\\\"1\") 900:51,50:1\r\n");
    EXPECT_EQ(written(write_uid_batches, "A143", NumberRanges{}), "* UIDBATCHES (TAG \"A143\")\r\n");
    std::string names;
    write_metadata_names(names, "INBOX", std::vector<std::string>{"/shared/comment", "/private/comment"});
    EXPECT_EQ(names, "* METADATA \"INBOX\" /shared/comment /private/comment\r\n");
    using Pair = std::pair<std::string_view, std::string_view>;
    EXPECT_EQ(written(write_id, std::vector<Pair>{{"name", "Barid"}}), "* ID (\"name\" \"Barid\")\r\n");
    EXPECT_EQ(written(write_id, std::vector<Pair>{}), "* ID NIL\r\n");
    NamespaceResponse spaces;
    EXPECT_EQ(written([](std::string& out, const auto& r) { write_namespace(out, r); }, spaces),
              "* NAMESPACE NIL NIL NIL\r\n");
    spaces.personal = {{"", '/'}};
    spaces.shared = {{"Shared/", '/'}, {"x", '\0'}};
    EXPECT_EQ(written([](std::string& out, const auto& r) { write_namespace(out, r); }, spaces),
              "* NAMESPACE ((\"\" \"/\")) NIL ((\"Shared/\" \"/\")(\"x\" NIL))\r\n");
}

TEST(Write, ListAndStatus) {
    const auto list = [](const ListResponse& response) {
        std::string out;
        write_list(out, response);
        return out;
    };
    ListResponse response;
    response.name = "INBOX";
    EXPECT_EQ(list(response), "* LIST () \"/\" \"INBOX\"\r\n");
    response.name = "Sent";
    response.attributes = ListResponse::sent | ListResponse::has_no_children | ListResponse::inbox;
    EXPECT_EQ(list(response), "* LIST (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n");
    response.kind = cmd::List::Kind::lsub;
    EXPECT_EQ(list(response), "* LSUB (\\HasNoChildren \\Sent) \"/\" \"Sent\"\r\n");
    response.kind = cmd::List::Kind::xlist;
    response.attributes = ListResponse::junk | ListResponse::inbox;
    EXPECT_EQ(list(response), "* XLIST (\\Spam \\Inbox) \"/\" \"Sent\"\r\n");
    response = {};
    response.name = "Foo";
    response.delimiter = '\0';
    response.attributes = ListResponse::nonexistent | ListResponse::subscribed;
    response.child_info_subscribed = true;
    response.old_name = "R&D";
    EXPECT_EQ(list(response),
              "* LIST (\\NonExistent \\Subscribed) NIL \"Foo\" (\"CHILDINFO\" (\"SUBSCRIBED\") \"OLDNAME\" "
              "(\"R&-D\"))\r\n");

    StatusResponse status;
    status.name = "blurdybloop";
    status.items = status_messages | status_uid_next;
    status.messages = 231;
    status.uid_next = base::Uid(44292);
    std::string out;
    write_status(out, status);
    EXPECT_EQ(out, "* STATUS \"blurdybloop\" (MESSAGES 231 UIDNEXT 44292)\r\n");
    status.items = 0x3FF;
    status.mailbox_id = "F1";
    out.clear();
    write_status(out, status);
    EXPECT_EQ(out,
              "* STATUS \"blurdybloop\" (MESSAGES 231 RECENT 0 UIDNEXT 44292 UIDVALIDITY 0 UNSEEN 0 DELETED "
              "0 SIZE 0 "
              "HIGHESTMODSEQ 0 APPENDLIMIT NIL MAILBOXID (F1))\r\n");
}

TEST(Write, SearchResults) {
    using cmd::Search;
    SearchResponse response;
    response.tag = "A282";
    response.returns = Search::min | Search::count;
    response.result = {{2, 2}, {10, 11}};
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"A282\") MIN 2 COUNT 3\r\n");  // imap.md quirk 13
    response.uid = true;
    response.returns = Search::min | Search::max | Search::all | Search::count;
    response.mod_seq = base::ModSeq(917162500);
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"A282\") UID MIN 2 MAX 11 ALL 2,10:11 COUNT 3 MODSEQ 917162500\r\n");
    response.result.clear();
    response.mod_seq.reset();
    EXPECT_EQ(written(write_esearch, response), "* ESEARCH (TAG \"A282\") UID COUNT 0\r\n");
    response.returns = Search::all;
    EXPECT_EQ(written(write_esearch, response), "* ESEARCH (TAG \"A282\") UID\r\n");
    response.returns = Search::save;
    EXPECT_EQ(written(write_esearch, response), "");
    response.returns = Search::partial;
    response.part = PartialRange{false, 24000, 24500};
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"A282\") UID PARTIAL (24000:24500 NIL)\r\n");  // RFC 9394 section 3.1
    response.result = {{1, 10}, {20, 20}};
    response.part = PartialRange{true, 1, 3};
    EXPECT_EQ(written(write_esearch, response), "* ESEARCH (TAG \"A282\") UID PARTIAL (-1:-3 9:10,20)\r\n");
    response.part = PartialRange{true, 100, 11};
    EXPECT_EQ(written(write_esearch, response), "* ESEARCH (TAG \"A282\") UID PARTIAL (-100:-11 1)\r\n");
    response.part = PartialRange{false, 3, 2};
    EXPECT_EQ(written(write_esearch, response), "* ESEARCH (TAG \"A282\") UID PARTIAL (3:2 2:3)\r\n");
    const std::vector<std::uint32_t> sorted{23765, 23764, 23763, 7, 8, 9};
    response.result.clear();
    response.sorted = &sorted;
    response.returns = Search::min | Search::max | Search::all;
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"A282\") UID MIN 23765 MAX 9 ALL 23765,23764,23763,7:9\r\n");  // RFC 5267
    response.returns = Search::partial | Search::relevancy;
    const std::vector<std::uint8_t> scores{99, 42, 4, 3, 2, 1};
    response.relevancy = scores;
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"A282\") UID PARTIAL (3:2 23764,23763) RELEVANCY (42 4)\r\n");
    response = SearchResponse();
    response.tag = "tag1";
    response.uid = true;
    response.returns = Search::all;
    response.mailbox = "folder2/banana";
    response.uid_validity = 503;
    response.result = {{3002, 3002}, {4004, 4004}};
    EXPECT_EQ(written(write_esearch, response),
              "* ESEARCH (TAG \"tag1\" MAILBOX \"folder2/banana\" UIDVALIDITY 503) UID ALL 3002,4004\r\n");
    const std::vector<ContextChange> changes{{0, {{32768, 32769}}}};
    std::string update;
    write_context_change(update, "B01", true, true, changes);
    EXPECT_EQ(update, "* ESEARCH (TAG \"B01\") UID ADDTO (0 32768:32769)\r\n");  // RFC 5267 section 4.3.3
}

TEST(Write, WhatWasFoundInPieces) {
    const std::optional<base::ModSeq> none;
    for (const std::size_t octets : {1U, 7U, 1'000U}) {
        const auto all = [octets](FoundWriter writer) {
            std::string out;
            for (bool more = true; more;) {
                const std::size_t before = out.size();
                more = writer.write(out, octets);
                EXPECT_LE(out.size(), before + octets + 32);
            }
            return out;
        };
        EXPECT_EQ(all(FoundWriter::sort({5, 3, 4, 1, 2}, none)), "* SORT 5 3 4 1 2\r\n");
        EXPECT_EQ(all(FoundWriter::sort({}, none)), "* SORT\r\n");
        EXPECT_EQ(all(FoundWriter::search({{2, 2}, {84, 86}}, none)), "* SEARCH 2 84 85 86\r\n");
        EXPECT_EQ(all(FoundWriter::search({}, none)), "* SEARCH\r\n");
        EXPECT_EQ(all(FoundWriter::search({{UINT32_MAX, UINT32_MAX}}, base::ModSeq(5))),
                  "* SEARCH 4294967295 (MODSEQ 5)\r\n");
        const auto esearch = [octets](const SearchResponse& response) {
            EsearchWriter writer(response);
            std::string out;
            for (bool more = true; more;) {
                const std::size_t before = out.size();
                more = writer.write(out, octets);
                EXPECT_LE(out.size(), before + octets + 64);
            }
            return out;
        };
        using cmd::Search;
        SearchResponse response;
        response.tag = "A";
        response.returns = Search::min | Search::all | Search::count;
        response.result = {{1, 1}, {3, 3}, {5, 9}};
        EXPECT_EQ(esearch(response), "* ESEARCH (TAG \"A\") MIN 1 ALL 1,3,5:9 COUNT 7\r\n");
        const std::vector<std::uint32_t> sorted{5, 3, 4, 1, 2};
        const std::vector<std::uint8_t> scores{9, 8, 7, 6, 5};
        response.result.clear();
        response.sorted = &sorted;
        response.relevancy = scores;
        response.returns = Search::all | Search::relevancy;
        EXPECT_EQ(esearch(response), "* ESEARCH (TAG \"A\") ALL 5,3:4,1:2 RELEVANCY (9 8 7 6 5)\r\n");
        response.returns = Search::save;
        EXPECT_EQ(esearch(response), "");
    }
}

struct Names {
    std::vector<std::string> names;
    std::string_view name(unsigned index) const { return names[index]; }
};

TEST(FetchWriter, Items) {
    std::string out;
    FetchWriter fetch(out);
    Names names;
    for (int i = 0; i < 120; ++i) names.names.push_back("k" + std::to_string(i));
    fetch.begin(base::SeqNum(23));
    fetch.flags(1, 0, names);
    fetch.uid(base::Uid(4827313));
    fetch.end();
    EXPECT_EQ(out, "* 23 FETCH (FLAGS (\\Seen) UID 4827313)\r\n");
    out.clear();
    fetch.begin(base::SeqNum(4294967295));
    fetch.uid(base::Uid(4294967295));
    fetch.flags(0, 0, names);
    fetch.flags(std::uint64_t{1} << 8 | std::uint64_t{1} << 63, 1 | std::uint64_t{1} << 63, names);
    fetch.flags(31 | std::uint64_t{1} << 9, 0, names, true);
    fetch.size(UINT64_MAX);
    fetch.mod_seq(base::ModSeq(9223372036854775807));
    fetch.internal_date(837596665, -420);
    fetch.save_date(std::nullopt);
    fetch.save_date(0);
    fetch.envelope("(NIL)");
    fetch.body("(B)");
    fetch.body_structure("(S)");
    fetch.email_id("M1");
    fetch.thread_id("T1");
    fetch.thread_id("");
    fetch.gm_message_id(18446744073709551615U);
    fetch.gm_thread_id(1);
    fetch.preview("hi \"x\"", {});
    fetch.preview(std::nullopt, {});
    fetch.end();
    EXPECT_EQ(
        out,
        "* 4294967295 FETCH (UID 4294967295 FLAGS () FLAGS (k0 k55 k56 k119) "
        "FLAGS (\\Seen \\Answered \\Flagged \\Deleted \\Draft \\Recent k1) RFC822.SIZE 18446744073709551615 "
        "MODSEQ (9223372036854775807) INTERNALDATE \"17-Jul-1996 02:44:25 -0700\" SAVEDATE NIL "
        "SAVEDATE \" 1-Jan-1970 00:00:00 +0000\" ENVELOPE (NIL) BODY (B) BODYSTRUCTURE (S) EMAILID (M1) "
        "THREADID (T1) THREADID NIL X-GM-MSGID 18446744073709551615 X-GM-THRID 1 PREVIEW \"hi \\\"x\\\"\" "
        "PREVIEW NIL)\r\n");
}

TEST(FetchWriter, Sections) {
    std::string out;
    FetchWriter fetch(out);
    const auto section = [&](std::string_view item) {
        std::string tag;
        auto parsed = parse_command("a FETCH 1 (" + std::string(item) + ")", tag);
        EXPECT_TRUE(parsed) << item;
        return std::get<cmd::Fetch>(parsed->command).sections.at(0);
    };
    const std::vector<std::pair<std::string_view, std::string_view>> rows{
        {"BODY[]", "BODY[] {3}\r\nabc"},
        {"BODY.PEEK[1.2.MIME]<5.9>", "BODY[1.2.MIME]<5> {3}\r\nabc"},
        {"BODY[HEADER.FIELDS (Date \"a b\")]", "BODY[HEADER.FIELDS (Date \"a b\")] {3}\r\nabc"},
        {"BODY[3.HEADER.FIELDS.NOT (X)]", "BODY[3.HEADER.FIELDS.NOT (X)] {3}\r\nabc"},
        {"BODY[1.TEXT]", "BODY[1.TEXT] {3}\r\nabc"},
        {"BODY[4]", "BODY[4] {3}\r\nabc"},
        {"BINARY.PEEK[1]<0.5>", "BINARY[1]<0> ~{3}\r\nabc"},
        {"RFC822", "RFC822 {3}\r\nabc"},
        {"RFC822.HEADER", "RFC822.HEADER {3}\r\nabc"},
        {"RFC822.TEXT", "RFC822.TEXT {3}\r\nabc"},
    };
    for (const auto& [item, text] : rows) {
        out.clear();
        fetch.begin(base::SeqNum(1));
        fetch.section(section(item), "abc");
        fetch.end();
        EXPECT_EQ(out, "* 1 FETCH (" + std::string(text) + ")\r\n");
    }
    out.clear();
    fetch.begin(base::SeqNum(1));
    fetch.absent(section("BODY[9]"));
    fetch.literal(section("BINARY[2]"), 0, false);
    fetch.binary_size(section("BINARY.SIZE[1.2]"), 77);
    fetch.end();
    EXPECT_EQ(out, "* 1 FETCH (BODY[9] NIL BINARY[2] {0}\r\n BINARY.SIZE[1.2] 77)\r\n");
}

}  // namespace
}  // namespace imap
