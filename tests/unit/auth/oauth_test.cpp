// OAUTHBEARER and XOAUTH2: messages alone, then whole exchanges with tokens of an issuer.
#include <algorithm>

#include "auth/sasl/mechanism.hpp"
#include "fixture.hpp"
#include "issuer.hpp"

namespace auth {
namespace {

using sasl::Challenge;
using sasl::CheckToken;
using sasl::Refused;

/// '^' for the separator.
std::string with_separators(std::string text) {
    std::ranges::replace(text, '^', '\x01');
    return text;
}

// RFC 7628 section 4.1
TEST(OauthBearer, ExampleOfTheRfc) {
    const auto mechanism = sasl::make_oauthbearer({});
    EXPECT_TRUE(mechanism->client_first());
    const auto message = from_base64(
        "bixhPXVzZXJAZXhhbXBsZS5jb20sAWhvc3Q9c2VydmVyLmV4YW1wbGUuY29tAXBvcnQ9MTQzAWF1dGg9QmVhcmVyI"
        "HZGOWRmdDRxbVRjMk52YjNSbGNrQmhiSFJoZG1semRHRXVZMjl0Q2c9PQEB");
    ASSERT_TRUE(message);
    const sasl::Step step = mechanism->step(*message);
    ASSERT_TRUE(std::holds_alternative<CheckToken>(step));
    EXPECT_EQ(std::get<CheckToken>(step).authorization, "user@example.com");
    EXPECT_EQ(std::get<CheckToken>(step).token.reveal(), "vF9dft4qmTc2Nvb3RlckBhbHRhdmlzdGEuY29tCg==");
}

// RFC 7628 section 4.2: the challenge, and what the client answers.
TEST(OauthBearer, RefusalsAreExplained) {
    sasl::TokenAdvice advice;
    advice.scope = "example_scope";
    advice.configuration = "https://example.com/.well-known/openid-configuration";
    const auto mechanism = sasl::make_oauthbearer(advice);
    (void)mechanism->step(with_separators("n,,^auth=Bearer x^^"));
    const sasl::Step told = mechanism->token_refused();
    ASSERT_TRUE(std::holds_alternative<Challenge>(told));
    EXPECT_EQ(std::get<Challenge>(told).text,
              R"({"status":"invalid_token","scope":"example_scope",)"
              R"("openid-configuration":"https://example.com/.well-known/openid-configuration"})");
    EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->step("\x01")));
    EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->step(with_separators("n,,^auth=Bearer x^^"))));
    EXPECT_EQ(std::get<Challenge>(sasl::make_oauthbearer({})->token_refused()).text,
              R"({"status":"invalid_token"})");
    EXPECT_EQ(std::get<Challenge>(sasl::make_xoauth2(advice)->token_refused()).text,
              R"({"status":"401","schemes":"bearer","scope":"example_scope"})");
}

TEST(OauthBearer, Messages) {
    for (const char* good :
         {"n,,^auth=Bearer abc^^", "y,,^auth=bearer abc^^", "n,,^auth=BEARER  abc^port=1^host=x^^",
          "n,a=anna=2Cx=3D@example.test,^unknown=\t x=y^auth=Bearer abc^^"}) {
        const sasl::Step step = sasl::make_oauthbearer({})->step(with_separators(good));
        ASSERT_TRUE(std::holds_alternative<CheckToken>(step)) << good;
        EXPECT_EQ(std::get<CheckToken>(step).token.reveal(), "abc");
    }
    for (const char* bad : {"",
                            "^",
                            "n",
                            "n,",
                            "n,,",
                            "n,,^",
                            "n,,auth=Bearer abc^^",
                            "n,,^^",
                            "n,,^auth=Bearer abc^",
                            "p=tls-exporter,,^auth=Bearer abc^^",
                            "n,b=anna,^auth=Bearer abc^^",
                            "n,a=,^auth=Bearer abc^^",
                            "n,a=x=2,^auth=Bearer abc^^",
                            "n,,^=x^auth=Bearer abc^^",
                            "n,,^auth^^",
                            "n,,^auth=Bearer a b^^",
                            "n,,^auth=Bearer a\"b^^",
                            "n,,^auth=Basic abc^^",
                            "n,,^auth=Bearer abc^auth=Bearer abc^^",
                            "n,,^auth=Bearer =^^",
                            "n,,^auth=Bearer abc^^x",
                            "x,,^auth=Bearer abc^^"}) {
        const sasl::Step step = sasl::make_oauthbearer({})->step(with_separators(bad));
        ASSERT_TRUE(std::holds_alternative<Refused>(step)) << bad;
        EXPECT_EQ(std::get<Refused>(step).why, Refused::Why::malformed);
    }
    // RFC 7628 section 4.3: without a token the client asks where to get one.
    for (const char* asking : {"n,,^auth=^^", "n,a=x,^host=y^auth=Bearer ^^"}) {
        EXPECT_TRUE(
            std::holds_alternative<Challenge>(sasl::make_oauthbearer({})->step(with_separators(asking))));
    }
    const std::string huge =
        "n,,\x01"
        "auth=Bearer " +
        std::string(9'000, 'a') + "\x01\x01";
    EXPECT_TRUE(std::holds_alternative<Refused>(sasl::make_oauthbearer({})->step(huge)));
    const std::string long_name = "n,a=" + std::string(1'025, 'a') +
                                  ",\x01"
                                  "auth=Bearer x\x01\x01";
    EXPECT_TRUE(std::holds_alternative<Refused>(sasl::make_oauthbearer({})->step(long_name)));
}

TEST(Xoauth2, Messages) {
    const sasl::Step step = sasl::make_xoauth2({})->step(
        with_separators("user=someuser@example.com^auth=Bearer ya29.vF9dft4qmTc2^^"));
    ASSERT_TRUE(std::holds_alternative<CheckToken>(step));
    EXPECT_EQ(std::get<CheckToken>(step).authorization, "someuser@example.com");
    EXPECT_EQ(std::get<CheckToken>(step).token.reveal(), "ya29.vF9dft4qmTc2");
    for (const char* bad :
         {"", "user=", "user=^auth=Bearer x^^", "user=a", "user=a^", "user=a^auth=Bearer x^",
          "auth=Bearer x^user=a^^", "user=a^^", "n,,^auth=Bearer x^^"}) {
        EXPECT_TRUE(std::holds_alternative<Refused>(sasl::make_xoauth2({})->step(with_separators(bad))))
            << bad;
    }
}

class OauthExchanges : public AuthTest {
protected:
    OauthExchanges() {
        environment_.clock = &clock_;
        environment_.random = &random_;
        environment_.fetcher = &fetcher_;
        policy_.tokens.rules.issuer = "https://issuer.example";
        policy_.tokens.rules.audiences = {"mail"};
        policy_.tokens.key_url = "https://issuer.example/keys";
        fetcher_.answer(token::key_set_of({&key_}));
        authenticator_.reset();
        authenticator_ = make_authenticator(directory(), policy_, environment_);
        add_user("anna", "wonderland");
        add_user("bert", "wonderland");
    }
    std::string token(const std::string& name, std::int64_t lifetime = 600) {
        const std::int64_t now = base::unix_seconds(clock_.now());
        return key_.token(
            {{"iss", "https://issuer.example"}, {"aud", "mail"}, {"exp", now + lifetime}, {"email", name}});
    }
    std::unique_ptr<Exchange> start(const char* mechanism, Client from) {
        return authenticator().start(mechanism, std::move(from));
    }
    static std::string bearer(const std::string& name, const std::string& token) {
        return with_separators("n," + (name.empty() ? "" : "a=" + name) + ",^auth=Bearer ") + token +
               "\x01\x01";
    }

    token::SigningKey key_{token::Algorithm::eddsa, "1"};
    token::FakeFetcher fetcher_;
    Policy policy_;
    Environment environment_;
};

TEST_F(OauthExchanges, OfferedWhereConfiguredAndSafe) {
    const Names names = authenticator().mechanisms(client());
    EXPECT_NE(std::ranges::find(names, "OAUTHBEARER"), names.end());
    EXPECT_NE(std::ranges::find(names, "XOAUTH2"), names.end());
    Client plain = client();
    plain.tls = false;
    const Names fewer = authenticator().mechanisms(plain);
    EXPECT_EQ(std::ranges::find(fewer, "OAUTHBEARER"), fewer.end());
    EXPECT_EQ(start("XOAUTH2", plain), nullptr);
    configure(Policy());
    EXPECT_EQ(start("OAUTHBEARER", client()), nullptr);
}

TEST_F(OauthExchanges, AGoodTokenLogsIn) {
    const auto exchange = start("oauthbearer", client());
    const Outcome outcome = run(exchange->step(bearer("", token("anna@example.test"))));
    ASSERT_EQ(outcome.kind, Outcome::Kind::success);
    EXPECT_EQ(outcome.identity.name, "anna@example.test");
    EXPECT_EQ(outcome.identity.mechanism, "OAUTHBEARER");
    EXPECT_FALSE(outcome.has_final_data);
    const auto again = start("OAUTHBEARER", client());
    EXPECT_TRUE(good(run(again->step(bearer("anna@example.test", token("anna@example.test"))))));
    const auto old = start("XOAUTH2", client());
    const std::string message =
        "user=anna@example.test\x01"
        "auth=Bearer " +
        token("anna@example.test") + "\x01\x01";
    EXPECT_TRUE(good(run(old->step(message))));
}

TEST_F(OauthExchanges, ABadTokenIsToldWhyAfterItsDelay) {
    struct Row {
        const char* what;
        std::string message;
    };
    const std::vector<Row> rows = {
        {"expired", bearer("", token("anna@example.test", -61))},
        {"somebody else's", bearer("bert@example.test", token("anna@example.test"))},
        {"nobody's", bearer("", token("carl@example.test"))},
        {"no token at all", bearer("", "abc")},
    };
    for (const Row& row : rows) {
        pauses();
        const auto exchange = start("OAUTHBEARER", client());
        Outcome outcome = run(exchange->step(row.message));
        ASSERT_EQ(outcome.kind, Outcome::Kind::challenge) << row.what;
        EXPECT_EQ(outcome.challenge, R"({"status":"invalid_token"})") << row.what;
        EXPECT_EQ(pauses().size(), 1U) << row.what;  // served before the answer: to break off gains nothing
        outcome = run(exchange->step("\x01"));
        EXPECT_EQ(outcome.kind, Outcome::Kind::failure) << row.what;
        EXPECT_EQ(outcome.failure, Failure::credentials) << row.what;
        EXPECT_TRUE(pauses().empty());
        outcome = run(exchange->step(bearer("", token("anna@example.test"))));
        EXPECT_EQ(outcome.failure, Failure::malformed) << row.what;
    }
}

TEST_F(OauthExchanges, AnIssuerThatIsDownIsATemporaryFailure) {
    fetcher_.answers.clear();
    const auto exchange = start("XOAUTH2", client());
    const std::string message =
        "user=anna@example.test\x01"
        "auth=Bearer " +
        token("anna@example.test") + "\x01\x01";
    const Outcome outcome = run(exchange->step(message));
    EXPECT_EQ(outcome.kind, Outcome::Kind::failure);
    EXPECT_EQ(outcome.failure, Failure::temporary);
    EXPECT_TRUE(pauses().empty());  // nobody is punished for it
}

}  // namespace
}  // namespace auth
