// NTLM: the arithmetic with the vectors of MS-NLMP section 4.2, messages, and whole exchanges by a client of
// the test's own.
#include "auth/ntlm.hpp"

#include <filesystem>
#include <sodium.h>

#include "auth/crypto.hpp"
#include "auth/sasl/ntlm_messages.hpp"
#include "fixture.hpp"

namespace auth {
namespace {

using sasl::Challenge;
using sasl::LookUp;
using sasl::Proven;
using sasl::Refused;

std::string octets(std::string_view text) {
    std::string out(text.size() / 2, '\0');
    std::size_t size = 0;
    sodium_hex2bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(), text.size(), " ",
                   &size, nullptr);
    out.resize(size);
    return out;
}

std::string little(std::size_t number, int count) {
    std::string out;
    for (int i = 0; i < count; ++i) out += static_cast<char>(number >> (8 * i) & 0xFF);
    return out;
}

// RFC 1320 appendix A.5
TEST(Md4, VectorsOfTheRfc) {
    EXPECT_EQ(hex(ntlm::md4("")), "31d6cfe0d16ae931b73c59d7e0c089c0");
    EXPECT_EQ(hex(ntlm::md4("a")), "bde52cb31de33e46245e05fbdbd6fb24");
    EXPECT_EQ(hex(ntlm::md4("abc")), "a448017aaf21d8525fc10ae87aa6729d");
    EXPECT_EQ(hex(ntlm::md4("message digest")), "d9130a8164549fe818874806e1c7014b");
    EXPECT_EQ(hex(ntlm::md4("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789")),
              "043f8582f241db351ce627e153e7f0e4");
    EXPECT_EQ(
        hex(ntlm::md4("12345678901234567890123456789012345678901234567890123456789012345678901234567890")),
        "e33b4ddc9c38f2199c3e7b164fcc0536");
}

// What section 4.2.1 has in common.
const std::string server_challenge = octets("0123456789abcdef");
const std::string client_challenge = octets("aaaaaaaaaaaaaaaa");
const std::string random_session_key(16, '\x55');
// temp of section 4.2.4.1.3: the pairs are the domain "Domain" and the computer "Server".
const std::string temp = octets(
    "0101000000000000"
    "0000000000000000"
    "aaaaaaaaaaaaaaaa"
    "00000000"
    "02000c0044006f006d00610069006e00"
    "01000c00530065007200760065007200"
    "00000000"
    "00000000");

base::Secret vector_hash() { return ntlm::nt_hash(base::Secret("Password")); }

// MS-NLMP section 4.2.2
TEST(NtlmVectors, Version1) {
    const base::Secret hash = vector_hash();
    EXPECT_EQ(hex(hash.reveal()), "a4f49c406510bdcab6824ee7c30fd852");
    EXPECT_EQ(hex(ntlm::v1_response(hash.reveal(), server_challenge, "")),
              "67c43011f30298a2ad35ece64f16331c44bdbed927841f94");
    // The session key is MD4 of the hash; the key exchange of section 4.2.2.2.3.
    EXPECT_EQ(hex(ntlm::md4(hash.reveal())), "d87262b0cde4b1cb7499becccdf10784");
}

// MS-NLMP section 4.2.3
TEST(NtlmVectors, Version1WithClientChallenge) {
    EXPECT_EQ(hex(ntlm::v1_response(vector_hash().reveal(), server_challenge, client_challenge)),
              "7537f803ae367128ca458204bde7caf81e97ed2683267232");
}

// MS-NLMP section 4.2.4
TEST(NtlmVectors, Version2) {
    const std::string user = ntlm::utf16("User"), domain = ntlm::utf16("Domain");
    const std::string key = ntlm::response_key(vector_hash().reveal(), user, domain);
    EXPECT_EQ(hex(key), "0c868a403bfd7a93a3001ef22ef02e3f");
    const std::string proof = ntlm::proof(key, server_challenge, temp);
    EXPECT_EQ(hex(proof), "68cd0ab851e51c96aabc927bebef6a1c");
    const std::string session = hmac(Digest::md5, key, proof);
    EXPECT_EQ(hex(session), "8de40ccadbc14a82f15cb0ad0de95ca3");
    EXPECT_EQ(hex(ntlm::rc4(session, random_session_key)), "c5dad2544fc9799094ce1ce90bc9d03e");
}

TEST(NtlmText, WideAndUpperCase) {
    EXPECT_EQ(ntlm::utf16("aé€𝄞"), octets("6100e900ac2034d81edd"));
    EXPECT_EQ(ntlm::from_utf16(octets("6100e900ac2034d81edd")), "aé€𝄞");
    EXPECT_EQ(ntlm::from_utf16(octets("34d8")), "\xEF\xBF\xBD");
    EXPECT_EQ(ntlm::from_utf16(ntlm::upper_utf16(ntlm::utf16("straße ünal ÿ"))), "STRAßE ÜNAL Ÿ");
}

/// The client's side.
struct NtlmClient {
    std::string user = "User", domain = "Domain", workstation = "COMPUTER", password = "Password";
    std::uint32_t flags = 0xE2088233 & ~0x40000030U;
    bool v1 = false, mic = false, break_mic = false, exchange_key = false, extended = true;
    std::string bindings;  // MsvAvChannelBindings
    std::string extra_pairs;

    std::string negotiate() const {
        return std::string("NTLMSSP\0", 8) + little(1, 4) + little(flags, 4) + std::string(16, '\0');
    }
    static std::string challenge_of(const std::string& type2) { return type2.substr(24, 8); }

    std::string authenticate(const std::string& type2) const {
        const base::Secret hash = ntlm::nt_hash(base::Secret(password));
        const std::string wide_user = ntlm::utf16(user), wide_domain = ntlm::utf16(domain);
        const std::string key = ntlm::response_key(hash.reveal(), wide_user, wide_domain);
        std::string pairs;
        if (mic) pairs += little(6, 2) + little(4, 2) + little(2, 4);
        if (!bindings.empty()) pairs += little(10, 2) + little(bindings.size(), 2) + bindings;
        pairs += extra_pairs + std::string(4, '\0');
        const std::string blob =
            octets("01010000000000000000000000000000") + client_challenge + std::string(4, '\0') + pairs;
        std::string nt, lm(24, '\0'), session_key, session;
        if (v1) {
            nt = ntlm::v1_response(hash.reveal(), challenge_of(type2), extended ? client_challenge : "");
            if (extended) lm = client_challenge + std::string(16, '\0');
        } else {
            const std::string proof = ntlm::proof(key, challenge_of(type2), blob);
            nt = proof + blob;
            session = hmac(Digest::md5, key, proof);
        }
        if (exchange_key) {
            session_key = ntlm::rc4(session, random_session_key);
            session = random_session_key;
        }
        std::uint32_t sent = flags | (exchange_key ? 0x40000000U : 0U);
        if (!extended) sent &= ~0x80000U;
        std::string header = std::string("NTLMSSP\0", 8) + little(3, 4), payload;
        const std::size_t begin = 64 + 8 + 16;
        for (const std::string& field :
             {lm, nt, wide_domain, wide_user, ntlm::utf16(workstation), session_key}) {
            header += little(field.size(), 2) + little(field.size(), 2) + little(begin + payload.size(), 4);
            payload += field;
        }
        header += little(sent, 4) + std::string(8, '\0');
        std::string whole = header + std::string(16, '\0') + payload;
        if (mic) {
            std::string code = hmac(Digest::md5, session, negotiate() + type2 + whole);
            if (break_mic) code[0] = static_cast<char>(code[0] ^ 1);
            whole.replace(72, 16, code);
        }
        return whole;
    }
};

sasl::NtlmServer vector_server(bool v1 = false) {
    sasl::NtlmServer out;
    out.name = "SERVER";
    out.hostname = "server.example";
    out.challenge = server_challenge;
    out.v1 = v1;
    return out;
}

sasl::Step play(const NtlmClient& client, sasl::NtlmServer server, std::string* user = nullptr) {
    const auto mechanism = sasl::make_ntlm(std::move(server));
    const sasl::Step challenge = mechanism->step(client.negotiate());
    if (!std::holds_alternative<Challenge>(challenge)) return challenge;
    sasl::Step wanted = mechanism->step(client.authenticate(std::get<Challenge>(challenge).text));
    if (!std::holds_alternative<LookUp>(wanted)) return wanted;
    if (user != nullptr) *user = std::get<LookUp>(wanted).user;
    sasl::Known known;
    known.nt_hash = vector_hash();
    known.real = true;
    return mechanism->known(std::move(known));
}

bool proven(const NtlmClient& client, sasl::NtlmServer server = vector_server()) {
    return std::holds_alternative<Proven>(play(client, std::move(server)));
}

// The AUTHENTICATE_MESSAGE of section 4.2.4.3, as it is printed there, in answer to its challenge.
TEST(NtlmVectors, TheMessageOfTheSpecification) {
    const std::string message = octets(
                                    "4e544c4d53535000"
                                    "03000000"
                                    "18001800"
                                    "6c000000"
                                    "54005400"
                                    "84000000"
                                    "0c000c00"
                                    "48000000"
                                    "08000800"
                                    "54000000"
                                    "10001000"
                                    "5c000000"
                                    "10001000"
                                    "d8000000"
                                    "358288e2"
                                    "0501280a0000000f"
                                    "44006f006d00610069006e00"
                                    "5500730065007200"
                                    "43004f004d0050005500540045005200"
                                    "86c35097ac9cec102554764a57cccc19aaaaaaaaaaaaaaaa"
                                    "68cd0ab851e51c96aabc927bebef6a1c") +
                                temp + octets("c5dad2544fc9799094ce1ce90bc9d03e");
    const auto mechanism = sasl::make_ntlm(vector_server());
    ASSERT_TRUE(std::holds_alternative<Challenge>(mechanism->step(NtlmClient().negotiate())));
    const sasl::Step wanted = mechanism->step(message);
    ASSERT_TRUE(std::holds_alternative<LookUp>(wanted));
    EXPECT_EQ(std::get<LookUp>(wanted).user, "User@Domain");
    sasl::Known known;
    known.nt_hash = vector_hash();
    known.real = true;
    EXPECT_TRUE(std::holds_alternative<Proven>(mechanism->known(known)));
}

TEST(Ntlm, TheChallengeSaysWhoWeAre) {
    const auto mechanism = sasl::make_ntlm(vector_server());
    const std::string text = std::get<Challenge>(mechanism->step(NtlmClient().negotiate())).text;
    EXPECT_EQ(text.substr(0, 12), std::string("NTLMSSP\0\x02\0\0\0", 12));
    EXPECT_EQ(NtlmClient::challenge_of(text), server_challenge);
    const std::size_t length = static_cast<unsigned char>(text[40]),
                      at = static_cast<unsigned char>(text[44]);
    const std::string pairs = text.substr(at, length);
    EXPECT_EQ(sasl::ntlm::find_pair(pairs, 1), ntlm::utf16("SERVER"));
    EXPECT_EQ(sasl::ntlm::find_pair(pairs, 3), ntlm::utf16("server.example"));
    EXPECT_EQ(sasl::ntlm::find_pair(pairs, 7)->size(), 8U);
    EXPECT_EQ(at + length, text.size());
}

TEST(Ntlm, PasswordsDecide) {
    EXPECT_TRUE(proven(NtlmClient()));
    NtlmClient wrong;
    wrong.password = "password";
    const sasl::Step step = play(wrong, vector_server());
    ASSERT_TRUE(std::holds_alternative<Refused>(step));
    EXPECT_EQ(std::get<Refused>(step).why, Refused::Why::credentials);
    // The name is folded, the domain is not.
    NtlmClient upper;
    upper.user = "USER";
    EXPECT_TRUE(proven(upper));
}

TEST(Ntlm, Version1IsRefusedUnlessAskedFor) {
    NtlmClient client;
    client.v1 = true;
    EXPECT_FALSE(proven(client));
    EXPECT_TRUE(proven(client, vector_server(true)));
    client.extended = false;
    EXPECT_FALSE(proven(client));
    EXPECT_TRUE(proven(client, vector_server(true)));
    client.password = "other";
    EXPECT_FALSE(proven(client, vector_server(true)));
}

TEST(Ntlm, MessagesThatWereChangedAreRefused) {
    NtlmClient client;
    client.mic = true;
    EXPECT_TRUE(proven(client));
    client.exchange_key = true;
    EXPECT_TRUE(proven(client));
    client.break_mic = true;
    EXPECT_FALSE(proven(client));
}

TEST(Ntlm, ChannelBindingsMustBeThoseOfThisConnection) {
    sasl::NtlmServer server = vector_server();
    server.end_point = std::string(32, 'e');
    const std::string data = "tls-server-end-point:" + server.end_point;
    NtlmClient client;
    client.bindings = hash(Digest::md5, std::string(16, '\0') + little(data.size(), 4) + data);
    EXPECT_TRUE(proven(client, server));
    client.bindings[0] = static_cast<char>(client.bindings[0] ^ 1);
    EXPECT_FALSE(proven(client, server));
    EXPECT_TRUE(proven(client));  // behind a proxy that ends TLS we cannot know
    client.bindings = std::string(16, '\0');
    EXPECT_TRUE(proven(client, server));  // the client says that it has none
}

TEST(Ntlm, WhoItIs) {
    const auto user_of = [](std::string user, std::string domain, std::string machine = "PC") {
        NtlmClient client;
        client.user = std::move(user);
        client.domain = std::move(domain);
        client.workstation = std::move(machine);
        std::string out;
        (void)play(client, vector_server(), &out);
        return out;
    };
    EXPECT_EQ(user_of("anna", ""), "anna");
    EXPECT_EQ(user_of("anna", "acme.test"), "anna@acme.test");
    EXPECT_EQ(user_of("anna", "ACME"), "anna@ACME");
    EXPECT_EQ(user_of("anna", "server"), "anna");  // ours, from the challenge
    EXPECT_EQ(user_of("anna", "server.example"), "anna");
    EXPECT_EQ(user_of("anna", "pc"), "anna");
    EXPECT_EQ(user_of("anna@acme.test", "ACME"), "anna@acme.test");
    EXPECT_EQ(user_of("", "ACME"), "");
}

TEST(Ntlm, BrokenMessages) {
    const NtlmClient client;
    const auto refused = [](const sasl::Step& step) { return std::holds_alternative<Refused>(step); };
    const std::string first = client.negotiate();
    for (const std::string& bad :
         {std::string(), first.substr(0, 15), "NTLMSSQ" + first.substr(7), first + std::string(8'192, '\0'),
          client.authenticate(std::string(60, '\0')), std::string("NTLMSSP\0\x01\0\0\0\0\0\0\0", 16)}) {
        EXPECT_TRUE(refused(sasl::make_ntlm(vector_server())->step(bad)));
    }
    // Every field that points outside, every length that is too long, every message cut off.
    const auto fresh = [&] {
        auto mechanism = sasl::make_ntlm(vector_server());
        return std::pair(std::move(mechanism), 0);
    };
    const std::string good = [&] {
        const auto mechanism = sasl::make_ntlm(vector_server());
        return client.authenticate(std::get<Challenge>(mechanism->step(first)).text);
    }();
    for (std::size_t size = 0; size < good.size(); ++size) {
        const auto [mechanism, unused] = fresh();
        (void)mechanism->step(first);
        const sasl::Step step = mechanism->step(good.substr(0, size));
        if (std::holds_alternative<LookUp>(step)) {
            sasl::Known known;
            known.nt_hash = vector_hash();
            known.real = true;
            EXPECT_TRUE(refused(mechanism->known(known)) || size >= good.size() - 16) << size;
        }
    }
    for (const std::size_t field : {20U, 28U, 36U, 44U, 52U}) {
        for (const std::size_t offset : {std::size_t{0}, std::size_t{4}, std::size_t{6}, std::size_t{7}}) {
            std::string bad = good;
            bad[field + offset] = '\xFF';
            if (offset < 2) bad[field + 1] = '\xFF';
            if (field == 52 && offset >= 4) bad[field] = '\x01';  // an empty field points nowhere
            const auto [mechanism, unused] = fresh();
            (void)mechanism->step(first);
            EXPECT_TRUE(refused(mechanism->step(bad))) << field << '+' << offset;
        }
    }
    // Pairs without an end, and longer than they are.
    NtlmClient odd;
    odd.extra_pairs = little(10, 2) + little(60'000, 2);
    EXPECT_TRUE(proven(odd));  // proven by the password: what the list has lost is not needed
    EXPECT_FALSE(sasl::ntlm::find_pair(odd.extra_pairs, 10));
    EXPECT_FALSE(sasl::ntlm::find_pair("", 1));
}

class NtlmExchanges : public AuthTest {
protected:
    NtlmExchanges() : folder_(std::filesystem::path(testing::TempDir()) / "auth_ntlm") {
        std::filesystem::create_directories(folder_);
        directory::Options options;
        options.key_file = (folder_ / "key").string();  // NT hashes are sealed
        authenticator_.reset();
        reopen(options);
        Policy policy;
        policy.ntlm = true;
        policy.hostname = "mail.example.test";
        configure(policy);
    }
    ~NtlmExchanges() override {
        authenticator_.reset();
        std::filesystem::remove_all(folder_);
    }
    Outcome attempt(const NtlmClient& who) {
        const auto exchange = authenticator().start("ntlm", client());
        Outcome outcome = run(exchange->step(who.negotiate()));
        if (outcome.kind != Outcome::Kind::challenge) return outcome;
        return run(exchange->step(who.authenticate(outcome.challenge)));
    }
    static NtlmClient anna() {
        NtlmClient out;
        out.user = "anna";
        out.domain = "example.test";
        out.password = "wünderland";
        return out;
    }

    std::filesystem::path folder_;
};

TEST_F(NtlmExchanges, LogsInByTheHashThatIsKept) {
    add_user("anna", "wünderland");
    const Outcome outcome = attempt(anna());
    ASSERT_TRUE(good(outcome));
    EXPECT_EQ(outcome.identity.name, "anna@example.test");
    EXPECT_EQ(outcome.identity.mechanism, "NTLM");
    NtlmClient wrong = anna();
    wrong.password = "wonderland";
    EXPECT_EQ(attempt(wrong).failure, Failure::credentials);
    wrong.user = "nobody";
    EXPECT_EQ(attempt(wrong).failure, Failure::credentials);
    wrong = anna();
    wrong.v1 = true;
    EXPECT_EQ(attempt(wrong).failure, Failure::credentials);
}

TEST_F(NtlmExchanges, TheHashIsMadeAtTheFirstLoginByPassword) {
    configure(Policy());
    add_user("anna", "wünderland");
    EXPECT_EQ(authenticator().start("NTLM", client()), nullptr);
    Policy policy;
    policy.ntlm = true;
    configure(policy);
    EXPECT_EQ(attempt(anna()).failure, Failure::credentials);
    ASSERT_TRUE(good(login("anna@example.test", "wünderland")));
    EXPECT_TRUE(good(attempt(anna())));
}

TEST_F(NtlmExchanges, AChallengeServesOnce) {
    add_user("anna", "wünderland");
    const auto exchange = authenticator().start("NTLM", client());
    const Outcome challenge = run(exchange->step(anna().negotiate()));
    const std::string message = anna().authenticate(challenge.challenge);
    ASSERT_TRUE(good(run(exchange->step(message))));
    const auto again = authenticator().start("NTLM", client());
    ASSERT_EQ(run(again->step(anna().negotiate())).kind, Outcome::Kind::challenge);
    EXPECT_EQ(run(again->step(message)).failure, Failure::credentials);
}

// Rules of listeners about users.
TEST_F(NtlmExchanges, AListenerMayBeForSomeOnly) {
    Policy policy;
    policy.users_of_listeners["office"] = {{"acme", "other"}, {"bert@example.test"}};
    policy.users_of_listeners["anna"] = {{"ANNA@example.test"}, {}};
    policy.users_of_listeners["elsewhere"] = {{"@elsewhere.test"}, {}};
    policy.users_of_listeners["not acme"] = {{}, {"@example.test"}};
    configure(policy);
    add_user("anna", "wonderland");
    add_user("bert", "wonderland");
    const auto may = [&](const char* user, const char* listener) {
        Client from = client();
        from.listener = listener;
        const Outcome outcome = login(std::string(user) + "@example.test", "wonderland", std::move(from));
        EXPECT_TRUE(good(outcome) || outcome.failure == Failure::disabled);
        return good(outcome);
    };
    EXPECT_TRUE(may("anna", "any"));
    EXPECT_TRUE(may("anna", "office"));
    EXPECT_FALSE(may("bert", "office"));
    EXPECT_TRUE(may("anna", "anna"));
    EXPECT_FALSE(may("bert", "anna"));
    EXPECT_FALSE(may("anna", "elsewhere"));
    EXPECT_FALSE(may("anna", "not acme"));
}

}  // namespace
}  // namespace auth
