// A milter: what is said to it, what it may do, and what comes of filters that do not keep to the protocol.
#include <chrono>

#include "fake_milter.hpp"
#include "filter/milter_client.hpp"

namespace filter_test {
namespace {
using milter::MilterDialogue;
using milter::Result;
using Decision = milter::Result::Decision;

class Milter : public ::testing::Test {
protected:
    MilterClient::Outcome pass(const Endpoint& endpoint, const std::string& message = some_message) {
        MilterSettings settings;
        settings.name = "test";
        settings.endpoint = endpoint;
        settings.connect_max = std::chrono::milliseconds(2'000);
        settings.answer_max = answer_max;
        settings.message_max = message_max;
        settings.limits = limits;
        MilterClient client(nullptr, stand.pool, settings);
        auto octets = make_message(message);
        auto header = stand.run(read_header(octets, 1U << 20));
        auto draft = std::make_shared<Draft>(*header, octets);
        return stand.run(client.pass(facts, draft));
    }
    std::string why(FakeMilter::Answer answer, std::string negotiation = options()) {
        const FakeMilter fake(std::move(answer), std::move(negotiation));
        const auto outcome = pass(fake.endpoint());
        return outcome.result.decision == Decision::failed ? outcome.result.why : "did not fail";
    }
    Stand stand;
    std::shared_ptr<Facts> facts = some_facts();
    milter::Limits limits;
    std::chrono::milliseconds answer_max{5'000}, message_max{20'000};
};

TEST_F(Milter, HearsTheWholeMessage) {
    FakeMilter fake({});
    facts->account = "anna@acme.test";
    facts->auth_method = "PLAIN";
    const auto outcome = pass(fake.endpoint());
    EXPECT_EQ(outcome.result.decision, Decision::accept) << outcome.result.why;
    EXPECT_EQ(fake.heard(),
              "O\n"
              "DCj,mx.test,{daemon_name},Barid,v,Barid,_,[203.0.113.7],{client_addr},203.0.113.7,{client_"
              "port},4711,\n"
              "C[203.0.113.7],4\x12g203.0.113.7,\n"
              "DH\nHclient.test,\n"
              "DMi,Q1,{mail_addr},sender@client.test,{auth_authen},anna@acme.test,{auth_type},PLAIN,\n"
              "M<sender@client.test>,\n"
              "DRi,Q1,{rcpt_addr},anna@acme.test,\nR<anna@acme.test>,\n"
              "DRi,Q1,{rcpt_addr},bert@acme.test,\nR<bert@acme.test>,\n"
              "DTi,Q1,\nT\n"
              "LFrom,Somebody <sender@client.test>,\nLSubject,hello,\nLMessage-ID,<1@client.test>,\n"
              "DNi,Q1,\nN\nB6\nDEi,Q1,\nE\nQ\n");
}

TEST_F(Milter, LeavesOutAndKeepsQuietAsItAsked) {
    // NOHELO, NOMAIL, NODATA, NR_CONN, NR_RCPT, NR_HDR, NR_BODY, HDR_LEADSPC, and macros of its own for RCPT.
    const std::uint32_t steps = 0x2 | 0x4 | 0x200 | 0x1000 | 0x8000 | 0x80 | 0x80000 | 0x100000;
    const std::string negotiation =
        packet('O', number(6) + number(0x1FF) + number(steps) + number(3) + z("{rcpt_addr}"));
    FakeMilter fake(
        [](char command, const std::string&) {
            const bool quiet = command == 'C' || command == 'R' || command == 'L' || command == 'B';
            return quiet ? packet('p') : std::string();  // an answer would be one too many
        },
        negotiation);
    facts->client = net::IpAddress::parse("2001:db8::5");
    const auto outcome = pass(fake.endpoint(), "A: 1\r\nB:2\r\n 3\r\n\r\n" + std::string(150'000, 'x'));
    EXPECT_EQ(outcome.result.decision, Decision::accept) << outcome.result.why;
    const std::string heard = fake.heard();
    EXPECT_NE(heard.find("C[2001:db8::5],6\x12gIPv6:2001:db8::5,\n"), std::string::npos) << heard;
    EXPECT_NE(heard.find("DR{rcpt_addr},anna@acme.test,\nR<anna@acme.test>,\n"), std::string::npos) << heard;
    EXPECT_NE(heard.find("LA, 1,\nLB,2\n 3,\n"), std::string::npos) << heard;
    EXPECT_NE(heard.find("B65535\nB65535\nB18930\nDE"), std::string::npos) << heard;
    EXPECT_EQ(heard.find("\nH"), std::string::npos);
    EXPECT_EQ(heard.find("\nM"), std::string::npos);
    EXPECT_EQ(heard.find("\nT"), std::string::npos);
}

TEST_F(Milter, SkipsTheBody) {
    FakeMilter fake(
        [](char command, const std::string&) { return command == 'B' ? packet('s') : std::string(); });
    const auto outcome = pass(fake.endpoint(), "A: 1\r\n\r\n" + std::string(300'000, 'x'));
    EXPECT_EQ(outcome.result.decision, Decision::accept);
    EXPECT_NE(fake.heard().find("N\nB65535\nDE"), std::string::npos) << fake.heard();
}

TEST_F(Milter, ChangesTheMessage) {
    const FakeMilter fake([](char command, const std::string&) {
        if (command != 'E') return std::string();
        return packet('p') + packet('h', z("X-Added") + z("one\n two")) +
               packet('i', number(0) + z("X-First") + z("zero")) +
               packet('m', number(1) + z("Subject") + z("changed")) +
               packet('m', number(1) + z("Message-ID") + z("")) + packet('b', "new ") +
               packet('b', "body\r\n") + packet('e', z("<other@client.test>") + z("SIZE=1")) +
               packet('+', z("<new@acme.test>")) + packet('2', z("<more@acme.test>") + z("NOTIFY=NEVER")) +
               packet('-', z("<bert@acme.test>")) + packet('q', z("look at this")) + packet('c');
    });
    const auto outcome = pass(fake.endpoint());
    const Result& result = outcome.result;
    ASSERT_EQ(result.decision, Decision::accept) << result.why;
    auto octets = make_message(some_message);
    auto header = stand.run(read_header(octets, 1U << 20));
    Draft draft(*header, octets);
    for (const HeaderEdit& edit : result.edits) draft.edit(edit);
    ASSERT_TRUE(outcome.new_body);
    draft.replace_body(outcome.new_body);
    EXPECT_EQ(stand.text_of(draft.message()),
              "X-First: zero\r\nFrom: Somebody <sender@client.test>\r\nSubject: changed\r\nX-Added: one\r\n "
              "two\r\n\r\nnew body\r\n");
    EXPECT_EQ(result.sender, "other@client.test");
    EXPECT_EQ(result.recipients_added, (std::vector<std::string>{"new@acme.test", "more@acme.test"}));
    EXPECT_EQ(result.recipients_removed, std::vector<std::string>{"bert@acme.test"});
    EXPECT_TRUE(result.quarantine);
    EXPECT_EQ(result.reason, "look at this");
}

TEST_F(Milter, DecidesAtAnyStage) {
    const auto at = [&](char stage, const std::string& answer) {
        const FakeMilter fake(
            [=](char command, const std::string&) { return command == stage ? answer : std::string(); });
        return pass(fake.endpoint()).result;
    };
    for (const char stage : std::string("CHMTLNBE")) {
        EXPECT_EQ(at(stage, packet('a')).decision, Decision::accept) << stage;
        EXPECT_EQ(at(stage, packet('d')).decision, Decision::discard) << stage;
        const Result refused = at(stage, packet('r'));
        EXPECT_EQ(refused.decision, Decision::reject) << stage;
        EXPECT_EQ(refused.reply.code, 550) << stage;
        EXPECT_EQ(at(stage, packet('t')).decision, Decision::tempfail) << stage;
        const Result own = at(stage, packet('y', z("554 5.7.9 Not\tyou")));
        EXPECT_EQ(own.decision, Decision::reject) << stage;
        EXPECT_EQ(own.reply.code, 554);
        EXPECT_EQ(own.reply.status, "5.7.9");
        EXPECT_EQ(own.reply.text, "Not?you");
    }
    EXPECT_EQ(at('C', packet('f')).decision, Decision::tempfail);
    EXPECT_EQ(at('M', packet('4')).decision, Decision::tempfail);
}

TEST_F(Milter, RefusesOneRecipientAndGoesOn) {
    const FakeMilter fake([](char command, const std::string& data) {
        return command == 'R' && data.starts_with("<anna") ? packet('y', z("550 5.1.1 Not her"))
                                                           : std::string();
    });
    const Result result = pass(fake.endpoint()).result;
    EXPECT_EQ(result.decision, Decision::accept) << result.why;
    ASSERT_EQ(result.recipients_refused.size(), 1U);
    EXPECT_EQ(result.recipients_refused[0].first, "anna@acme.test");
    EXPECT_EQ(result.recipients_refused[0].second.text, "Not her");

    const FakeMilter all(
        [](char command, const std::string&) { return command == 'R' ? packet('t') : std::string(); });
    EXPECT_EQ(pass(all.endpoint()).result.decision, Decision::tempfail);
}

TEST_F(Milter, FaultsOfTheFilterAreFaults) {
    const auto at_end = [](std::string answer) {
        return [=](char command, const std::string&) { return command == 'E' ? answer : std::string(); };
    };
    EXPECT_EQ(why(at_end(packet('z'))), "an unknown answer");
    EXPECT_EQ(why(at_end(packet('s'))), "nothing to skip here");
    EXPECT_EQ(why(at_end(packet('h', "X-No-End"))), "a change cut off");
    EXPECT_EQ(why(at_end(packet('m', "ab"))), "a change cut off");
    EXPECT_EQ(why(at_end(packet('h', z("Bad Name") + z("x")))), "a header field without a good name");
    EXPECT_EQ(why(at_end(packet('y', z("250 fine")))), "a reply that is none");
    EXPECT_EQ(why(at_end(packet('+', z("<a b@c>")))), "an address that is none");
    // At once: who talks nonsense is not waited for.
    const auto begin = std::chrono::steady_clock::now();
    EXPECT_EQ(why(at_end(number(0))), "a packet of no good length");
    EXPECT_LT(std::chrono::steady_clock::now() - begin, answer_max);
    EXPECT_EQ(why(at_end(number(0xFFFFFFFF) + "c")), "a packet of no good length");
    EXPECT_EQ(why(at_end("close")), "connection closed");
    EXPECT_EQ(why([](char command, const std::string&) {
                  return command == 'M' ? packet('h', z("X") + z("y")) : std::string();
              }),
              "a change before the end of the message");
    EXPECT_EQ(why({}, options(0, 1)), "an unknown version of the protocol");
    EXPECT_EQ(why({}, options(0, 7)), "an unknown version of the protocol");
    EXPECT_EQ(why({}, packet('O', "short")), "a negotiation cut off");
    EXPECT_EQ(why({}, packet('O', number(6) + number(0x1000) + number(0))),
              "asks for actions that were not offered");
    EXPECT_EQ(why({}, packet('O', number(6) + number(0) + number(0x80000000))),
              "asks for steps that were not offered");
    EXPECT_EQ(why({}, packet('c')), "an answer before the negotiation");
    EXPECT_EQ(why({}, "HTTP/1.1 400 Bad Request\r\n\r\n"), "a packet of no good length");
}

TEST_F(Milter, LimitsHold) {
    limits.edits_max = 10;
    limits.body_bytes_max = 1'000;
    limits.recipients_max = 3;
    limits.progress_max = 5;
    const auto flood = [](std::string one) {
        return [=](char command, const std::string&) {
            std::string out;
            for (int i = 0; command == 'E' && i < 100; ++i) out += one;
            return command == 'E' ? out + packet('c') : out;
        };
    };
    EXPECT_EQ(why(flood(packet('h', z("X") + z("y")))), "too many changes");
    EXPECT_EQ(why(flood(packet('b', std::string(100, 'x')))), "a new body that is too large");
    EXPECT_EQ(why(flood(packet('+', z("<a@b>")))), "too many recipients");
    EXPECT_EQ(why(flood(packet('p'))), "busy without end");
    limits.edits_max = 1'000;
    limits.edit_bytes_max = 5'000;
    EXPECT_EQ(why(flood(packet('h', z("X") + z(std::string(1'000, 'y'))))), "too many changes");
}

TEST_F(Milter, SilenceEnds) {
    answer_max = std::chrono::milliseconds(200);
    for (const char stage : std::string("OCE"))
        EXPECT_EQ(why([=](char command, const std::string&) { return command == stage ? "hang" : ""; }),
                  "no answer in time")
            << stage;
}

TEST_F(Milter, WorkGoesOnWhileItSaysSo) {
    answer_max = std::chrono::milliseconds(10'000);
    message_max = std::chrono::milliseconds(300);
    // Half a packet at a time, and progress: the time of all still ends.
    const Fake fake([](Peer& peer) {
        peer.send(options().substr(0, 7));
        peer.wait_until_closed();
    });
    const auto start = std::chrono::steady_clock::now();
    const auto outcome = pass(fake.endpoint());
    EXPECT_EQ(outcome.result.why, "no answer in time");
    EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

TEST_F(Milter, NobodyThere) {
    const auto outcome = pass(nobody());
    EXPECT_EQ(outcome.result.decision, Decision::failed);
    EXPECT_FALSE(outcome.result.why.empty());
}

}  // namespace
}  // namespace filter_test
