// SCRAM: the mechanism alone against the RFCs' exchanges, then whole exchanges by a client of our own.
#include <charconv>

#include "auth/crypto.hpp"
#include "auth/sasl/mechanism.hpp"
#include "auth/scram_keys.hpp"
#include "fixture.hpp"

namespace auth {
namespace {

using sasl::Binding;
using sasl::Challenge;
using sasl::LookUp;
using sasl::Proven;
using sasl::Refused;

sasl::Known known_pencil(Digest digest, std::string_view salt) {
    sasl::Known known;
    known.keys = derive(digest, base::Secret("pencil"), *from_base64(salt), 4096);
    known.real = true;
    return known;
}

struct Conversation {
    Digest digest;
    std::string nonce, salt, client_first, server_first, client_final, server_final;
};

const Conversation conversations[] = {
    // RFC 5802 section 5
    {Digest::sha_1, "3rfcNHYJY1ZVvWVs7j", "QSXCR+Q6sek8bf92", "n,,n=user,r=fyko+d2lbbFgONRv9qkxdawL",
     "r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,s=QSXCR+Q6sek8bf92,i=4096",
     "c=biws,r=fyko+d2lbbFgONRv9qkxdawL3rfcNHYJY1ZVvWVs7j,p=v0X8v3Bz2T0CJGbJQyF0X+HI4Ts=",
     "v=rmF9pqV8S7suAoZWja4dJRkFsKQ="},
    // RFC 7677 section 3
    {Digest::sha_256, "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0",
     "W22ZaJ0SNY7soEsUEjb6gQ==", "n,,n=user,r=rOprNGfwEbeRWgbNEkqO",
     "r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096",
     "c=biws,r=rOprNGfwEbeRWgbNEkqO%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0,"
     "p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ=",
     "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="},
};

TEST(Scram, ConversationsOfTheRfcs) {
    for (const Conversation& one : conversations) {
        const auto mechanism = sasl::make_scram(one.digest, Binding(), one.nonce);
        const sasl::Step first = mechanism->step(one.client_first);
        ASSERT_TRUE(std::holds_alternative<LookUp>(first));
        EXPECT_EQ(std::get<LookUp>(first).user, "user");
        EXPECT_EQ(mechanism->keys_wanted(), one.digest);
        const sasl::Step second = mechanism->known(known_pencil(one.digest, one.salt));
        ASSERT_TRUE(std::holds_alternative<Challenge>(second));
        EXPECT_EQ(std::get<Challenge>(second).text, one.server_first);
        const sasl::Step last = mechanism->step(one.client_final);
        ASSERT_TRUE(std::holds_alternative<Proven>(last));
        EXPECT_TRUE(std::get<Proven>(last).has_final_data);
        EXPECT_EQ(std::get<Proven>(last).final_data, one.server_final);
        EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->step(one.client_final)));  // it is over
    }
}

TEST(Scram, NoOtherFinalMessageIsTaken) {
    const Conversation& one = conversations[1];
    for (std::size_t i = 0; i < one.client_final.size(); ++i) {
        for (const char c : {'A', ',', '=', '\0', 'x'}) {
            if (one.client_final[i] == c) continue;
            std::string changed = one.client_final;
            changed[i] = c;
            const auto mechanism = sasl::make_scram(one.digest, Binding(), one.nonce);
            (void)mechanism->step(one.client_first);
            (void)mechanism->known(known_pencil(one.digest, one.salt));
            EXPECT_TRUE(std::holds_alternative<Refused>(mechanism->step(changed))) << changed;
        }
    }
    // A user that does not exist is refused whatever it proves.
    const auto mechanism = sasl::make_scram(one.digest, Binding(), one.nonce);
    (void)mechanism->step(one.client_first);
    sasl::Known unreal = known_pencil(one.digest, one.salt);
    unreal.real = false;
    (void)mechanism->known(unreal);
    const sasl::Step last = mechanism->step(one.client_final);
    ASSERT_TRUE(std::holds_alternative<Refused>(last));
    EXPECT_EQ(std::get<Refused>(last).why, Refused::Why::credentials);
}

TEST(Scram, FirstMessages) {
    const auto user_of = [](std::string_view message) -> std::string {
        const auto mechanism = sasl::make_scram(Digest::sha_256, Binding(), "nonce");
        const sasl::Step step = mechanism->step(message);
        return std::holds_alternative<LookUp>(step) ? std::get<LookUp>(step).user : "-";
    };
    EXPECT_EQ(user_of("n,,n=user,r=abc"), "user");
    EXPECT_EQ(user_of("y,,n=user,r=abc"), "user");  // we do not offer -PLUS here
    EXPECT_EQ(user_of("n,a=admin,n=user,r=abc"), "user");
    EXPECT_EQ(user_of("n,,n=a=2Cb=3Dc,r=abc"), "a,b=c");  // RFC 5802 section 5.1
    EXPECT_EQ(user_of("n,,n=I\xC2\xADX,r=abc"), "IX");    // SASLprep
    EXPECT_EQ(user_of("n,,n=user,r=abc,x=extension"), "user");
    for (const char* bad :
         {"", "n", "n,", "n,,", "n,,n=user", "n,,n=user,r=", "n,,r=abc,n=user", "n,,n=,r=abc",
          "n,,n=a=b,r=abc", "n,,n=a=2c,r=abc", "n,,m=ext,n=user,r=abc", "x,,n=user,r=abc",
          "p=tls-exporter,,n=user,r=abc", "n,b=x,n=user,r=abc", "n,a=,n=user,r=abc", "n,,n=user,r=a b",
          "n,,n=user,r=a\x7F", "n,,n=\x07,r=abc", "n,,n=\xFF,r=abc"}) {
        EXPECT_EQ(user_of(bad), "-") << bad;
    }
    EXPECT_EQ(user_of("n,,n=user,r=" + std::string(257, 'a')), "-");
    EXPECT_EQ(user_of("n,,n=" + std::string(9'000, 'a') + ",r=abc"), "-");
}

// RFC 5802 section 6
TEST(Scram, ChannelBindingFlags) {
    const auto taken = [](bool plus, bool offered, std::string_view flag) {
        Binding binding;
        binding.required = plus;
        binding.offered = offered;
        if (offered) binding.exporter = "exported";
        const auto mechanism = sasl::make_scram(Digest::sha_256, binding, "nonce");
        return std::holds_alternative<LookUp>(mechanism->step(std::string(flag) + ",,n=user,r=abc"));
    };
    EXPECT_TRUE(taken(false, true, "n"));
    EXPECT_FALSE(taken(false, true, "y"));  // somebody hid -PLUS from the client
    EXPECT_TRUE(taken(false, false, "y"));
    EXPECT_FALSE(taken(false, true, "p=tls-exporter"));
    EXPECT_TRUE(taken(true, true, "p=tls-exporter"));
    EXPECT_FALSE(taken(true, true, "p=tls-server-end-point"));  // there is no such data
    EXPECT_FALSE(taken(true, true, "p=tls-unique"));
    EXPECT_FALSE(taken(true, true, "n"));
    EXPECT_FALSE(taken(true, true, "y"));
}

/// The client's side, by the formulas of RFC 5802 section 3.
class ScramClient {
public:
    ScramClient(Digest digest, std::string user, std::string password, std::string header, std::string bound)
        : digest_(digest),
          password_(std::move(password)),
          header_(std::move(header)),
          bound_(std::move(bound)) {
        bare_ = "n=" + std::move(user) + ",r=clientnonce";
    }
    std::string first() const { return header_ + bare_; }
    std::string last(const std::string& challenge) {
        salt_ =
            challenge.substr(challenge.find(",s=") + 3, challenge.find(",i=") - challenge.find(",s=") - 3);
        const std::string nonce = challenge.substr(2, challenge.find(",s=") - 2);
        const std::string count = challenge.substr(challenge.find(",i=") + 3);
        unsigned iterations = 0;
        std::from_chars(count.data(), count.data() + count.size(), iterations);
        const std::string salted = pbkdf2(digest_, password_, *from_base64(salt_), iterations);
        const std::string client_key = hmac(digest_, salted, "Client Key");
        const std::string bare = "c=" + base64(header_ + bound_) + ",r=" + nonce;
        const std::string message = bare_ + ',' + challenge + ',' + bare;
        std::string proof = hmac(digest_, hash(digest_, client_key), message);
        for (std::size_t i = 0; i < proof.size(); ++i) proof[i] = static_cast<char>(proof[i] ^ client_key[i]);
        expected_ = "v=" + base64(hmac(digest_, hmac(digest_, salted, "Server Key"), message));
        return bare + ",p=" + base64(proof);
    }
    const std::string& expected() const { return expected_; }
    const std::string& salt() const { return salt_; }

private:
    Digest digest_;
    std::string password_, header_, bound_, bare_, salt_, expected_;
};

class ScramExchange : public AuthTest {
protected:
    Outcome play(const std::string& mechanism, ScramClient& peer, Client from) {
        auto exchange = authenticator().start(mechanism, std::move(from));
        EXPECT_NE(exchange, nullptr);
        if (!exchange) return {};
        EXPECT_TRUE(exchange->client_first());
        Outcome challenge = run(exchange->step(peer.first()));
        if (challenge.kind != Outcome::Kind::challenge) return challenge;
        return run(exchange->step(peer.last(challenge.challenge)));
    }
    static Digest digest_of(const std::string& mechanism) {
        return mechanism.find("256") != std::string::npos ? Digest::sha_256 : Digest::sha_1;
    }
};

TEST_F(ScramExchange, LogsInAndProvesTheServer) {
    const auto account = add_user("demo", "pencil");
    for (const std::string mechanism : {"SCRAM-SHA-1", "SCRAM-SHA-256"}) {
        ScramClient right(digest_of(mechanism), "demo@example.test", "pencil", "n,,", "");
        Client open = client();
        open.tls = false;  // nothing secret is sent
        const Outcome outcome = play(mechanism, right, open);
        ASSERT_TRUE(good(outcome)) << mechanism;
        EXPECT_EQ(outcome.identity.account, account);
        EXPECT_EQ(outcome.identity.mechanism, mechanism);
        EXPECT_TRUE(outcome.has_final_data);
        EXPECT_EQ(outcome.challenge, right.expected());
        ScramClient wrong(digest_of(mechanism), "demo@example.test", "pen", "n,,", "");
        EXPECT_EQ(play(mechanism, wrong, client()).failure, Failure::credentials);
    }
    EXPECT_EQ(pauses().size(), 2U);
}

// RFC 9266, RFC 5929 section 4
TEST_F(ScramExchange, BindsToTheChannel) {
    add_user("demo", "pencil");
    Client from = client();
    from.channel_binding = [](std::string_view type) { return "data of " + std::string(type); };
    for (const std::string type : {"tls-exporter", "tls-server-end-point"}) {
        for (const std::string mechanism : {"SCRAM-SHA-1-PLUS", "SCRAM-SHA-256-PLUS"}) {
            ScramClient peer(digest_of(mechanism), "demo@acme", "pencil", "p=" + type + ",,",
                             "data of " + type);
            EXPECT_TRUE(good(play(mechanism, peer, from)));
            // Somebody in the middle has another channel to us.
            ScramClient other(digest_of(mechanism), "demo@acme", "pencil", "p=" + type + ",,",
                              "data of another");
            EXPECT_EQ(play(mechanism, other, from).failure, Failure::credentials);
        }
    }
    ScramClient downgraded(Digest::sha_256, "demo@acme", "pencil", "y,,", "");
    EXPECT_EQ(play("SCRAM-SHA-256", downgraded, from).failure, Failure::credentials);
    EXPECT_TRUE(good(play("SCRAM-SHA-256", downgraded, client())));
    ScramClient unbound(Digest::sha_256, "demo@acme", "pencil", "n,,", "");
    EXPECT_TRUE(good(play("SCRAM-SHA-256", unbound, from)));
}

TEST_F(ScramExchange, UnknownUsersLookLikeOthers) {
    add_user("demo", "pencil");
    import_user("imported", "{PLAIN}pencil");
    std::vector<std::string> salts;
    for (const char* name : {"nobody@acme", "nobody@acme", "somebody@acme", "imported@acme", "demo@acme"}) {
        ScramClient peer(Digest::sha_256, name, "wrong", "n,,", "");
        EXPECT_EQ(play("SCRAM-SHA-256", peer, client()).failure, Failure::credentials);
        salts.push_back(peer.salt());
        EXPECT_EQ(from_base64(salts.back())->size(), ScramKeys::salt_bytes);
    }
    EXPECT_EQ(salts[0], salts[1]);
    EXPECT_NE(salts[0], salts[2]);
    // After a login with the password itself the keys are there.
    EXPECT_TRUE(good(login("imported@acme", "pencil")));
    ScramClient peer(Digest::sha_256, "imported@acme", "pencil", "n,,", "");
    EXPECT_TRUE(good(play("SCRAM-SHA-256", peer, client())));
}

TEST_F(ScramExchange, AuthorizationAndDisabledMailboxes) {
    const auto account = add_user("demo", "pencil");
    add_user("two", "pencil");
    ScramClient self(Digest::sha_256, "demo@acme", "pencil", "n,a=demo@example.test,", "");
    EXPECT_TRUE(good(play("SCRAM-SHA-256", self, client())));
    ScramClient other(Digest::sha_256, "demo@acme", "pencil", "n,a=two@example.test,", "");
    EXPECT_EQ(play("SCRAM-SHA-256", other, client()).failure, Failure::credentials);
    auto mailbox = run(directory().mailbox(account));
    mailbox->enabled = false;
    ASSERT_TRUE(run(directory().set_mailbox(*mailbox)));
    EXPECT_EQ(play("SCRAM-SHA-256", self, client()).failure, Failure::disabled);
}

}  // namespace
}  // namespace auth
