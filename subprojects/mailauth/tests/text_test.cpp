// Addresses, names, tag lists, base64 and quoting.
#include "text.hpp"

#include <gtest/gtest.h>

#include "mailauth/dns.hpp"
#include "mailauth/domain.hpp"
#include "tag_list.hpp"

namespace mailauth {
namespace {

TEST(IpAddresses, TextAndNetworks) {
    for (const std::string_view good : {"192.0.2.1", "::1", "2001:db8::ff"}) {
        EXPECT_EQ(IpAddress::parse(good)->text(), good);
    }
    EXPECT_EQ(IpAddress::parse("::ffff:192.0.2.1")->text(), "192.0.2.1");
    for (const std::string_view bad :
         {"", "1.2.3", "1.2.3.4.5", "01.2.3.4", "1.2.3.256", "::1%lo", "[::1]", "1.2.3.4 "}) {
        EXPECT_FALSE(IpAddress::parse(bad)) << bad;
    }
    const IpAddress ip = *IpAddress::parse("192.0.2.129");
    EXPECT_TRUE(ip.in_network(*IpAddress::parse("192.0.2.128"), 25));
    EXPECT_FALSE(ip.in_network(*IpAddress::parse("192.0.2.127"), 25));
    EXPECT_TRUE(ip.in_network(*IpAddress::parse("10.0.0.0"), 0));
    EXPECT_FALSE(ip.in_network(*IpAddress::parse("::"), 0));
    EXPECT_EQ(ip.reverse_name(), "129.2.0.192.in-addr.arpa");
    EXPECT_EQ(IpAddress::parse("2001:db8::1")->reverse_name(),
              "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.ip6.arpa");
}

TEST(Domains, ALabels) {
    EXPECT_EQ(to_ascii_domain("Example.TEST."), "example.test");
    EXPECT_EQ(to_ascii_domain("B\xc3\x9c"
                              "CHER.test"),
              "xn--bcher-kva.test");
    for (const std::string_view bad : {"", ".", "a..b", ".a", "a.b..", "\xff\xfe.test"}) {
        EXPECT_EQ(to_ascii_domain(bad), "") << bad;
    }
    EXPECT_EQ(to_ascii_domain(std::string(64, 'a') + ".test"), "");
    EXPECT_EQ(to_ascii_domain(std::string(63, 'a') + ".test").size(), 68U);
    EXPECT_EQ(to_mail_domain("localhost"), "");
    EXPECT_EQ(to_mail_domain("a b.test"), "");
    EXPECT_TRUE(is_within("a.b.test", "b.test"));
    EXPECT_TRUE(is_within("b.test", "b.test"));
    EXPECT_FALSE(is_within("ab.test", "b.test"));
    EXPECT_FALSE(is_within("test", "b.test"));
}

TEST(Base64, Strict) {
    for (const std::string_view text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"}) {
        EXPECT_EQ(base64_decode(base64_encode(text)), text);
    }
    EXPECT_EQ(base64_encode("fooba"), "Zm9vYmE=");
    EXPECT_EQ(base64_decode("Zm9v\r\n\tYg = ="), "foob");
    EXPECT_EQ(base64_decode("Zm9vYg"), "foob");  // padding left out
    for (const std::string_view bad : {"Z", "Zm9=v", "Zg=", "Zg===", "Zm9v====", "Zm9v=", "Zm-v"}) {
        EXPECT_FALSE(base64_decode(bad)) << bad;
    }
}

TEST(TagLists, Rfc6376Section32) {
    const TagList tags(" v = 1 ; a=x y\r\n\tz;b=; ");
    EXPECT_EQ(tags.fault(), "");
    EXPECT_EQ(tags.value("v"), "1");
    EXPECT_EQ(tags.value("a"), "x y\r\n\tz");
    EXPECT_EQ(tags.find("b")->value, "");
    EXPECT_EQ(tags.find("A"), nullptr);
    for (const std::string_view bad : {"a=1;a=2", "a=1;;b=2", "a", "=1", "1a=1", "a-b=1", ";a=1", "a=\x01"}) {
        EXPECT_NE(TagList(bad).fault(), "") << bad;
    }
}

TEST(Quoting, NothingEndsItsField) {
    EXPECT_EQ(quoted("a\"b\\c\r\nd"), "\"a\\\"b\\\\c??d\"");
    EXPECT_EQ(token_or_quoted("mx.test"), "mx.test");
    EXPECT_EQ(token_or_quoted("a b"), "\"a b\"");
    EXPECT_EQ(token_or_quoted(""), "\"\"");
    EXPECT_EQ(comment_text("a)(\\\n"), "a\\)\\(\\\\?");
}

}  // namespace
}  // namespace mailauth
