// RFC 8617: chains of our own sealers, and each way in which a chain is broken.
#include "mailauth/arc.hpp"

#include <gtest/gtest.h>

#include "example_8463.hpp"
#include "mailauth/auth_results.hpp"
#include "text.hpp"
#include "zone.hpp"

namespace mailauth {
namespace {

using test::Zone;

constexpr std::chrono::seconds now{1'600'000'000};

struct Stage {
    Stage() {
        std::string fault;
        rsa = std::make_shared<const DkimKey>(*DkimKey::from_pem(test::example_rsa_pem, fault));
        ed25519 = std::make_shared<const DkimKey>(
            *DkimKey::from_ed25519_seed(*base64_decode(test::example_ed25519_seed)));
        zone.add("s._domainkey.rsa.test TXT " + rsa->dns_record());
        zone.add("s._domainkey.ed.test TXT " + ed25519->dns_record());
    }
    ArcResult verify(const std::string& text) {
        DkimVerifyOptions options;
        options.now = now;
        return verify_arc(text, zone, options);
    }
    std::string seal(const std::string& text, std::string* why = nullptr) {
        const std::size_t body = body_offset(text);
        const bool with_rsa = sealed++ % 2 == 0;
        DkimSignOptions options;
        options.domain = with_rsa ? "rsa.test" : "ed.test";
        options.selector = "s";
        options.now = now;
        ArcSealer sealer(text.substr(0, body), {with_rsa ? rsa : ed25519, options});
        sealer.body(std::string_view(text).substr(body));
        AuthResults results;
        results.authserv_id = "mx.test";
        results.methods.push_back({"spf", "pass", "", {{"smtp", "mailfrom", "a@x.test"}}});
        std::string fault;
        const std::string fields = sealer.finish(results, verify(text), fault);
        if (why != nullptr)
            *why = fault;
        else
            EXPECT_EQ(fault, "");
        return fields.empty() ? "" : fields + text;
    }
    std::string chain(int sets) {
        std::string text = message;
        for (int i = 0; i < sets; ++i) text = seal(text);
        return text;
    }
    std::shared_ptr<const DkimKey> rsa, ed25519;
    Zone zone;
    int sealed = 0;
    std::string message = "From: a@x.test\r\nSubject: one\r\n\r\nHello\r\n";
};

std::string replaced(std::string text, std::string_view from, std::string_view to) {
    const std::size_t at = text.find(from);
    EXPECT_NE(at, std::string::npos) << from;
    return text.replace(at, from.size(), to);
}

TEST(Arc, ChainsOfOurOwn) {
    Stage stage;
    EXPECT_EQ(stage.verify(stage.message).status, ArcStatus::none);
    for (int sets = 1; sets <= 4; ++sets) {
        Stage each;
        const ArcResult result = each.verify(each.chain(sets));
        EXPECT_EQ(result.status, ArcStatus::pass) << result.reason;
        EXPECT_EQ(result.sets.size(), static_cast<std::size_t>(sets));
        EXPECT_EQ(result.oldest_pass, 0U);
        EXPECT_EQ(result.sets[0].domain, "rsa.test");
        EXPECT_EQ(parse_auth_results(result.sets[0].results).authserv_id, "mx.test");
    }
}

TEST(Arc, ABodyThatChangedOnTheWay) {
    Stage stage;
    std::string text = stage.chain(1) + "footer\r\n";
    EXPECT_EQ(stage.verify(text).status, ArcStatus::fail);
    // A list that changes the body seals what it found valid: the chain passes, the first signature no more.
    Stage list;
    const std::string before = list.chain(1);
    const std::size_t body = body_offset(before);
    DkimSignOptions options;
    options.domain = "ed.test";
    options.selector = "s";
    options.now = now;
    ArcSealer sealer(before.substr(0, body), {list.ed25519, options});
    sealer.body(before.substr(body) + "footer\r\n");
    std::string fault;
    AuthResults results;
    results.authserv_id = "list.test";
    const std::string after = sealer.finish(results, list.verify(before), fault) + before + "footer\r\n";
    const ArcResult result = list.verify(after);
    EXPECT_EQ(result.status, ArcStatus::pass) << result.reason;
    EXPECT_EQ(result.oldest_pass, 2U);
}

TEST(Arc, Section52_BrokenChains) {
    Stage stage;
    const std::string good = stage.chain(2);
    ASSERT_EQ(stage.verify(good).status, ArcStatus::pass);
    struct Row {
        std::string_view from, to;
    };
    for (const auto& [from, to] : std::initializer_list<Row>{
             {"ARC-Seal: i=2;", "ARC-Seal: i=3;"},
             {"ARC-Seal: i=2;", "ARC-Seal: i=0;"},
             {"ARC-Seal: i=2;", "ARC-Seal: i=51;"},
             {"ARC-Seal: i=2;", "ARC-Seal: x=2;"},
             {"ARC-Seal: i=2;", "ARC-Seal: i=1;"},
             {"ARC-Seal: i=2;", "X-Seal: i=2;"},
             {"ARC-Seal: i=1;", "X-Seal: i=1;"},
             {"ARC-Message-Signature: i=1;", "X: i=1;"},
             {"ARC-Authentication-Results: i=1;", "X: i=1;"},
             {"ARC-Authentication-Results: i=1;", "ARC-Authentication-Results: "},
             {"cv=pass", "cv=none"},
             {"cv=none", "cv=pass"},
             {"cv=pass", "cv=fail"},
             {"cv=pass", "cv=what"},
             {"cv=pass;", ""},
             {"cv=pass;", "cv=pass; h=from;"},
             {"Subject: one", "Subject: two"},
             {"spf=pass", "spf=fail"},
             {"Hello", "Hallo"},
             {"s=s;", "s=absent;"},
             {"a=ed25519-sha256", "a=rsa-sha1"},
             {"h=from", "h=arc-seal:from"},
         }) {
        const ArcResult result = stage.verify(replaced(good, from, to));
        EXPECT_EQ(result.status, ArcStatus::fail) << from << " -> " << to;
        EXPECT_NE(result.reason, "");
    }
    EXPECT_EQ(stage.verify("ARC-Seal: i=1; cv=none\r\n" + stage.message).status, ArcStatus::fail);
    EXPECT_TRUE(stage.verify(replaced(good, "cv=pass", "cv=fail")).closed);
}

TEST(Arc, DnsFaults) {
    Stage stage;
    const std::string good = stage.chain(2);
    stage.zone = Zone("s._domainkey.rsa.test TXT " + stage.rsa->dns_record());
    stage.zone.add("s._domainkey.ed.test TEMPERROR");
    EXPECT_EQ(stage.verify(good).status, ArcStatus::temperror);
    stage.zone = Zone("s._domainkey.rsa.test TXT " + stage.rsa->dns_record());
    EXPECT_EQ(stage.verify(good).status, ArcStatus::fail);
}

TEST(Arc, SealsOfFailedAndClosedChains) {
    Stage stage;
    const std::string broken = stage.chain(1) + "more\r\n";
    const std::string closed = stage.seal(broken);  // section 5.1.2: says cv=fail, over its own set alone
    EXPECT_NE(closed.find("cv=fail"), std::string::npos);
    EXPECT_TRUE(stage.verify(closed).closed);
    std::string why;
    EXPECT_EQ(stage.seal(closed, &why), "");
    EXPECT_EQ(why, "the chain is closed: its newest seal says fail");
}

TEST(Arc, FiftySetsAndNoMore) {
    Stage stage;
    const std::string full = stage.chain(50);
    EXPECT_EQ(stage.verify(full).status, ArcStatus::pass);
    std::string why;
    EXPECT_EQ(stage.seal(full, &why), "");
    EXPECT_EQ(why, "the chain is full");
    std::string many;
    for (int i = 0; i < 5000; ++i) many += "ARC-Seal: i=" + std::to_string(i) + "; cv=none\r\n";
    EXPECT_EQ(stage.verify(many + stage.message).status, ArcStatus::fail);
}

}  // namespace
}  // namespace mailauth
