// Routing as a table: which rule decides, and where mail goes.
#include "mta/route.hpp"

#include <gtest/gtest.h>

#include "mta/retry.hpp"

namespace mta {
namespace {

using Kind = RouteDecision::Kind;

std::shared_ptr<const NextHop> hop(const char* text) {
    std::string why;
    auto out = parse_smart_host(text, &why);
    EXPECT_TRUE(out) << text << ": " << why;
    return out;
}

/// A domain of ours, ours.test, and what the directory says of it.
struct Facts {
    RouteFacts facts;
    Facts() { facts.found.kind = directory::Route::Kind::foreign; }
    Facts& mine(directory::Route::Kind kind) {
        facts.found.kind = kind;
        facts.found.account = base::AccountId(kind == directory::Route::Kind::mailbox ? 7 : 0);
        facts.found.address = "u@ours.test";
        facts.domain.emplace();
        facts.domain->name = "ours.test";
        return *this;
    }
    Facts& from_ours(const char* domain_host, const char* office_host, bool trusted_only = false) {
        facts.from_domain.emplace();
        facts.from_domain->name = "ours.test";
        facts.from_domain->smart_host = domain_host;
        facts.from_domain->smart_host_trusted_only = trusted_only;
        facts.from_office.emplace();
        facts.from_office->name = "acme";
        facts.from_office->smart_host = office_host;
        return *this;
    }
};

RouteDecision ask(const char* to, bool trusted, const Facts& facts, const RouteSettings& settings = {}) {
    RouteQuestion question;
    question.sender = "me@ours.test";
    question.recipient = to;
    question.trusted = trusted;
    return decide(question, facts.facts, settings);
}

TEST(Route, a_mailbox_on_another_server) {
    RouteSettings settings;
    settings.own_node = "b1";
    const auto mailbox = [](const char* node) {
        Facts facts;
        facts.mine(directory::Route::Kind::mailbox).facts.found.node = node;
        facts.facts.found.members = {"other@far.test"};  // its own server's to follow
        return facts;
    };
    EXPECT_EQ(ask("u@ours.test", false, mailbox("b1"), settings).kind, Kind::expand);
    const RouteDecision unknown = ask("u@ours.test", false, mailbox("b2"), settings);
    EXPECT_EQ(unknown.code, 451);
    EXPECT_EQ(unknown.status, (Status{4, 4, 4}));
    settings.nodes["b2"] = hop("smtp://b2.test:2525");
    const RouteDecision there = ask("u@ours.test", false, mailbox("b2"), settings);
    EXPECT_EQ(there.kind, Kind::relay);
    EXPECT_EQ(there.hop->name, "b2.test");
    EXPECT_FALSE(there.account);
}

TEST(Route, local_first) {
    EXPECT_EQ(ask("u@ours.test", false, Facts().mine(directory::Route::Kind::mailbox)).kind, Kind::mailbox);
    const RouteDecision unknown =
        ask("x@ours.test", true, Facts().mine(directory::Route::Kind::unknown_mailbox));
    EXPECT_EQ(unknown.kind, Kind::refuse);
    EXPECT_EQ(unknown.status, (Status{5, 1, 1}));
    const RouteDecision disabled = ask("x@ours.test", true, Facts().mine(directory::Route::Kind::disabled));
    EXPECT_EQ(disabled.status, (Status{5, 2, 1}));
    EXPECT_EQ(disabled.rule, "local");
}

TEST(Route, strangers_do_not_relay) {
    const RouteDecision denied = ask("x@far.test", false, Facts());
    EXPECT_EQ(denied.kind, Kind::refuse);
    EXPECT_EQ(denied.status, (Status{5, 7, 1}));
    EXPECT_EQ(denied.code, 550);
    RouteSettings settings;
    settings.smart_host = hop("relay.test:587");
    settings.by_recipient.push_back({"far.test", hop("smtp://far.test")});
    EXPECT_EQ(ask("x@far.test", false, Facts(), settings).kind, Kind::refuse) << "a rule is no permission";
    EXPECT_EQ(ask("x@far.test", true, Facts()).hop->key(), "mx:far.test");
}

TEST(Route, split_and_backup_domains_go_on_for_anybody) {
    Facts split = Facts().mine(directory::Route::Kind::unknown_mailbox);
    split.facts.domain->delivery = directory::Domain::Delivery::split;
    EXPECT_EQ(ask("x@ours.test", false, split).hop->key(), "mx:ours.test");
    Facts here = Facts().mine(directory::Route::Kind::mailbox);
    here.facts.domain->delivery = directory::Domain::Delivery::split;
    EXPECT_EQ(ask("u@ours.test", false, here).kind, Kind::mailbox);
    Facts backup = Facts().mine(directory::Route::Kind::unknown_mailbox);
    backup.facts.domain->delivery = directory::Domain::Delivery::backup;
    EXPECT_EQ(ask("x@ours.test", false, backup).hop->key(), "mx:ours.test");
    backup.facts.domain->enabled = false;
    backup.facts.found.kind = directory::Route::Kind::disabled;
    EXPECT_EQ(ask("x@ours.test", false, backup).kind, Kind::refuse);
}

TEST(Route, rules_in_their_order) {
    RouteSettings settings;
    settings.smart_host = hop("smtp://global.test:587");
    settings.by_sender.push_back({"ours.test", hop("smtp://sender.test")});
    settings.by_recipient.push_back({".far.test", hop("smtp://recipient.test")});
    const auto by = [&](const char* to, const Facts& facts, bool trusted = true) {
        return ask(to, trusted, facts, settings).rule;
    };
    const Facts all = Facts().from_ours("smtp://domain.test", "smtp://office.test");
    EXPECT_EQ(by("x@a.far.test", all), "by recipient domain");
    EXPECT_EQ(by("x@far.test", all), "domain smart host") << "a dot means below, not itself";
    EXPECT_EQ(by("x@far.test", Facts().from_ours("", "smtp://office.test")), "post office smart host");
    EXPECT_EQ(by("x@far.test", Facts().from_ours("", "")), "by sender domain");
    settings.by_sender.clear();
    EXPECT_EQ(by("x@far.test", Facts()), "smart host");
    settings.smart_host.reset();
    EXPECT_EQ(by("x@far.test", Facts()), "mx");
    const RouteDecision explained = ask("x@far.test", true, all, settings);
    ASSERT_FALSE(explained.steps.empty());
    EXPECT_EQ(explained.steps.front().rule, "local");
    EXPECT_FALSE(explained.steps.front().matched);
    EXPECT_TRUE(explained.steps.back().matched);
}

TEST(Route, a_smart_host_for_authenticated_senders_only) {
    Facts facts =
        Facts().mine(directory::Route::Kind::unknown_mailbox).from_ours("smtp://domain.test", "", true);
    facts.facts.domain->delivery = directory::Domain::Delivery::split;
    EXPECT_EQ(ask("x@ours.test", true, facts).rule, "domain smart host");
    EXPECT_EQ(ask("x@ours.test", false, facts).rule, "mx");
}

/// Mail of a tenant with a host of its own leaves by that or not at all.
TEST(Route, a_smart_host_that_cannot_be_read_holds_mail) {
    RouteSettings settings;
    settings.smart_host = hop("smtp://global.test:587");
    for (const auto& facts :
         {Facts().from_ours("sealed:AAAA", "smtp://office.test"), Facts().from_ours("", "sealed:AAAA"),
          Facts().from_ours("smtp://x:99999", "")}) {
        const RouteDecision held = ask("x@far.test", true, facts, settings);
        EXPECT_EQ(held.kind, Kind::refuse);
        EXPECT_EQ(held.code, 451);
        EXPECT_EQ(held.status, (Status{4, 3, 5}));
        EXPECT_TRUE(held.rule.ends_with("smart host")) << held.rule;
        EXPECT_TRUE(held.steps.back().matched);
        EXPECT_NE(held.steps.back().why.find("of "), std::string::npos) << held.steps.back().why;
        EXPECT_EQ(held.steps.back().why.find("AAAA"), std::string::npos);
    }
    // Who is not meant goes on as before, and mail for mailboxes here always arrives.
    EXPECT_EQ(ask("u@ours.test", false,
                  Facts().mine(directory::Route::Kind::mailbox).from_ours("sealed:AAAA", ""), settings)
                  .kind,
              Kind::mailbox);
}

TEST(Route, smart_hosts_as_text) {
    const auto plain = hop("Relay.Test");
    EXPECT_EQ(plain->name, "relay.test");
    EXPECT_EQ(plain->port, 25);
    EXPECT_EQ(plain->tls, TlsPolicy::opportunistic);
    const auto login = hop("smtp://us%65r%40x:p%3Aw@relay.test:587");
    EXPECT_EQ(login->credentials->user, "user@x");
    EXPECT_EQ(login->credentials->password.reveal(), "p:w");
    EXPECT_EQ(login->port, 587);
    EXPECT_EQ(login->tls, TlsPolicy::verified);
    const auto implicit = hop("smtps://relay.test");
    EXPECT_TRUE(implicit->implicit_tls);
    EXPECT_EQ(implicit->port, 465);
    EXPECT_EQ(hop("smtp://[127.0.0.1]:2525?tls=never")->name, "[127.0.0.1]");
    EXPECT_EQ(hop("smtp://[2001:db8::1]")->port, 25);
    for (const char* bad : {"", "smtp://", "a b", "host:0", "host:65536", "host:x", "smtp://:p@host",
                            "host?tls=maybe", "smtp://u%zz@host", "http://host"})
        EXPECT_FALSE(parse_smart_host(bad, nullptr)) << bad;
    EXPECT_EQ(shown_smart_host("smtp://u:secret@h:587"), "smtp://u:***@h:587");
    EXPECT_EQ(shown_smart_host("smtp://h:587"), "smtp://h:587");
}

TEST(Retry, intervals_grow_to_a_limit_and_are_spread) {
    using std::chrono::minutes;
    RetryRules rules;
    rules.jitter = 0;
    EXPECT_EQ(next_interval(rules, 1, 0.5), minutes(5));
    EXPECT_EQ(next_interval(rules, 2, 0.5), minutes(10));
    EXPECT_EQ(next_interval(rules, 4, 0.5), minutes(40));
    EXPECT_EQ(next_interval(rules, 100, 0.5), std::chrono::hours(4));
    rules.jitter = 0.2;
    EXPECT_EQ(next_interval(rules, 1, 0), minutes(4));
    EXPECT_EQ(next_interval(rules, 1, 0.5), minutes(5));
    EXPECT_LT(next_interval(rules, 1, 0.999), minutes(6));
    rules.factor = 0;
    EXPECT_EQ(next_interval(rules, 9, 0.5), minutes(5)) << "never shorter again";
}

}  // namespace
}  // namespace mta
