// All filters together: order, what each answer makes of a message, what is done when a filter is down.
#include "stand.hpp"

namespace filter_test {
namespace {

std::string z(const std::string& text) { return text + '\0'; }

/// A clamd that finds what the message says in "virus: NAME".
void serve_clamd(Peer& peer) {
    peer.octets(10);
    std::string message;
    for (;;) {
        const std::string head = peer.octets(4);
        if (peer.gone()) return;
        std::size_t length = 0;
        for (const char c : head) length = (length << 8U) | static_cast<unsigned char>(c);
        if (length == 0) break;
        message += peer.octets(length);
    }
    const std::size_t at = message.find("virus: ");
    if (at == std::string::npos) return peer.send(z("stream: OK"));
    peer.send(z("stream: " + message.substr(at + 7, message.find('\r', at) - at - 7) + " FOUND"));
}

class AllFilters : public ::testing::Test {
protected:
    Filters& filters() {
        if (!filters_) {
            settings.folder = folder.path().string();
            Parts parts{stand.resolver, *stand.engine, stand.ids, stand.clock, stand.random};
            filters_ = std::make_unique<Filters>(parts, settings);
            EXPECT_EQ(filters_->fault(), "");
            EXPECT_TRUE(stand.run(filters_->open()));
        }
        return *filters_;
    }
    Verdict judge(const std::string& message = some_message) {
        return stand.run(filters().at_message(facts, make_message(message)));
    }
    Refusal at_recipient(const char* recipient = "anna@acme.test") {
        return stand.run(filters().at_recipient(facts, recipient));
    }
    static std::string steps_of(const Verdict& verdict) {
        std::string out;
        for (const Step& step : verdict.steps) out += step.filter + " " + step.outcome + "|";
        return out;
    }
    void rule(const std::string& name, const std::vector<std::string>& conditions,
              const std::vector<std::string>& actions, bool any = false) {
        Rule out;
        out.name = name;
        out.any = any;
        for (const std::string& line : conditions) {
            auto one = Criterion::parse(line);
            ASSERT_TRUE(one) << line;
            out.conditions.push_back(std::move(*one));
        }
        for (const std::string& line : actions) {
            auto one = Action::parse(line);
            ASSERT_TRUE(one) << line;
            out.actions.push_back(std::move(*one));
        }
        settings.rules.push_back(std::move(out));
    }
    void use_clamd(const Endpoint& endpoint) {
        settings.clamd.emplace();
        settings.clamd->client.endpoint = endpoint;
        settings.clamd->client.time_max = std::chrono::milliseconds(3'000);
    }
    void use_rspamd(std::uint16_t port) {
        settings.rspamd.emplace();
        settings.rspamd->client.url =
            *http::Url::parse("http://127.0.0.1:" + std::to_string(port) + "/checkv2");
        settings.rspamd->client.time_max = std::chrono::milliseconds(3'000);
    }
    /// An rspamd that always says this.
    static std::function<void(Peer&)> rspamd_saying(const std::string& json) {
        return [json](Peer& peer) {
            std::size_t length = 0;
            for (std::string line = peer.line(); !line.empty(); line = peer.line())
                if (line.starts_with("Content-Length: "))
                    length = smtp_out_test::number_in(std::string_view(line).substr(16));
            peer.octets(length);
            peer.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(json.size()) + "\r\n\r\n" +
                      json);
        };
    }

    Stand stand;
    support::TemporaryFolder folder;
    Settings settings;
    std::shared_ptr<Facts> facts = some_facts();

private:
    std::unique_ptr<Filters> filters_;
};

TEST_F(AllFilters, NothingConfiguredNothingDone) {
    EXPECT_FALSE(filters().wants_messages());
    const Verdict verdict = judge();
    EXPECT_EQ(verdict.decision, Decision::accept);
    EXPECT_EQ(verdict.recipients, facts->recipients);
    EXPECT_EQ(verdict.sender, facts->sender);
    EXPECT_EQ(verdict.prefix, "");
    EXPECT_FALSE(verdict.rewritten);
    EXPECT_EQ(steps_of(verdict), "");
    EXPECT_FALSE(at_recipient());
    EXPECT_FALSE(filters().at_sender(*facts));
}

TEST_F(AllFilters, MostAddNoRecipients) {
    rule("junk", {"header Subject is spam"}, {"junk", "score 1"});
    use_clamd(Endpoint());
    EXPECT_FALSE(filters().adds_recipients());
}

TEST_F(AllFilters, RulesThatSendOnDo) {
    rule("junk", {"header Subject is spam"}, {"junk"});
    rule("copy", {"header Subject is copied"}, {"score 1", "copy z@far.test"});
    EXPECT_TRUE(filters().adds_recipients());
}

TEST_F(AllFilters, Viruses) {
    const Fake clamd(serve_clamd);
    use_clamd(clamd.endpoint());
    EXPECT_EQ(steps_of(judge()), "clamd pass|");
    const Verdict verdict = judge("A: 1\r\n\r\nvirus: Eicar\r\n");
    EXPECT_EQ(verdict.decision, Decision::reject);
    EXPECT_EQ(verdict.reply.code, 554);
    EXPECT_EQ(verdict.reply.text, "Message contains a virus: Eicar");
    EXPECT_EQ(verdict.reason, "clamd: Eicar");
}

TEST_F(AllFilters, VirusesGoWhereTheyShall) {
    const Fake clamd(serve_clamd);
    use_clamd(clamd.endpoint());
    settings.clamd->on_found = OnFound::quarantine;
    const Verdict verdict = judge("Subject: evil\r\n\r\nvirus: Eicar\r\n");
    EXPECT_EQ(verdict.decision, Decision::quarantine);
    const auto kept = stand.run(filters().quarantine().find(*parse_quarantine_id(verdict.quarantine_id)));
    ASSERT_TRUE(kept);
    EXPECT_EQ(kept->subject, "evil");
    EXPECT_EQ(kept->filter, "clamd");
    EXPECT_EQ(kept->recipients, facts->recipients);
}

TEST_F(AllFilters, AQuarantineThatFailsLosesNothing) {
    rule("all", {}, {"quarantine always"});
    filters();
    stand.engine->inject([](const store::engine::Step&) { return store::engine::Fault::no_space; });
    const Verdict verdict = judge();
    stand.engine->inject({});
    EXPECT_EQ(verdict.decision, Decision::tempfail);
    EXPECT_EQ(verdict.reply.code, 451);
    EXPECT_EQ(judge().decision, Decision::quarantine);
}

TEST_F(AllFilters, DownAsConfigured) {
    use_clamd(nobody());
    use_rspamd(nobody().port);
    MilterSettings milter;
    milter.name = "m";
    milter.endpoint = nobody();
    milter.when_down = WhenDown::accept;
    settings.milters.push_back(milter);
    ProgramSettings program;
    program.argv = {"/nowhere"};
    settings.pickup = program;
    settings.clamd->when_down = WhenDown::accept;
    const Verdict verdict = judge();
    EXPECT_EQ(verdict.decision, Decision::accept);
    EXPECT_EQ(steps_of(verdict), "clamd down|rspamd down|milter m down|pickup down|");
}

TEST_F(AllFilters, DownIsTryAgainLaterForClamdByDefault) {
    use_clamd(nobody());
    const Verdict verdict = judge();
    EXPECT_EQ(verdict.decision, Decision::tempfail);
    EXPECT_EQ(verdict.reply.code, 451);
    EXPECT_EQ(verdict.reply.status, "4.7.1");
    EXPECT_EQ(steps_of(verdict), "clamd down|clamd tempfail|");
}

TEST_F(AllFilters, RspamdsActions) {
    struct Case {
        const char* json;
        Decision decision;
        bool junk;
        const char* prefix;
    };
    const std::vector<Case> cases = {
        {R"({"action":"no action","score":1.5,"milter":{"add_headers":{"X-Spamd":"ok"}}})", Decision::accept,
         false, "X-Spamd: ok\r\n"},
        {R"({"action":"greylist"})", Decision::accept, false, ""},
        {R"({"action":"add header","score":8})", Decision::accept, true, "X-Spam: Yes\r\n"},
        {R"({"action":"rewrite subject","subject":"[SPAM] hello"})", Decision::accept, true, ""},
        {R"({"action":"soft reject","messages":{"smtp_message":"slow down"}})", Decision::tempfail, false,
         ""},
        {R"({"action":"reject","score":20})", Decision::reject, false, ""},
        {R"({"action":"discard"})", Decision::discard, false, ""},
        {R"({"action":"quarantine"})", Decision::quarantine, false, ""},
    };
    for (const Case& one : cases) {
        const Fake fake(rspamd_saying(one.json));
        Settings mine;
        mine.folder = folder.path().string();
        mine.rspamd.emplace();
        mine.rspamd->client.url =
            *http::Url::parse("http://127.0.0.1:" + std::to_string(fake.port()) + "/checkv2");
        Parts parts{stand.resolver, *stand.engine, stand.ids, stand.clock, stand.random};
        Filters filters(parts, mine);
        const Verdict verdict = stand.run(filters.at_message(facts, make_message(some_message)));
        EXPECT_EQ(verdict.decision, one.decision) << one.json;
        EXPECT_EQ(verdict.junk, one.junk) << one.json;
        EXPECT_EQ(verdict.prefix, one.prefix) << one.json;
        if (std::string_view(one.json).find("rewrite") != std::string_view::npos) {
            ASSERT_TRUE(verdict.rewritten);
            EXPECT_NE(stand.text_of(verdict.rewritten).find("\r\nSubject: [SPAM] hello\r\n"),
                      std::string::npos);
        }
        if (verdict.decision == Decision::tempfail) EXPECT_EQ(verdict.reply.text, "slow down");
    }
}

TEST_F(AllFilters, OwnUsersAreNotAskedAboutUnlessWanted) {
    use_rspamd(nobody().port);
    settings.rspamd->when_down = WhenDown::tempfail;
    facts->account = "anna@acme.test";
    EXPECT_EQ(judge().decision, Decision::accept);
    facts->account.clear();
    EXPECT_EQ(judge().decision, Decision::tempfail);
}

TEST_F(AllFilters, RulesInOrder) {
    const Fake fake(rspamd_saying(R"({"action":"no action","score":4})"));
    use_rspamd(fake.port());
    rule("points", {"header Subject contains hello"}, {"score 2"});
    rule("tag", {"score over 5"}, {"tag-subject [HIGH]", "junk", "add-header X-Rule: tag"});
    rule("never", {"header X-Rule exists", "sender is nobody@x.test"}, {"delete"});
    rule("elsewhere", {"header X-Rule is tag"}, {"redirect watch@acme.test", "copy log@acme.test", "stop"});
    rule("after stop", {}, {"reject"});
    const Verdict verdict = judge();
    EXPECT_EQ(verdict.decision, Decision::accept) << verdict.reason;
    EXPECT_DOUBLE_EQ(verdict.score, 6);
    EXPECT_TRUE(verdict.junk);
    EXPECT_EQ(verdict.recipients, (std::vector<std::string>{"watch@acme.test", "log@acme.test"}));
    ASSERT_TRUE(verdict.rewritten);
    const std::string text = stand.text_of(verdict.rewritten);
    EXPECT_TRUE(text.starts_with("X-Rule: tag\r\nFrom:")) << text;
    EXPECT_NE(text.find("\r\nSubject: [HIGH] hello\r\n"), std::string::npos) << text;
    EXPECT_EQ(steps_of(verdict),
              "rspamd pass|rule points matches|rule points score|rule tag matches|rule tag tag|rule tag junk|"
              "rule tag tag|rule elsewhere matches|rule elsewhere redirect|rule elsewhere copy|");
}

TEST_F(AllFilters, RulesEnd) {
    rule("programs", {"attachment-name matches *.exe", "attachment-type is application/x-msdownload"},
         {"reject No programs by mail"}, true);
    rule("rest", {"sender-domain is quiet.test"}, {"delete"});
    const Verdict refused = judge(
        "Content-Type: application/octet-stream; name=\"a.EXE\"\r\nContent-Disposition: "
        "attachment\r\n\r\nMZ");
    EXPECT_EQ(refused.decision, Decision::reject);
    EXPECT_EQ(refused.reply.text, "No programs by mail");
    facts->sender = "x@quiet.test";
    EXPECT_EQ(judge().decision, Decision::discard);
    facts->sender = "x@loud.test";
    EXPECT_EQ(judge().decision, Decision::accept);
}

TEST_F(AllFilters, ProgramsDecideByTheirStatus) {
    struct Case {
        int status;
        Decision decision;
        bool junk;
    };
    for (const Case& one : {Case{0, Decision::accept, false}, Case{10, Decision::accept, true},
                            Case{11, Decision::quarantine, false}, Case{12, Decision::discard, false},
                            Case{75, Decision::tempfail, false}, Case{111, Decision::tempfail, false},
                            Case{77, Decision::reject, false}, Case{100, Decision::reject, false},
                            Case{1, Decision::tempfail, false}, Case{200, Decision::tempfail, false}}) {
        Settings mine;
        mine.folder = folder.path().string();
        mine.pickup.emplace();
        mine.pickup->argv = {"/bin/sh", "-c",
                             "grep -q '^Subject: hello' && echo told; exit " + std::to_string(one.status)};
        mine.pickup_when_down = WhenDown::tempfail;
        Parts parts{stand.resolver, *stand.engine, stand.ids, stand.clock, stand.random};
        Filters filters(parts, mine);
        const Verdict verdict = stand.run(filters.at_message(facts, make_message(some_message)));
        EXPECT_EQ(verdict.decision, one.decision) << one.status;
        EXPECT_EQ(verdict.junk, one.junk) << one.status;
        if (one.decision == Decision::reject) EXPECT_EQ(verdict.reply.text, "told");
    }
}

TEST_F(AllFilters, ListsOfClients) {
    DnsblList bad, little;
    bad.zone = "bad.test";
    little.zone = "little.test";
    little.weight = 6;
    settings.dnsbl = {bad, little};
    stand.zone.a("7.113.0.203.bad.test", "127.0.0.2");
    stand.zone.a("8.113.0.203.little.test", "127.0.0.2");
    const Refusal refusal = at_recipient();
    EXPECT_EQ(refusal.reply.code, 554);
    EXPECT_EQ(refusal.reply.text, "Client [203.0.113.7] is listed by bad.test");
    EXPECT_FALSE(at_recipient("postmaster@acme.test"));
    EXPECT_FALSE(at_recipient("Abuse@acme.test"));
    facts->client = net::IpAddress::parse("203.0.113.8");
    EXPECT_FALSE(at_recipient());
    const Verdict verdict = judge();
    EXPECT_TRUE(verdict.junk);
    EXPECT_DOUBLE_EQ(verdict.score, 6);
    facts->client = net::IpAddress::parse("203.0.113.7");
    facts->account = "anna@acme.test";
    EXPECT_FALSE(at_recipient());
    EXPECT_FALSE(judge().junk);
}

TEST_F(AllFilters, GreylistBlacklistAndRates) {
    settings.greylist.enabled = true;
    EXPECT_EQ(settings.blacklist.add({"rival.test"}, {"acme.test"}), "");
    settings.rate_client = *Rate::parse("3/1h");
    settings.rate_sender = *Rate::parse("2/1h");
    settings.rate_account = *Rate::parse("2/1h");
    EXPECT_EQ(at_recipient().reply.code, 451);
    stand.clock.advance(std::chrono::seconds(301));
    EXPECT_FALSE(at_recipient());
    facts->sender = "x@rival.test";
    EXPECT_EQ(at_recipient().reply.status, "5.7.1");
    EXPECT_EQ(at_recipient("x@other.test").reply.code, 451);  // another domain's recipient: greylisted only

    facts->sender = "sender@client.test";
    EXPECT_FALSE(filters().at_sender(*facts));
    EXPECT_FALSE(filters().at_sender(*facts));
    EXPECT_EQ(filters().at_sender(*facts).reply.code, 450);
    facts->sender.clear();
    EXPECT_EQ(filters().at_sender(*facts).reply.code, 450);  // the client's three are gone
    facts->trusted = true;
    EXPECT_FALSE(filters().at_sender(*facts));
    facts->trusted = false;
    facts->account = "anna@acme.test";
    EXPECT_FALSE(at_recipient("a@other.test"));
    EXPECT_FALSE(at_recipient("b@other.test"));
    EXPECT_EQ(at_recipient("c@other.test").reply.code, 450);
    stand.run(filters().tend());
    std::map<std::string, std::uint64_t> figures;
    for (const auto& [name, value] : filters().figures()) figures[name] = value;
    EXPECT_EQ(figures["filter.refused_senders"], 2U);
    EXPECT_EQ(figures["filter.refused_recipients"], 4U);
}

TEST_F(AllFilters, AMilterChangesTheEnvelope) {
    const Fake fake([](Peer& peer) {
        const auto packet = [](char command, const std::string& data) {
            std::string out;
            milter::append_packet(out, command, data);
            return out;
        };
        // Negotiates, leaves out all but the end of the message, which it answers with changes.
        peer.octets(17);
        peer.send(packet('O', std::string("\0\0\0\6\0\0\1\xff\0\0\2\x7f", 12)));
        peer.octets(12);
        peer.send(packet('-', z("<BERT@acme.test>")) + packet('+', z("<anna@acme.test>")) +
                  packet('+', z("<carl@acme.test>")) + packet('e', z("<>")) +
                  packet('i', std::string("\0\0\0\0", 4) + z("X-M") + z("1")) + packet('c', {}));
        peer.wait_until_closed();
    });
    MilterSettings milter;
    milter.name = "m";
    milter.endpoint = fake.endpoint();
    settings.milters.push_back(milter);
    const Verdict verdict = judge();
    EXPECT_EQ(verdict.decision, Decision::accept) << verdict.reason;
    EXPECT_EQ(verdict.sender, "");
    EXPECT_EQ(verdict.recipients, (std::vector<std::string>{"anna@acme.test", "carl@acme.test"}));
    EXPECT_EQ(verdict.prefix, "X-M: 1\r\n");
}

TEST_F(AllFilters, WhatCannotBeReadIsPutOff) {
    class Broken final : public Message {
    public:
        std::uint64_t size() const override { return 100; }
        awaitable<store::Result<std::string>> read(std::uint64_t, std::size_t) override {
            co_return store::Error(store::Errc::unavailable, "gone");
        }
    };
    rule("all", {}, {"junk"});
    EXPECT_EQ(stand.run(filters().at_message(facts, std::make_shared<Broken>())).decision,
              Decision::tempfail);
    settings.header_bytes_max = 10;
    Parts parts{stand.resolver, *stand.engine, stand.ids, stand.clock, stand.random};
    Filters small(parts, settings);
    EXPECT_EQ(stand.run(small.at_message(facts, make_message(some_message))).decision, Decision::tempfail);
}

TEST_F(AllFilters, NoRecipientLeftIsNoMessage) {
    rule("none", {}, {"junk"});
    facts->recipients.clear();
    EXPECT_EQ(judge().decision, Decision::discard);
}

}  // namespace
}  // namespace filter_test
