#include "fixture.hpp"

namespace auth {
namespace {

using Login = AuthTest;
constexpr const char* sha_256_of_hello = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";

TEST_F(Login, ByAnyName) {
    const auto account = add_user("demo", "correct horse");
    for (const char* name : {"demo@example.test", "DEMO@Example.Test", "demo@acme"}) {
        const Outcome outcome = login(name, "correct horse");
        ASSERT_TRUE(good(outcome)) << name;
        EXPECT_EQ(outcome.identity.account, account);
        EXPECT_EQ(outcome.identity.name, "demo@example.test");
        EXPECT_EQ(outcome.identity.mechanism, "LOGIN");
    }
    EXPECT_TRUE(pauses().empty());
    for (const auto& [name, password] :
         {std::pair("demo@example.test", "wrong"), std::pair("nobody@example.test", "x"),
          std::pair("demo@example.test", ""), std::pair("", ""),
          std::pair("demo@example.test", "correct horse ")}) {
        const Outcome outcome = login(name, password);
        EXPECT_EQ(outcome.kind, Outcome::Kind::failure);
        EXPECT_EQ(outcome.failure, Failure::credentials);
    }
}

TEST_F(Login, PlainTextNeedsTls) {
    add_user("demo", "secret");
    Client open = client();
    open.tls = false;
    EXPECT_TRUE(authenticator().plain_text_refused(open));
    EXPECT_EQ(login("demo@acme", "secret", open).failure, Failure::mechanism);
    EXPECT_EQ(authenticator().start("PLAIN", open), nullptr);
    EXPECT_EQ(authenticator().mechanisms(open), (Names{"SCRAM-SHA-256", "SCRAM-SHA-1"}));
    open.loopback = true;
    EXPECT_FALSE(authenticator().plain_text_refused(open));
    EXPECT_TRUE(good(login("demo@acme", "secret", open)));
    Policy policy;
    policy.plain_text_without_tls_on_loopback = false;
    configure(policy);
    EXPECT_TRUE(authenticator().plain_text_refused(open));
    policy.plain_text_without_tls = true;
    configure(policy);
    open.loopback = false;
    EXPECT_TRUE(good(login("demo@acme", "secret", open)));
}

TEST_F(Login, MechanismsByClientAndPolicy) {
    Client one = client();
    EXPECT_EQ(authenticator().mechanisms(one), (Names{"SCRAM-SHA-256", "SCRAM-SHA-1", "PLAIN", "LOGIN"}));
    one.channel_binding = [](std::string_view type) {
        return std::string(type == "tls-exporter" ? 32 : 0, 'x');
    };
    one.certificate_identity = "demo@example.test";
    Policy policy;
    policy.cram_md5 = true;
    configure(policy);
    EXPECT_EQ(authenticator().mechanisms(one),
              (Names{"EXTERNAL", "SCRAM-SHA-256-PLUS", "SCRAM-SHA-1-PLUS", "SCRAM-SHA-256", "SCRAM-SHA-1",
                     "CRAM-MD5", "PLAIN", "LOGIN"}));
    EXPECT_NE(authenticator().start("scram-sha-256-plus", one), nullptr);
    EXPECT_EQ(authenticator().start("GSSAPI", one), nullptr);
    EXPECT_EQ(authenticator().start("SCRAM-SHA-256-PLUS", client()), nullptr);
    EXPECT_EQ(authenticator().start("EXTERNAL", client()), nullptr);
}

TEST_F(Login, DisabledLooksLikeAWrongPassword) {
    const auto account = add_user("demo", "secret");
    auto mailbox = run(directory().mailbox(account));
    ASSERT_TRUE(mailbox);
    mailbox->login_allowed = false;
    ASSERT_TRUE(run(directory().set_mailbox(*mailbox)));
    EXPECT_EQ(login("demo@acme", "secret").failure, Failure::disabled);
    EXPECT_EQ(login("demo@acme", "wrong").failure, Failure::credentials);
    EXPECT_EQ(pauses(), (std::vector<std::int64_t>{2'000, 4'000}));  // delayed alike
    mailbox->login_allowed = true;
    ASSERT_TRUE(run(directory().set_mailbox(*mailbox)));
    auto office = run(directory().post_office("acme"));
    ASSERT_TRUE(office);
    office->enabled = false;
    ASSERT_TRUE(run(directory().set_post_office(*office)));
    EXPECT_EQ(login("demo@acme", "secret").failure, Failure::disabled);
}

TEST_F(Login, UnknownUsersCostAsMuch) {
    add_user("demo", "secret");
    import_user("imported", sha_256_of_hello);
    import_user("empty", "");
    const auto argon2_of = [&](const char* user, const char* password) {
        const auto before = hash_counts().argon2.load();
        EXPECT_EQ(login(user, password).failure, Failure::credentials);
        return hash_counts().argon2 - before;
    };
    for (const char* user : {"demo@acme", "nobody@acme", "imported@acme", "empty@acme", "not a name"}) {
        EXPECT_EQ(argon2_of(user, "wrong"), 1U) << user;
        // A password that prepares to something else is tried in both forms, for everybody.
        EXPECT_EQ(argon2_of(user, "\xE2\x85\xA8"), 2U) << user;
    }
}

TEST_F(Login, OtherFormsOfThePasswordAreTheSame) {
    add_user("demo", "stra\xC3\x9F\x65 \xC3\xBC");
    EXPECT_TRUE(good(login("demo@acme", "stra\xC3\x9F\x65 u\xCC\x88")));  // NFD
    EXPECT_FALSE(good(login("demo@acme", "strasse \xC3\xBC")));           // case folding is not part of it
    add_user("latin", "caf\xE9");                                         // not UTF-8 at all
    EXPECT_TRUE(good(login("latin@acme", "caf\xE9")));
}

TEST_F(Login, ImportedHashesAreRenewed) {
    import_user("demo", std::string("{SHA256-CRYPT}") + sha_256_of_hello);
    EXPECT_FALSE(good(login("demo@acme", "hello world!")));
    EXPECT_TRUE(run(directory().login("demo@acme"))->credentials.password_hash.starts_with("{SHA256-CRYPT}"));
    EXPECT_TRUE(good(login("demo@acme", "Hello world!")));
    const auto kept = run(directory().login("demo@acme"))->credentials;
    EXPECT_TRUE(kept.password_hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_FALSE(kept.scram_sha_1.empty());
    EXPECT_FALSE(kept.scram_sha_256.empty());
    const auto before = hash_counts().argon2.load();
    EXPECT_TRUE(good(login("demo@acme", "Hello world!")));
    EXPECT_EQ(hash_counts().argon2, before);  // known again by the new hash
    configure(Policy());
    EXPECT_TRUE(good(login("demo@acme", "Hello world!")));
}

TEST_F(Login, AVerifiedPasswordIsKnownForAWhile) {
    const auto account = add_user("demo", "secret");
    const auto hashes_of_login = [&](const char* password) {
        const auto before = hash_counts().argon2.load();
        (void)login("demo@acme", password);
        return hash_counts().argon2 - before;
    };
    EXPECT_EQ(hashes_of_login("secret"), 1U);
    EXPECT_EQ(hashes_of_login("secret"), 0U);
    EXPECT_EQ(hashes_of_login("wrong"), 1U);
    EXPECT_EQ(hashes_of_login("wrong"), 1U);
    clock_.advance(300s);
    EXPECT_EQ(hashes_of_login("secret"), 1U);
    // A new password forgets the old one at once.
    auto made = run(authenticator().make_credentials(base::Secret("another")));
    ASSERT_TRUE(made);
    ASSERT_TRUE(run(directory().update_credentials(account, std::move(*made))));
    EXPECT_EQ(login("demo@acme", "secret").failure, Failure::credentials);
    EXPECT_TRUE(good(login("demo@acme", "another")));
}

TEST_F(Login, AStoreThatDoesNotAnswerIsNoFailureOfTheClient) {
    add_user("demo", "secret");
    clock_.advance(3600s);  // nothing is cached
    engine().inject([](const store::engine::Step&) { return store::engine::Fault::unavailable; });
    EXPECT_EQ(login("demo@acme", "secret").failure, Failure::temporary);
    EXPECT_TRUE(pauses().empty());
    engine().inject({});
    EXPECT_TRUE(good(login("demo@acme", "secret")));
}

TEST_F(Login, EveryStoreFaultOfARenewalLeavesALogin) {
    bool reached = true;
    for (std::uint64_t step = 1; reached && step < 20; ++step) {
        SCOPED_TRACE(step);
        const std::string name = "u" + std::to_string(step);
        import_user(name, "{PLAIN}secret");
        const auto base = engine().steps();
        engine().inject(store::engine::fault_at(base + step, store::engine::Fault::unavailable));
        const Outcome outcome = login(name + "@acme", "secret");
        EXPECT_TRUE(good(outcome) || outcome.failure == Failure::temporary);
        reached = engine().steps() >= base + step;
        engine().inject({});
        EXPECT_TRUE(good(login(name + "@acme", "secret")));
    }
    EXPECT_FALSE(reached);
}

TEST_F(Login, NewPasswords) {
    EXPECT_EQ(error_of(run(authenticator().make_credentials(base::Secret()))), store::Errc::invalid);
    EXPECT_EQ(error_of(run(authenticator().make_credentials(base::Secret(std::string(1'025, 'a'))))),
              store::Errc::invalid);
    auto made = run(authenticator().make_credentials(base::Secret("secret")));
    ASSERT_TRUE(made);
    EXPECT_TRUE(made->plain.empty());
    EXPECT_FALSE(outdated(made->password_hash));
    Policy policy;
    policy.apop = true;
    policy.scram = false;
    configure(policy);
    made = run(authenticator().make_credentials(base::Secret("secret")));
    ASSERT_TRUE(made);
    EXPECT_EQ(made->plain.reveal(), "secret");
    EXPECT_TRUE(made->scram_sha_256.empty());
}

}  // namespace
}  // namespace auth
