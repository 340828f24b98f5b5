#include "auth/penalties.hpp"

#include "fixture.hpp"
#include "support/kept_io_context.hpp"

namespace auth {
namespace {

class PenaltiesTest : public testing::Test {
protected:
    std::int64_t failed(std::string_view from, std::string_view account = "a") {
        return penalties_.failed(from, account).count();
    }
    std::int64_t succeeded(std::string_view from, std::string_view account = "a") {
        return penalties_.succeeded(from, account).count();
    }
    base::ManualClock clock_{base::SystemTime(1'800'000'000s)};
    base::SeededRandom random_{1};
    Penalties penalties_{clock_, random_, PenaltySettings()};
};

TEST_F(PenaltiesTest, GrowAndAreForgotten) {
    for (const std::int64_t expected : {2'000, 4'000, 8'000, 15'000, 15'000}) {
        EXPECT_EQ(failed("192.0.2.1"), expected);
    }
    EXPECT_EQ(failed("192.0.2.2", "b"), 2'000);  // another source, another account
    clock_.advance(1h);
    EXPECT_EQ(failed("192.0.2.1"), 2'000);
}

TEST_F(PenaltiesTest, Ipv6CountsByNetwork) {
    EXPECT_EQ(failed("2001:db8:1:2::1", "a"), 2'000);
    EXPECT_EQ(failed("2001:db8:1:2:ffff::9", "b"), 4'000);
    EXPECT_EQ(failed("2001:db8:1:3::1", "c"), 2'000);
    EXPECT_EQ(failed("::ffff:192.0.2.7", "d"), 2'000);
    EXPECT_EQ(failed("192.0.2.7", "e"), 4'000);
}

TEST_F(PenaltiesTest, AnAccountUnderAttackFromEverywhere) {
    EXPECT_EQ(succeeded("198.51.100.7"), 0);  // the owner's network, from before
    for (int i = 1; i <= 5; ++i) failed("203.0.113." + std::to_string(i));
    EXPECT_EQ(failed("192.0.2.9"), 15'000);    // its first failure, but the account's sixth
    EXPECT_EQ(succeeded("198.51.100.99"), 0);  // the owner does not wait at home …
    for (int i = 1; i <= 5; ++i) failed("203.0.113." + std::to_string(i));
    EXPECT_EQ(succeeded("192.0.2.50"), 15'000);  // … and elsewhere waits once
    EXPECT_EQ(succeeded("192.0.2.50"), 0);
}

TEST_F(PenaltiesTest, AnOldPasswordAtHomeDoesNotHurtTheOwnerElsewhere) {
    succeeded("198.51.100.7");
    for (int i = 0; i < 10; ++i) failed("198.51.100.7");
    EXPECT_EQ(succeeded("192.0.2.50"), 0);
}

TEST_F(PenaltiesTest, ASourceThatFailsTooOftenIsBlocked) {
    for (int i = 0; i < 100; ++i) failed("192.0.2.1", std::to_string(i));
    EXPECT_FALSE(penalties_.blocked("192.0.2.1"));
    failed("192.0.2.1");
    EXPECT_TRUE(penalties_.blocked("192.0.2.1"));
    EXPECT_FALSE(penalties_.blocked("192.0.2.2"));
    succeeded("192.0.2.1", "own");  // an account of the attacker's own does not wash it clean
    EXPECT_TRUE(penalties_.blocked("192.0.2.1"));
    clock_.advance(1h);
    EXPECT_FALSE(penalties_.blocked("192.0.2.1"));
}

TEST_F(PenaltiesTest, AFloodOfSourcesDoesNotWashOutTheWorst) {
    for (int i = 0; i < 101; ++i) failed("192.0.2.1", std::to_string(i));
    for (unsigned i = 0; i < 100'000; ++i) {
        failed("10." + std::to_string(i >> 16) + '.' + std::to_string((i >> 8) & 255) + '.' +
                   std::to_string(i & 255),
               "victim");
    }
    EXPECT_TRUE(penalties_.blocked("192.0.2.1"));
}

TEST(Networks, OfAddresses) {
    EXPECT_EQ(network_of("192.0.2.77", 24, 48), "192.0.2.0");
    EXPECT_EQ(network_of("192.0.2.77", 32, 64), "192.0.2.77");
    EXPECT_EQ(network_of("::ffff:192.0.2.77", 24, 48), "192.0.2.0");
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6", 24, 48), "2001:db8:1::");
    EXPECT_EQ(network_of("2001:db8:1:2:3:4:5:6", 32, 64), "2001:db8:1:2::");
    EXPECT_EQ(network_of("unix", 32, 64), "unix");
}

using PenaltyOfLogins = AuthTest;

TEST_F(PenaltyOfLogins, FailuresWait) {
    add_user("demo", "secret");
    for (int i = 0; i < 5; ++i) (void)login("demo@acme", "wrong");
    EXPECT_EQ(pauses(), (std::vector<std::int64_t>{2'000, 4'000, 8'000, 15'000, 15'000}));
    clock_.advance(1h);
    (void)login("nobody@acme", "wrong");
    EXPECT_EQ(pauses(), (std::vector<std::int64_t>{2'000}));
}

TEST_F(PenaltyOfLogins, TooManyAreRefusedWithoutALook) {
    add_user("demo", "secret");
    Policy policy;
    policy.failures_per_hour_max = 3;
    configure(policy);
    for (int i = 0; i < 4; ++i) EXPECT_EQ(login("demo@acme", "wrong").failure, Failure::credentials);
    (void)pauses();
    const auto before = hash_counts().argon2.load();
    EXPECT_EQ(login("demo@acme", "secret").failure, Failure::too_many);
    EXPECT_EQ(pauses(), (std::vector<std::int64_t>{15'000}));
    EXPECT_EQ(hash_counts().argon2, before);
    EXPECT_TRUE(good(login("demo@acme", "secret", client("192.0.2.99"))));
    auto plain = authenticator().start("PLAIN", client());
    EXPECT_EQ(run(plain->step(std::string("\0demo@acme\0secret", 17))).failure, Failure::too_many);
    auto scram = authenticator().start("SCRAM-SHA-256", client());
    EXPECT_EQ(run(scram->step("n,,n=demo@acme,r=abc")).failure, Failure::too_many);
    clock_.advance(1h);
    EXPECT_TRUE(good(login("demo@acme", "secret")));
}

TEST_F(PenaltyOfLogins, StopEndsTheWait) {
    Client waits = client();
    waits.pause = nullptr;  // a real timer of two seconds
    test::KeptIoContext kept;
    auto& io = *kept;
    std::optional<Outcome> outcome;
    boost::asio::co_spawn(io, authenticator().login("nobody@acme", base::Secret("x"), waits),
                          [&](std::exception_ptr, Outcome got) { outcome = std::move(got); });
    io.run_for(1s);  // the hash is done by then, and the wait has begun
    EXPECT_FALSE(outcome);
    const auto stopped = std::chrono::steady_clock::now();
    authenticator().stop();
    io.run();
    ASSERT_TRUE(outcome);
    EXPECT_EQ(outcome->failure, Failure::credentials);
    EXPECT_LT(std::chrono::steady_clock::now() - stopped, 500ms);
}

}  // namespace
}  // namespace auth
