// The SMTP connector against next hops that misbehave: each way that is known from the field.
#include <algorithm>
#include <chrono>

#include "single_hop.hpp"

namespace smtp_out_test {
namespace {

TEST(Connector, SendsAMessageWithDotsDoubled) {
    Single one({});
    const Attempt attempt = one.stand.deliver({"a@example.test"}, "Subject: x\r\n\r\n.dot\r\n..two\r\nend");
    ASSERT_EQ(attempt.outcomes.size(), 1U);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << text_of(attempt.outcomes[0]);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "2.0.0");
    EXPECT_EQ(attempt.outcomes[0].words, "250 2.0.0 queued as 1");
    EXPECT_EQ(attempt.outcomes[0].host, "hop.test");
    EXPECT_EQ(attempt.outcomes[0].address, "127.0.0.1");
    EXPECT_FALSE(attempt.outcomes[0].dsn_passed_on);
    EXPECT_FALSE(attempt.destination_down);
    const auto messages = one.hop.messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].mail, "MAIL FROM:<sender@client.test>");
    EXPECT_EQ(messages[0].rcpts, std::vector<std::string>{"RCPT TO:<a@example.test>"});
    EXPECT_EQ(messages[0].data, "Subject: x\r\n\r\n..dot\r\n...two\r\nend\r\n");
    ASSERT_EQ(attempt.hosts.size(), 1U);
    EXPECT_EQ(attempt.hosts[0].stage, "end of data");
}

TEST(Connector, SaysWhatTheServerUnderstands) {
    Manners manners;
    manners.extensions = {"PIPELINING", "SIZE 100000", "8BITMIME",    "DSN",
                          "SMTPUTF8",   "DELIVERBY",   "MT-PRIORITY", "ENHANCEDSTATUSCODES"};
    Single one(manners);
    one.stand.envelope.body = Body::eight_bit;
    one.stand.envelope.ret = Ret::headers;
    one.stand.envelope.envid = "QQ314159+x";
    one.stand.envelope.priority = 3;
    Job job = one.stand.job({"a@example.test"});
    job.recipients[0].notify = notify_success | notify_failure;
    job.recipients[0].orcpt_type = "rfc822";
    job.recipients[0].orcpt_address = "old+name@example.test";
    const Attempt attempt = one.stand.deliver(std::move(job));
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed);
    EXPECT_TRUE(attempt.outcomes[0].dsn_passed_on);
    const auto messages = one.hop.messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(
        messages[0].mail,
        "MAIL FROM:<sender@client.test> SIZE=24 BODY=8BITMIME RET=HDRS ENVID=QQ314159+2Bx MT-PRIORITY=3");
    EXPECT_EQ(messages[0].rcpts[0],
              "RCPT TO:<a@example.test> NOTIFY=SUCCESS,FAILURE ORCPT=rfc822;old+2Bname@example.test");
}

TEST(Connector, GreetingRefusedLeadsToTheNextHost) {
    Manners bad;
    bad.greeting = "554 no service here\r\n";
    FakeHop first(bad), second({});
    Stand stand;
    stand.finder.plan.hosts = {host_at(first.port, "one.test"), host_at(second.port, "two.test")};
    const Attempt attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(attempt.outcomes[0].host, "two.test");
    ASSERT_EQ(attempt.hosts.size(), 2U);
    EXPECT_EQ(attempt.hosts[0].stage, "greeting");
    EXPECT_EQ(attempt.hosts[0].words, "554 no service here");
}

TEST(Connector, GreetingRefusedByTheOnlyHostIsDeferred) {
    for (const char* greeting : {"554 no\r\n", "421 busy\r\n"}) {
        Manners bad;
        bad.greeting = greeting;
        Single one(bad);
        const Attempt attempt = one.stand.deliver({"a@example.test"});
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
        EXPECT_EQ(attempt.outcomes[0].status.klass, 4);
        EXPECT_TRUE(attempt.destination_down);
        EXPECT_TRUE(one.hop.messages().empty());
    }
}

TEST(Connector, HeloWhenEhloIsUnknown) {
    Manners manners;
    manners.answer = [](const std::string& line) {
        return line.starts_with("EHLO") ? std::string("500 what?\r\n") : std::string();
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test", "b@example.test"});
    EXPECT_EQ(attempt.outcomes[1].fate, Fate::relayed) << text_of(attempt.outcomes[1]);
    EXPECT_TRUE(has_command(one.hop, "HELO client.test"));
}

TEST(Connector, EachRecipientHasItsOwnAnswer) {
    Manners manners;
    manners.answer = [](const std::string& line) -> std::string {
        if (line.find("<gone@") != std::string::npos) return "550 5.1.1 no such user\r\n";
        if (line.find("<full@") != std::string::npos) return "450 4.2.1 busy\r\n";
        return {};
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test", "gone@example.test", "full@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(attempt.outcomes[1].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[1].status.text(), "5.1.1");
    EXPECT_EQ(attempt.outcomes[1].words, "550 5.1.1 no such user");
    EXPECT_TRUE(attempt.outcomes[1].from_remote);
    EXPECT_EQ(attempt.outcomes[2].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[2].status.text(), "4.2.1");
    EXPECT_EQ(one.hop.messages().size(), 1U);
}

TEST(Connector, RefusedBehindTheMessage) {
    for (const auto& [final, fate, status] : {std::tuple{"451 4.3.0 try later\r\n", Fate::deferred, "4.3.0"},
                                              std::tuple{"552 5.2.2 over quota\r\n", Fate::failed, "5.2.2"},
                                              std::tuple{"554 no reason\r\n", Fate::failed, "5.0.0"}}) {
        Manners manners;
        manners.final = final;
        Single one(manners);
        const Attempt attempt = one.stand.deliver({"a@example.test"});
        EXPECT_EQ(attempt.outcomes[0].fate, fate) << final;
        EXPECT_EQ(attempt.outcomes[0].status.text(), status) << final;
        EXPECT_FALSE(attempt.destination_down);
    }
}

TEST(Connector, ConnectionLostBehindTheDotIsNotTriedElsewhere) {
    Manners manners;
    manners.drop_after_dot = true;
    FakeHop first(manners), second({});
    Stand stand;
    stand.finder.plan.hosts = {host_at(first.port, "one.test"), host_at(second.port, "two.test")};
    const Attempt attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.4.2");
    EXPECT_NE(attempt.outcomes[0].words.find("end of data"), std::string::npos);
    EXPECT_EQ(second.connections, 0) << "the first host may have it";
}

TEST(Connector, ConnectionLostAnywhere) {
    for (const char* verb : {"EHLO", "MAIL", "RCPT", "DATA"}) {
        for (const char* how : {"close", "reset"}) {
            Manners manners;
            manners.answer = [verb, how](const std::string& line) {
                return line.starts_with(verb) ? std::string(how) : std::string();
            };
            Single one(manners);
            const Attempt attempt = one.stand.deliver({"a@example.test", "b@example.test"});
            for (const Outcome& outcome : attempt.outcomes) {
                EXPECT_EQ(outcome.fate, Fate::deferred) << verb << how;
                EXPECT_EQ(outcome.status.text(), "4.4.2") << verb << how << outcome.words;
            }
            EXPECT_TRUE(one.hop.messages().empty());
        }
    }
}

TEST(Connector, FarewellAnywhere) {
    for (const char* verb : {"EHLO", "MAIL", "RCPT", "DATA"}) {
        Manners manners;
        manners.answer = [verb](const std::string& line) {
            return line.starts_with(verb) ? std::string("421 4.3.2 going down\r\n") : std::string();
        };
        Single one(manners);
        const Attempt attempt = one.stand.deliver({"a@example.test", "b@example.test"});
        for (const Outcome& outcome : attempt.outcomes) {
            EXPECT_EQ(outcome.fate, Fate::deferred) << verb;
            EXPECT_EQ(outcome.code, 421) << verb;
            EXPECT_EQ(outcome.status.text(), "4.3.2") << verb;
        }
        EXPECT_TRUE(one.hop.messages().empty());
    }
}

TEST(Connector, SilenceAnywhereEndsInTime) {
    for (const char* verb : {"greeting", "EHLO", "MAIL", "RCPT", "DATA", "."}) {
        Settings settings = quick_settings();
        Timeouts& times = settings.timeouts;
        times.greeting = times.hello = times.envelope = times.data = times.final =
            std::chrono::milliseconds(80);
        Manners manners;
        if (std::string_view(verb) == "greeting") {
            manners.greeting = "hang";
        } else if (std::string_view(verb) == ".") {
            manners.final = "hang";
        } else {
            manners.answer = [verb](const std::string& line) {
                return line.starts_with(verb) ? std::string("hang") : std::string();
            };
        }
        Single one(manners, settings);
        const Attempt attempt = one.stand.deliver({"a@example.test"});
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred) << verb;
        EXPECT_EQ(attempt.outcomes[0].status.text(), "4.4.2") << verb;
        EXPECT_NE(attempt.outcomes[0].words.find("in time"), std::string::npos) << attempt.outcomes[0].words;
    }
}

TEST(Connector, DrippingServerIsNotWaitedForEver) {
    Settings settings = quick_settings();
    settings.timeouts.greeting = std::chrono::milliseconds(150);
    Manners manners;
    manners.instead = [](Peer& peer) {
        for (int i = 0; i < 200 && !peer.gone(); ++i) {
            peer.send("2");
            pause_ms(10);  // a slow server is what is tested
        }
    };
    Single one(manners, settings);
    const auto begin = std::chrono::steady_clock::now();
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::milliseconds(1'500));
}

TEST(Connector, NobodyListens) {
    std::uint16_t port = 0;
    {
        const FakeHop gone({});
        port = gone.port;
    }
    Stand stand;
    stand.finder.plan.hosts = {host_at(port)};
    const Attempt attempt = stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.4.1");
    EXPECT_TRUE(attempt.destination_down);
    EXPECT_EQ(attempt.hosts.at(0).stage, "connect");
}

TEST(Connector, EndlessAndMixedUpReplies) {
    std::string endless;
    for (int i = 0; i < 2'000; ++i) endless += "250-X" + std::to_string(i) + "\r\n";
    for (const std::string& answer :
         {endless, "250-" + std::string(100'000, 'x'), std::string("250-hop.test\r\n550 SIZE\r\n"),
          std::string("hello there\r\n"), std::string("250-hop.test\r\n\r\n250 SIZE\r\n"),
          std::string("999 x\r\n")}) {
        Manners manners;
        manners.answer = [&answer](const std::string& line) {
            return line.starts_with("EHLO") ? answer : std::string();
        };
        Single one(manners);
        const Attempt attempt = one.stand.deliver({"a@example.test"});
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
        EXPECT_EQ(attempt.outcomes[0].status.text(), "4.5.0") << attempt.outcomes[0].words;
    }
}

TEST(Connector, RepliesThatAreOddButUnderstood) {
    Manners manners;
    manners.greeting = "220-welcome\r\n220-to\r\n220 hop\n";
    manners.answer = [](const std::string& line) -> std::string {
        if (line.starts_with("MAIL")) return "250\r\n";
        if (line.starts_with("RCPT")) return "250-yes\r\n250-\r\n250\r\n";
        return {};
    };
    Single one(manners);
    EXPECT_EQ(one.stand.deliver({"a@example.test"}).outcomes[0].fate, Fate::relayed);
}

TEST(Connector, ControlCharactersNeverLeaveTheReply) {
    Manners manners;
    manners.answer = [](const std::string& line) {
        return line.starts_with("RCPT") ? std::string("550 5.7.1 \x1b[31mred\x07 \xff caf\xc3\xa9\r\n")
                                        : std::string();
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].words, "550 5.7.1 ?[31mred? ? caf\xc3\xa9");
}

TEST(Connector, TooManyRecipientsGoInFurtherTransactions) {
    for (const char* full : {"452 4.5.3 too many\r\n", "452 too many\r\n", "552 too many\r\n"}) {
        auto inside = std::make_shared<std::atomic<int>>(0);
        Manners manners;
        manners.answer = [inside, full](const std::string& line) -> std::string {
            if (line.starts_with("MAIL")) *inside = 0;
            if (line.starts_with("RCPT") && ++*inside > 3) return full;
            return {};
        };
        Single one(manners);
        std::vector<std::string> recipients;
        for (int i = 0; i < 8; ++i) recipients.push_back("r" + std::to_string(i) + "@example.test");
        const Attempt attempt = one.stand.deliver(recipients);
        for (const Outcome& outcome : attempt.outcomes)
            EXPECT_EQ(outcome.fate, Fate::relayed) << text_of(outcome);
        EXPECT_EQ(one.hop.messages().size(), 3U);
        EXPECT_EQ(one.hop.connections, 1);
    }
}

TEST(Connector, KeepsToTheLimitsThatAreAnnounced) {
    Manners manners;
    manners.extensions.push_back("LIMITS RCPTMAX=2 MAILMAX=2");
    Single one(manners);
    const Attempt attempt = one.stand.deliver(
        {"a@example.test", "b@example.test", "c@example.test", "d@example.test", "e@example.test"});
    for (const Outcome& outcome : attempt.outcomes)
        EXPECT_EQ(outcome.fate, Fate::relayed) << text_of(outcome);
    const auto messages = one.hop.messages();
    ASSERT_EQ(messages.size(), 3U);
    EXPECT_EQ(messages[0].rcpts.size(), 2U);
    EXPECT_EQ(messages[1].connection, 1);
    EXPECT_EQ(messages[2].connection, 2);
}

TEST(Connector, SlowServerIsServed) {
    Manners manners;
    manners.answer = [](const std::string&) {
        pause_ms(30);  // a slow server is what is tested
        return std::string();
    };
    Single one(manners);
    EXPECT_EQ(one.stand.deliver({"a@example.test"}).outcomes[0].fate, Fate::relayed);
}

TEST(Connector, TooLargeIsNotSent) {
    Manners manners;
    manners.extensions.push_back("SIZE 1000");
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"}, std::string(2'000, 'x') + "\r\n");
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.3.4");
    EXPECT_FALSE(has_command(one.hop, "MAIL"));
}

TEST(Connector, SuccessInsteadOf354IsNoSuccess) {
    Manners manners;
    manners.answer = [](const std::string& line) {
        return line.starts_with("DATA") ? std::string("250 2.0.0 thanks\r\n") : std::string();
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.5.0");
}

TEST(Connector, AnEmptyMessageEndsADataThatNobodyWants) {
    Manners manners;
    manners.answer = [](const std::string& line) -> std::string {
        if (line.starts_with("RCPT")) return "550 5.1.1 no\r\n";
        if (line.starts_with("DATA")) return "354 go on\r\n";
        return {};
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.1.1");
    const auto messages = one.hop.messages();
    ASSERT_EQ(messages.size(), 1U);
    EXPECT_EQ(messages[0].data, "") << "nothing but the dot";
}

TEST(Connector, AnswersBeforeTheirTime) {
    // Replies that nobody has asked for must not be counted for commands to come: here the 250 behind 354 is
    // no answer to the message.
    Manners manners;
    manners.answer = [](const std::string& line) {
        return line.starts_with("DATA") ? std::string("354 go\r\n250 2.0.0 have it\r\n") : std::string();
    };
    Single one(manners);
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.5.0") << attempt.outcomes[0].words;
}

TEST(Connector, RefusedInTheMiddleOfALargeMessage) {
    Manners manners;
    manners.instead = [](Peer& peer) {
        peer.send("220 hop\r\n");
        peer.line();
        peer.send("250 hop\r\n");
        for (int i = 0; i < 2; ++i) {
            peer.line();
            peer.send("250 ok\r\n");
        }
        peer.line();
        peer.send("354 go\r\n");
        peer.octets(300'000);
        peer.send("552 5.3.4 too big\r\n");
        peer.wait_until_closed();
    };
    Single one(manners);
    std::string text = "Subject: x\r\n\r\n";
    while (text.size() < 8'000'000) text += "a line of a rather large message\r\n";
    const Attempt attempt = one.stand.deliver({"a@example.test"}, text);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.3.4");
}

TEST(Connector, AMessageThatCannotBeReadIsNotSentInHalf) {
    Single one({});
    std::string text = "Subject: x\r\n\r\n";
    while (text.size() < 1'000'000) text += "a line of a rather large message\r\n";
    auto message = std::make_shared<TextMessage>(text);
    message->fail_at = 600'000;
    one.stand.message = message;
    const Attempt attempt = one.stand.deliver({"a@example.test"});
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::deferred);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "4.3.0");
    EXPECT_TRUE(one.hop.messages().empty());
}

TEST(Connector, NothingCanBeSmuggledOut) {
    // threats.md 4: whatever a receiver takes for the end of a message, it sees one message.
    for (const char* trick :
         {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r.\r\n", "\n.\r", "\r\n.\r", "\r\n\0.\r\n"}) {
        Single one({});
        const std::string sequence =
            std::string_view(trick).size() == 2 ? std::string("\r\n\0.\r\n", 6) : std::string(trick);
        one.stand.deliver({"a@example.test"},
                          "Subject: x\r\n\r\nfirst" + sequence +
                              "MAIL FROM:<evil@example.test>\r\nRCPT TO:<v@example.test>\r\n");
        const auto messages = one.hop.messages();
        ASSERT_EQ(messages.size(), 1U);
        const std::string& data = messages[0].data;
        for (std::size_t i = 0; i < data.size(); ++i) {
            if (data[i] == '\n') EXPECT_TRUE(i > 0 && data[i - 1] == '\r');
            if (data[i] == '\r') EXPECT_TRUE(i + 1 < data.size() && data[i + 1] == '\n');
            EXPECT_NE(data[i], '\0');
        }
        EXPECT_EQ(data.find("\r\n.\r\n"), std::string::npos);
        EXPECT_NE(data.find("evil"), std::string::npos) << "it is all there";
    }
}

TEST(Connector, LongLinesPassUnbroken) {
    Single one({});
    const std::string line(20'000, 'x');
    one.stand.deliver({"a@example.test"}, "Subject: x\r\n\r\n" + line + "\r\n");
    EXPECT_EQ(one.hop.messages().at(0).data, "Subject: x\r\n\r\n" + line + "\r\n");
}

TEST(Connector, LargeMessageArrivesWhole) {
    for (const bool chunking : {false, true}) {
        Settings settings = quick_settings();
        settings.chunking = chunking;
        Manners manners;
        manners.extensions.push_back("CHUNKING");
        Single one(manners, settings);
        std::string text = "Subject: x\r\n\r\n";
        for (int i = 0; text.size() < 3'000'000; ++i) text += "line " + std::to_string(i) + " of many\r\n";
        const Attempt attempt = one.stand.deliver({"a@example.test"}, text);
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << text_of(attempt.outcomes[0]);
        EXPECT_EQ(one.hop.messages().at(0).data, text);
        EXPECT_EQ(has_command(one.hop, "BDAT"), chunking);
    }
}

TEST(Connector, BinaryMailGoesInChunks) {
    const std::string text = std::string("Content-Transfer-Encoding: binary\r\n\r\n\0\r\x01\n.\r\n\xff", 46);
    Manners manners;
    manners.extensions.insert(manners.extensions.end(), {"CHUNKING", "BINARYMIME"});
    Single one(manners);
    one.stand.envelope.body = Body::binary;
    const Attempt attempt = one.stand.deliver({"a@example.test"}, text);
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.hop.messages().at(0).data, text);
    EXPECT_NE(one.hop.messages().at(0).mail.find(" BODY=BINARYMIME"), std::string::npos);
}

TEST(Connector, ChunkRefused) {
    Settings settings = quick_settings();
    settings.chunking = true;
    auto chunks = std::make_shared<std::atomic<int>>(0);
    Manners manners;
    manners.extensions.push_back("CHUNKING");
    manners.answer = [chunks](const std::string& line) {
        return line.starts_with("BDAT") && ++*chunks == 2 ? std::string("552 5.3.4 no room\r\n")
                                                          : std::string();
    };
    Single one(manners, settings);
    const Attempt attempt = one.stand.deliver({"a@example.test"}, std::string(2'000'000, 'x') + "\r\n");
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.3.4");
    EXPECT_TRUE(has_command(one.hop, "RSET"));
    // The connection is still good for the next message.
    EXPECT_EQ(one.stand.deliver({"b@example.test"}).outcomes[0].fate, Fate::relayed);
    EXPECT_EQ(one.hop.connections, 1);
}

TEST(Connector, InternationalisedMail) {
    Manners old;
    old.extensions = {"PIPELINING", "8BITMIME"};
    for (const bool able : {true, false}) {
        Single one(able ? Manners() : old);
        one.stand.envelope.smtputf8 = true;
        one.stand.envelope.body = Body::eight_bit;
        const Attempt attempt =
            one.stand.deliver({"d\xc3\xb6rte@example.test"}, "Subject: gr\xc3\xbc\xc3\x9f\r\n\r\n");
        EXPECT_EQ(attempt.outcomes[0].fate, able ? Fate::relayed : Fate::failed);
        if (able) {
            EXPECT_NE(one.hop.messages().at(0).mail.find(" SMTPUTF8"), std::string::npos);
        } else {
            EXPECT_EQ(attempt.outcomes[0].status.text(), "5.6.7");
        }
    }
}

TEST(Connector, AddressesCannotInjectCommands) {
    Single one({});
    const Attempt attempt = one.stand.deliver(
        {"a@example.test>\r\nRCPT TO:<b@example.test", "c d@example.test", "ok@example.test"});
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.1.3");
    EXPECT_EQ(attempt.outcomes[1].status.text(), "5.1.3");
    EXPECT_EQ(attempt.outcomes[2].fate, Fate::relayed);
    EXPECT_EQ(one.hop.messages().at(0).rcpts.size(), 1U);
}

}  // namespace
}  // namespace smtp_out_test
