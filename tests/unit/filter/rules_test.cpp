// Conditions and actions as the operator writes them; messages that they are about; what a draft becomes.
#include "filter/rules.hpp"

#include "stand.hpp"

namespace filter_test {
namespace {

const std::string with_attachment =
    "From: =?utf-8?q?J=C3=B6rg?= <joerg@client.test>\r\nTo: anna@acme.test\r\nSubject: "
    "=?utf-8?b?RnJlZSBNb25leQ==?=\r\n"
    "X-Mailer: one\r\nX-Mailer: two\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
    "--b\r\nContent-Type: text/html; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n"
    "PHA+Q2xpY2sgPGI+aGVyZTwvYj4gbm93PC9wPg==\r\n"
    "--b\r\nContent-Type: application/zip; name=\"harmless.txt\"\r\n"
    "Content-Disposition: attachment; filename*0*=utf-8''inv%6F; filename*1*=ice.ex; "
    "filename*2=e\r\n\r\nMZ\r\n"
    "--b--\r\n";

class Rules : public ::testing::Test {
protected:
    bool matches_line(const std::string& line, const std::string& message = with_attachment) {
        auto criterion = Criterion::parse(line);
        if (!criterion) {
            ADD_FAILURE() << line << ": " << criterion.error().what();
            return false;
        }
        auto octets = make_message(message);
        auto header = stand.run(read_header(octets, 1U << 20));
        const Draft draft(*header, octets);
        auto content = stand.run(read_content(octets));
        Seen seen;
        seen.facts = &*facts;
        seen.draft = &draft;
        seen.content = &*content;
        seen.recipients = &facts->recipients;
        seen.sender = facts->sender;
        seen.size = message.size();
        seen.score = 5.5;
        return matches(*criterion, seen);
    }
    Stand stand;
    std::shared_ptr<Facts> facts = some_facts();
};

TEST_F(Rules, Conditions) {
    facts->authentication.dmarc = "fail";
    facts->authentication.author_domain = "client.test";
    for (const char* yes : {"header Subject contains free money",
                            "header subject is Free Money",
                            "header Subject matches free*",
                            "header X-Mailer is two",
                            "header X-Mailer exists",
                            "not header List-Id exists",
                            "header From contains Jörg",
                            "header Subject contains nothing | money",
                            "body contains click here",
                            "body matches *here now",
                            "not body contains <b>",
                            "size over 100",
                            "size under 1MiB",
                            "sender is SENDER@client.test",
                            "sender matches *@client.test",
                            "sender-domain is client.test",
                            "recipient is bert@acme.test",
                            "recipient-domain is acme.test",
                            "author-domain is client.test",
                            "client in 203.0.113.0/24",
                            "client in 10.0.0.0/8 | 203.0.113.7",
                            "client exists",
                            "helo is client.test",
                            "not account exists",
                            "not client-name exists",
                            "attachment exists",
                            "attachment-name is invoice.exe",
                            "attachment-name matches *.exe | *.scr",
                            "attachment-name is harmless.txt",
                            "attachment-type is application/zip",
                            "dmarc is fail",
                            "dmarc is none | fail",
                            "not spf is pass",
                            "score over 5",
                            "score under 5.6",
                            "  not   header   X-Nothing   exists  "})
        EXPECT_TRUE(matches_line(yes)) << yes;
    for (const char* no :
         {"header Subject is free", "header Subject matches money*", "header X-Mailer is three",
          "body contains UTF", "size over 1MiB", "sender is other@client.test", "client in 2001:db8::/32",
          "attachment-name matches *.pdf", "spf is pass", "score over 5.5", "not dmarc is fail",
          "recipient-domain is example.test"})
        EXPECT_FALSE(matches_line(no)) << no;
}

TEST_F(Rules, WithoutContentNothingIsAttached) {
    EXPECT_FALSE(matches_line("attachment exists", some_message));
    EXPECT_TRUE(matches_line("body contains body", some_message));
    EXPECT_FALSE(matches_line("body contains x", "no header at all"));
    EXPECT_FALSE(matches_line("header Subject exists", ""));
}

TEST(RuleLanguage, FaultsAreTold) {
    const auto why = [](const char* line) {
        const auto out = Criterion::parse(line);
        return out ? std::string("fine") : out.error().what();
    };
    EXPECT_EQ(why(""), "unknown: ''");
    EXPECT_EQ(why("subject is x"), "unknown: 'subject'");
    EXPECT_EQ(why("header"), "the name of a field is missing");
    EXPECT_EQ(why("header Subject"), "'header' goes with one of: is contains matches exists");
    EXPECT_EQ(why("header Subject over 3"), "'header' goes with one of: is contains matches exists");
    EXPECT_EQ(why("header Subject is"), "a value is missing");
    EXPECT_EQ(why("header Subject exists x"), "nothing stands behind 'exists'");
    EXPECT_EQ(why("client in nowhere"), "not a network: nowhere");
    EXPECT_EQ(why("size over big"), "not a number: big");
    EXPECT_EQ(why("size over -1"), "not a number: -1");
    EXPECT_EQ(why("score over nan"), "not a number: nan");
    EXPECT_EQ(why("size over 1 | 2"), "one number only");
    EXPECT_EQ(why("body contains a |  | b"), "a value of no good length");
}

TEST(RuleLanguage, Actions) {
    const auto parsed = [](const char* line) {
        const auto out = Action::parse(line);
        if (!out) return "! " + out.error().what();
        return std::to_string(static_cast<int>(out->kind)) + "|" + out->name + "|" + out->text + "|" +
               (out->reply ? std::to_string(out->reply.code) + " " + out->reply.status + " " + out->reply.text
                           : "");
    };
    EXPECT_EQ(parsed("reject No programs here"), "0||No programs here|550 5.7.1 No programs here");
    EXPECT_EQ(parsed("reject 554 5.6.1 Bad"), "0||554 5.6.1 Bad|554 5.6.1 Bad");
    EXPECT_EQ(parsed("reject 451 Later"), "! a refusal for good has a code of 5yz");
    EXPECT_EQ(parsed("tempfail"), "1|||451 4.7.1 Try again later");
    EXPECT_EQ(parsed("tempfail 550 x"), "! a refusal for now has a code of 4yz");
    EXPECT_EQ(parsed("quarantine a program"), "2||a program|");
    EXPECT_EQ(parsed("delete"), "3|||");
    EXPECT_EQ(parsed("junk now"), "! nothing stands behind it");
    EXPECT_EQ(parsed("tag-subject [EXTERN]"), "5||[EXTERN] |");
    EXPECT_EQ(parsed("add-header X-One: 1"), "6|X-One| 1|");
    EXPECT_EQ(parsed("add-header X-One"), "! a field is written NAME: VALUE");
    EXPECT_EQ(parsed("remove-header X-One"), "7|X-One|X-One|");
    EXPECT_EQ(parsed("redirect anna@acme.test"), "8||anna@acme.test|");
    EXPECT_EQ(parsed("redirect anna"), "! not an address: anna");
    EXPECT_EQ(parsed("score x"), "! not a number: x");
    EXPECT_EQ(parsed("run program"),
              "! a program is named by its whole path, with words in quotes where they have blanks");
    EXPECT_EQ(parsed("dance"), "! no such action: 'dance'");
    const auto run = Action::parse("run /bin/x \"a b\" c");
    ASSERT_TRUE(run);
    EXPECT_EQ(run->program->argv, (std::vector<std::string>{"/bin/x", "a b", "c"}));
}

class Drafts : public ::testing::Test {
protected:
    Draft draft(const std::string& message) {
        auto octets = make_message(message);
        auto header = stand.run(read_header(octets, 1U << 20));
        return Draft(*header, octets);
    }
    static HeaderEdit edit(HeaderEdit::Kind kind, const std::string& name, const std::string& value,
                           std::uint32_t index = 0) {
        HeaderEdit out;
        out.kind = kind;
        out.name = name;
        out.value = value;
        out.index = index;
        return out;
    }
    Stand stand;
};

TEST_F(Drafts, UnchangedIsOctetForOctet) {
    for (const std::string& message :
         {some_message, with_attachment, std::string(), std::string("\r\nbody"), std::string("A: 1"),
          std::string("A: 1\r\n"), std::string("A: 1\r\n\r\n"), std::string("no header\r\nat all\r\n\r\nx"),
          std::string("A: 1\nB: 2\n\nbare\n")}) {
        const Draft one = draft(message);
        EXPECT_EQ(stand.text_of(one.message()), message);
        EXPECT_FALSE(one.rewritten());
        EXPECT_EQ(one.prefix(), "");
    }
}

TEST_F(Drafts, FieldsInFrontLeaveTheRestAlone) {
    Draft one = draft(some_message);
    one.edit(edit(HeaderEdit::Kind::insert, "X-A", "1"));
    one.edit(edit(HeaderEdit::Kind::insert, "X-B", "2", 1));
    one.edit(edit(HeaderEdit::Kind::change, "x-a", "3", 1));
    EXPECT_FALSE(one.rewritten());
    EXPECT_EQ(one.prefix(), "x-a: 3\r\nX-B: 2\r\n");
    EXPECT_EQ(stand.text_of(one.message()), one.prefix() + some_message);
    one.edit(edit(HeaderEdit::Kind::remove_all, "X-B", ""));
    EXPECT_EQ(one.prefix(), "x-a: 3\r\n");
}

TEST_F(Drafts, OtherChangesRewrite) {
    Draft one = draft("A: 1\r\nB: 2\r\n folded\r\nA: 3\r\n\r\nbody\r\n");
    one.edit(edit(HeaderEdit::Kind::change, "A", "x", 2));
    EXPECT_TRUE(one.rewritten());
    one.edit(edit(HeaderEdit::Kind::remove, "b", "", 1));
    one.edit(edit(HeaderEdit::Kind::append, "C", "y\nz"));
    one.edit(edit(HeaderEdit::Kind::insert, "D", "4", 1));
    one.edit(edit(HeaderEdit::Kind::remove, "Nothing", "", 1));
    one.edit(edit(HeaderEdit::Kind::append, "Bad Name", "y"));
    EXPECT_EQ(stand.text_of(one.message()), "A: 1\r\nD: 4\r\nA: x\r\nC: y\r\n\tz\r\n\r\nbody\r\n");
    EXPECT_EQ(one.prefix(), "");
    Draft cut = draft("A: 1");
    cut.edit(edit(HeaderEdit::Kind::append, "B", "2"));
    EXPECT_EQ(stand.text_of(cut.message()), "A: 1\r\nB: 2\r\n");
}

TEST_F(Drafts, Subjects) {
    Draft one = draft(some_message);
    one.prefix_subject("[SPAM] ");
    one.prefix_subject("[SPAM] ");
    EXPECT_NE(one.header().find("Subject: [SPAM] hello\r\n"), std::string::npos) << one.header();
    Draft none = draft("A: 1\r\n\r\n");
    none.prefix_subject("[SPAM] ");
    EXPECT_TRUE(none.header().starts_with("Subject: [SPAM]")) << none.header();
    EXPECT_FALSE(none.rewritten());
}

}  // namespace
}  // namespace filter_test
