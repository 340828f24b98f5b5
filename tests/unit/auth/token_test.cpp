// Bearer tokens: signatures, claims, key sets and their changes, introspection; what attackers send.
#include <limits>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "fixture.hpp"
#include "issuer.hpp"

namespace auth::token {
namespace {

const SigningKey& key(Algorithm algorithm) {
    static const SigningKey rsa(Algorithm::rs256, "rsa-1"), ec(Algorithm::es256, "ec-1"),
        ed(Algorithm::eddsa, "ed-1");
    return algorithm == Algorithm::rs256 ? rsa : algorithm == Algorithm::es256 ? ec : ed;
}

constexpr std::int64_t now_seconds = 1'700'000'000;
const base::SystemTime start{std::chrono::seconds(now_seconds)};

Json claims_of(std::string name = "anna@example.test") {
    return {{"iss", "https://issuer.example"}, {"aud", "mail"}, {"exp", now_seconds + 600},
            {"nbf", now_seconds - 10},         {"sub", "1234"}, {"email", std::move(name)}};
}

Rules rules() {
    Rules out;
    out.issuer = "https://issuer.example";
    out.audiences = {"imap", "mail"};
    return out;
}

class Tokens : public testing::Test {
protected:
    Tokens() {
        base::log::set_level("auth", base::log::Level::off);
        settings_.rules = rules();
        settings_.key_url = "https://issuer.example/keys";
        fetcher_.answer(key_set_of({&key(Algorithm::rs256), &key(Algorithm::es256), &key(Algorithm::eddsa)}));
    }
    Checker& checker() {
        if (!checker_) checker_ = make_checker(settings_, &fetcher_, clock_, random_);
        return *checker_;
    }
    Answer ask(std::string token) { return directory::run(checker().check(base::Secret(std::move(token)))); }
    Fault fault(std::string token) { return ask(std::move(token)).fault(); }

    base::ManualClock clock_{start};
    base::SeededRandom random_{7};
    FakeFetcher fetcher_;
    Settings settings_;
    std::unique_ptr<Checker> checker_;
};

TEST_F(Tokens, ThreeAlgorithmsAreVerified) {
    for (const Algorithm algorithm : {Algorithm::rs256, Algorithm::es256, Algorithm::eddsa}) {
        const std::string good = key(algorithm).token(claims_of());
        const Answer answer = ask(good);
        EXPECT_EQ(answer.fault(), Fault::none) << SigningKey::name_of(algorithm);
        EXPECT_EQ(answer.name(), "anna@example.test");
        // One bit of the payload, of the signature.
        for (const std::size_t dot : {good.find('.'), good.rfind('.')}) {
            std::string bad = good;
            bad[dot + 2] = bad[dot + 2] == 'A' ? 'B' : 'A';
            EXPECT_EQ(fault(bad), Fault::signature) << SigningKey::name_of(algorithm);
        }
    }
    EXPECT_EQ(fetcher_.asked.size(), 1U);
}

// RFC 8037 appendix A.4 and A.5: the one example of a JWS with an Ed25519 key that is in an RFC.
TEST(Jwt, ExampleOfRfc8037) {
    const auto keys = parse_key_set(
        R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})");
    ASSERT_TRUE(keys && keys->size() == 1);
    const Parsed parsed = parse_jwt(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg");
    ASSERT_EQ(parsed.fault(), Fault::none);
    EXPECT_EQ(parsed.jwt().payload, "Example of Ed25519 signing");
    EXPECT_EQ(verify(parsed.jwt(), *keys), Fault::none);
}

// RFC 7515 appendix A.3: ES256.
TEST(Jwt, ExampleOfRfc7515) {
    const auto keys = parse_key_set(
        R"({"keys":[{"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
        R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"}]})");
    ASSERT_TRUE(keys && keys->size() == 1);
    const Parsed parsed = parse_jwt(
        "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
        "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ.DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5d"
        "jxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
    ASSERT_EQ(parsed.fault(), Fault::none);
    EXPECT_EQ(verify(parsed.jwt(), *keys), Fault::none);
}

TEST_F(Tokens, NoneAndSymmetricAlgorithmsAreRefused) {
    const Json claims = claims_of();
    for (const char* name : {"none", "None", "", "HS256", "RS512", "PS256", "ES256K", "rs256"}) {
        const Json header = {{"alg", name}, {"kid", "rsa-1"}};
        const std::string text = base64url(header.dump()) + '.' + base64url(claims.dump());
        EXPECT_EQ(fault(text + '.'), Fault::algorithm) << name;
        // The classic: the public key as the secret of an HMAC.
        const std::string mac = hmac(Digest::sha_256, key(Algorithm::rs256).jwk().dump(), text);
        EXPECT_EQ(fault(text + '.' + base64url(mac)), Fault::algorithm) << name;
    }
    EXPECT_TRUE(fetcher_.asked.empty());  // nobody makes us fetch keys by such
}

TEST_F(Tokens, AKeyIsForOneAlgorithm) {
    // Signed by the EC key, said to be by the RSA key, and the other way round.
    const Json claims = claims_of();
    const SigningKey& ec = key(Algorithm::es256);
    const Json lie = {{"alg", "ES256"}, {"kid", "rsa-1"}};
    EXPECT_EQ(fault(ec.token(lie, claims.dump())), Fault::key);
    const Json other = {{"alg", "RS256"}, {"kid", "ec-1"}};
    EXPECT_EQ(fault(ec.token(other, claims.dump())), Fault::key);
    const Json mixed = {{"alg", "RS256"}, {"kid", "rsa-1"}};
    EXPECT_EQ(fault(ec.token(mixed, claims.dump())), Fault::signature);
    const Json nameless = {{"alg", "ES256"}};
    EXPECT_EQ(fault(ec.token(nameless, claims.dump())), Fault::none);
    const Json critical = {{"alg", "ES256"}, {"crit", {"exp"}}};
    EXPECT_EQ(fault(ec.token(critical, claims.dump())), Fault::malformed);
    const SigningKey stranger(Algorithm::es256, "ec-1");
    EXPECT_EQ(fault(stranger.token(claims)), Fault::signature);
}

TEST_F(Tokens, ClaimsDecide) {
    struct Row {
        Json change;
        Fault expected;
    };
    const std::vector<Row> rows = {
        {{{"aud", {"other", "imap"}}}, Fault::none},
        {{{"aud", "other"}}, Fault::audience},
        {{{"aud", Json::array()}}, Fault::audience},
        {{{"aud", nullptr}}, Fault::malformed},
        {{{"aud", 5}}, Fault::malformed},
        {{{"iss", "https://issuer.example/"}}, Fault::issuer},
        {{{"iss", "https://ISSUER.example"}}, Fault::issuer},
        {{{"iss", 1}}, Fault::malformed},
        {{{"exp", now_seconds - 59}}, Fault::none},  // the leeway
        {{{"exp", now_seconds - 60}}, Fault::expired},
        {{{"exp", now_seconds + 0.5}}, Fault::none},
        {{{"exp", "later"}}, Fault::malformed},
        {{{"exp", 1e300}}, Fault::malformed},
        {{{"nbf", now_seconds + 60}}, Fault::none},
        {{{"nbf", now_seconds + 61}}, Fault::not_yet},
        {{{"nbf", true}}, Fault::malformed},
        {{{"email", ""}}, Fault::name},
        {{{"email", {"anna@example.test"}}}, Fault::malformed},
        {{{"email", std::string("anna\0@example.test", 18)}}, Fault::name},
        {{{"email_verified", true}}, Fault::none},
        {{{"email_verified", false}}, Fault::name},
        {{{"email_verified", "false"}}, Fault::name},
        {{{"email", std::string(1'025, 'a')}}, Fault::malformed},
    };
    for (const Row& row : rows) {
        Json claims = claims_of();
        claims.update(row.change);
        EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), row.expected) << row.change.dump();
    }
    for (const char* name : {"iss", "aud", "exp", "email"}) {
        Json claims = claims_of();
        claims.erase(name);
        EXPECT_NE(fault(key(Algorithm::eddsa).token(claims)), Fault::none) << name;
    }
}

TEST_F(Tokens, AScopeMayBeNeeded) {
    settings_.rules.scope = "mail.read";
    Json claims = claims_of();
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), Fault::scope);
    claims["scope"] = "openid  mail.read";
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), Fault::none);
    claims["scope"] = "mail.readwrite";
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), Fault::scope);
    claims["scp"] = {"openid", "mail.read"};
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), Fault::none);
}

TEST_F(Tokens, TheMailboxClaimIsConfigured) {
    settings_.rules.name_claim = "upn";
    Json claims = claims_of();
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims)), Fault::name);
    claims["upn"] = "bert@example.test";
    claims["email_verified"] = false;  // says nothing of this claim
    EXPECT_EQ(ask(key(Algorithm::eddsa).token(claims)).name(), "bert@example.test");
}

TEST_F(Tokens, RubbishIsRefusedAndBounded) {
    const std::string good = key(Algorithm::eddsa).token(claims_of());
    const std::size_t dot = good.find('.');
    const std::string deep = std::string(60'00, '[') + std::string(60'00, ']');
    const std::vector<std::string> bad = {
        "",
        ".",
        "..",
        "a.b.c",
        "{}.{}.{}",
        good.substr(0, good.rfind('.')),
        good + '.',
        good + ".x",
        good.substr(0, dot) + '=' + good.substr(dot),
        std::string(8'193, 'a'),
        base64url("[]") + "..",
        base64url("{\"alg\":5}") + "..",
        base64url("{\"alg\":\"ES256\",\"kid\":7}") + "..",
        base64url("{\"alg\":" + deep.substr(0, 2'000) + deep.substr(6'000 + 4'000) + "}") + "..",
        base64url("{\"alg\":\"EdDSA\",\"x\":\"\xff\"}") + ".."};
    for (const std::string& one : bad) EXPECT_EQ(fault(one), Fault::malformed) << one.substr(0, 80);
    // A payload that is signed, and nested without end.
    const Json header = {{"alg", "EdDSA"}, {"kid", "ed-1"}};
    const std::string nested = "{\"a\":" + std::string(2'000, '[') + std::string(2'000, ']') + '}';
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(header, nested)), Fault::malformed);
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(header, "[]")), Fault::malformed);
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(header, "{} {}")), Fault::malformed);
}

TEST(KeySets, OthersKeysArePassedOver) {
    const SigningKey rsa(Algorithm::rs256, "a"), weak(Algorithm::rs256, "weak", 1'024);
    Json set = Json::parse(key_set_of({&rsa, &weak}));
    for (const auto& [name, value] :
         std::vector<std::pair<std::string, Json>>{{"use", "enc"},
                                                   {"alg", "RSA-OAEP"},
                                                   {"key_ops", {"encrypt"}},
                                                   {"e", "AQ"},
                                                   {"e", "Ag"},
                                                   {"n", "AQAB"},
                                                   {"kty", "oct"},
                                                   {"kid", 5},
                                                   {"n", std::string(2'000, 'A')}}) {
        Json other = rsa.jwk();
        other["kid"] = "b";
        other[name] = value;
        set["keys"].push_back(other);
    }
    Json off_curve = SigningKey(Algorithm::es256, "c").jwk();
    off_curve["y"] = off_curve["x"];
    set["keys"].push_back(off_curve);
    set["keys"].push_back("text");
    const auto keys = parse_key_set(set.dump());
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->size(), 1U);
    EXPECT_EQ(keys->front().id, "a");
    for (const char* bad : {"", "[]", "{}", "{\"keys\":{}}", "{\"keys\":[", "null"})
        EXPECT_FALSE(parse_key_set(bad));
    EXPECT_FALSE(parse_key_set("{\"keys\":[],\"x\":\"" + std::string(300'000, 'x') + "\"}"));
}

TEST_F(Tokens, KeysAreKeptAndFetchedAgain) {
    const std::string token = key(Algorithm::eddsa).token({{"x", 1}});
    EXPECT_NE(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 1U);
    clock_.advance(std::chrono::seconds(3'599));
    EXPECT_NE(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 1U);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_NE(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 2U);
}

TEST_F(Tokens, ANewKeyIsFetchedWhenATokenNamesIt) {
    const SigningKey fresh(Algorithm::eddsa, "ed-2");
    const auto token = [&] { return fresh.token(claims_of()); };
    ASSERT_EQ(fault(key(Algorithm::eddsa).token(claims_of())), Fault::none);
    EXPECT_EQ(fault(token()), Fault::key);  // too soon after the last fetch to ask again
    EXPECT_EQ(fetcher_.asked.size(), 1U);
    clock_.advance(std::chrono::seconds(60));
    EXPECT_EQ(fault(token()), Fault::key);
    EXPECT_EQ(fetcher_.asked.size(), 2U);
    for (int i = 0; i < 100; ++i) EXPECT_EQ(fault(token()), Fault::key);
    EXPECT_EQ(fetcher_.asked.size(), 2U);  // a flood of unknown keys does not become a flood of requests
    fetcher_.answer(key_set_of({&fresh}));
    clock_.advance(std::chrono::seconds(60));
    EXPECT_EQ(fault(token()), Fault::none);
    EXPECT_EQ(fault(key(Algorithm::eddsa).token(claims_of())), Fault::key);  // the old one is gone
}

TEST_F(Tokens, AnIssuerThatIsDownIsNotHammered) {
    const std::string token = key(Algorithm::eddsa).token(claims_of());
    fetcher_.answers.clear();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 1U);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 2U);
    clock_.advance(std::chrono::seconds(1));  // the next pause is two seconds
    EXPECT_EQ(fault(token), Fault::unavailable);
    EXPECT_EQ(fetcher_.asked.size(), 2U);
    fetcher_.answer(key_set_of({&key(Algorithm::eddsa)}));
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(fault(token), Fault::none);
    // Known keys outlast an issuer that is down, for a day.
    Json lasting = claims_of();
    lasting["exp"] = now_seconds + 1'000'000;
    const std::string later = key(Algorithm::eddsa).token(lasting);
    fetcher_.answer("down", 503);
    clock_.advance(std::chrono::hours(23));
    EXPECT_EQ(fault(later), Fault::none);
    clock_.advance(std::chrono::hours(2));
    EXPECT_EQ(fault(later), Fault::unavailable);
}

TEST_F(Tokens, AFileOfKeysIsReadAgain) {
    settings_.key_url.clear();
    settings_.key_file = "/etc/keys.json";
    ASSERT_EQ(fault(key(Algorithm::eddsa).token(claims_of())), Fault::none);
    EXPECT_EQ(fetcher_.asked.back().url, "/etc/keys.json");
    const SigningKey fresh(Algorithm::eddsa, "ed-2");
    fetcher_.answer(key_set_of({&fresh}));
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(fault(fresh.token(claims_of())), Fault::none);
}

class Asking : public Tokens {
protected:
    Asking() {
        settings_.key_url.clear();
        settings_.introspection_url = "https://issuer.example/introspect";
        settings_.introspection_client = "barid";
        settings_.introspection_secret = base::Secret("a secret:%");
    }
    void active(Json more = Json::object()) {
        Json answer = {{"active", true}, {"email", "anna@example.test"}};
        answer.update(more);
        fetcher_.answer(answer.dump());
    }
};

TEST_F(Asking, TheEndpointSaysWhoItIs) {
    active();
    EXPECT_EQ(ask("opaque+token/=").name(), "anna@example.test");
    ASSERT_EQ(fetcher_.asked.size(), 1U);
    const Request& asked = fetcher_.asked.front();
    EXPECT_EQ(asked.form, "token=opaque%2btoken%2f%3d&token_type_hint=access_token");
    EXPECT_EQ(asked.authorization, "Basic " + base64("barid:a%20secret%3a%25"));
    EXPECT_EQ(asked.octets_max, Limits::answer_bytes_max);
}

TEST_F(Asking, AnswersAreKeptUntilTheTokenExpires) {
    active({{"exp", now_seconds + 100}});
    EXPECT_EQ(fault("a"), Fault::none);
    EXPECT_EQ(fault("a"), Fault::none);
    EXPECT_EQ(fetcher_.asked.size(), 1U);
    EXPECT_EQ(fault("b"), Fault::none);
    EXPECT_EQ(fetcher_.asked.size(), 2U);
    clock_.advance(std::chrono::seconds(100));
    EXPECT_EQ(fault("a"), Fault::none);  // asked again; within the leeway
    EXPECT_EQ(fetcher_.asked.size(), 3U);
    active({{"exp", now_seconds + 100'000}});
    EXPECT_EQ(fault("c"), Fault::none);
    clock_.advance(std::chrono::seconds(301));  // never longer than is configured
    EXPECT_EQ(fault("c"), Fault::none);
    EXPECT_EQ(fetcher_.asked.size(), 5U);
}

TEST_F(Asking, TheCacheIsBounded) {
    settings_.answers_max = 3;
    active();
    for (const char* token : {"a", "b", "c", "d"}) EXPECT_EQ(fault(token), Fault::none);
    EXPECT_EQ(fetcher_.asked.size(), 4U);
    EXPECT_EQ(fault("d"), Fault::none);
    EXPECT_EQ(fetcher_.asked.size(), 4U);
    EXPECT_EQ(fault("a"), Fault::none);  // it was the first to go
    EXPECT_EQ(fetcher_.asked.size(), 5U);
}

TEST_F(Asking, RefusalsAndBrokenAnswers) {
    fetcher_.answer("{\"active\":false}");
    EXPECT_EQ(fault("a"), Fault::inactive);
    fetcher_.answer("{\"active\":\"maybe\",\"email\":\"anna@example.test\"}");
    EXPECT_EQ(fault("a"), Fault::unavailable);
    clock_.advance(std::chrono::seconds(1));
    active({{"iss", "https://other.example"}});
    EXPECT_EQ(fault("a"), Fault::issuer);
    active({{"aud", "other"}});
    EXPECT_EQ(fault("a"), Fault::audience);
    active({{"exp", now_seconds - 100}});
    EXPECT_EQ(fault("a"), Fault::expired);
    active({{"email", ""}});
    EXPECT_EQ(fault("a"), Fault::name);
    for (const auto& [body, status] :
         std::vector<std::pair<std::string, unsigned>>{{"{\"email\":\"anna@example.test\"}", 200},
                                                       {"<html>", 200},
                                                       {"", 200},
                                                       {"{\"active\":true}", 401},
                                                       {"{\"active\":true}", 500},
                                                       {std::string(5'000, '['), 200}}) {
        clock_.advance(std::chrono::minutes(10));
        fetcher_.answer(body, status);
        EXPECT_EQ(fault("a"), Fault::unavailable) << status << body.substr(0, 40);
    }
    active();
    EXPECT_EQ(fault("a"), Fault::unavailable);  // it rests
    clock_.advance(std::chrono::minutes(10));
    EXPECT_EQ(fault("a"), Fault::none);
    EXPECT_EQ(fault(std::string(8'193, 'a')), Fault::malformed);
}

/// Answers when all who ask have asked.
class SlowFetcher final : public Fetcher {
public:
    Response answer;
    int asked = 0;
    awaitable<Response> fetch(Request) override {
        ++asked;
        const boost::asio::any_io_executor executor = co_await boost::asio::this_coro::executor;
        co_await boost::asio::post(executor, boost::asio::use_awaitable);
        co_return answer;
    }
    awaitable<Response> read(std::string, std::size_t) override { co_return Response(); }
};

awaitable<void> ask_for(Checker* checker, std::string token) {
    base::Secret secret(std::move(token));
    co_await checker->check(std::move(secret));
}

TEST_F(Asking, ManyQuestionsThatFailAtOnceAreOneFailure) {
    SlowFetcher slow;
    slow.answer.error = "no answer in time";
    const std::unique_ptr<Checker> checker = make_checker(settings_, &slow, clock_, random_);
    boost::asio::io_context io(1);
    for (int i = 0; i < 20; ++i)
        boost::asio::co_spawn(io, ask_for(checker.get(), "token" + std::to_string(i)), boost::asio::detached);
    io.run();
    ASSERT_EQ(slow.asked, 20);
    clock_.advance(std::chrono::seconds(1));
    EXPECT_EQ(directory::run(checker->check(base::Secret("again"))).fault(), Fault::unavailable);
    EXPECT_EQ(slow.asked, 21) << "it rests for a second, not for minutes";
    EXPECT_EQ(directory::run(checker->check(base::Secret("again"))).fault(), Fault::unavailable);
    EXPECT_EQ(slow.asked, 21);
}

TEST_F(Asking, ATokenThatTheEndpointDislikesStopsNobodyElse) {
    for (const unsigned status : {400U, 413U, 422U}) {
        fetcher_.answer("{\"error\":\"invalid_request\"}", status);
        EXPECT_EQ(fault("bad"), Fault::unavailable);
        active();
        EXPECT_EQ(fault("good" + std::to_string(status)), Fault::none);
    }
}

TEST(Checkers, NothingConfiguredIsNothing) {
    base::SeededRandom random(1);
    FakeFetcher fetcher;
    EXPECT_EQ(make_checker(Settings(), &fetcher, base::Clock::system(), random), nullptr);
}

}  // namespace
}  // namespace auth::token
