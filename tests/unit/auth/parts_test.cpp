#include <crypt.h>

#include <gtest/gtest.h>

#include "auth/crypto.hpp"
#include "auth/password.hpp"
#include "auth/prepare.hpp"
#include "auth/scram_keys.hpp"

namespace auth {
namespace {

// RFC 4013 section 3
TEST(Prepare, ExamplesOfTheRfc) {
    EXPECT_EQ(saslprep("I\xC2\xADX"), "IX");
    EXPECT_EQ(saslprep("user"), "user");
    EXPECT_EQ(saslprep("USER"), "USER");
    EXPECT_EQ(saslprep("\xC2\xAA"), "a");
    EXPECT_EQ(saslprep("\xE2\x85\xA8"), "IX");
    EXPECT_EQ(saslprep("\x07"), std::nullopt);
    EXPECT_EQ(saslprep("\xD8\xA7\x31"), std::nullopt);
    EXPECT_EQ(saslprep("a\xC2\xA0\x62"), "a b");  // section 2.1: other spaces become SP
    EXPECT_EQ(saslprep("\xFF"), std::nullopt);
    EXPECT_EQ(saslprep(std::string(100'000, '\xC3')), std::nullopt);
    EXPECT_EQ(prepared_or_raw("\xFFx"), "\xFFx");
    EXPECT_EQ(prepared_or_raw("\xC2\xAD"), "\xC2\xAD");  // would prepare to nothing
}

TEST(Crypto, Vectors) {
    // RFC 2202 sections 2 and 3, RFC 4231 section 4.3: key "Jefe"
    constexpr std::string_view text = "what do ya want for nothing?";
    EXPECT_EQ(hex(hmac(Digest::md5, "Jefe", text)), "750c783e6ab0b503eaa86e310a5db738");
    EXPECT_EQ(hex(hmac(Digest::sha_1, "Jefe", text)), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
    EXPECT_EQ(hex(hmac(Digest::sha_256, "Jefe", text)),
              "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    // RFC 6070: PBKDF2 with SHA-1, 4096 iterations
    EXPECT_EQ(hex(pbkdf2(Digest::sha_1, "password", "salt", 4096)),
              "4b007901b765489abead49d926f721d065a429c1");
    EXPECT_EQ(base64("Ma"), "TWE=");
    EXPECT_EQ(base64(""), "");
    EXPECT_EQ(from_base64("TWE="), "Ma");
    for (const char* bad : {"TWE", "TW E=", "TWE=\n", "T", "====", "TWF=", "TWE=TWE="}) {
        EXPECT_FALSE(from_base64(bad)) << bad;
    }
    EXPECT_TRUE(same("a", "a"));
    EXPECT_FALSE(same("a", "b"));
    EXPECT_FALSE(same("a", "ab"));
}

bool verifies(std::string_view stored, std::string password) {
    return verify_password(stored, base::Secret(std::move(password)));
}

constexpr const char* blowfish = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
constexpr const char* sha_256 = "$5$saltstring$5B8vYYiY.CVt1RlTTf8KbXBH3hsxY/GNooZaBBGWEc5";

TEST(Password, HashesOfOthers) {
    EXPECT_TRUE(verifies(sha_256, "Hello world!"));
    EXPECT_TRUE(verifies(blowfish, "U*U"));
    EXPECT_TRUE(verifies(std::string("{CRYPT}") + blowfish, "U*U"));
    EXPECT_TRUE(verifies(std::string("{blf-crypt}") + blowfish, "U*U"));
    int known = 0;
    for (const char* prefix : {"$1$", "$5$", "$6$", "$2b$", "$y$", "$7$", "$gy$"}) {
        crypt_data data{};
        char salt[CRYPT_GENSALT_OUTPUT_SIZE];
        if (crypt_gensalt_rn(prefix, 0, nullptr, 0, salt, sizeof salt) == nullptr) continue;
        const char* const made = crypt_rn("pa ss\xC3\xBC", salt, &data, sizeof data);
        ASSERT_NE(made, nullptr) << prefix;
        const std::string hash = made;
        EXPECT_TRUE(verifies(hash, "pa ss\xC3\xBC")) << hash;
        EXPECT_FALSE(verifies(hash, "pa ss")) << hash;
        EXPECT_TRUE(outdated(hash));
        ++known;
    }
    EXPECT_GE(known, 5);
    EXPECT_TRUE(verifies("{PLAIN}secret", "secret"));
    EXPECT_TRUE(verifies("{cleartext}secret", "secret"));
    EXPECT_FALSE(verifies("{PLAIN}", ""));
    EXPECT_FALSE(verifies("{PLAIN}secret", "Secret"));
}

TEST(Password, WhatIsNoHashBelongsToNoPassword) {
    for (const char* bad : {"", "secret", "*", "!", "*0", "*1", "x", "{SSHA}abc", "{PLAIN", "$argon2id$",
                            "$argon2id$v=19$m=1", "$2b$", "$6$", "{UNKNOWN}secret",
                            "$argon2id$v=19$m=4194304,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$"
                            "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"}) {
        EXPECT_FALSE(verifies(bad, bad)) << bad;
        EXPECT_FALSE(verifies(bad, "")) << bad;
        EXPECT_FALSE(verifies(bad, "secret")) << bad;
    }
    // crypt(3) sees no further than NUL.
    EXPECT_FALSE(verifies(sha_256, std::string("Hello world!\0x", 14)));
}

TEST(Password, Ours) {
    const std::string hash = hash_password(base::Secret(std::string("a\0b", 3)));
    EXPECT_TRUE(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
    EXPECT_FALSE(outdated(hash));
    EXPECT_TRUE(verifies(hash, std::string("a\0b", 3)));
    EXPECT_TRUE(verifies("{ARGON2ID}" + hash, std::string("a\0b", 3)));
    EXPECT_TRUE(outdated("{ARGON2ID}" + hash));  // to be kept in our own form
    EXPECT_FALSE(verifies(hash, "a"));
    EXPECT_FALSE(verifies(hash, std::string(2'000, 'a')));
    EXPECT_NE(hash, hash_password(base::Secret(std::string("a\0b", 3))));
}

TEST(ScramKeysText, RoundTripAndRefusals) {
    const ScramKeys keys = derive(Digest::sha_256, base::Secret("pencil"), "salt", 4096);
    const std::string text = to_string(keys);
    const auto read = parse_scram_keys(Digest::sha_256, text);
    ASSERT_TRUE(read);
    EXPECT_EQ(read->salt, "salt");
    EXPECT_EQ(read->stored_key, keys.stored_key);
    EXPECT_EQ(read->server_key, keys.server_key);
    EXPECT_FALSE(parse_scram_keys(Digest::sha_1, text));
    for (const char* bad : {"", "4096", "4096:::", "x:c2FsdA==:a:b", ":::", "0:c2FsdA==:AAAA:AAAA"}) {
        EXPECT_FALSE(parse_scram_keys(Digest::sha_256, bad)) << bad;
    }
    const ScramKeys fake = fake_keys(Digest::sha_1, "process secret", "nobody", 4096);
    EXPECT_EQ(fake.salt, fake_keys(Digest::sha_1, "process secret", "nobody", 4096).salt);
    EXPECT_NE(fake.salt, fake_keys(Digest::sha_1, "process secret", "somebody", 4096).salt);
    EXPECT_NE(fake.salt, fake_keys(Digest::sha_1, "another", "nobody", 4096).salt);
    EXPECT_EQ(fake.salt.size(), ScramKeys::salt_bytes);
}

}  // namespace
}  // namespace auth
