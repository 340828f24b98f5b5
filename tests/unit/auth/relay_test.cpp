// Front-end mode, both sides: whose mailbox is elsewhere, and logins by the secret of front ends.
#include <algorithm>

#include "fixture.hpp"

namespace auth {
namespace {

class RelayLogin : public AuthTest {
protected:
    RelayLogin() {
        Policy policy;
        policy.relay_secret = base::Secret("between us");
        configure(policy);
        add_user("demo", "secret");
    }
    Client front_end() {
        Client out = client();
        out.front_end = true;
        return out;
    }
    Outcome plain(std::string_view message, Client from) {
        const auto exchange = authenticator().start("PLAIN", std::move(from));
        if (!exchange) return Outcome();
        std::string octets(message);
        std::ranges::replace(octets, '|', '\0');
        return run(exchange->step(std::move(octets)));
    }
    void move_to(std::string node) {
        auto found = run(directory().login("demo@acme"));
        ASSERT_TRUE(found);
        found->mailbox.node = std::move(node);
        ASSERT_TRUE(run(directory().set_mailbox(found->mailbox)));
    }
};

TEST_F(RelayLogin, ThePasswordIsKeptOnlyForAMailboxElsewhere) {
    Outcome here = login("demo@acme", "secret");
    ASSERT_TRUE(good(here));
    EXPECT_EQ(here.identity.node, "");
    EXPECT_TRUE(here.identity.password.empty());
    move_to("b1");
    const Outcome elsewhere = login("demo@acme", "secret");
    ASSERT_TRUE(good(elsewhere));
    EXPECT_EQ(elsewhere.identity.node, "b1");
    EXPECT_EQ(elsewhere.identity.password.reveal(), "secret");
    EXPECT_FALSE(elsewhere.identity.relayed);
    EXPECT_FALSE(good(login("demo@acme", "wrong")));
}

TEST_F(RelayLogin, TheSecretActsForAnyUser) {
    const Outcome outcome = plain("demo@example.test|barid-relay|between us", front_end());
    ASSERT_TRUE(good(outcome));
    EXPECT_EQ(outcome.identity.name, "demo@example.test");
    EXPECT_TRUE(outcome.identity.relayed);
    move_to("b1");
    const Outcome moved = plain("demo@example.test|barid-relay|between us", front_end());
    ASSERT_TRUE(good(moved));
    EXPECT_EQ(moved.identity.node, "b1");  // the protocol refuses to lead it on
    EXPECT_TRUE(moved.identity.relayed);
    EXPECT_TRUE(moved.identity.password.empty());
}

TEST_F(RelayLogin, ButNotForOthers) {
    EXPECT_FALSE(good(plain("demo@example.test|barid-relay|between us", client())));
    EXPECT_FALSE(good(plain("demo@example.test|barid-relay|between u", front_end())));
    EXPECT_FALSE(good(plain("demo@example.test|barid-relay|between us2", front_end())));
    EXPECT_FALSE(good(plain("|barid-relay|between us", front_end())));
    EXPECT_FALSE(good(plain("nobody@example.test|barid-relay|between us", front_end())));
    EXPECT_FALSE(good(plain("demo@example.test|other|between us", front_end())));
    EXPECT_FALSE(pauses().empty());
    Client open = front_end();
    open.tls = false;
    EXPECT_EQ(authenticator().start("PLAIN", open), nullptr);
}

TEST_F(RelayLogin, NoSecretIsNotTheEmptySecret) {
    configure(Policy());
    EXPECT_FALSE(good(plain("demo@example.test|barid-relay|between us", front_end())));
    EXPECT_FALSE(good(plain("demo@example.test|barid-relay|", front_end())));
}

TEST_F(RelayLogin, RulesOfListenersAndDisabledMailboxesHold) {
    Policy policy;
    policy.relay_secret = base::Secret("between us");
    policy.users_of_listeners["imap"].deny = {"demo@example.test"};
    configure(policy);
    Client from = front_end();
    from.listener = "imap";
    EXPECT_EQ(plain("demo@example.test|barid-relay|between us", from).failure, Failure::disabled);
    auto found = run(directory().login("demo@acme"));
    ASSERT_TRUE(found);
    found->mailbox.login_allowed = false;
    ASSERT_TRUE(run(directory().set_mailbox(found->mailbox)));
    EXPECT_EQ(plain("demo@example.test|barid-relay|between us", front_end()).failure, Failure::disabled);
}

}  // namespace
}  // namespace auth
