// PLAIN, LOGIN, EXTERNAL, CRAM-MD5 and APOP: messages alone, then whole exchanges.
#include <algorithm>
#include <filesystem>

#include "auth/crypto.hpp"
#include "auth/sasl/mechanism.hpp"
#include "fixture.hpp"

namespace auth {
namespace {

using sasl::Challenge;
using sasl::CheckPassword;
using sasl::LookUp;
using sasl::Proven;
using sasl::Refused;

std::string with_nul(std::string text) {
    std::ranges::replace(text, '|', '\0');
    return text;
}

// RFC 4616 section 4
TEST(Plain, Messages) {
    const auto parse = [](std::string text) { return sasl::make_plain()->step(with_nul(std::move(text))); };
    sasl::Step step = parse("|tim|tanstaaftanstaaf");
    ASSERT_TRUE(std::holds_alternative<CheckPassword>(step));
    EXPECT_EQ(std::get<CheckPassword>(step).user, "tim");
    EXPECT_EQ(std::get<CheckPassword>(step).password.reveal(), "tanstaaftanstaaf");
    step = parse("Ursel|Kurt|xipj3plmq");
    ASSERT_TRUE(std::holds_alternative<CheckPassword>(step));
    EXPECT_EQ(std::get<CheckPassword>(step).authorization, "Ursel");
    EXPECT_EQ(std::get<CheckPassword>(step).user, "Kurt");
    for (const char* bad : {"", "|", "||", "tim", "|tim", "|tim|", "||secret", "a|tim|pass|word"}) {
        EXPECT_TRUE(std::holds_alternative<Refused>(parse(bad))) << bad;
    }
    EXPECT_TRUE(std::holds_alternative<Refused>(parse("|" + std::string(1'025, 'a') + "|x")));
    EXPECT_TRUE(std::holds_alternative<Refused>(parse("|a|" + std::string(9'000, 'x'))));
}

// RFC 2195 section 2
TEST(CramMd5, ExampleOfTheRfc) {
    const auto mechanism = sasl::make_cram_md5("<1896.697170952@postoffice.reston.mci.net>");
    EXPECT_FALSE(mechanism->client_first());
    const sasl::Step challenge = mechanism->step("");
    ASSERT_TRUE(std::holds_alternative<Challenge>(challenge));
    const sasl::Step wanted = mechanism->step("tim b913a602c7eda7a495b4e6e7334d3890");
    ASSERT_TRUE(std::holds_alternative<LookUp>(wanted));
    EXPECT_EQ(std::get<LookUp>(wanted).user, "tim");
    sasl::Known known;
    known.plain = base::Secret("tanstaaftanstaaf");
    known.real = true;
    EXPECT_TRUE(std::holds_alternative<Proven>(mechanism->known(known)));
    known.plain = base::Secret("tanstaaftanstaa");
    EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->known(known)));
    known.plain = base::Secret();
    EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->known(known)));
}

TEST(CramMd5, Messages) {
    for (const char* bad :
         {"", "tim", "tim ", " b913a602c7eda7a495b4e6e7334d3890", "tim b913a602c7eda7a495b4e6e7334d389",
          "tim B913A602C7EDA7A495B4E6E7334D3890", "tim b913a602c7eda7a495b4e6e7334d389g"}) {
        const auto mechanism = sasl::make_cram_md5("<a@b>");
        (void)mechanism->step("");
        EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->step(bad))) << bad;
    }
    EXPECT_TRUE(std::holds_alternative<Refused>(sasl::make_cram_md5("<a@b>")->step("early")));
}

class Exchanges : public AuthTest {
protected:
    Outcome play(const std::string& mechanism, const std::vector<std::string>& responses, Client from) {
        auto exchange = authenticator().start(mechanism, std::move(from));
        EXPECT_NE(exchange, nullptr);
        Outcome outcome;
        for (const std::string& response : responses) {
            if (exchange) outcome = run(exchange->step(response));
        }
        return outcome;
    }
};

TEST_F(Exchanges, Plain) {
    const auto account = add_user("demo", "secret");
    add_user("two", "secret");
    const Outcome outcome = play("plain", {with_nul("|demo@acme|secret")}, client());
    ASSERT_TRUE(good(outcome));
    EXPECT_EQ(outcome.identity.account, account);
    EXPECT_EQ(outcome.identity.mechanism, "PLAIN");
    EXPECT_FALSE(outcome.has_final_data);
    EXPECT_TRUE(good(play("PLAIN", {with_nul("demo@example.test|demo@acme|secret")}, client())));
    EXPECT_EQ(play("PLAIN", {with_nul("two@acme|demo@acme|secret")}, client()).failure, Failure::credentials);
    EXPECT_EQ(play("PLAIN", {with_nul("none@acme|demo@acme|secret")}, client()).failure,
              Failure::credentials);
    EXPECT_EQ(play("PLAIN", {with_nul("|demo@acme|wrong")}, client()).failure, Failure::credentials);
    EXPECT_EQ(play("PLAIN", {"demo"}, client()).failure, Failure::malformed);
    // Over is over.
    EXPECT_EQ(play("PLAIN", {"demo", with_nul("|demo@acme|secret")}, client()).failure, Failure::malformed);
    EXPECT_EQ(play("PLAIN", {std::string(8'193, 'x')}, client()).failure, Failure::malformed);
}

TEST_F(Exchanges, Login) {
    add_user("demo", "secret");
    auto exchange = authenticator().start("LOGIN", client());
    EXPECT_FALSE(exchange->client_first());
    EXPECT_EQ(run(exchange->step("")).challenge, "Username:");
    EXPECT_EQ(run(exchange->step("demo@acme")).challenge, "Password:");
    EXPECT_TRUE(good(run(exchange->step("secret"))));
    EXPECT_TRUE(good(play("LOGIN", {"demo@acme", "secret"}, client())));  // with an initial response
    EXPECT_EQ(play("LOGIN", {"", "demo@acme", "wrong"}, client()).failure, Failure::credentials);
    EXPECT_EQ(play("LOGIN", {"", ""}, client()).failure, Failure::malformed);
    EXPECT_EQ(play("LOGIN", {"", "demo@acme", ""}, client()).failure, Failure::malformed);
    EXPECT_EQ(play("LOGIN", {"demo@acme", std::string("secret\0x", 8)}, client()).failure,
              Failure::malformed);
}

// RFC 4422 appendix A
TEST_F(Exchanges, External) {
    const auto account = add_user("demo", "secret");
    add_user("two", "secret");
    Client from = client();
    from.certificate_identity = "demo@example.test";
    const Outcome outcome = play("EXTERNAL", {""}, from);
    ASSERT_TRUE(good(outcome));
    EXPECT_EQ(outcome.identity.account, account);
    EXPECT_TRUE(good(play("EXTERNAL", {"demo@acme"}, from)));
    EXPECT_EQ(play("EXTERNAL", {"two@acme"}, from).failure, Failure::credentials);
    from.certificate_identity = "stranger@elsewhere.test";
    EXPECT_EQ(play("EXTERNAL", {""}, from).failure, Failure::credentials);
    from.tls = false;
    EXPECT_EQ(authenticator().start("EXTERNAL", from), nullptr);
}

class KeptPasswords : public Exchanges {
protected:
    KeptPasswords() : folder_(std::filesystem::path(testing::TempDir()) / "auth_kept") {
        std::filesystem::create_directories(folder_);
        directory::Options options;
        options.key_file = (folder_ / "key").string();
        authenticator_.reset();
        reopen(options);
        Policy policy;
        policy.cram_md5 = policy.apop = true;
        policy.hostname = "mail.example.test";
        configure(policy);
    }
    ~KeptPasswords() override { std::filesystem::remove_all(folder_); }
    std::filesystem::path folder_;
};

TEST_F(KeptPasswords, CramMd5) {
    add_user("demo", "tanstaaf");
    std::string last_challenge;
    for (const bool right : {true, false}) {
        auto exchange = authenticator().start("CRAM-MD5", client());
        const std::string challenge = run(exchange->step("")).challenge;
        EXPECT_NE(challenge, last_challenge);
        last_challenge = challenge;
        EXPECT_TRUE(challenge.starts_with('<') && challenge.ends_with("@mail.example.test>")) << challenge;
        const std::string digest = hex(hmac(Digest::md5, right ? "tanstaaf" : "tanstaa", challenge));
        const Outcome outcome = run(exchange->step("demo@acme " + digest));
        EXPECT_EQ(good(outcome), right);
    }
    auto exchange = authenticator().start("CRAM-MD5", client());
    const std::string challenge = run(exchange->step("")).challenge;
    // Nobody's password is not the empty one.
    EXPECT_EQ(run(exchange->step("nobody@acme " + hex(hmac(Digest::md5, "", challenge)))).failure,
              Failure::credentials);
}

// RFC 1939 section 7
TEST_F(KeptPasswords, Apop) {
    add_user("mrose", "tanstaaf");
    EXPECT_TRUE(authenticator().apop_offered());
    const std::string banner = "<1896.697170952@dbc.mtview.ca.us>";
    const auto apop = [&](std::string user, std::string digest) {
        return run(authenticator().apop(std::move(user), banner, std::move(digest), client()));
    };
    EXPECT_TRUE(good(apop("mrose@acme", "c4c9334bac560ecc979e58001b3e22fb")));
    EXPECT_EQ(apop("mrose@acme", "c4c9334bac560ecc979e58001b3e22fc").failure, Failure::credentials);
    EXPECT_EQ(apop("mrose@acme", "").failure, Failure::credentials);
    EXPECT_EQ(apop("nobody@acme", hex(hash(Digest::md5, banner))).failure, Failure::credentials);
    EXPECT_EQ(pauses().size(), 3U);
    configure(Policy());
    EXPECT_FALSE(authenticator().apop_offered());
    EXPECT_EQ(apop("mrose@acme", "c4c9334bac560ecc979e58001b3e22fb").failure, Failure::mechanism);
}

}  // namespace
}  // namespace auth
