#include <random>

#include <gtest/gtest.h>

#include "crypto.hpp"
#include "example_8463.hpp"
#include "mailauth/dkim_key.hpp"
#include "mailauth/dkim_sign.hpp"
#include "text.hpp"
#include "zone.hpp"

namespace mailauth {
namespace {

using test::Zone;

constexpr std::chrono::seconds now{1'600'000'000};

std::string canonical(Canonical form, std::string_view octets, std::size_t piece = SIZE_MAX) {
    // The digest tells equal bodies from others; BodyHash gives no text.
    BodyHash hash(form);
    for (std::size_t at = 0; at < octets.size(); at += std::min(piece, octets.size())) {
        hash.update(octets.substr(at, piece));
    }
    const Sha256Digest digest = hash.finish();
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string digest_text(std::string_view octets) {
    const Sha256Digest digest = sha256_of(octets);
    return {reinterpret_cast<const char*>(digest.data()), digest.size()};
}

std::string relaxed_field(std::string_view octets) {
    std::string out;
    canonical_field(Canonical::relaxed, octets, out);
    return out;
}

// RFC 6376 section 3.4.5's examples, and the edges of sections 3.4.3 and 3.4.4.
TEST(DkimCanonical, Section34) {
    EXPECT_EQ(relaxed_field("A: X\r\n"), "a:X\r\n");
    EXPECT_EQ(relaxed_field("B : Y\t\r\n\tZ  \r\n"), "b:Y Z\r\n");
    EXPECT_EQ(relaxed_field("SubJect:\r\n  a  b\r\n\t\r\n"), "subject:a b\r\n");
    struct Row {
        std::string_view body, simple, relaxed;
    };
    for (const auto& [body, simple, relaxed] : std::initializer_list<Row>{
             {" C \r\nD \t E\r\n\r\n\r\n", " C \r\nD \t E\r\n", " C\r\nD E\r\n"},
             {"", "\r\n", ""},
             {"\r\n", "\r\n", ""},
             {"\r\n\r\n\r\n", "\r\n", ""},
             {"x", "x\r\n", "x\r\n"},
             {"x\r\n", "x\r\n", "x\r\n"},
             {" \t\r\n", " \t\r\n", ""},
             {"\r\n \r\n", "\r\n \r\n", ""},
             {"\r\n x", "\r\n x\r\n", "\r\n x\r\n"},
             {"a\rb\r\n\r", "a\rb\r\n\r\r\n", "a\rb\r\n\r\r\n"},
             {"a\nb \n", "a\nb \n\r\n", "a\nb \n\r\n"},
             {"a \r\r\n", "a \r\r\n", "a \r\r\n"},
             {"a  \t b\t", "a  \t b\t\r\n", "a b\r\n"},
         }) {
        for (std::size_t piece = 1; piece <= body.size() + 1; ++piece) {
            EXPECT_EQ(canonical(Canonical::simple, body, piece), digest_text(simple))
                << body << " in " << piece;
            EXPECT_EQ(canonical(Canonical::relaxed, body, piece), digest_text(relaxed))
                << body << " in " << piece;
        }
    }
}

/// The rules as the RFC says them, one after the other, over the whole body.
std::string plain_relaxed(std::string body) {
    std::string out;
    while (!body.empty()) {
        const std::size_t end = std::min(body.find("\r\n"), body.size());
        const bool ended = end < body.size();
        std::string line;
        for (const char c : body.substr(0, end)) {
            if (c != ' ' && c != '\t')
                line += c;
            else if (!line.ends_with(' '))
                line += ' ';
        }
        while (line.ends_with(' ')) line.pop_back();
        out += line + (ended || !line.empty() ? "\r\n" : "");
        body.erase(0, ended ? end + 2 : end);
    }
    while (out.ends_with("\r\n\r\n")) out.resize(out.size() - 2);
    return out == "\r\n" ? "" : out;
}

TEST(DkimCanonical, AnyCutOfAnyBodyIsTheSame) {
    std::mt19937 random(20);
    constexpr std::string_view alphabet = "ab \t\r\n\r\n\r\n";
    for (int round = 0; round < 2000; ++round) {
        std::string body;
        for (auto length = random() % 40; length > 0; --length) {
            const char c = alphabet[random() % alphabet.size()];
            body += c;
            if (random() % 6 == 0) body.append(random() % 40, 'w');  // as long as what is compared at once
            if (c == '\r' && random() % 4 != 0) body += '\n';
        }
        const std::string whole = canonical(Canonical::relaxed, body);
        ASSERT_EQ(whole, digest_text(plain_relaxed(body))) << testing::PrintToString(body);
        const std::size_t piece = 1 + random() % (round % 2 == 0 ? 7 : 50);
        ASSERT_EQ(canonical(Canonical::relaxed, body, piece), whole) << testing::PrintToString(body);
        ASSERT_EQ(canonical(Canonical::simple, body, piece), canonical(Canonical::simple, body))
            << testing::PrintToString(body);
    }
}

DkimVerifyOptions at_now() {
    DkimVerifyOptions options;
    options.now = now;
    return options;
}

std::vector<DkimResult> verify(std::string_view message, Zone& zone) {
    return verify_dkim(message, zone, at_now());
}

TEST(DkimVerify, Rfc8463AppendixA) {
    Zone zone(test::example_zone);
    const std::string message = with_crlf(test::example_message);
    const std::vector<DkimResult> results = verify(message, zone);
    ASSERT_EQ(results.size(), 2U);
    for (const DkimResult& result : results) {
        EXPECT_EQ(result.status, DkimStatus::pass) << result.reason;
        EXPECT_EQ(result.domain, "football.example.com");
        EXPECT_EQ(result.identity, "@football.example.com");
    }
    EXPECT_EQ(results[0].algorithm, "ed25519-sha256");
    EXPECT_EQ(results[1].key_bits, 1024U);
    EXPECT_EQ(results[1].signature, "F45dVWDfMbQD");

    std::string changed = message;
    changed.replace(changed.find("hungry"), 6, "thirst");
    for (const DkimResult& result : verify(changed, zone)) EXPECT_EQ(result.reason, "the body has changed");
    changed = message;
    changed.replace(changed.find("dinner"), 6, "supper");
    for (const DkimResult& result : verify(changed, zone)) EXPECT_EQ(result.status, DkimStatus::fail);
    // h= names From, Subject and Date once more than they are there: none can be added (section 5.4.2).
    for (const std::string_view added :
         {"Subject: other\r\n", "From: other@example.net\r\n", "Date: today\r\n"}) {
        for (const DkimResult& result : verify(std::string(added) + message, zone)) {
            EXPECT_EQ(result.status, DkimStatus::fail) << added;
        }
    }
    for (const DkimResult& result : verify("X-Added: yes\r\n" + message, zone)) {
        EXPECT_EQ(result.status, DkimStatus::pass);
    }
}

/// A signer with the example's RSA key at s.example.test and what a test needs.
struct Stage {
    Stage() {
        std::string fault;
        key = std::make_shared<const DkimKey>(*DkimKey::from_pem(test::example_rsa_pem, fault));
        ed25519 = std::make_shared<const DkimKey>(
            *DkimKey::from_ed25519_seed(*base64_decode(test::example_ed25519_seed)));
        options.domain = "example.test";
        options.selector = "s";
        options.now = now;
        record = key->dns_record();
    }
    std::string sign() {
        std::string fault;
        const std::string fields = sign_dkim(message, {{key, options}}, fault);
        EXPECT_EQ(fault, "");
        return fields;
    }
    DkimResult verify_text(const std::string& text, DkimVerifyOptions how = at_now()) {
        Zone zone;
        if (!record.empty()) zone.add("s._domainkey.example.test TXT " + record);
        zone.add(more_zone);
        const auto results = verify_dkim(text, zone, how);
        return results.empty() ? DkimResult() : results.front();
    }
    DkimResult round_trip() { return verify_text(sign() + message); }
    /// A signature whose text is changed after signing.
    DkimResult with_change(std::string_view from, std::string_view to) {
        std::string text = sign() + message;
        const std::size_t at = text.find(from);
        EXPECT_NE(at, std::string::npos) << from;
        text.replace(at, from.size(), to);
        return verify_text(text);
    }

    std::shared_ptr<const DkimKey> key, ed25519;
    DkimSignOptions options;
    std::string record;
    std::string more_zone;
    std::string message =
        "From: a@example.test\r\nTo: b@example.net\r\nSubject:  folded\r\n\tsubject \r\n\r\nbody  text "
        "\r\n\r\nend\r\n\r\n";
};

TEST(DkimSign, AllFormsVerify) {
    for (const Canonical header : {Canonical::simple, Canonical::relaxed}) {
        for (const Canonical body : {Canonical::simple, Canonical::relaxed}) {
            for (const std::string_view text :
                 {"", "\r\n", "one\r\n", "no end", " \t \r\n\r\n", "a\r\n\r\nb\r\n\r\n\r\n"}) {
                Stage stage;
                stage.options.header = header;
                stage.options.body = body;
                stage.message = "From: a@example.test\r\nsubject:x  \r\n y\r\n\r\n" + std::string(text);
                const DkimResult result = stage.round_trip();
                EXPECT_EQ(result.status, DkimStatus::pass) << result.reason << " for " << text;
            }
        }
    }
}

TEST(DkimSign, SeveralKeysInOnePass) {
    Stage stage;
    DkimSignOptions second = stage.options;
    second.selector = "ed";
    second.body = Canonical::simple;
    std::string fault;
    const std::string fields =
        sign_dkim(stage.message, {{stage.key, stage.options}, {stage.ed25519, second}}, fault);
    Zone zone("s._domainkey.example.test TXT " + stage.record);
    zone.add("ed._domainkey.example.test TXT " + stage.ed25519->dns_record());
    const auto results = verify(fields + stage.message, zone);
    ASSERT_EQ(results.size(), 2U);
    EXPECT_EQ(results[0].status, DkimStatus::pass) << results[0].reason;
    EXPECT_EQ(results[1].status, DkimStatus::pass) << results[1].reason;
    EXPECT_EQ(results[1].algorithm, "ed25519-sha256");
}

TEST(DkimSign, LinesAreShort) {
    Stage stage;
    stage.options.copy_fields = true;
    stage.options.identity = "a@example.test";
    const std::string field = stage.sign();
    for (std::size_t begin = 0; begin < field.size();) {
        const std::size_t end = field.find("\r\n", begin);
        EXPECT_LE(end - begin, 78U) << field;
        begin = end + 2;
    }
    EXPECT_NE(field.find("z=From:=20a@example.test|To:=20b@example.net"), std::string::npos) << field;
    EXPECT_EQ(stage.round_trip().identity, "a@example.test");
}

TEST(DkimSign, WhatCannotBeSignedSaysWhy) {
    Stage stage;
    std::string fault;
    EXPECT_EQ(sign_dkim("To: b@example.net\r\n\r\nx", {{stage.key, stage.options}}, fault), "");
    EXPECT_EQ(fault, "a message without From");
    stage.options.identity = "a@other.test";
    EXPECT_EQ(sign_dkim(stage.message, {{stage.key, stage.options}}, fault), "");
    EXPECT_EQ(fault, "i= is not within the domain");
    EXPECT_FALSE(DkimKey::from_pem("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", fault));
    EXPECT_FALSE(DkimKey::generate_rsa(512));
}

TEST(DkimSign, NothingCanBeAddedToOversignedFields) {
    Stage stage;
    const std::string text = stage.sign() + stage.message;
    for (const std::string& name : default_oversigned_fields()) {
        EXPECT_EQ(stage.verify_text(name + ": x\r\n" + text).status, DkimStatus::fail) << name;
    }
    EXPECT_EQ(stage.verify_text("List-Id: x\r\n" + text).status, DkimStatus::pass);
}

TEST(DkimVerify, Section61_SignatureFaults) {
    struct Row {
        std::string_view from, to;
        DkimStatus status;
    };
    for (const auto& [from, to, status] : std::initializer_list<Row>{
             {"v=1;", "v=2;", DkimStatus::permerror},
             {"v=1; ", "", DkimStatus::permerror},
             {"a=rsa-sha256", "a=rsa-sha1", DkimStatus::permerror},
             {"a=rsa-sha256", "a=ed25519-sha256", DkimStatus::permerror},  // not what the key is for
             {"a=rsa-sha256", "a=magic", DkimStatus::permerror},
             {"c=relaxed/relaxed", "c=relaxed/what", DkimStatus::permerror},
             {"d=example.test", "d=example.test; d=example.test", DkimStatus::permerror},
             {"d=example.test", "d=test", DkimStatus::permerror},
             {"s=s;", "s=;", DkimStatus::permerror},
             {"s=s;", "s=absent;", DkimStatus::permerror},
             {"s=s;", "s=s; q=other;", DkimStatus::permerror},
             {"s=s;", "s=s; i=@other.test;", DkimStatus::permerror},
             {"s=s;", "s=s; l=x;", DkimStatus::permerror},
             {"s=s;", "s=s; x=1;", DkimStatus::permerror},
             {"h=from:", "h=from::", DkimStatus::permerror},
             {"h=from:", "h=", DkimStatus::permerror},
             {"bh=", "bh=!", DkimStatus::permerror},
             {"bh=", "bh=AAAA", DkimStatus::permerror},
             {"\tb=", "\tc=", DkimStatus::permerror},
             {"s=s;", "s=s;; ", DkimStatus::permerror},
             {"s=s;", "s=s; n=changed;", DkimStatus::fail},
         }) {
        Stage stage;
        stage.options.oversigned = {"to"};
        stage.options.fields = {"from", "from", "subject"};
        const DkimResult result = stage.with_change(from, to);
        EXPECT_EQ(name_of(result.status), name_of(status)) << from << " -> " << to << ": " << result.reason;
        EXPECT_FALSE(result.reason.empty());
    }
}

TEST(DkimVerify, Section35_Times) {
    Stage stage;
    stage.options.lifetime = std::chrono::hours(1);
    const std::string text = stage.sign() + stage.message;
    DkimVerifyOptions how = at_now();
    EXPECT_EQ(stage.verify_text(text, how).status, DkimStatus::pass);
    how.now = now + std::chrono::hours(2);
    EXPECT_EQ(stage.verify_text(text, how).reason, "the signature has expired");
    how.now = now - std::chrono::hours(20);
    EXPECT_EQ(stage.verify_text(text, how).reason, "the signature is from the future");
    EXPECT_EQ(stage.verify_text(text, how).status, DkimStatus::permerror);
}

TEST(DkimVerify, Section82_BodyLength) {
    Stage stage;
    stage.options.write_length = true;
    const std::string text = stage.sign() + stage.message;
    EXPECT_EQ(stage.verify_text(text).status, DkimStatus::pass);
    DkimVerifyOptions how = at_now();
    EXPECT_EQ(stage.verify_text(text + "more\r\n", how).status, DkimStatus::policy);
    how.unsigned_tail = UnsignedTail::flag;
    const DkimResult flagged = stage.verify_text(text + "more\r\n", how);
    EXPECT_EQ(flagged.status, DkimStatus::pass);
    EXPECT_EQ(flagged.unsigned_octets, 8U);  // the empty line counts now: CRLF "more" CRLF
    EXPECT_EQ(stage.verify_text(text.substr(0, text.size() - 9), how).status, DkimStatus::fail);
}

TEST(DkimVerify, Section612_Keys) {
    struct Row {
        std::string record;
        DkimStatus status;
        std::string_view reason;
    };
    Stage stage;
    const std::string p = stage.record.substr(stage.record.find("p="));
    const std::string bare =
        "p=" + base64_encode(base64_decode(p.substr(2))->substr(22));  // RSAPublicKey alone
    const std::string p_ed25519 = stage.ed25519->dns_record().substr(22);
    for (const auto& [record, status, reason] : std::initializer_list<Row>{
             {p, DkimStatus::pass, ""},
             {bare, DkimStatus::pass, ""},
             {"v=DKIM1; h=sha1:sha256; s=other:email; t=y; n=a note; g=*; " + p, DkimStatus::pass, ""},
             {"v=DKIM1; s=*; " + p, DkimStatus::pass, ""},
             {"v=DKIM1; p=", DkimStatus::permerror, "the key is revoked"},
             {"v=DKIM2; " + p, DkimStatus::permerror,
              "the key record has a fault: a version that is not DKIM1"},
             {p + "; v=DKIM1", DkimStatus::permerror,
              "the key record has a fault: a version that is not DKIM1"},
             {"v=DKIM1; h=sha1; " + p, DkimStatus::permerror, "the key does not allow SHA-256"},
             {"v=DKIM1; s=tlsrpt; " + p, DkimStatus::permerror, "the key is not for mail"},
             {"v=DKIM1; k=ed25519; p=" + p_ed25519, DkimStatus::permerror,
              "the key is for another algorithm"},
             {"v=DKIM1; k=what; " + p, DkimStatus::permerror,
              "the key record has a fault: an unknown key type"},
             {"v=DKIM1; p=AAAA", DkimStatus::permerror, "p= holds no such key"},
             {"v=DKIM1; p=!", DkimStatus::permerror, "the key record has a fault: p= is no base64"},
             {"v=DKIM1; k=rsa", DkimStatus::permerror, "the key record has a fault: no p= tag"},
             {"hello | " + p, DkimStatus::pass, ""},
             {"", DkimStatus::permerror, "there is no key at s._domainkey.example.test"},
         }) {
        Stage each;
        each.record = record;
        const DkimResult result = each.round_trip();
        EXPECT_EQ(name_of(result.status), name_of(status)) << record << ": " << result.reason;
        EXPECT_EQ(result.reason, reason) << record;
        EXPECT_EQ(result.testing, record.find("t=y") != std::string_view::npos);
    }
    stage.record.clear();
    stage.more_zone = "s._domainkey.example.test TEMPERROR";
    EXPECT_EQ(stage.round_trip().status, DkimStatus::temperror);
    stage.more_zone = "s._domainkey.example.test BOGUS";
    EXPECT_EQ(stage.round_trip().reason, "the key's DNSSEC is wrong");
}

TEST(DkimVerify, Section361_StrictIdentity) {
    Stage stage;
    stage.options.identity = "a@sub.example.test";
    EXPECT_EQ(stage.round_trip().status, DkimStatus::pass);
    stage.record += "; t=s";
    EXPECT_EQ(stage.round_trip().status, DkimStatus::permerror);
    stage.options.identity = "a@example.test";
    EXPECT_EQ(stage.round_trip().status, DkimStatus::pass);
}

TEST(DkimVerify, Rfc8301_KeySizes) {
    DkimVerifyOptions how = at_now();
    how.limits.rsa_bits_min = 1025;
    Stage stage;
    EXPECT_EQ(stage.verify_text(stage.sign() + stage.message, how).reason, "the key is too short");
    how.limits = {};
    how.limits.rsa_bits_max = 1000;
    EXPECT_EQ(stage.verify_text(stage.sign() + stage.message, how).reason, "the key is too long");
}

TEST(DkimVerify, Rfc8616_ULabels) {
    Stage stage;
    stage.options.domain =
        "b\xc3\xbc"
        "cher.test";
    stage.options.identity =
        "\xc3\xa9@b\xc3\xbc"
        "cher.test";
    Zone zone("s._domainkey.xn--bcher-kva.test TXT " + stage.record);
    std::string text = stage.sign() + stage.message;
    EXPECT_EQ(verify(text, zone).front().status, DkimStatus::pass);
    const std::size_t at = text.find("d=xn--bcher-kva.test");
    text.replace(at, 20,
                 "d=b\xc3\xbc"
                 "cher.test");
    EXPECT_EQ(verify(text, zone).front().domain, "xn--bcher-kva.test");
    EXPECT_EQ(verify(text, zone).front().status, DkimStatus::fail);  // the octets are signed as they were
}

TEST(DkimVerify, TooManySignaturesAreNotTried) {
    Stage stage;
    std::string text;
    for (int i = 0; i < 2000; ++i) text += stage.sign();
    text += stage.message;
    Zone zone("s._domainkey.example.test TXT " + stage.record);
    const auto results = verify(text, zone);
    ASSERT_EQ(results.size(), 2000U);
    EXPECT_EQ(results[9].status, DkimStatus::pass);
    EXPECT_EQ(results[10].status, DkimStatus::policy);
    EXPECT_EQ(zone.asked.size(), 1U);
    EXPECT_EQ(best_of(results)->status, DkimStatus::pass);
}

TEST(DkimVerify, UnsignedMessages) {
    Zone zone;
    EXPECT_TRUE(verify("From: a@b.test\r\n\r\nx\r\n", zone).empty());
    EXPECT_TRUE(verify("", zone).empty());
    EXPECT_EQ(best_of({}), nullptr);
}

TEST(DkimKeys, GenerateKeepAndPublish) {
    for (const bool rsa : {true, false}) {
        const auto key = rsa ? DkimKey::generate_rsa(1024) : DkimKey::generate_ed25519();
        ASSERT_TRUE(key);
        std::string fault;
        const auto again = DkimKey::from_pem(key->pem(), fault);
        ASSERT_TRUE(again) << fault;
        EXPECT_EQ(again->dns_record(), key->dns_record());
        EXPECT_TRUE(parse_dkim_key_record(key->dns_record(true)).testing);
    }
    std::string fault;
    const auto key = DkimKey::from_pem(test::example_rsa_pem, fault);
    EXPECT_NE(test::example_zone.find(key->dns_record()), std::string_view::npos);
    const std::string line = DkimKey::generate_rsa(2048)->zone_line("s", "example.test");
    EXPECT_TRUE(line.starts_with("s._domainkey.example.test. IN TXT ( \"v=DKIM1; k=rsa; p=")) << line;
    EXPECT_NE(line.find("\" \""), std::string::npos);  // more than one string
}

}  // namespace
}  // namespace mailauth
