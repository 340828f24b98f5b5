#include <gtest/gtest.h>

#include "directory/cache.hpp"
#include "directory/codec.hpp"
#include "directory/keys.hpp"

namespace directory {
namespace {

using namespace std::chrono_literals;

TEST(Codec, RoundTrip) {
    MailboxRecord record;
    record.mailbox.account = base::AccountId(4'000'000'000U);
    record.mailbox.name = "demo";
    record.mailbox.post_office = "acme";
    record.mailbox.addresses = {"a@b.test", std::string(300, 'x')};
    record.mailbox.login_allowed = false;
    record.mailbox.quota_bytes = ~0ULL;
    record.pending = {"p"};
    const auto read = decode_mailbox(encode(record));
    ASSERT_TRUE(read);
    EXPECT_EQ(read->mailbox.account, record.mailbox.account);
    EXPECT_EQ(read->mailbox.addresses, record.mailbox.addresses);
    EXPECT_EQ(read->mailbox.quota_bytes, record.mailbox.quota_bytes);
    EXPECT_FALSE(read->mailbox.login_allowed);
    EXPECT_TRUE(read->mailbox.enabled);
    EXPECT_FALSE(read->active);
    EXPECT_EQ(read->pending, record.pending);
}

TEST(Codec, FindsDamage) {
    const std::string value = encode_account(base::AccountId(7), "demo@example.test");
    ASSERT_TRUE(decode_account(value));
    for (std::size_t i = 0; i < value.size(); ++i) {
        for (int bit = 0; bit < 8; ++bit) {
            std::string broken = value;
            broken[i] = static_cast<char>(broken[i] ^ (1 << bit));
            EXPECT_FALSE(decode_account(broken));
        }
        EXPECT_FALSE(decode_account(value.substr(0, i)));
    }
}

TEST(Keys, ArePrintableShortAndDistinct) {
    std::string all;
    for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
    for (const std::string& text :
         {all, std::string(500, 'a'), std::string("j\xC3\xBCrgen"), std::string("a%b c")}) {
        const std::string key = row_key('u', text);
        EXPECT_LE(key.size(), 200U);
        for (const char c : key) EXPECT_TRUE(c >= 0x21 && c <= 0x7E);
    }
    EXPECT_EQ(row_key('u', "a%b c@d"), "ua%25b%20c@d");
    EXPECT_NE(row_key('u', std::string(500, 'a')), row_key('u', std::string(501, 'a')));
    // For ever: rows lie where these say.
    EXPECT_EQ(shard_of("demo@example.test"), "d/2c");
    EXPECT_EQ(shard_of(base::AccountId(0x1234)), "d/34");
}

TEST(Cache, IsBoundedAndForgets) {
    base::ManualClock clock(base::SystemTime(1'000'000s));
    Cache<int> cache(clock, 2, 60s);
    cache.keep("a", 1, cache.stamp());
    cache.keep("b", 2, cache.stamp());
    EXPECT_EQ(cache.find("a"), 1);
    cache.keep("c", 3, cache.stamp());  // b was used longest ago
    EXPECT_FALSE(cache.find("b"));
    EXPECT_EQ(cache.find("a"), 1);
    EXPECT_EQ(cache.size(), 2U);
    cache.forget("a");
    EXPECT_FALSE(cache.find("a"));
    clock.advance(60s);
    EXPECT_FALSE(cache.find("c"));
}

TEST(Cache, DoesNotKeepWhatWasReadBeforeAChange) {
    base::ManualClock clock(base::SystemTime(1'000'000s));
    Cache<int> cache(clock, 2, 60s);
    const auto stamp = cache.stamp();
    cache.forget("a");
    cache.keep("a", 1, stamp);
    EXPECT_FALSE(cache.find("a"));
}

}  // namespace
}  // namespace directory
