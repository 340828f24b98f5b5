// FETCH and SEARCH: the RFCs' examples, every item and key, bounds (threats 10, 12, 13).
#include <chrono>
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "imap/syntax/parse_command.hpp"
#include "unit/imap/command_text.hpp"

namespace imap {
namespace {
using test::command_text;

std::string parse(std::string_view frame) {
    std::string tag;
    auto parsed = parse_command(frame, tag);
    if (!parsed) return std::to_string(parsed.error().offset) + ": " + std::string(parsed.error().what);
    return command_text(parsed->command);
}

template <class Struct>
Struct parse_as(std::string_view frame) {
    std::string tag;
    auto parsed = parse_command(frame, tag);
    EXPECT_TRUE(parsed) << frame;
    return parsed ? std::get<Struct>(std::move(parsed->command)) : Struct();
}

struct Row {
    std::string_view frame;
    std::string_view meaning;
};

void check(const std::vector<Row>& rows) {
    for (const Row& row : rows) {
        const std::string meaning = parse(row.frame);
        EXPECT_EQ(meaning, row.meaning) << row.frame;
        if (meaning[0] < '0' || meaning[0] > '9') {
            EXPECT_EQ(parse("t " + meaning), meaning) << row.frame;
        }
    }
}

TEST(ParseFetch, Items) {
    check({{"A654 FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])",
            "FETCH 2:4 (FLAGS BODY[HEADER.FIELDS (DATE FROM)])"},
           {"a FETCH 1 ALL", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE)"},
           {"a FETCH 1 fast", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE)"},
           {"a FETCH 1 Full", "FETCH 1 (FLAGS INTERNALDATE RFC822.SIZE ENVELOPE BODY)"},
           {"a FETCH 1 (ALL)", "11: unknown FETCH item"},
           {"a UID FETCH 1:* FLAGS", "UID FETCH 1:* (UID FLAGS)"},
           {"a FETCH 1 (X-GM-THRID x-gm-msgid)", "FETCH 1 (X-GM-MSGID X-GM-THRID)"},
           {"a FETCH 1 (BODY BODYSTRUCTURE UID MODSEQ PREVIEW EMAILID THREADID SAVEDATE)",
            "FETCH 1 (UID BODY BODYSTRUCTURE MODSEQ PREVIEW EMAILID THREADID SAVEDATE)"},
           {"a FETCH 1 (PREVIEW (LAZY) UID)", "FETCH 1 (UID PREVIEW (LAZY))"},
           {"a FETCH 1 PREVIEW (CHANGEDSINCE 5)", "19: unknown modifier of PREVIEW"},
           {"a FETCH 1 BODY[]", "FETCH 1 (BODY[])"},
           {"a FETCH 1 BODY.PEEK[]<0.393216>", "FETCH 1 (BODY.PEEK[]<0.393216>)"},  // imap.md quirk 8
           {"a FETCH 1 body.peek[1.2.mime]", "FETCH 1 (BODY.PEEK[1.2.MIME])"},
           {"a FETCH 1 (BODY[TEXT]<4294967296.9223372036854775807>)",
            "FETCH 1 (BODY[TEXT]<4294967296.9223372036854775807>)"},
           {"a FETCH 1 BODY[4.2.HEADER.FIELDS.NOT (\"x y\" {3}\r\na b)]",
            "FETCH 1 (BODY[4.2.HEADER.FIELDS.NOT (\"x y\" \"a b\")])"},
           {"a FETCH 1 (BINARY[1] BINARY.PEEK[1.2]<0.5> BINARY.SIZE[])",
            "FETCH 1 (BINARY[1] BINARY.PEEK[1.2]<0.5> BINARY.SIZE[])"},
           {"a FETCH 1 (RFC822 RFC822.HEADER RFC822.TEXT RFC822.SIZE)",
            "FETCH 1 (RFC822.SIZE RFC822 RFC822.HEADER RFC822.TEXT)"},
           {"a FETCH 1 (FLAGS FLAGS BODY[] BODY[] BODY.PEEK[])", "FETCH 1 (FLAGS BODY[] BODY.PEEK[])"},
           {"s100 UID FETCH 1:* (FLAGS) (CHANGEDSINCE 12345)",
            "UID FETCH 1:* (UID FLAGS MODSEQ) (CHANGEDSINCE 12345)"},
           {"s100 UID FETCH 300:500 (FLAGS) (CHANGEDSINCE 12345 VANISHED)",
            "UID FETCH 300:500 (UID FLAGS MODSEQ) (CHANGEDSINCE 12345 VANISHED)"},
           {"a FETCH 1:* (UID) (CHANGEDSINCE 0)", "FETCH 1:* (UID MODSEQ) (CHANGEDSINCE 0)"}});  // quirk 2
}

TEST(ParseFetch, Faults) {
    check({{"a FETCH 1", "9: expected space"},
           {"a FETCH 1 ()", "11: unknown FETCH item"},
           {"a FETCH 1 (FLAGS  UID)", "17: unknown FETCH item"},
           {"a FETCH 1 (FLAGS", "16: expected space or )"},
           {"a FETCH 1 BODY[MIME]", "15: unknown section"},
           {"a FETCH 1 BODY[0]", "15: expected number above zero"},
           {"a FETCH 1 BODY[1.]", "17: expected section"},
           {"a FETCH 1 BODY[1.4294967296]", "17: expected number above zero"},
           {"a FETCH 1 BODY[HEADER.FIELDS]", "28: expected space"},
           {"a FETCH 1 BODY[HEADER.FIELDS ()]", "30: expected header field name"},
           {"a FETCH 1 BODY[HEADER", "21: expected ]"},
           {"a FETCH 1 BODY[]<0.0>", "19: expected number above zero"},
           {"a FETCH 1 BODY[]<0>", "18: expected ."},
           {"a FETCH 1 BODY[]<-1.5>", "17: expected number"},
           {"a FETCH 1 BODY[]<9223372036854775808.1>", "17: expected number"},
           {"a FETCH 1 BODY[]<18446744073709551616.1>", "17: expected number"},
           {"a FETCH 1 BINARY[HEADER]", "17: expected part number or ]"},
           {"a FETCH 1 BINARY.SIZE[1]<0.5>", "24: unexpected text after the command"},
           {"a FETCH 1 UID (VANISHED)", "14: VANISHED needs UID FETCH and CHANGEDSINCE"},
           {"a FETCH 1 UID (CHANGEDSINCE 9223372036854775808)", "28: expected mod-sequence"},
           {"a FETCH 1 UID (CHANGEDSINCE)", "27: expected space"}});
    std::string deep = "a FETCH 1 BODY[1";
    for (int i = 0; i < 100; ++i) deep += ".1";
    EXPECT_EQ(parse(deep + "]"), "215: section is nested too deeply");
    std::string many = "a FETCH 1 (UID";
    for (int i = 0; i < 1000; ++i) many += " UID";
    EXPECT_EQ(parse(many + ")"), "4011: too many items in list");
}

TEST(ParseSearch, Keys) {
    check(
        {{"A282 SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
          "SEARCH FLAGGED SINCE 1-Feb-1994 NOT FROM Smith"},
         {"A284 SEARCH CHARSET UTF-8 TEXT {12}\r\n\xD0\xBC\xD0\xB0\xD0\xBC\xD0\xB0\xD0\xBC\xD0\xB0",
          "SEARCH CHARSET UTF-8 TEXT {12}\r\n\xD0\xBC\xD0\xB0\xD0\xBC\xD0\xB0\xD0\xBC\xD0\xB0"},
         {"A285 SEARCH CHARSET KOI8-R TEXT {2}\r\n\xED\xD5", "SEARCH CHARSET X-UNKNOWN TEXT {2}\r\n\xED\xD5"},
         {"A SEARCH TEXT {2}\r\n\xED\xD5", "14: search string is not UTF-8"},
         {"A282 SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM \"Smith\"",
          "SEARCH RETURN (MIN COUNT) FLAGGED SINCE 1-Feb-1994 NOT FROM Smith"},
         {"A283 SEARCH RETURN () FLAGGED", "SEARCH RETURN (ALL) FLAGGED"},
         {"A301 UID SEARCH RETURN (SAVE) UID 1000:2000 SMALLER 4096",
          "UID SEARCH RETURN (SAVE) UID 1000:2000 SMALLER 4096"},
         {"P283 SEARCH CHARSET UTF-8 (OR $ 1,3000:3021) TEXT {2}\r\nab",
          "SEARCH CHARSET UTF-8 (OR $ 1,3000:3021) TEXT ab"},
         {"a SEARCH 1:5 UID $ *", "SEARCH 1:5 UID $ *"},
         {"a SEARCH OR OR OR SEEN DRAFT DELETED FLAGGED", "SEARCH OR SEEN OR DRAFT OR DELETED FLAGGED"},
         {"a SEARCH OR SEEN OR DRAFT DELETED ALL", "SEARCH OR SEEN OR DRAFT DELETED ALL"},
         {"a SEARCH NOT NOT NOT SEEN", "SEARCH UNSEEN"},
         {"a SEARCH NOT NOT SEEN", "SEARCH SEEN"},
         {"a SEARCH NOT (SEEN UNDRAFT)", "SEARCH NOT (SEEN UNDRAFT)"},
         {"a SEARCH NOT OR SEEN ANSWERED", "SEARCH NOT OR SEEN ANSWERED"},
         {"a SEARCH NEW OLD RECENT", "SEARCH (RECENT UNSEEN) OLD RECENT"},
         {"a SEARCH BCC a CC b TO c SUBJECT d BODY \"e f\" HEADER Message-ID \"\"",
          "SEARCH BCC a CC b TO c SUBJECT d BODY \"e f\" HEADER Message-ID \"\""},
         {"a SEARCH BEFORE \"01-Feb-1994\" ON 2-Mar-2000 SENTBEFORE 3-Apr-2001 SENTON 4-May-2002 SENTSINCE "
          "5-Jun-2003",
          "SEARCH BEFORE 1-Feb-1994 ON 2-Mar-2000 SENTBEFORE 3-Apr-2001 SENTON 4-May-2002 SENTSINCE "
          "5-Jun-2003"},
         {"a SEARCH SAVEDBEFORE 1-Jul-2004 SAVEDON 1-Jul-2004 SAVEDSINCE 1-Jul-2004 SAVEDATESUPPORTED",
          "SEARCH SAVEDBEFORE 1-Jul-2004 SAVEDON 1-Jul-2004 SAVEDSINCE 1-Jul-2004 SAVEDATESUPPORTED"},
         {"a1 SEARCH UNSEEN YOUNGER 259200 OLDER 5", "SEARCH UNSEEN YOUNGER 259200 OLDER 5"},
         {"a SEARCH MODSEQ \"/flags/\\\\draft\" all 620162338", "SEARCH MODSEQ 620162338"},
         {"t SEARCH OR NOT MODSEQ 720162338 LARGER 50000", "SEARCH OR NOT MODSEQ 720162338 LARGER 50000"},
         {"a SEARCH KEYWORD $Junk UNKEYWORD x UNANSWERED UNDELETED UNFLAGGED",
          "SEARCH KEYWORD $Junk UNKEYWORD x UNANSWERED UNDELETED UNFLAGGED"},
         {"a SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9",
          "SEARCH EMAILID M6d99ac3275bb4e THREADID T64b478a75b7ea9"},
         {"a SEARCH X-GM-MSGID 1278455344230334865 OR X-GM-THRID 1 NOT X-GM-THRID 0",
          "SEARCH X-GM-MSGID 1278455344230334865 OR X-GM-THRID 1 NOT X-GM-THRID 0"},
         {"a SEARCH X-GM-RAW x", "9: unknown search key"},
         {"a UID SEARCH 1:* NOT DELETED", "UID SEARCH 1:* UNDELETED"}});  // imap.md quirk 7
}

TEST(ParseSearch, Fuzzy) {
    check({{"A1 SEARCH FUZZY (SUBJECT \"IMAP break\")", "SEARCH (FUZZY SUBJECT \"IMAP break\")"},  // RFC 6203
           {"A2 SEARCH FUZZY SUBJECT work FROM user@example.com",
            "SEARCH FUZZY SUBJECT work FROM user@example.com"},
           {"B1 SEARCH RETURN (RELEVANCY ALL) FUZZY TEXT \"Helo\"",
            "SEARCH RETURN (ALL RELEVANCY) FUZZY TEXT Helo"},
           {"C1 SORT (RELEVANCY) UTF-8 FUZZY SUBJECT \"Helo\"", "SORT (RELEVANCY) UTF-8 FUZZY SUBJECT Helo"},
           {"a SEARCH FUZZY UNSEEN FUZZY OLD NOT FUZZY 1:2", "SEARCH FUZZY UNSEEN FUZZY OLD NOT FUZZY 1:2"},
           {"a SEARCH RETURN (RELEVANCY) SEEN", "32: RELEVANCY needs FUZZY"},
           {"a SORT (RELEVANCY) UTF-8 SEEN", "29: RELEVANCY needs FUZZY"}});
}

TEST(ParseSearch, ReturnOptions) {
    check({{"A01 SEARCH RETURN (CONTEXT COUNT) UNDELETED UNKEYWORD $Junk",  // RFC 5267 section 4.2
            "SEARCH RETURN (COUNT CONTEXT) UNDELETED UNKEYWORD $Junk"},
           {"B01 UID SEARCH RETURN (UPDATE COUNT) DELETED KEYWORD $Junk",
            "UID SEARCH RETURN (COUNT UPDATE) DELETED KEYWORD $Junk"},
           {"A02 UID SEARCH RETURN (PARTIAL 23500:24000) UNDELETED UNKEYWORD $Junk",
            "UID SEARCH RETURN (PARTIAL 23500:24000) UNDELETED UNKEYWORD $Junk"},
           {"A01 UID SEARCH RETURN (PARTIAL -1:-100) UNDELETED",  // RFC 9394 section 3.1
            "UID SEARCH RETURN (PARTIAL -1:-100) UNDELETED"},
           {"10 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3)",
            "UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-3)"},
           {"101 UID FETCH 25900:26600 (UID FLAGS) (PARTIAL -1:-30 CHANGEDSINCE 98305)",
            "UID FETCH 25900:26600 (UID FLAGS MODSEQ) (CHANGEDSINCE 98305 PARTIAL -1:-30)"},
           {"B04 CANCELUPDATE \"B01\" \"C01\"", "CANCELUPDATE \"B01\" \"C01\""},
           {"a FETCH 1 UID (PARTIAL 1:2)", "15: unknown modifier of FETCH"},
           {"a SEARCH RETURN (PARTIAL 1:2 PARTIAL 1:2) ALL", "29: PARTIAL is there already"},
           {"a SEARCH RETURN (PARTIAL 1:2 ALL) ALL", "29: PARTIAL and ALL exclude each other"},
           {"a SEARCH RETURN (PARTIAL 1:-2) ALL", "27: expected number above zero"},
           {"a SEARCH RETURN (PARTIAL -1:2) ALL", "28: expected -"},
           {"a SEARCH RETURN (PARTIAL 0:2) ALL", "25: expected number above zero"},
           {"a SEARCH RETURN (PARTIAL 1:*) ALL", "27: expected number above zero"},
           {"a CANCELUPDATE", "14: expected space"}});
}

TEST(ParseSort, Criteria) {
    check({{"A282 SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994", "SORT (SUBJECT) UTF-8 SINCE 1-Feb-1994"},
           {"A283 SORT (SUBJECT REVERSE DATE) UTF-8 ALL", "SORT (SUBJECT REVERSE DATE) UTF-8 ALL"},
           {"A284 SORT (SUBJECT) US-ASCII TEXT \"not in mailbox\"",
            "SORT (SUBJECT) US-ASCII TEXT \"not in mailbox\""},
           {"E01 UID SORT RETURN () (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk",
            "UID SORT RETURN (ALL) (REVERSE DATE) UTF-8 UNDELETED UNKEYWORD $Junk"},
           {"a SORT (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO) \"utf-8\" ALL",
            "SORT (ARRIVAL CC DATE FROM SIZE SUBJECT TO DISPLAYFROM DISPLAYTO) UTF-8 ALL"},
           {"a SORT (DATE REVERSE DATE) UTF-8 ALL", "SORT (DATE) UTF-8 ALL"},
           {"a SORT (SUBJECT) KOI8-R ALL", "SORT (SUBJECT) X-UNKNOWN ALL"},
           {"a SORT () UTF-8 ALL", "8: unknown sort key"},
           {"a SORT (REVERSE) UTF-8 ALL", "15: expected space"},
           {"a SORT (REVERSE REVERSE DATE) UTF-8 ALL", "16: unknown sort key"},
           {"a SORT (DATE) ALL", "17: expected space"},
           {"a SORT DATE UTF-8 ALL", "7: expected ("}});
    std::string many = "a SORT (DATE";
    for (int i = 0; i < 50; ++i) many += " DATE";
    EXPECT_TRUE(parse(many + ") UTF-8 ALL").ends_with("too many sort keys"));
}

TEST(ParseThread, Algorithms) {
    check({{"A283 THREAD ORDEREDSUBJECT UTF-8 SINCE 5-MAR-2000",
            "THREAD ORDEREDSUBJECT UTF-8 SINCE 5-Mar-2000"},
           {"A285 uid thread references utf-8 since 5-MAR-2000",
            "UID THREAD REFERENCES UTF-8 SINCE 5-Mar-2000"},
           {"a THREAD REFS US-ASCII ALL", "THREAD REFS US-ASCII ALL"},
           {"a THREAD JWZ US-ASCII ALL", "9: unknown threading algorithm"},
           {"a THREAD REFS US-ASCII", "22: expected space"}});
}

TEST(ParseMultiSearch, Sources) {
    check({{"tag1 ESEARCH IN (mailboxes \"folder1\" subtree \"folder2\") unseen",
            "ESEARCH IN (MAILBOXES (\"folder1\") SUBTREE (\"folder2\")) RETURN (ALL) UNSEEN"},
           {"t ESEARCH IN (selected inboxes personal subscribed subtree-one (a b)) RETURN (COUNT) CHARSET "
            "UTF-8 ALL",
            "ESEARCH IN (SELECTED INBOXES PERSONAL SUBSCRIBED SUBTREE-ONE (\"a\" \"b\")) RETURN (COUNT) "
            "CHARSET "
            "UTF-8 ALL"},
           {"t ESEARCH ALL", "ESEARCH RETURN (ALL) ALL"},
           {"t ESEARCH IN () ALL", "14: unknown mailbox specifier"},
           {"t ESEARCH IN (selected-delayed) ALL", "14: unknown mailbox specifier"},
           {"t ESEARCH IN (mailboxes) ALL", "23: expected space"},
           {"t ESEARCH IN (personal (option)) ALL", "23: unknown mailbox specifier"}});
}

/// RFC 5466 section 4.
TEST(ParseFilter, Names) {
    check({{"a SEARCH UID 300:900 FILTER on-the-road SINCE \"3-Dec-2002\"",
            "SEARCH UID 300:900 FILTER on-the-road SINCE 3-Dec-2002"},
           {"a SEARCH OR FILTER a NOT FILTER b", "SEARCH OR FILTER a NOT FILTER b"},
           {"a SEARCH FILTER", "15: expected space"},
           {"a SEARCH FILTER a/b", "16: expected name of a filter"},
           {"a SEARCH FILTER \"a\"", "16: expected name of a filter"}});
    EXPECT_TRUE(parse_search_criteria("OR SMALLER 5000 FROM \"boss@example.com\""));
    EXPECT_FALSE(parse_search_criteria("OR SMALLER"));
    EXPECT_FALSE(parse_search_criteria("CHARSET UTF-8 ALL"));
    EXPECT_FALSE(parse_search_criteria("ALL) (ALL"));
    EXPECT_FALSE(parse_search_criteria(""));
}

/// RFC 5465 sections 3.1, 6 and 8.
TEST(ParseNotify, EventGroups) {
    check({{"a NOTIFY NONE", "NOTIFY NONE"},
           {"a notify set status (selected MessageNew (uid body.peek[header.fields (from to subject)]) "
            "MessageExpunge) (subtree Lists (MessageNew messageexpunge))",
            "NOTIFY SET STATUS (SELECTED (MessageNew (UID BODY.PEEK[HEADER.FIELDS (from to subject)]) "
            "MessageExpunge)) (SUBTREE (\"Lists\") (MessageNew MessageExpunge))"},
           {"a notify set (mailboxes INBOX (Messagenew messageExpunge)) (personal (SubscriptionChange))",
            "NOTIFY SET (MAILBOXES (\"INBOX\") (MessageNew MessageExpunge)) (PERSONAL (SubscriptionChange))"},
           {"a NOTIFY SET (SELECTED-DELAYED NONE) (INBOXES NONE) (SUBSCRIBED (MailboxName "
            "MailboxMetadataChange ServerMetadataChange))",
            "NOTIFY SET (SELECTED-DELAYED NONE) (INBOXES NONE) (SUBSCRIBED (MailboxName "
            "MailboxMetadataChange ServerMetadataChange))"},
           {"a NOTIFY SET (SUBTREE (a b) (MessageNew MessageExpunge FlagChange AnnotationChange))",
            "NOTIFY SET (SUBTREE (\"a\" \"b\") (MessageNew MessageExpunge FlagChange AnnotationChange))"},
           {"a NOTIFY", "8: expected space"},
           {"a NOTIFY SOME", "9: expected SET or NONE"},
           {"a NOTIFY SET", "12: expected space"},
           {"a NOTIFY SET STATUS", "19: expected space"},
           {"a NOTIFY SET ()", "14: unknown mailbox specifier"},
           {"a NOTIFY SET (personal ())", "24: expected event"},
           {"a NOTIFY SET (personal (MessageNew (UID) MessageExpunge))",
            "34: FETCH items are for the selected mailbox"},
           {"a NOTIFY SET (selected (MessageNew () MessageExpunge))", "36: unknown FETCH item"},
           {"a NOTIFY SET (personal (FlagChange))", "13: FlagChange needs MessageNew and MessageExpunge"},
           {"a NOTIFY SET (selected (MailboxName))",
            "13: only events of messages are for the selected mailbox"},
           {"a NOTIFY SET (selected NONE) (selected NONE)", "29: the selected mailbox is there already"},
           {"a NOTIFY SET (personal NONE) x", "29: expected ("}});
    check({{"a00 SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (TO FROM SUBJECT)])) FROM \"boss\"",
            "SEARCH RETURN (COUNT UPDATE (UID BODY[HEADER.FIELDS (TO FROM SUBJECT)])) FROM boss"},
           {"a SEARCH RETURN (UPDATE ()) ALL", "25: unknown FETCH item"}});
}

TEST(ParseInternational, Arguments) {
    check({{"A001 COMPARATOR \"cz;*\" i;basic", "COMPARATOR \"cz;*\" i;basic"},
           {"A001 COMPARATOR", "COMPARATOR"},
           {"C001 LANGUAGE DE", "LANGUAGE DE"},
           {"E001 LANGUAGE FR-CA EN-CA", "LANGUAGE FR-CA EN-CA"},
           {"a LANGUAGE (", "11: expected string"}});
}

TEST(ParseSearch, Faults) {
    check({{"a SEARCH", "8: expected space"},
           {"a SEARCH ", "9: expected search key"},
           {"a SEARCH ()", "10: expected search key"},
           {"a SEARCH (SEEN", "14: expected space or )"},
           {"a SEARCH SEEN)", "13: unexpected text after the command"},
           {"a SEARCH FOO", "9: unknown search key"},
           {"a SEARCH OR SEEN", "16: expected space"},
           {"a SEARCH NOT", "12: expected space"},
           {"a SEARCH LARGER -1", "16: expected number"},
           {"a SEARCH LARGER 9223372036854775808", "16: expected number"},
           {"a SEARCH OLDER 0", "15: expected number above zero"},
           {"a SEARCH ON 31-Feb-2020", "12: not a date"},
           {"a SEARCH ON 1-Foo-2020", "12: not a date"},
           {"a SEARCH UID 0", "13: expected message numbers"},
           {"a SEARCH RETURN (FOO) ALL", "17: unknown return option of SEARCH"},
           {"a SEARCH RETURN (ALL)", "21: expected space"},
           {"a SEARCH CHARSET UTF-8", "22: expected space"}});
}

TEST(ParseSearch, ProgramIsFlatAndBounded) {
    const auto search = parse_as<cmd::Search>("a SEARCH OR SEEN (DRAFT NOT 1:3) TEXT x");
    const auto& keys = search.program.keys;
    using Op = SearchKey::Op;
    ASSERT_EQ(keys.size(), 8U);
    const std::vector<std::pair<Op, std::uint32_t>> expected{
        {Op::all_of, 8}, {Op::any_of, 6}, {Op::flag, 1}, {Op::all_of, 4},
        {Op::flag, 1},   {Op::negate, 2}, {Op::seq, 1},  {Op::text, 1}};
    for (std::size_t i = 0; i < keys.size(); ++i) {
        EXPECT_EQ(keys[i].op, expected[i].first) << i;
        EXPECT_EQ(keys[i].span, expected[i].second) << i;
    }
    EXPECT_TRUE(search.program.uses_seq);
    EXPECT_TRUE(search.program.reads_content);
    EXPECT_FALSE(search.program.uses_mod_seq);
    EXPECT_FALSE(parse_as<cmd::Search>("a UID SEARCH UID 1:* UNSEEN LARGER 5").program.reads_content);
    EXPECT_TRUE(parse_as<cmd::Search>("a UID SEARCH MODSEQ 5").program.uses_mod_seq);
}

TEST(ParseSearch, HostileNesting) {
    // Threats 12.
    const auto times = [](int n, std::string_view text) {
        std::string out;
        for (int i = 0; i < n; ++i) out += text;
        return out;
    };
    EXPECT_EQ(parse("a SEARCH " + times(100000, "(")).substr(4), "search keys are nested too deeply");
    EXPECT_TRUE(parse("a SEARCH " + times(10000, "NOT ") + "SEEN").ends_with("too many search keys"));
    EXPECT_TRUE(parse("a SEARCH " + times(5000, "OR ") + "SEEN").ends_with("too many search keys"));
    EXPECT_TRUE(parse("a SEARCH " + times(5000, "OR SEEN ") + "SEEN").ends_with("too many search keys"));
    EXPECT_TRUE(parse("a SEARCH" + times(1001, " SEEN")).ends_with("too many search keys"));
    EXPECT_EQ(parse_as<cmd::Search>("a SEARCH" + times(1000, " SEEN")).program.keys.size(), 1001U);
    // A row of 400 senders, as clients make them, is one flat key.
    const auto senders = parse_as<cmd::Search>("a SEARCH " + times(399, "OR FROM x ") + "FROM y");
    EXPECT_EQ(senders.program.keys.size(), 402U);
    EXPECT_EQ(parse("a SEARCH " + times(33, "(") + "SEEN" + times(33, ")")).substr(4),
              "search keys are nested too deeply");
    EXPECT_EQ(parse("a SEARCH " + times(32, "(") + "SEEN" + times(32, ")")),
              "SEARCH " + times(32, "(") + "SEEN" + times(32, ")"));
}

TEST(SequenceSets, ResolveWithoutExpanding) {
    const auto set = [](std::string_view text) {
        return parse_as<cmd::Copy>("a COPY " + std::string(text) + " x").set;
    };
    const auto resolved = [&](std::string_view text, std::uint32_t largest) {
        std::string out;
        write_set(out, set(text).resolve(largest));
        return out;
    };
    EXPECT_EQ(resolved("2,4:7,9,12:*", 15), "2,4:7,9,12:15");  // RFC 9051 section 9
    EXPECT_EQ(resolved("*:4,5:7", 10), "4:10");
    EXPECT_EQ(resolved("3291:*", 5), "5:3291");
    EXPECT_EQ(resolved("*", 0), "");
    EXPECT_EQ(resolved("1:*", 0), "1");
    EXPECT_EQ(resolved("7:3,1,2", 100), "1:7");
    EXPECT_EQ(resolved("1:4294967295,4294967295,3", 9), "1:4294967295");
    EXPECT_EQ(resolved("4294967294:4294967295,1", 9), "1,4294967294:4294967295");
    EXPECT_EQ(set("5,9:7,*").largest_named(), 9U);
    EXPECT_TRUE(set("5,9:*").names_star());
    EXPECT_FALSE(set("5,9").names_star());
    // 8,000 gaps, backwards
    std::string gaps;
    for (int i = 8000; i > 0; --i) gaps += std::to_string(2 * i) + ",";
    gaps.pop_back();
    EXPECT_EQ(set(gaps).resolve(1).size(), 8000U);
    // 3,500 ranges that overlap
    std::string overlaps;
    for (int i = 1; i <= 3500; ++i) overlaps += std::to_string(i) + ":4294967295,";
    overlaps.pop_back();
    EXPECT_EQ(set(overlaps).resolve(7), (NumberRanges{{1, UINT32_MAX}}));
    EXPECT_EQ(count(set("1:4294967295").resolve(1)), 4294967295U);
    const NumberRanges some = set("2:4,8,10:12").resolve(1);
    std::string inside;
    for (std::uint32_t n = 0; n < 14; ++n) inside.push_back(contains(some, n) ? 'x' : '.');
    EXPECT_EQ(inside, "..xxx...x.xxx.");
}

TEST(SequenceSets, Arithmetic) {
    const NumberRanges a{{2, 4}, {8, 8}, {10, 20}}, b{{3, 3}, {8, 12}, {20, 30}};
    const auto text = [](const NumberRanges& ranges) {
        std::string out;
        write_set(out, ranges);
        return out;
    };
    EXPECT_EQ(text(unite(a, b)), "2:4,8:30");
    EXPECT_EQ(text(subtract(a, b)), "2,4,13:19");
    EXPECT_EQ(text(subtract(b, a)), "9,21:30");
    EXPECT_EQ(text(subtract(a, {})), text(a));
    EXPECT_EQ(text(subtract({}, a)), "");
    EXPECT_EQ(text(subtract(a, NumberRanges{{1, UINT32_MAX}})), "");
    EXPECT_EQ(text(slice(a, 1, 3)), "2:4");
    EXPECT_EQ(text(slice(a, 3, 6)), "4,8,10:11");
    EXPECT_EQ(text(slice(a, 15, 99)), "20");
    EXPECT_EQ(text(slice(a, 16, 99)), "");
}

TEST(SequenceSets, IdsInOrder) {
    const auto ids = [](const std::vector<std::uint32_t>& numbers) {
        std::vector<base::Uid> uids(numbers.begin(), numbers.end());
        std::string out;
        write_ids(out, uids);
        return out;
    };
    EXPECT_EQ(ids({3, 4, 5, 9, 8, 7, 8}), "3:5,9,8,7:8");  // RFC 4315 section 3: order is meaning
    EXPECT_EQ(ids({}), "");
    EXPECT_EQ(ids({UINT32_MAX}), "4294967295");
}

}  // namespace
}  // namespace imap
