// Keys that sign and passwords of smart hosts: sealed in the store, read also where an older version wrote
// them plain.
#include <filesystem>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

#include "base/log.hpp"
#include "fixture.hpp"
#include "support/log_capture.hpp"

namespace directory {
namespace {

constexpr const char* pem = "-----BEGIN PRIVATE KEY-----\nsecret octets\n-----END PRIVATE KEY-----\n";
constexpr const char* host = "smtp://user:pass%40word@relay.test:587";

class SecretsTest : public DirectoryTest {
protected:
    SecretsTest() {
        const std::string name = "/tmp/barid-secrets-" + std::to_string(::getpid());
        key_file = name;
        std::filesystem::remove(key_file);
        add_office();
    }
    ~SecretsTest() override { std::filesystem::remove(key_file); }

    void with_key() {
        Options options;
        options.secrets_key_file = key_file;
        reopen(options);
    }
    /// Every value of every partition.
    std::string store() {
        std::string out;
        const auto partitions = (*run(engine().list("", "", 10'000)));
        for (const std::string& partition : partitions) {
            const auto rows = (*run(engine().scan(partition, "", "", 0, 0)));
            for (const auto& row : rows.rows) out += row.value;
        }
        return out;
    }
    void set_all() {
        DkimKey key;
        key.selector = "s1";
        key.pem = pem;
        ASSERT_TRUE(run(directory().add_dkim_key("example.test", key)));
        set_hosts();
    }
    void set_hosts() {
        Domain domain = (*run(directory().find_domain("example.test")));
        domain.smart_host = host;
        ASSERT_TRUE(run(directory().set_domain(domain)));
        PostOffice office = (*run(directory().post_office("acme")));
        office.smart_host = host;
        ASSERT_TRUE(run(directory().set_post_office(office)));
    }
    void expect_all() {
        EXPECT_EQ((*run(directory().dkim_keys("example.test"))).at(0).pem, pem);
        EXPECT_EQ((*run(directory().find_domain("example.test"))).smart_host, host);
        EXPECT_EQ((*run(directory().domains(""))).at(0).smart_host, host);
        EXPECT_EQ((*run(directory().post_office("acme"))).smart_host, host);
        EXPECT_EQ((*run(directory().post_offices())).at(0).smart_host, host);
    }
    bool plain_in_store() {
        const std::string all = store();
        return all.find("secret octets") != std::string::npos || all.find("word@relay") != std::string::npos;
    }
    std::string key_file;
};

TEST_F(SecretsTest, AreSealed) {
    with_key();
    set_all();
    EXPECT_FALSE(plain_in_store());
    struct stat about{};
    ASSERT_EQ(::stat(key_file.c_str(), &about), 0);
    EXPECT_EQ(about.st_mode & 0777U, 0600U);
    with_key();  // nothing is cached
    expect_all();
    // Changes of other things leave them as they are.
    DkimKey key = (*run(directory().dkim_keys("example.test"))).at(0);
    key.active = true;
    ASSERT_TRUE(run(directory().set_dkim_key("example.test", key)));
    ASSERT_TRUE(run(directory().commons("acme")));
    with_key();
    expect_all();
    EXPECT_FALSE(plain_in_store());
}

TEST_F(SecretsTest, PlainOnesAreReadAndSealedWhenTheyAreWritten) {
    reopen(Options());
    set_all();
    EXPECT_TRUE(plain_in_store());
    with_key();
    expect_all();
    DkimKey key = (*run(directory().dkim_keys("example.test"))).at(0);
    key.active = true;
    ASSERT_TRUE(run(directory().set_dkim_key("example.test", key)));
    set_hosts();
    EXPECT_FALSE(plain_in_store());
    with_key();
    expect_all();
}

TEST_F(SecretsTest, WithoutTheirKeyTheyStaySealed) {
    with_key();
    set_all();
    const std::string other = key_file + ".away";
    std::filesystem::rename(key_file, other);
    with_key();
    EXPECT_TRUE((*run(directory().dkim_keys("example.test"))).at(0).pem.starts_with("sealed:"));
    Domain domain = (*run(directory().find_domain("example.test")));
    EXPECT_TRUE(domain.smart_host.starts_with("sealed:"));
    domain.enabled = false;
    ASSERT_TRUE(run(directory().set_domain(domain)));
    std::filesystem::rename(other, key_file);
    with_key();
    expect_all();
}

/// With another key what the lost one sealed would never open again.
TEST_F(SecretsTest, NoOtherKeyIsMadeWhileSomethingIsSealed) {
    with_key();
    EXPECT_EQ((*run(directory().check_seals())), Seals::none);
    set_all();
    EXPECT_EQ((*run(directory().check_seals())), Seals::open);
    std::filesystem::rename(key_file, key_file + ".away");
    with_key();
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed);
    DkimKey key;
    key.selector = "s2";
    key.pem = pem;
    EXPECT_EQ(run(directory().add_dkim_key("example.test", key)).error().code(), Errc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(key_file));
    EXPECT_FALSE(plain_in_store());
    // Another one, put there by hand: nothing that is sealed opens, and it is told.
    std::ofstream(key_file) << std::string(32, 'x');
    with_key();
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed);
    std::filesystem::rename(key_file + ".away", key_file);
    with_key();
    EXPECT_EQ((*run(directory().check_seals())), Seals::open);
    EXPECT_TRUE(run(directory().add_dkim_key("example.test", key)));
    expect_all();
}

/// The lost key was given up, and one domain has its secrets anew: the others wait still.
TEST_F(SecretsTest, OneThatOpensDoesNotSpeakForTheOthers) {
    with_key();
    set_all();
    ASSERT_TRUE(run(directory().add_domain(domain_of("other.test"))));
    std::ofstream(key_file) << std::string(32, 'x');
    with_key();
    Domain other = (*run(directory().find_domain("other.test")));
    other.smart_host = host;
    ASSERT_TRUE(run(directory().set_domain(other)));
    EXPECT_EQ((*run(directory().find_domain("other.test"))).smart_host, host);
    support::LogCapture log("directory");
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed);
    const std::string told = log.text();
    EXPECT_NE(told.find("acme, example.test"), std::string::npos) << told;
    EXPECT_EQ(told.find("other.test"), std::string::npos) << told;
    set_hosts();
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed) << "its key is sealed still";
    ASSERT_TRUE(run(directory().remove_dkim_key("example.test", "s1")));
    EXPECT_EQ((*run(directory().check_seals())), Seals::open);
}

/// A password alone is enough, and a smart host alone.
TEST_F(SecretsTest, EachKindOfRowIsSeen) {
    const auto with = [&](bool passwords) {
        Options options;
        options.secrets_key_file = key_file;
        if (passwords) options.key_file = key_file;
        reopen(options);
    };
    with(true);
    Credentials credentials;
    credentials.plain = base::Secret("apop");
    ASSERT_TRUE(run(directory().add_mailbox(mailbox_of("a", {"a@example.test"}), credentials)));
    EXPECT_EQ((*run(directory().check_seals())), Seals::open);
    std::filesystem::remove(key_file);
    for (const bool passwords : {true, false}) {
        with(passwords);
        DkimKey key;
        key.selector = "s1";
        key.pem = pem;
        EXPECT_FALSE(run(directory().add_dkim_key("example.test", key))) << passwords;
    }
    with(true);
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed);
}

TEST_F(SecretsTest, OfOneDomainOpenNowhereElse) {
    with_key();
    set_all();
    ASSERT_TRUE(run(directory().add_domain(domain_of("other.test"))));
    Domain other = (*run(directory().find_domain("other.test")));
    reopen(Options());  // as the row has it
    other.smart_host = (*run(directory().find_domain("example.test"))).smart_host;
    ASSERT_TRUE(other.smart_host.starts_with("sealed:"));
    ASSERT_TRUE(run(directory().set_domain(other)));
    with_key();
    EXPECT_TRUE((*run(directory().find_domain("other.test"))).smart_host.starts_with("sealed:"));
}

TEST_F(SecretsTest, WithoutAPlaceForTheKeyNothingIsWritten) {
    Options options;
    options.secrets_key_file = "/nowhere/at/all/key";
    reopen(options);
    DkimKey key;
    key.selector = "s1";
    key.pem = pem;
    EXPECT_EQ(run(directory().add_dkim_key("example.test", key)).error().code(), Errc::unavailable);
    EXPECT_FALSE(plain_in_store());
}

/// MS-ASCMD section 2.2.3.46.
TEST_F(SecretsTest, RecoveryPasswordsOfDevices) {
    with_key();
    const auto set = [&](base::AccountId account, std::string device, std::string text) {
        return run(directory().set_recovery_password(account, std::move(device), base::Secret(text)));
    };
    const auto kept = [&](base::AccountId account, std::string device) {
        const auto found = run(directory().recovery_password(account, std::move(device)));
        return std::string(found ? found->reveal() : found.error().what());
    };
    const base::AccountId account =
        run(directory().add_mailbox(mailbox_of("a", {"a@example.test"}), {}))->account;
    EXPECT_EQ(kept(account, "PHONE"), "");
    EXPECT_EQ(set(base::AccountId(99), "PHONE", "x").error().code(), Errc::not_found);
    ASSERT_TRUE(set(account, "PHONE", "secret octets"));
    ASSERT_TRUE(set(account, "TABLET", "other octets"));
    EXPECT_FALSE(plain_in_store());
    EXPECT_EQ((*run(directory().check_seals())), Seals::open);
    with_key();
    EXPECT_EQ(kept(account, "PHONE"), "secret octets");
    EXPECT_EQ(kept(account, "TABLET"), "other octets");
    EXPECT_EQ(set(account, "PHONE", "sealed:AAAA").error().code(), Errc::invalid);
    ASSERT_TRUE(set(account, "PHONE", "newer"));
    EXPECT_EQ(kept(account, "PHONE"), "newer");
    ASSERT_TRUE(set(account, "PHONE", ""));
    EXPECT_EQ(kept(account, "PHONE"), "");
    EXPECT_EQ(kept(account, "TABLET"), "other octets");
    // Without their key they stay sealed, no other key is made, and they can be taken away all the same.
    std::filesystem::rename(key_file, key_file + ".away");
    with_key();
    EXPECT_TRUE(kept(account, "TABLET").starts_with("sealed:"));
    EXPECT_EQ((*run(directory().check_seals())), Seals::closed);
    EXPECT_EQ(set(account, "PHONE", "x").error().code(), Errc::unavailable);
    EXPECT_FALSE(std::filesystem::exists(key_file));
    ASSERT_TRUE(set(account, "TABLET", ""));
    EXPECT_EQ((*run(directory().check_seals())), Seals::none);
    std::filesystem::rename(key_file + ".away", key_file);
    // They go with the mailbox; and there are not more of them than a mailbox can have devices.
    with_key();
    for (int device = 0; device < 64; ++device) ASSERT_TRUE(set(account, std::to_string(device), "x"));
    EXPECT_EQ(set(account, "64", "x").error().code(), Errc::limit);
    ASSERT_TRUE(run(directory().remove_mailbox(account)));
    EXPECT_EQ(kept(account, "0"), "");
    EXPECT_EQ((*run(directory().check_seals())), Seals::none);
}

}  // namespace
}  // namespace directory
