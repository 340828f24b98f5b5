#include "mailauth/srs.hpp"

#include <initializer_list>

#include <gtest/gtest.h>

#include "mailauth/domain.hpp"

namespace mailauth {
namespace {

constexpr std::chrono::seconds now{1'700'000'000};
using std::chrono::days;

Srs at(std::string domain, std::vector<std::string> secrets = {"secret"}) {
    SrsOptions options;
    options.domain = std::move(domain);
    options.secrets = std::move(secrets);
    return Srs(options);
}

TEST(Srs, ThereAndBack) {
    const Srs srs = at("forwarder.test");
    const std::string sender = srs.forward("user+tag=x@sender.test", now);
    EXPECT_TRUE(sender.starts_with("SRS0=")) << sender;
    EXPECT_TRUE(sender.ends_with("=sender.test=user+tag=x@forwarder.test")) << sender;
    const SrsAddress back = srs.reverse(sender, now + days(20));
    EXPECT_EQ(back.status, SrsStatus::good);
    EXPECT_EQ(back.address, "user+tag=x@sender.test");
    EXPECT_EQ(srs.reverse(lower(sender), now).address, "user+tag=x@sender.test");
}

TEST(Srs, ThroughThreeForwarders) {
    const Srs first = at("one.test", {"a"}), second = at("two.test", {"b"}), third = at("three.test", {"c"});
    const std::string srs0 = first.forward("u@sender.test", now);
    const std::string srs1 = second.forward(srs0, now);
    EXPECT_TRUE(srs1.starts_with("SRS1=")) << srs1;
    const std::string again = third.forward(srs1, now);
    EXPECT_TRUE(again.ends_with("@three.test")) << again;
    EXPECT_EQ(again.find("two.test"), std::string::npos) << again;  // it does not grow
    EXPECT_EQ(third.reverse(again, now).address, srs0);
    EXPECT_EQ(second.reverse(srs1, now).address, srs0);
    EXPECT_EQ(first.reverse(srs0, now).address, "u@sender.test");
}

TEST(Srs, WhatIsForgedOldOrBroken) {
    const Srs srs = at("forwarder.test");
    const std::string good = srs.forward("u@sender.test", now);
    EXPECT_EQ(srs.reverse(good, now + days(22)).status, SrsStatus::expired);
    EXPECT_EQ(srs.reverse(good, now - days(1)).status, SrsStatus::good);  // a clock that is a little behind
    EXPECT_EQ(srs.reverse(good, now - days(3)).status, SrsStatus::expired);
    EXPECT_EQ(srs.reverse(good, now + days(1024 + 22)).status, SrsStatus::expired);
    for (std::size_t i = 5; i < good.find('@'); ++i) {
        std::string bad = good;
        bad[i] = bad[i] == 'x' ? 'y' : 'x';
        if (bad[i] == lower(good[i])) continue;
        EXPECT_NE(srs.reverse(bad, now).status, SrsStatus::good) << bad;
    }
    EXPECT_EQ(at("forwarder.test", {"other"}).reverse(good, now).status, SrsStatus::bad_hash);
    for (const std::string_view bad :
         {"SRS0=abcd=AA=d@x.test", "SRS0=a=b@x.test", "SRS0====@x.test", "SRS1=abcd=@x.test",
          "SRS1=abcd=h@x.test", "SRS0=abcdefgh=A=d.test=u@x.test", "SRS0=ab=AA=d.test=u@x.test"}) {
        const SrsStatus status = srs.reverse(bad, now).status;
        EXPECT_TRUE(status == SrsStatus::malformed || status == SrsStatus::bad_hash) << bad;
    }
    for (const std::string_view other :
         {"u@x.test", "SRS0@x.test", "SRS0=@x.test", "SRS2=a=b=c=d@x.test", "@x.test", ""}) {
        EXPECT_EQ(srs.reverse(other, now).status, SrsStatus::not_srs) << other;
    }
}

TEST(Srs, SecretsMayChange) {
    const std::string old = at("forwarder.test", {"old"}).forward("u@sender.test", now);
    const Srs both = at("forwarder.test", {"new", "old"});
    EXPECT_EQ(both.reverse(old, now).status, SrsStatus::good);
    EXPECT_NE(both.forward("u@sender.test", now), old);
}

TEST(Srs, WhatNeedsNoRewriting) {
    const Srs srs = at("forwarder.test");
    EXPECT_EQ(srs.forward("", now), "");
    EXPECT_EQ(srs.forward("u@Forwarder.test", now), "u@Forwarder.test");
    EXPECT_EQ(srs.forward("no-domain", now), "");
    EXPECT_EQ(srs.forward("u@no=domain.test", now), "");
    EXPECT_EQ(srs.forward(std::string(240, 'u') + "@sender.test", now), "");
}

}  // namespace
}  // namespace mailauth
