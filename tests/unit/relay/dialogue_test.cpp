// How we log in at a back end, played from both sides: "S:" lines of the server, "C:" what we answer.
#include "relay/dialogue/dialogue.hpp"

#include <gtest/gtest.h>

#include "base/base64.hpp"

namespace relay {
namespace {

Facts master() {
    Facts facts;
    facts.hostname = "front.example";
    facts.user = "anna@acme.test";
    facts.authenticated = "master";
    facts.password = base::Secret("top");
    facts.address = "192.0.2.7";
    facts.port = 4711;
    facts.local_address = "198.51.100.1";
    facts.local_port = 993;
    facts.session = "42";
    facts.client_name = "laptop.example";
    facts.hops = 4;
    return facts;
}

Facts own_password() {
    Facts facts = master();
    facts.authenticated.clear();
    return facts;
}

std::string as_master() { return base::base64_encode(std::string("anna@acme.test\0master\0top", 25)); }
std::string as_self() { return base::base64_encode(std::string("\0anna@acme.test\0top", 19)); }

struct Played {
    std::string said;  ///< by us, in one
    Next::Kind end = Next::Kind::read;
    std::size_t lines = 0;  ///< taken before the end
};

/// Plays the server's lines until the dialogue ends. "<tls>" stands for the end of a handshake; behind a
/// literal the octets are skipped, as a caller does it.
Played play(Dialogue& dialogue, const std::vector<std::string>& server) {
    Played out;
    for (const std::string& line : server) {
        const Next next = line == "<tls>" ? dialogue.secured() : dialogue.line(line);
        out.said += next.send;
        out.end = next.kind;
        ++out.lines;
        if (next.kind == Next::Kind::done || next.kind == Next::Kind::failed) break;
    }
    return out;
}

TEST(ImapDialogue, OneRoundTripWhereTheGreetingSaysEnough) {
    Facts facts = master();
    facts.announce = true;
    const auto dialogue = make_imap_dialogue(facts);
    const Played played =
        play(*dialogue, {"* OK [CAPABILITY IMAP4rev1 SASL-IR ID AUTH=PLAIN] ready", "* ID NIL",
                         "b1 OK ID done", "b2 OK [CAPABILITY IMAP4rev1 IDLE MOVE] Logged in"});
    EXPECT_EQ(
        played.said,
        "b1 ID (\"name\" \"Barid\" \"x-session-id\" \"42\" \"x-originating-ip\" \"192.0.2.7\" "
        "\"x-originating-port\" \"4711\" \"x-connected-ip\" \"198.51.100.1\" \"x-connected-port\" \"993\" "
        "\"x-proxy-ttl\" \"4\")\r\nb2 AUTHENTICATE PLAIN " +
            as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    EXPECT_EQ(dialogue->answer(), "IMAP4rev1 IDLE MOVE");
}

TEST(ImapDialogue, CapabilitiesAreAskedWhereNobodyTellsThem) {
    const auto dialogue = make_imap_dialogue(master());
    const Played played =
        play(*dialogue, {"* OK ready", "* CAPABILITY IMAP4rev1 AUTH=PLAIN", "b1 OK done", "+ ",
                         "b2 OK Logged in", "* CAPABILITY IMAP4rev1 NAMESPACE", "b3 OK done"});
    EXPECT_EQ(played.said,
              "b1 CAPABILITY\r\nb2 AUTHENTICATE PLAIN\r\n" + as_master() + "\r\nb3 CAPABILITY\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    EXPECT_EQ(dialogue->answer(), "IMAP4rev1 NAMESPACE");
}

TEST(ImapDialogue, UntaggedCapabilitiesBehindTheLoginCount) {
    const auto dialogue = make_imap_dialogue(master());
    const Played played = play(*dialogue, {"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready",
                                           "* CAPABILITY IMAP4rev1 QUOTA", "b1 OK Logged in"});
    EXPECT_EQ(played.end, Next::Kind::done);
    EXPECT_EQ(dialogue->answer(), "IMAP4rev1 QUOTA");
}

TEST(ImapDialogue, TlsByCommandAndNothingBeforeIt) {
    Facts facts = master();
    facts.start_tls = true;
    const auto dialogue = make_imap_dialogue(facts);
    const Played played = play(*dialogue, {"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready", "b1 OK go",
                                           "<tls>", "* CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR", "b2 OK done",
                                           "b3 OK [CAPABILITY IMAP4rev1] in"});
    EXPECT_EQ(played.said, "b1 STARTTLS\r\nb2 CAPABILITY\r\nb3 AUTHENTICATE PLAIN " + as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    const auto refused = make_imap_dialogue(facts);
    const Played without =
        play(*refused, {"* OK [CAPABILITY IMAP4rev1 AUTH=PLAIN SASL-IR] ready", "b1 NO TLS here"});
    EXPECT_EQ(without.said, "b1 STARTTLS\r\n");
    EXPECT_EQ(without.end, Next::Kind::failed);
    EXPECT_EQ(refused->failure().kind, Failure::Kind::unavailable);
}

TEST(ImapDialogue, TheClientsOwnPasswordByPlainOrLogin) {
    const auto plain = make_imap_dialogue(own_password());
    EXPECT_EQ(play(*plain, {"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready"}).said,
              "b1 AUTHENTICATE PLAIN " + as_self() + "\r\n");
    Facts facts = own_password();
    facts.password = base::Secret("a \"b\\c");
    const auto login = make_imap_dialogue(facts);
    EXPECT_EQ(play(*login, {"* OK [CAPABILITY IMAP4rev1] ready"}).said,
              "b1 LOGIN \"anna@acme.test\" \"a \\\"b\\\\c\"\r\n");
    facts.password = base::Secret("a\r\nb2 DELETE INBOX");
    const auto injected = make_imap_dialogue(facts);
    const Played played = play(*injected, {"* OK [CAPABILITY IMAP4rev1] ready"});
    EXPECT_EQ(played.end, Next::Kind::failed);
    EXPECT_EQ(played.said, "");
    const auto disabled = make_imap_dialogue(own_password());
    EXPECT_EQ(play(*disabled, {"* OK [CAPABILITY IMAP4rev1 LOGINDISABLED] ready"}).end, Next::Kind::failed);
    const auto no_plain = make_imap_dialogue(master());
    EXPECT_EQ(play(*no_plain, {"* OK [CAPABILITY IMAP4rev1 AUTH=LOGIN] ready"}).end, Next::Kind::failed);
}

TEST(ImapDialogue, LiteralsInAnswersAreSkipped) {
    Facts facts = master();
    facts.announce = true;
    const auto dialogue = make_imap_dialogue(facts);
    ASSERT_EQ(dialogue->line("* OK [CAPABILITY IMAP4rev1 SASL-IR ID AUTH=PLAIN] ready").kind,
              Next::Kind::read);
    const Next literal = dialogue->line("* ID (\"name\" {5}");
    EXPECT_EQ(literal.kind, Next::Kind::skip);
    EXPECT_EQ(literal.octets, 5U);
    EXPECT_EQ(dialogue->line(" \"b2\" \"OK\")").kind,
              Next::Kind::read);  // no tagged line, whatever it looks like
    EXPECT_EQ(dialogue->line("b1 OK done").kind, Next::Kind::read);
    EXPECT_EQ(dialogue->line("b2 OK [CAPABILITY IMAP4rev1] in").kind, Next::Kind::done);
    const auto large = make_imap_dialogue(facts);
    EXPECT_EQ(large->line("* OK {65537}").kind, Next::Kind::failed);
    const auto overflow = make_imap_dialogue(facts);
    EXPECT_EQ(overflow->line("* OK {99999999999999999999999}").kind, Next::Kind::failed);
}

TEST(ImapDialogue, FailuresAreToldApart) {
    struct Case {
        std::string line;
        Failure::Kind kind;
        std::string code;
    };
    const Case cases[] = {
        {"b1 NO [AUTHENTICATIONFAILED] no", Failure::Kind::refused, ""},
        {"b1 NO no", Failure::Kind::refused, ""},
        {"b1 NO [UNAVAILABLE] later", Failure::Kind::unavailable, ""},
        {"b1 NO [LIMIT] too many", Failure::Kind::unavailable, "LIMIT"},
        {"b1 NO [INUSE] in use", Failure::Kind::unavailable, "INUSE"},
        {"b1 BAD what", Failure::Kind::unavailable, ""},
        {"* BYE going down", Failure::Kind::unavailable, ""},
        {"+ more", Failure::Kind::unavailable, ""},
    };
    for (const Case& one : cases) {
        const auto dialogue = make_imap_dialogue(master());
        const Played played =
            play(*dialogue, {"* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready", one.line});
        EXPECT_EQ(played.end, Next::Kind::failed) << one.line;
        EXPECT_EQ(dialogue->failure().kind, one.kind) << one.line;
        EXPECT_EQ(dialogue->failure().code, one.code) << one.line;
        EXPECT_EQ(dialogue->failure().why.find("top"), std::string::npos);
    }
    for (const char* greeting : {"* PREAUTH [CAPABILITY IMAP4rev1] hello", "* BYE full", "* NO hello"}) {
        const auto dialogue = make_imap_dialogue(master());
        EXPECT_EQ(dialogue->line(greeting).kind, Next::Kind::failed) << greeting;
    }
}

TEST(ImapDialogue, AServerThatTalksWithoutEndIsLeft) {
    const auto dialogue = make_imap_dialogue(master());
    dialogue->line("* OK [CAPABILITY IMAP4rev1 SASL-IR AUTH=PLAIN] ready");
    Next next;
    unsigned lines = 1;
    while (next.kind == Next::Kind::read && lines < 10'000) {
        next = dialogue->line("* OK still here");
        ++lines;
    }
    EXPECT_EQ(next.kind, Next::Kind::failed);
    EXPECT_EQ(lines, Limits::lines_max + 1);
}

TEST(Pop3Dialogue, AuthPlainAndTheAnswer) {
    const auto dialogue = make_pop3_dialogue(master());
    const Played played =
        play(*dialogue, {"+OK ready", "+OK", "UIDL", "SASL PLAIN LOGIN", ".", "+OK 3 messages"});
    EXPECT_EQ(played.said, "CAPA\r\nAUTH PLAIN " + as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    EXPECT_EQ(dialogue->answer(), "3 messages");
}

TEST(Pop3Dialogue, XclientWhereItIsOffered) {
    Facts facts = master();
    facts.announce = true;
    const auto dialogue = make_pop3_dialogue(facts);
    const Played played =
        play(*dialogue, {"+OK [XCLIENT] ready", "+OK", "SASL PLAIN", ".", "+OK updated", "+OK in"});
    EXPECT_EQ(played.said, "CAPA\r\nXCLIENT ADDR=192.0.2.7 PORT=4711 SESSION=42 TTL=4\r\nAUTH PLAIN " +
                               as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    const auto none = make_pop3_dialogue(facts);
    EXPECT_EQ(play(*none, {"+OK ready", "+OK", "SASL PLAIN", "."}).said,
              "CAPA\r\nAUTH PLAIN " + as_master() + "\r\n");
}

TEST(Pop3Dialogue, TlsUserAndPass) {
    Facts facts = own_password();
    facts.start_tls = true;
    const auto dialogue = make_pop3_dialogue(facts);
    const Played played =
        play(*dialogue, {"+OK ready", "+OK go", "<tls>", "-ERR no CAPA", "+OK password", "+OK in"});
    EXPECT_EQ(played.said, "STLS\r\nCAPA\r\nUSER anna@acme.test\r\nPASS top\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    facts.password = base::Secret("a\r\nDELE 1");
    const auto injected = make_pop3_dialogue(facts);
    const Played bad =
        play(*injected, {"+OK ready", "+OK go", "<tls>", "-ERR no CAPA", "+OK password", "+OK in"});
    EXPECT_EQ(bad.end, Next::Kind::failed);
    EXPECT_EQ(bad.said.find("DELE"), std::string::npos);
}

TEST(Pop3Dialogue, LongMessagesWaitToBeAsked) {
    Facts facts = master();
    facts.password = base::Secret(std::string(300, 'x'));
    const auto dialogue = make_pop3_dialogue(facts);
    const Played played = play(*dialogue, {"+OK ready", "+OK", "SASL PLAIN", ".", "+ ", "+OK in"});
    EXPECT_EQ(played.said, "CAPA\r\nAUTH PLAIN\r\n" + plain_message(facts) + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
}

TEST(Pop3Dialogue, FailuresAreToldApart) {
    struct Case {
        std::string line;
        Failure::Kind kind;
        std::string code;
    };
    const Case cases[] = {
        {"-ERR [AUTH] no", Failure::Kind::refused, ""},
        {"-ERR no", Failure::Kind::refused, ""},
        {"-ERR [SYS/TEMP] later", Failure::Kind::unavailable, ""},
        {"-ERR [IN-USE] locked", Failure::Kind::unavailable, "IN-USE"},
        {"-ERR [LOGIN-DELAY] slowly", Failure::Kind::unavailable, "LOGIN-DELAY"},
        {"+ more", Failure::Kind::unavailable, ""},
    };
    for (const Case& one : cases) {
        const auto dialogue = make_pop3_dialogue(master());
        const Played played = play(*dialogue, {"+OK ready", "+OK", "SASL PLAIN", ".", one.line});
        EXPECT_EQ(played.end, Next::Kind::failed) << one.line;
        EXPECT_EQ(dialogue->failure().kind, one.kind) << one.line;
        EXPECT_EQ(dialogue->failure().code, one.code) << one.line;
    }
    const auto greeting = make_pop3_dialogue(master());
    EXPECT_EQ(greeting->line("-ERR full").kind, Next::Kind::failed);
    const auto no_plain = make_pop3_dialogue(master());
    EXPECT_EQ(play(*no_plain, {"+OK ready", "-ERR no CAPA"}).end, Next::Kind::failed);
}

TEST(SubmissionDialogue, EhloXclientAuth) {
    Facts facts = master();
    facts.announce = true;
    const auto dialogue = make_submission_dialogue(facts);
    const Played played =
        play(*dialogue, {"220-hello", "220 ready", "250-back.example",
                         "250-XCLIENT ADDR PORT HELO TTL SESSION", "250 AUTH PLAIN", "220 again",
                         "250-back.example", "250-AUTH LOGIN PLAIN", "250 CHUNKING", "235 2.7.0 in"});
    EXPECT_EQ(
        played.said,
        "EHLO laptop.example\r\nXCLIENT ADDR=192.0.2.7 PORT=4711 HELO=laptop.example SESSION=42 TTL=4\r\n"
        "EHLO laptop.example\r\nAUTH PLAIN " +
            as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
    EXPECT_EQ(dialogue->answer(), "AUTH LOGIN PLAIN\nCHUNKING");
}

TEST(SubmissionDialogue, TlsAndAnAddressOfVersion6) {
    Facts facts = master();
    facts.start_tls = facts.announce = true;
    facts.address = "2001:db8::7";
    facts.client_name.clear();
    const auto dialogue = make_submission_dialogue(facts);
    const Played played = play(*dialogue, {"220 ready", "250-back.example", "250 STARTTLS", "220 go", "<tls>",
                                           "250-back.example", "250-AUTH PLAIN", "250 XCLIENT ADDR",
                                           "220 again", "250-back.example", "250 AUTH PLAIN", "235 in"});
    EXPECT_EQ(played.said,
              "EHLO front.example\r\nSTARTTLS\r\nEHLO front.example\r\nXCLIENT ADDR=IPV6:2001:db8::7\r\n"
              "EHLO front.example\r\nAUTH PLAIN " +
                  as_master() + "\r\n");
    EXPECT_EQ(played.end, Next::Kind::done);
}

TEST(SubmissionDialogue, NamesOfClientsAreWrittenAsXtext) {
    Facts facts = master();
    facts.client_name = "a b+c=d";
    EXPECT_EQ(xclient_attributes(facts, "HELO"), " HELO=a+20b+2Bc+3Dd");
    EXPECT_EQ(xclient_attributes(facts, "NAME PROTO"), "");
}

TEST(SubmissionDialogue, FailuresAreToldApart) {
    const std::vector<std::pair<std::string, Failure::Kind>> cases{
        {"535 5.7.8 no", Failure::Kind::refused},        {"454 4.7.0 later", Failure::Kind::unavailable},
        {"504 unknown", Failure::Kind::unavailable},     {"421 going", Failure::Kind::unavailable},
        {"nonsense", Failure::Kind::unavailable},        {"", Failure::Kind::unavailable},
        {"334 dGVsbCBtZQ==", Failure::Kind::unavailable}};
    for (const auto& [line, kind] : cases) {
        const auto dialogue = make_submission_dialogue(master());
        const Played played = play(*dialogue, {"220 ready", "250-back.example", "250 AUTH PLAIN", line});
        EXPECT_EQ(played.end, Next::Kind::failed) << line;
        EXPECT_EQ(dialogue->failure().kind, kind) << line;
    }
    const auto none = make_submission_dialogue(master());
    EXPECT_EQ(play(*none, {"220 ready", "250-back.example", "250 AUTH LOGIN"}).end, Next::Kind::failed);
    const auto full = make_submission_dialogue(master());
    EXPECT_EQ(full->line("421 full").kind, Next::Kind::failed);
    Facts facts = master();
    facts.start_tls = true;
    const auto no_tls = make_submission_dialogue(facts);
    const Played played = play(*no_tls, {"220 ready", "250-back.example", "250 AUTH PLAIN", "502 no"});
    EXPECT_EQ(played.end, Next::Kind::failed);
    EXPECT_EQ(played.said.find("AUTH"), std::string::npos);
}

}  // namespace
}  // namespace relay
