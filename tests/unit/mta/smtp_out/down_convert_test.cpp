// 8-bit and binary mail for hosts that take 7-bit lines alone: the content is the same when it is decoded.
#include "mta/smtp_out/down_convert.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "bench_stand.hpp"
#include "fake_hop.hpp"
#include "mime/codec.hpp"
#include "mime/index.hpp"

namespace smtp_out_test {
namespace {

awaitable<void> convert(std::shared_ptr<Message> message, std::size_t piece,
                        std::optional<std::string>* out) {
    const auto plan = co_await plan_seven_bit(message, piece);
    if (!plan || !(*plan)->possible) co_return;
    SevenBitSource source(message, *plan, piece);
    out->emplace();
    for (;;) {
        const auto octets = co_await source.next();
        if (!octets) {
            out->reset();
            co_return;
        }
        if (octets->empty()) co_return;
        **out += *octets;
    }
}

std::optional<std::string> converted(const std::string& text, std::size_t piece = 64) {
    boost::asio::io_context io(1);
    std::optional<std::string> out;
    boost::asio::co_spawn(io, convert(std::make_shared<TextMessage>(text), piece, &out),
                          [](std::exception_ptr e) {
                              if (e) std::rethrow_exception(e);
                          });
    io.run();
    return out;
}

/// Decoded bodies of all leaves, in order.
std::vector<std::string> leaves(const std::string& text) {
    const mime::Index index = mime::index(text);
    std::vector<std::string> out;
    for (const mime::Part& part : index.tree.parts) {
        if (part.kind != mime::Kind::leaf) continue;
        mime::TransferDecoder decoder(part.encoding);
        std::string body;
        decoder.decode(std::string_view(text).substr(part.body_offset, part.body_bytes), body);
        decoder.finish(body);
        out.push_back(body);
    }
    return out;
}

void expect_same(const std::string& text) {
    for (const std::size_t piece : {7U, 64U, 100'000U}) {
        const auto out = converted(text, piece);
        ASSERT_TRUE(out) << text;
        EXPECT_TRUE(
            std::ranges::all_of(*out, [](char c) { return static_cast<unsigned char>(c) < 0x80 && c != 0; }));
        EXPECT_EQ(leaves(*out), leaves(text)) << *out;
        for (std::size_t at = 0; at < out->size();) {
            const std::size_t end = std::min(out->find('\n', at), out->size());
            EXPECT_LE(end - at, 999U);
            at = end + 1;
        }
    }
}

TEST(DownConvert, TextBecomesQuotedPrintable) {
    const std::string text =
        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding:\r\n 8bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
        "e = 1\r\n.\r\nend\r\n";
    EXPECT_TRUE(converted(text)->starts_with(
        "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        "Content-Transfer-Encoding: quoted-printable\r\n\r\nGr=C3=BC=C3=9Fe =3D 1\r\n"));
    expect_same(text);
}

TEST(DownConvert, WithoutAnyMimeHeader) {
    const std::string text = "Subject: x\r\n\r\ncaf\xe9\r\n";
    EXPECT_EQ(*converted(text),
              "Subject: x\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=unknown-8bit\r\n"
              "Content-Transfer-Encoding: quoted-printable\r\n\r\ncaf=E9\r\n");
}

TEST(DownConvert, PartsAreConvertedApart) {
    std::string binary;
    for (int i = 0; i < 700; ++i) binary += static_cast<char>(i * 7);
    const std::string text =
        "MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Transfer-Encoding: "
        "binary\r\n\r\n"
        "pr\xc3\xa9"
        "amble\r\n--b\r\nContent-Type: text/plain\r\n\r\nplain\r\n--b\r\nContent-Type: application/x\r\n"
        "Content-Transfer-Encoding: binary\r\n\r\n" +
        binary +
        "\r\n--b\r\nContent-Type: message/rfc822\r\nContent-Transfer-Encoding: 8bit\r\n\r\nSubject: inner\r\n"
        "Content-Type: text/plain\r\nContent-Transfer-Encoding: 8bit\r\n\r\ninn\xc3\xa9r\r\n--b\r\n"
        "Content-Type: image/x\r\nContent-Transfer-Encoding: base64\r\n\r\nAAEC\r\n--b--\r\n";
    expect_same(text);
    const auto out = converted(text);
    EXPECT_EQ(out->find("Content-Transfer-Encoding: 8bit"), std::string::npos);
    EXPECT_EQ(out->find("Content-Transfer-Encoding: binary"), std::string::npos);
    EXPECT_NE(out->find("pr??amble"), std::string::npos);
}

TEST(DownConvert, LinesThatAreTooLong) {
    expect_same("Content-Type: text/plain\r\n\r\n" + std::string(5'000, 'x') + "\r\nend\r\n");
    expect_same("Content-Type: text/plain\r\n\r\n" + std::string(200'000, 'x') + "\xc3\xa9\r\nend\r\n");
}

TEST(DownConvert, WhatCannotBeConverted) {
    EXPECT_FALSE(converted("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nx\r\n"));
    EXPECT_FALSE(converted("Content-Transfer-Encoding: base64\r\n\r\n\xff\xfe\r\n"));
    EXPECT_FALSE(converted("Content-Transfer-Encoding: x-uuencode\r\n\r\n\xff\xfe\r\n"));
}

TEST(DownConvert, IsDoneWhereTheHostTakesNothingElse) {
    for (const Body body : {Body::eight_bit, Body::binary}) {
        FakeHop::Manners manners;
        manners.extensions = {"PIPELINING"};
        FakeHop hop(manners);
        Stand stand;
        stand.finder.plan.hosts = {host_at(hop.port)};
        stand.envelope.body = body;
        Attempt attempt = stand.deliver({"a@example.test"}, "Subject: x\r\n\r\ncaf\xe9\r\n");
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::relayed) << attempt.outcomes[0].words;
        EXPECT_EQ(hop.messages().at(0).mail, "MAIL FROM:<sender@client.test>");
        EXPECT_NE(hop.messages().at(0).data.find("\r\n\r\ncaf=E9\r\n"), std::string::npos);
        // Over the same connection: what cannot be converted is refused, and what needs not be is sent as it
        // is.
        attempt = stand.deliver({"a@example.test"}, "Subject: caf\xe9\r\n\r\nx\r\n");
        EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
        EXPECT_EQ(attempt.outcomes[0].status.text(), "5.6.3");
    }
}

TEST(DownConvert, InternationalisedMailThatIsPlainAfterAll) {
    FakeHop::Manners manners;
    manners.extensions = {"PIPELINING", "8BITMIME"};
    FakeHop hop(manners);
    Stand stand;
    stand.finder.plan.hosts = {host_at(hop.port)};
    stand.envelope.smtputf8 = true;
    EXPECT_EQ(stand.deliver({"a@example.test"}, "Subject: x\r\n\r\nplain\r\n").outcomes[0].fate,
              Fate::relayed);
    const Attempt attempt = stand.deliver({"a@example.test"}, "Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nx\r\n");
    EXPECT_EQ(attempt.outcomes[0].fate, Fate::failed);
    EXPECT_EQ(attempt.outcomes[0].status.text(), "5.6.7");
}

}  // namespace
}  // namespace smtp_out_test
