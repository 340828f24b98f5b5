// parse_command: what each command's text means, or what is wrong where. The RFCs' own examples first.
#include <string>
#include <string_view>
#include <vector>

#include <gtest/gtest.h>

#include "imap/syntax/parse_command.hpp"
#include "unit/imap/command_text.hpp"

namespace imap {
namespace {
using test::command_text;

/// Canonical text of what was understood, or "offset: what is wrong".
std::string parse(std::string_view frame, ParseMode mode = {}) {
    std::string tag;
    auto parsed = parse_command(frame, tag, mode);
    if (!parsed) return std::to_string(parsed.error().offset) + ": " + std::string(parsed.error().what);
    return command_text(parsed->command);
}

struct Row {
    std::string_view frame;
    std::string_view meaning;
};

void check(const std::vector<Row>& rows, ParseMode mode = {}) {
    for (const Row& row : rows) {
        const std::string meaning = parse(row.frame, mode);
        EXPECT_EQ(meaning, row.meaning) << row.frame;
        // The canonical text means the same.
        if (meaning.empty() || (meaning[0] >= '0' && meaning[0] <= '9')) continue;
        EXPECT_EQ(parse("t " + meaning), meaning) << row.frame;
    }
}

TEST(ParseCommand, NoMessageNumbersAfterUidOnly) {  // RFC 9586 section 3
    const ParseMode uid_only{.uid_only = true};
    constexpr std::string_view refused = "message numbers are not used any more";
    for (const std::string_view frame :
         {"a FETCH 1 FLAGS", "a STORE $ FLAGS ()", "a COPY * x", "a MOVE 1 x", "a SEARCH ALL",
          "a UID SEARCH 1:*", "a UID SEARCH OR SEEN NOT (UID 1 7)", "a SELECT x (QRESYNC (1 2 1:3 (1 1)))"}) {
        std::string tag;
        const auto parsed = parse_command(frame, tag, uid_only);
        ASSERT_FALSE(parsed) << frame;
        EXPECT_EQ(parsed.error().what, refused) << frame;
        EXPECT_EQ(parsed.error().code, "UIDREQUIRED") << frame;
    }
    check({{"a UID FETCH 1:* FLAGS", "UID FETCH 1:* (UID FLAGS)"},
           {"a UID SEARCH $ UID 1:*", "UID SEARCH $ UID 1:*"},
           {"a UID FETCH x FLAGS", "12: expected message numbers"}},
          uid_only);
}

TEST(ParseCommand, WithoutArguments) {
    check({{"abcd CAPABILITY", "CAPABILITY"},
           {"a002 noop", "NOOP"},
           {"A023 Logout", "LOGOUT"},
           {"a001 STARTTLS", "STARTTLS"},
           {"A001 NAMESPACE", "NAMESPACE"},
           {"FXXZ CHECK", "CHECK"},
           {"A341 CLOSE", "CLOSE"},
           {"A342 UNSELECT", "UNSELECT"},
           {"A202 EXPUNGE", "EXPUNGE"},
           {"A002 IDLE", "IDLE"},
           {"c compress deflate", "COMPRESS DEFLATE"},
           {"A001 UNAUTHENTICATE", "UNAUTHENTICATE"},
           {"a NOOP  ", "NOOP"},  // quirk_trailing_spaces
           {"", "0: expected tag"},
           {"+ NOOP", "0: expected tag"},
           {"a", "1: expected space"},
           {"a ", "2: expected command"},
           {"a  NOOP", "2: expected command"},
           {"a NOOP x", "7: unexpected text after the command"},
           {"a NOOP\rb NOOP", "6: unexpected text after the command"},
           {"a NOOPS", "2: unknown command"},
           {"a UID", "5: expected command after UID"},
           {"a UID ", "6: expected command after UID"},
           {"a UID NOOP", "2: unknown command"},
           {"a UID UID FETCH 1 FLAGS", "2: unknown command"},
           {"a AUTHENTICATEAUTHENTICATE PLAIN", "2: unknown command"}});
}

TEST(ParseCommand, TellsTheTagOfABadCommand) {
    std::string tag = "*";
    EXPECT_FALSE(parse_command("A17.x] BOGUS", tag));
    EXPECT_EQ(tag, "A17.x]");
    tag = "*";
    EXPECT_FALSE(parse_command("(x NOOP", tag));
    EXPECT_EQ(tag, "*");
}

TEST(ParseCommand, Login) {
    check({{"a001 LOGIN SMITH SESAME", "LOGIN SMITH SESAME"},
           {"A001 LOGIN {11}\r\nFRED FOOBAR {7}\r\nfat man", "LOGIN \"FRED FOOBAR\" \"fat man\""},
           {"A001 LOGIN {11+}\nFRED FOOBAR \"fat man\"", "LOGIN \"FRED FOOBAR\" \"fat man\""},
           {"a LOGIN \"a\\\"b\\\\\" x]y", "LOGIN \"a\\\"b\\\\\" x]y"},
           {"a LOGIN \"\" \"\"", "LOGIN \"\" \"\""},
           {"a LOGIN \xC3\xA9 x", "LOGIN {2}\r\n\xC3\xA9 x"},
           {"a LOGIN NIL x", "LOGIN \"NIL\" x"},
           {"a LOGIN x", "9: expected space"},
           {"a LOGIN \"x y", "8: quoted string has no end"},
           {"a LOGIN \"x\\a\" y", "10: bad escape in quoted string"},
           {"a LOGIN \"x\ry\" z", "10: bad octet in quoted string"},
           {"a LOGIN {5}\r\nabc", "13: literal is cut short"},
           {"a LOGIN {99999999999999999999}\r\nabc", "9: bad size of literal"},
           {std::string_view("a LOGIN {1}\r\n\0 x", 16), "13: NUL in literal"},
           {std::string_view("a LOGIN \"\0\" x", 13), "9: bad octet in quoted string"},
           {"a LOGIN ~{1}\r\nx y", "9: expected space"},
           {"a001 AUTHENTICATE GSSAPI", "AUTHENTICATE GSSAPI"},
           {"a AUTHENTICATE plain dGVzdAB0ZXN0AHRlc3Q=", "AUTHENTICATE PLAIN dGVzdAB0ZXN0AHRlc3Q="},
           {"a AUTHENTICATE EXTERNAL =", "AUTHENTICATE EXTERNAL ="},
           {"a AUTHENTICATE PLAIN \tAB", "21: expected base64"},
           {"a AUTHENTICATE PLAIN AB CD", "24: unexpected text after the command"}});
}

TEST(ParseCommand, IdAndEnable) {
    std::string long_name = "a ID (\"" + std::string(31, 'n') + "\" \"v\")";
    std::string long_value = "a ID (\"n\" \"" + std::string(1025, 'v') + "\")";
    std::string many = "a ID (";
    for (int i = 0; i < 31; ++i) many += "\"n\" \"v\" ";
    many.back() = ')';
    check({{"a023 ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")",
            "ID (\"name\" \"sodr\" \"version\" \"19.34\" \"vendor\" \"Pink Floyd Music Limited\")"},
           {"a042 ID NIL", "ID ()"},
           {"a ID (\"os\" NIL)", "ID (\"os\" NIL)"},
           {"a ID ()", "ID ()"},
           {"a ID ((", "6: expected ID field name"},
           {long_name, "6: ID field name is too long"},
           {long_value, "10: ID field value is too long"},
           {many, "246: too many ID fields"},
           {"t1 ENABLE CONDSTORE X-GOOD-IDEA", "ENABLE CONDSTORE X-GOOD-IDEA"},
           {"a enable utf8=accept", "ENABLE UTF8=ACCEPT"},
           {"a ENABLE", "8: expected space"}});
}

TEST(ParseCommand, Select) {
    check({{"A142 SELECT INBOX", "SELECT \"INBOX\""},
           {"A932 EXAMINE blurdybloop", "EXAMINE \"blurdybloop\""},
           {"a SELECT inBoX", "SELECT \"INBOX\""},
           {"a SELECT \"inbox/Sub\"", "SELECT \"INBOX/Sub\""},
           {"a SELECT inboxes", "SELECT \"inboxes\""},
           {"C01 SELECT \"INBOX\" (CONDSTORE)", "SELECT \"INBOX\" (CONDSTORE)"},
           {"A SELECT INBOX (QRESYNC (67890007 20050715194045000 41,43:211,214:541))",
            "SELECT \"INBOX\" (QRESYNC (67890007 20050715194045000 41,43:211,214:541))"},
           {"B04 SELECT INBOX (QRESYNC (67890007 90060115194045000 1:29997 (5000,7500,9000,9990:9999 "
            "15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997)))",
            "SELECT \"INBOX\" (QRESYNC (67890007 90060115194045000 1:29997 (5000,7500,9000,9990:9999 "
            "15000,22500,27000,29970,29973,29976,29979,29982,29985,29988,29991,29994,29997)))"},
           {"a SELECT x (QRESYNC (1 2 (1:3 5:8)))", "25: the two sets of QRESYNC differ in size"},
           {"a SELECT x (QRESYNC (1 2 (2,1 5,6)))", "25: the sets of QRESYNC do not ascend"},
           {"a SELECT x (QRESYNC (1 2 (1:2 5,5)))", "25: the sets of QRESYNC do not ascend"},
           {"a SELECT x (QRESYNC (1 2 (2:1 5:6)))", "25: the sets of QRESYNC do not ascend"},
           {"a SELECT x (QRESYNC (1 2 (1:3 5:7)) CONDSTORE)",
            "SELECT \"x\" (CONDSTORE QRESYNC (1 2 (1:3 5:7)))"},
           {"a SELECT x (QRESYNC (0 2))", "21: expected number above zero"},
           {"a SELECT x (QRESYNC (1 9223372036854775808))", "23: expected mod-sequence"},
           {"a SELECT x (QRESYNC (1 2 1:*))", "25: expected numbers without *"},
           {"a SELECT x (FOO)", "12: unknown parameter of SELECT"},
           {"a SELECT x ()", "12: unknown parameter of SELECT"},
           {"a SELECT x y", "11: expected ("},
           {"a SELECT", "8: expected space"}});
}

TEST(ParseCommand, Mailboxes) {
    check({{"A003 CREATE owatagusiam/", "CREATE \"owatagusiam/\""},
           {"t1 CREATE Everything (USE (\\All))", "CREATE \"Everything\" (USE (\\All))"},
           {"t CREATE x (USE (\\sent \\IMPORTANT \\Foo))", "CREATE \"x\" (USE (\\Sent \\Important \\Foo))"},
           {"t CREATE x (SIZE 5)", "12: unknown parameter of CREATE"},
           {"A683 DELETE foo", "DELETE \"foo\""},
           {"A683 RENAME blurdybloop sarasoop", "RENAME \"blurdybloop\" \"sarasoop\""},
           {"A002 SUBSCRIBE #news.comp.mail.mime", "SUBSCRIBE \"#news.comp.mail.mime\""},
           {"A002 UNSUBSCRIBE #news.comp.mail.mime", "UNSUBSCRIBE \"#news.comp.mail.mime\""},
           {"A042 STATUS blurdybloop (UIDNEXT MESSAGES)", "STATUS \"blurdybloop\" (MESSAGES UIDNEXT)"},
           {"a STATUS x (HIGHESTMODSEQ RECENT UIDVALIDITY UNSEEN DELETED SIZE APPENDLIMIT MAILBOXID)",
            "STATUS \"x\" (UIDVALIDITY UNSEEN DELETED SIZE RECENT HIGHESTMODSEQ APPENDLIMIT MAILBOXID)"},
           {"a STATUS x (FOO)", "12: unknown status item"},
           {"a STATUS x ()", "12: expected status item"},
           {"a STATUS x", "10: expected space"}});
}

TEST(ParseCommand, MailboxNames) {
    // Threats 16: one stored name, or an error.
    check({{"a DELETE ~peter/mail/&U,BTFw-/&ZeVnLIqe-", "DELETE \"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""},
           {"a DELETE \"A & B\"", "DELETE \"A &- B\""},
           {"a DELETE &Jjo-", "DELETE \"&Jjo-\""},
           {"a DELETE \xE2\x98\xBA", "DELETE \"&Jjo-\""},  // raw UTF-8
           {"a DELETE {3+}\r\n\xE2\x98\xBA", "DELETE \"&Jjo-\""},
           {"a DELETE e\xCC\x81", "DELETE \"&AOk-\""},          // NFC
           {"a DELETE &AAA-", "9: mailbox name is not valid"},  // U+0000
           {"a DELETE &AAo-", "9: mailbox name is not valid"},  // line feed
           {"a DELETE &ICg-", "9: mailbox name is not valid"},  // U+2028
           {"a DELETE &Jjo!", "9: mailbox name is not valid"},
           {"a DELETE &2D8-", "9: mailbox name is not valid"},  // half a pair of surrogates
           {"a DELETE \xFF\xFE", "9: mailbox name is not valid"},
           {"a DELETE \xC0\xAF", "9: mailbox name is not valid"},  // overlong
           {"a DELETE \xED\xA0\x80", "9: mailbox name is not valid"},
           {"a DELETE \"x\ty\"", "9: mailbox name is not valid"}});
    const ParseMode utf8{.utf8 = true};
    EXPECT_EQ(parse("a DELETE \"R&D\"", utf8), "DELETE \"R&-D\"");  // imap.md quirk 17
    EXPECT_EQ(parse("a DELETE \"R&-D\"", utf8), "DELETE \"R&--D\"");
    EXPECT_EQ(parse("a DELETE &Jjo-", utf8), "DELETE \"&Jjo-\"");  // imap.md quirk 19
    EXPECT_EQ(parse("a DELETE \"\xE2\x98\xBA & x\"", utf8), "DELETE \"&Jjo- &- x\"");
    EXPECT_EQ(parse("a DELETE \xFF\xFE", utf8), "9: mailbox name is not valid");
}

TEST(ParseCommand, List) {
    check({{"A101 LIST \"\" \"\"", "LIST \"\" \"\""},
           {"A202 LIST ~/Mail/ %", "LIST \"~/Mail/\" \"%\""},
           {"A03 LIST () \"\" \"%\" RETURN (CHILDREN)", "LIST () \"\" \"%\" RETURN (CHILDREN)"},
           {"A02 LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"*\"",
            "LIST (SUBSCRIBED RECURSIVEMATCH) \"\" \"*\" RETURN ()"},
           {"BBB LIST \"\" (\"INBOX\" \"Drafts\" \"Sent/%\")",
            "LIST () \"\" (\"INBOX\" \"Drafts\" \"Sent/%\") RETURN ()"},
           {"A01 LIST \"\" % RETURN (STATUS (MESSAGES UNSEEN))",
            "LIST () \"\" \"%\" RETURN (STATUS (MESSAGES UNSEEN))"},
           {"t3 LIST (SPECIAL-USE) \"\" \"*\"", "LIST (SPECIAL-USE) \"\" \"*\" RETURN ()"},
           {"t LIST \"\" \"*\" RETURN (SPECIAL-USE SUBSCRIBED)",
            "LIST () \"\" \"*\" RETURN (SUBSCRIBED SPECIAL-USE)"},
           {"t LIST \"\" &Jjo!", "LIST \"\" &AAA-"},  // imap.md quirk 19: matches nothing
           {"t LIST \"\" inbox*", "LIST \"\" \"inbox*\""},
           {"A02 LSUB \"#news.\" \"comp.%\"", "LSUB \"#news.\" \"comp.%\""},
           {"t XLIST \"\" *", "XLIST \"\" \"*\""},
           {"t LIST (RECURSIVEMATCH) \"\" *", "7: RECURSIVEMATCH needs SUBSCRIBED"},
           {"t LIST (FOO) \"\" *", "8: unknown selection option of LIST"},
           {"t LIST \"\" * RETURN (FOO)", "20: unknown return option of LIST"},
           {"t LIST \"\" * RETURN", "18: expected space"},
           {"t LIST \"\" ()", "11: expected mailbox pattern"},
           {"t LIST \"\"", "9: expected space"}});
}

TEST(ParseCommand, Append) {
    check({{"A003 APPEND saved-messages (\\Seen) {326}", "APPEND \"saved-messages\" (\\Seen) {326}"},
           {"A APPEND {5}\r\ninbox {3+}", "APPEND \"INBOX\" () {3}"},
           {"A APPEND x \"17-Jul-1996 02:44:25 -0700\" ~{3}",
            "APPEND \"x\" () \"17-Jul-1996 09:44:25 +0000\" ~{3}"},
           {"A APPEND x (\\Seen $Junk) \" 1-Feb-2024 00:00:00 +0000\" UTF8 (~{42+}",
            "APPEND \"x\" (\\Seen $Junk) \" 1-Feb-2024 00:00:00 +0000\" UTF8 (~{42}"},
           {"A APPEND x {9223372036854775807}", "APPEND \"x\" () {9223372036854775807}"},
           {"A APPEND x {9223372036854775808}", "12: bad size of literal"},
           {"A APPEND x", "10: expected space"},
           {"A APPEND x y", "11: expected the message as a literal"},
           {"A APPEND x \"17-Jul-1996\" {3}", "11: not a date and time"},
           {"A APPEND x UTF8 ({3}", "17: expected literal8"},
           {"A APPEND x {3} y", "14: text after the literal's size"},
           {"A003 APPEND Drafts (\\Seen $MDNSent) CATENATE (URL "
            "\"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER\" TEXT {42}",
            "APPEND \"Drafts\" (\\Seen $MDNSent) CATENATE (URL "
            "\"/Drafts;UIDVALIDITY=385759045/;UID=20/;section=HEADER\" TEXT {42}"},
           {"A APPEND x CATENATE (URL /a/;UID=1)", "APPEND \"x\" () CATENATE (URL \"/a/;UID=1\")"},
           {"A APPEND x catenate (url a) CATENATE (text ~{3+}",
            "APPEND \"x\" () CATENATE (URL \"a\") () CATENATE (TEXT ~{3}"},
           {"A APPEND x CATENATE (URL {9}", "APPEND \"x\" () CATENATE (URL {9}"},
           {"A APPEND x CATENATE ()", "21: expected TEXT or URL"},
           {"A APPEND x CATENATE (TEXT x)", "26: expected the text as a literal"},
           {"A APPEND x CATENATE (URL )", "25: expected URL"},
           {"A APPEND x CATENATE URL a", "20: expected ("},
           {"A APPEND x CATENATE (URL a", "26: expected space"},
           {"A APPEND x CATENATE (URL a) y", "28: expected the message as a literal"}});
}

TEST(ParseCommand, Replace) {
    check({{"A003 REPLACE 4 Drafts (\\Seen \\Draft) {312}", "REPLACE 4 \"Drafts\" (\\Seen \\Draft) {312}"},
           {"A004 UID REPLACE 2000 Drafts (\\Seen \\Draft) {350+}",
            "UID REPLACE 2000 \"Drafts\" (\\Seen \\Draft) {350}"},
           {"A011 UID REPLACE 3002 Drafts CATENATE (TEXT {71}",
            "UID REPLACE 3002 \"Drafts\" () CATENATE (TEXT {71}"},
           {"A replace * {5}\r\ninbox UTF8 (~{3+}", "REPLACE * \"INBOX\" () UTF8 (~{3}"},
           {"A REPLACE 1 x CATENATE (URL a)", "REPLACE 1 \"x\" () CATENATE (URL \"a\")"},
           {"A REPLACE 0 x {3}", "10: expected number above zero"},
           {"A REPLACE 1:2 x {3}", "11: expected space"},
           {"A REPLACE $ x {3}", "10: expected number above zero"},
           {"A REPLACE 1 x", "13: expected space"},
           {"A REPLACE 1 x y", "14: expected the message as a literal"},
           {"A REPLACE 1 x CATENATE (URL a) {3}", "31: unexpected text after the command"}});
}

TEST(ParseCommand, NothingFollowsTheMessageOfReplace) {
    AppendPiece alone;
    alone.kind = AppendPiece::Kind::literal;
    alone.alone = true;
    ASSERT_TRUE(parse_append_tail("", alone));
    EXPECT_FALSE(parse_append_tail(" {3}", alone));
    alone.catenate = true;
    EXPECT_FALSE(parse_append_tail(") {3}", alone));
    const auto parts = parse_append_tail(" URL a TEXT {3}", alone);
    ASSERT_TRUE(parts);
    for (const AppendPiece& piece : *parts) EXPECT_TRUE(piece.alone);
}

TEST(ParseCommand, AppendBehindALiteral) {
    using Kind = AppendPiece::Kind;
    AppendPiece plain;
    plain.kind = Kind::literal;
    AppendPiece utf8 = plain, part = plain;
    utf8.utf8 = true;
    part.catenate = true;
    const auto kinds = [](std::string_view frame, const AppendPiece& after) {
        const auto tail = parse_append_tail(frame, after);
        if (!tail) return "error: " + std::string(tail.error().what);
        std::string out;
        for (const AppendPiece& piece : *tail) out += "blUue"[static_cast<std::size_t>(piece.kind)];
        return out;
    };
    EXPECT_EQ(kinds("", plain), "e");
    EXPECT_EQ(kinds(" ", plain), "e");
    EXPECT_EQ(kinds(")", utf8), "e");
    EXPECT_EQ(kinds("", utf8), "error: expected )");
    EXPECT_EQ(kinds(")", plain), "error: expected space");
    EXPECT_EQ(kinds("x", plain), "error: expected space");
    EXPECT_EQ(kinds(")", part), "e");
    EXPECT_EQ(kinds(" URL \"/a/;UID=1\")", part), "Ue");
    EXPECT_EQ(kinds(" TEXT {3}", part), "l");
    EXPECT_EQ(kinds(" URL a URL b TEXT ~{3+}", part), "UUl");
    EXPECT_EQ(kinds(" URL {3}", part), "u");
    EXPECT_EQ(kinds(") (\\Seen) CATENATE (URL a)  {3}", part), "error: expected the message as a literal");
    EXPECT_EQ(kinds(") (\\Seen) CATENATE (URL a) {3}", part), "ebUebl");
    EXPECT_EQ(kinds("", part), "error: expected space");
    EXPECT_EQ(kinds(" ", part), "error: expected TEXT or URL");
    EXPECT_EQ(kinds(" URL a", part), "error: expected space");
    const auto next = parse_append_tail(" (\\Draft) {17+}", plain);
    ASSERT_TRUE(next);
    ASSERT_EQ(next->size(), 3U);
    EXPECT_EQ((*next)[1].flags.system, FlagList::draft);
    EXPECT_EQ((*next)[2].size, 17U);
}

TEST(ParseCommand, StoreCopyMoveExpunge) {
    check(
        {{"A003 STORE 2:4 +FLAGS (\\Deleted)", "STORE 2:4 +FLAGS (\\Deleted)"},
         {"a STORE 1 -flags.silent \\Seen \\Draft", "STORE 1 -FLAGS.SILENT (\\Seen \\Draft)"},
         {"a UID STORE 1:* FLAGS ()", "UID STORE 1:* FLAGS ()"},
         {"a STORE 1 FLAGS (\\Recent \\SEEN a A $Forwarded)", "STORE 1 FLAGS (\\Seen a $Forwarded)"},
         {"a103 UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)",
          "UID STORE 6,4,8 (UNCHANGEDSINCE 12121230045) +FLAGS.SILENT (\\Deleted)"},
         {"d STORE 7 (UNCHANGEDSINCE 0) FLAGS ($Processed)", "STORE 7 (UNCHANGEDSINCE 0) FLAGS ($Processed)"},
         {"d STORE 7 (UNCHANGEDSINCE -1) FLAGS (x)", "26: expected mod-sequence"},
         {"d STORE 7 FLAGS (\\Foo)", "18: unknown system flag"},
         {"d STORE 7 FLAGS", "15: expected space"},
         {"d STORE 7 FLAGS (x", "18: expected space or )"},
         {"d STORE 7 FLAGS ", "16: expected flag"},
         {"A003 COPY 2:4 MEETING", "COPY 2:4 \"MEETING\""},
         {"a UID MOVE 42:69 foo", "UID MOVE 42:69 \"foo\""},
         {"a MOVE $ foo", "MOVE $ \"foo\""},
         {"A003 UID EXPUNGE 3000:3002", "UID EXPUNGE 3000:3002"},
         {"A302 UIDBATCHES 2000", "UIDBATCHES 2000"},
         {"A302 uidbatches 1000 10:20", "UIDBATCHES 1000 10:20"},
         {"a UIDBATCHES 1000 7:7", "UIDBATCHES 1000 7:7"},
         {"a UIDBATCHES 1000 20:10", "UIDBATCHES 1000 10:20"},
         {"a UIDBATCHES 4294967295 1:4294967295", "UIDBATCHES 4294967295 1:4294967295"},
         {"a UIDBATCHES", "12: expected space"},
         {"a UIDBATCHES 0", "13: expected number above zero"},
         {"a UIDBATCHES *", "13: expected number above zero"},
         {"a UIDBATCHES 1000 7", "19: expected :"},
         {"a UIDBATCHES 1000 0:7", "18: expected number above zero"},
         {"a UIDBATCHES 1000 7:*", "20: expected number above zero"},
         {"a UIDBATCHES 1000 7:8,9", "21: unexpected text after the command"},
         {"a UIDBATCHES 4294967296", "13: expected number above zero"},
         {"a COPY 0 x", "7: expected message numbers"},
         {"a COPY 1:0 x", "9: expected message number"},
         {"a COPY 4294967295 x", "COPY 4294967295 \"x\""},
         {"a COPY 4294967296 x", "7: expected message numbers"},
         {"a COPY 18446744073709551617 x", "7: expected message numbers"},
         {"a COPY -1 x", "7: expected message numbers"},
         {"a COPY 1,,2 x", "9: expected message numbers"},
         {"a COPY 1, x", "9: expected message numbers"},
         {"a COPY $,1 x", "8: expected space"},
         {"a COPY 1:2:3 x", "10: expected space"}});
}

// RFC 4314 section 3, RFC 9208 section 4, RFC 5464 section 4: their own examples.
TEST(ParseCommand, Sharing) {
    check({{"A002 SETACL INBOX/Drafts Chris +cda", "SETACL \"INBOX/Drafts\" Chris +cda"},
           {"A002 SETACL INBOX/Drafts -Fred \"\"", "SETACL \"INBOX/Drafts\" -Fred \"\""},
           {"A035 SETACL INBOX/Drafts John lrQswicda", "30: uppercase rights are not allowed"},
           {"A035 SETACL INBOX/Drafts John l!", "30: not a right"},
           {"A035 SETACL INBOX/Drafts \"\" l", "25: expected identifier"},
           {"A035 SETACL INBOX/Drafts John", "29: expected space"},
           {"B002 DeleteAcl INBOX Fred", "DELETEACL \"INBOX\" Fred"},
           {"A002 GETACL INBOX", "GETACL \"INBOX\""},
           {"a001 LISTRIGHTS ~/Mail/saved smith", "LISTRIGHTS \"~/Mail/saved\" smith"},
           {"A003 MYRIGHTS INBOX", "MYRIGHTS \"INBOX\""},
           {"G0001 GETQUOTA \"!partition/sda4\"", "GETQUOTA !partition/sda4"},
           {"G0002 GETQUOTAROOT INBOX", "GETQUOTAROOT \"INBOX\""},
           {"S0000 SETQUOTA \"\" (STORAGE 512 message 2)", "SETQUOTA \"\" (STORAGE 512 MESSAGE 2)"},
           {"S0001 SETQUOTA \"\" ()", "SETQUOTA \"\" ()"},
           {"a GETMETADATA \"\" /shared/comment", "GETMETADATA \"\" (/shared/comment)"},
           {"a GETMETADATA \"INBOX\" (MAXSIZE 1024) (/shared/comment /private/comment)",
            "GETMETADATA (MAXSIZE 1024) \"INBOX\" (/shared/comment /private/comment)"},
           {"a GETMETADATA (DEPTH infinity MAXSIZE 3) INBOX /a/b",
            "GETMETADATA (MAXSIZE 3 DEPTH INFINITY) \"INBOX\" (/a/b)"},
           {"a GETMETADATA INBOX (DEPTH 2) /a/b", "28: unknown depth"},
           {"a GETMETADATA INBOX comment", "20: not the name of an entry"},
           {"a SETMETADATA INBOX (/private/comment NIL)", "SETMETADATA \"INBOX\" (/private/comment NIL)"},
           {"a SETMETADATA INBOX (/private/comment \"My new comment\" /shared/comment \"For you!\")",
            "SETMETADATA \"INBOX\" (/private/comment \"My new comment\" /shared/comment \"For you!\")"},
           {"a SETMETADATA INBOX /private/comment NIL", "20: expected ("},
           {"A01 LIST \"\" % RETURN (MYRIGHTS METADATA (/shared/a))",
            "LIST () \"\" \"%\" RETURN (METADATA (/shared/a) MYRIGHTS)"},
           {"A01 LIST \"\" % RETURN (METADATA /shared/a)", "31: expected entry names"}});
}

}  // namespace
}  // namespace imap
