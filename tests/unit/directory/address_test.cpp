#include "directory/address.hpp"

#include <gtest/gtest.h>

#include "directory/directory.hpp"

namespace directory {
namespace {

struct Case {
    std::string input, canonical;
};

TEST(Address, CanonicalForms) {
    const Case cases[] = {
        {"demo@example.test", "demo@example.test"},
        {"Demo@EXAMPLE.Test", "Demo@example.test"},
        // RFC 5321 section 4.1.2: quoting that is not needed means the same.
        {"\"demo\"@example.test", "demo@example.test"},
        {"\"de\\mo\"@example.test", "demo@example.test"},
        {"\"john doe\"@example.test", "\"john doe\"@example.test"},
        {"\"a@b\"@example.test", "\"a@b\"@example.test"},
        {"\"a\\\"b\\\\c\"@example.test", "\"a\\\"b\\\\c\"@example.test"},
        {"user+detail@example.test", "user+detail@example.test"},
        {"postmaster", "postmaster"},
        {"PostMaster", "PostMaster"},
        {"a@[192.0.2.1]", "a@[192.0.2.1]"},
        {"a@[IPv6:2001:DB8::1]", "a@[ipv6:2001:db8::1]"},
        {"a@under_score.test", "a@under_score.test"},
        // RFC 5891: U-labels become A-labels, in any case and width.
        {"info@b\xC3\xBC"
         "cher.example",
         "info@xn--bcher-kva.example"},
        {"info@B\xC3\x9C"
         "CHER.example",
         "info@xn--bcher-kva.example"},
        {"info@XN--BCHER-KVA.example", "info@xn--bcher-kva.example"},
        {"info@fa\xC3\x9F.de", "info@xn--fa-hia.de"},  // non-transitional
        {"info@ex\xEF\xBD\x81mple.test", "info@example.test"},
        // RFC 6531: UTF-8 local parts.
        {"j\xC3\xBCrgen@example.test", "j\xC3\xBCrgen@example.test"},
        // Not addresses.
        {"", ""},
        {"demo", ""},
        {"@example.test", ""},
        {"demo@", ""},
        {"a..b@example.test", ""},
        {".a@example.test", ""},
        {"a.@example.test", ""},
        {"a b@example.test", ""},
        {"a@b@example.test", ""},
        {"\"open@example.test", ""},
        {"\"\"@example.test", ""},
        {"\"a\"b\"@example.test", ""},
        {"\"a\\\"@example.test", ""},
        {"\"a\nb\"@example.test", ""},
        {"\"a\\\nb\"@example.test", ""},
        {"a@-bad.test", ""},
        {"a@bad-.test", ""},
        {"a@a..test", ""},
        {"a@example.test.", ""},
        {"a@exa mple.test", ""},
        {"a@[192.0.2.1", ""},
        {"a@[]", ""},
        {"\xFF@example.test", ""},
        {"a@\xFF.test", ""},
        {std::string("a\0b@example.test", 16), ""},
        {std::string(65, 'a') + "@example.test", ""},
        {"a@" + std::string(64, 'a') + ".test", ""},
        {"a@" + std::string(100'000, '\xC3'), ""},
    };
    for (const Case& one : cases) EXPECT_EQ(canonical_address(one.input), one.canonical) << one.input;
}

TEST(Address, CanonicalIsStable) {
    for (const char* text : {"\"john doe\"@example.test", "Demo@EXAMPLE.test",
                             "x@b\xC3\xBC"
                             "cher.example",
                             "\"a\\\\\"@b.c"}) {
        const std::string once = canonical_address(text);
        EXPECT_FALSE(once.empty());
        EXPECT_EQ(canonical_address(once), once);
    }
}

TEST(Address, LookupFoldsCaseAndWidth) {
    const auto key = [](const char* text) { return lookup_key(*parse_address(text)); };
    EXPECT_EQ(key("DEMO@example.test"), key("demo@EXAMPLE.test"));
    EXPECT_EQ(key("J\xC3\x9CRGEN@example.test"), key("j\xC3\xBCrgen@example.test"));
    EXPECT_EQ(key("ju\xCC\x88rgen@example.test"), key("j\xC3\xBCrgen@example.test"));
    EXPECT_EQ(key("\xEF\xBC\xA4"
                  "emo@example.test"),
              key("demo@example.test"));
    EXPECT_NE(key("\"a@b\"@c.test"), key("a@c.test"));
}

TEST(Address, Detail) {
    EXPECT_EQ(without_detail(*parse_address("user+x+y@a.test"))->local, "user");
    EXPECT_FALSE(without_detail(*parse_address("user@a.test")));
    EXPECT_FALSE(without_detail(*parse_address("+x@a.test")));
}

TEST(Address, Names) {
    EXPECT_TRUE(is_office_name("acme-1_x"));
    EXPECT_FALSE(is_office_name("Acme"));
    EXPECT_FALSE(is_office_name("a.b"));
    EXPECT_FALSE(is_office_name(""));
    EXPECT_FALSE(is_office_name("a/b"));
    EXPECT_TRUE(is_mailbox_name("demo.user"));
    EXPECT_FALSE(is_mailbox_name("Demo"));
    EXPECT_FALSE(is_mailbox_name("a@b"));
    EXPECT_FALSE(is_mailbox_name(std::string(65, 'a')));
    EXPECT_TRUE(is_host_name("a-b.example.test"));
    EXPECT_FALSE(is_host_name("a_b.example.test"));
}

}  // namespace
}  // namespace directory
