// RFC 8601: what is written, what is read, what is taken off.
#include "mailauth/auth_results.hpp"

#include <random>

#include <gtest/gtest.h>

namespace mailauth {
namespace {

TEST(AuthResults, WrittenAndReadBack) {
    AuthResults results;
    results.authserv_id = "mx.example.test";
    EXPECT_EQ(write_auth_results(results), "Authentication-Results: mx.example.test; none\r\n");
    SpfRequest request;
    request.mail_from = "a@sender.test";
    SpfResult spf;
    spf.status = SpfStatus::pass;
    DkimResult dkim;
    dkim.status = DkimStatus::pass;
    dkim.domain = "sender.test";
    dkim.identity = "@sender.test";
    dkim.selector = "s1";
    dkim.algorithm = "rsa-sha256";
    dkim.signature = "AbC/+123xyz=";
    DmarcResult dmarc;
    dmarc.status = DmarcStatus::fail;
    dmarc.author_domain = "sender.test";
    dmarc.policy_domain = "sender.test";
    dmarc.policy = DmarcPolicy::reject;
    dmarc.reason = "neither (of) \"them\"\r\nX: y";
    results = auth_results("mx.example.test", request, spf, {dkim}, dmarc);
    const std::string field = write_auth_results(results);
    EXPECT_EQ(field,
              "Authentication-Results: mx.example.test;\r\n"
              "\tspf=pass smtp.mailfrom=a@sender.test;\r\n"
              "\tdkim=pass header.d=sender.test header.i=@sender.test header.s=s1\r\n"
              "\theader.a=rsa-sha256 header.b=\"AbC/+123\";\r\n"
              "\tdmarc=fail reason=\"neither (of) \\\"them\\\"??X: y\" header.from=sender.test\r\n"
              "\tpolicy.dmarc=reject\r\n");
    const AuthResults read = parse_auth_results(std::string_view(field).substr(23));
    EXPECT_EQ(read.fault, "");
    EXPECT_EQ(read.authserv_id, "mx.example.test");
    ASSERT_EQ(read.methods.size(), 3U);
    EXPECT_EQ(read.methods[1], results.methods[1]);
    EXPECT_EQ(read.methods[2].reason, "neither (of) \"them\"??X: y");
}

TEST(AuthResults, NoValueEndsTheField) {
    std::mt19937 random(7);
    for (int round = 0; round < 3000; ++round) {
        const auto text = [&random] {
            std::string out;
            for (auto length = random() % 12; length > 0; --length) {
                out += "ab@.\"\\;=()\r\n \t\x01\xc3"[random() % 16];
            }
            return out;
        };
        AuthResults results;
        results.authserv_id = text();
        results.methods.push_back(
            {"spf", "fail", text(), {{"smtp", "mailfrom", text()}, {text(), text(), text()}}});
        const std::string field = write_auth_results(results);
        EXPECT_TRUE(field.ends_with("\r\n"));
        for (std::size_t at = field.find_first_of("\r\n"); at + 2 < field.size();
             at = field.find_first_of("\r\n", at + 2)) {
            ASSERT_EQ(field.substr(at, 3), "\r\n\t") << field;
        }
        const AuthResults read = parse_auth_results(std::string_view(field).substr(23));
        EXPECT_EQ(read.fault, "") << field;
        ASSERT_EQ(read.methods.size(), 1U) << field;
        EXPECT_EQ(read.methods[0].result, "fail");
        EXPECT_EQ(read.methods[0].properties.size(), 2U) << field;
    }
}

// The examples of RFC 8601 appendix B, by their shapes.
TEST(AuthResults, Readable) {
    struct Row {
        std::string_view value, expected;
    };
    for (const auto& [value, expected] : std::initializer_list<Row>{
             {" example.org 1; none", "example.org:"},
             {" example.org", "example.org:"},
             {" example.com; spf=pass smtp.mailfrom=example.net",
              "example.com: spf=pass smtp.mailfrom=example.net"},
             {" example.com;\r\n auth=pass (cram-md5) smtp.auth=sender@example.net;\r\n spf=pass "
              "smtp.mailfrom=example.net",
              "example.com: auth=pass smtp.auth=sender@example.net spf=pass smtp.mailfrom=example.net"},
             {" example.com; dkim=pass (good signature) header.d=newyork.example.com",
              "example.com: dkim=pass header.d=newyork.example.com"},
             {" foo.example.net (foobar) 1 (baz);\r\n dkim (Because I like it) / 1 (One yay) = (wait for it) "
              "fail\r\n"
              " policy (A dot can go here) . (like that) expired\r\n (this surprised me) = (as I wasn't "
              "expecting it) "
              "1362471462",
              "foo.example.net: dkim=fail policy.expired=1362471462"},
             {" x.test; dkim=pass header.b=ab/c+=; spf=pass policy.ip=2001:db8::1;",
              "x.test: dkim=pass header.b=ab/c+= spf=pass policy.ip=2001:db8::1"},
             {" \"x y\"; spf=fail reason=\"a \\\" b\" smtp.mailfrom=\"a b\"@x.test",
              "x y: spf=fail smtp.mailfrom=a b@x.test"},
         }) {
        const AuthResults results = parse_auth_results(value);
        EXPECT_EQ(results.fault, "") << value;
        std::string text = results.authserv_id + ":";
        for (const AuthMethod& method : results.methods) {
            text += " " + method.method + "=" + method.result;
            for (const AuthProperty& p : method.properties)
                text += " " + p.type + "." + p.name + "=" + p.value;
        }
        EXPECT_EQ(text, expected);
    }
    for (const std::string_view bad :
         {"", ";", " ; spf=pass", " x.test; spf", " x.test; spf=", " x.test; =pass", " x.test spf=pass",
          " x.test; spf=pass smtp.", " x.test; spf=pass smtp.a", " x.test; spf=pass smtp.a=",
          " x.test; spf=pass (", " x.test; spf=pass \"a\"", " x.test; spf=pass reason=\"a"}) {
        EXPECT_NE(parse_auth_results(bad).fault, "") << bad;
    }
}

TEST(AuthResults, Section5_ForgedFieldsGo) {
    const std::vector<std::string> ids{"mx.example.test"};
    for (const std::string_view forged :
         {"Authentication-Results: mx.example.test; spf=pass smtp.mailfrom=x.test\r\n",
          "AUTHENTICATION-RESULTS :  (c) MX.Example.Test 1; none\r\n",
          "Authentication-Results: \"mx.example.test\"; none\r\n",
          "Authentication-Results:\r\n mx.example.test;\r\n none\r\n",
          "Authentication-Results: mx.example.test.; none\r\n",
          "Authentication-Results: (mx.example.test; dkim=pass\r\n",
          "Authentication-Results: mx.example.test dkim=pass ???\r\n",
          "Received-SPF: pass receiver=mx.example.test; client-ip=192.0.2.1\r\n",
          "Received-SPF: pass (I say so)\r\n"}) {
        const std::string header = "From: a@x.test\r\n" + std::string(forged) + "To: b@x.test\r\n\r\n";
        EXPECT_EQ(without_forged_results(header, ids), "From: a@x.test\r\nTo: b@x.test\r\n\r\n") << forged;
    }
    for (const std::string_view others :
         {"Authentication-Results: mx.other.test; spf=pass\r\n",
          "Authentication-Results: mx.example.test.evil.test; none\r\n",
          "ARC-Authentication-Results: i=1; mx.example.test; none\r\n",
          "X-Authentication-Results: mx.example.test; none\r\n",
          "Received-SPF: pass receiver=mx.other.test\r\n", "Authentication-Results: ???\r\n"}) {
        const std::string header = "From: a@x.test\r\n" + std::string(others) + "\r\n";
        EXPECT_EQ(without_forged_results(header, ids), header);
    }
}

}  // namespace
}  // namespace mailauth
