// Reports: each kind, who gets which, and what strangers' words may do to them.
#include "mta/dsn/report.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>

#include "mta/dsn/text.hpp"

namespace dsn_test {
namespace {
using namespace mta;
using namespace mta::dsn;

class TextMessage final : public Message {
public:
    explicit TextMessage(std::string text) : text_(std::move(text)) {}
    std::uint64_t size() const override { return text_.size(); }
    awaitable<store::Result<std::string>> read(std::uint64_t offset, std::size_t length) override {
        octets_read += length;
        co_return text_.substr(offset, length);
    }
    std::size_t octets_read = 0;

private:
    std::string text_;
};

const base::SystemTime noon{std::chrono::seconds(1'795'348'800)};  // Sun, 22 Nov 2026 12:00:00 UTC

struct Reported {
    Reported() {
        envelope.sender = "sender@here.test";
        envelope.queue_id = "Q1";
        envelope.arrived = noon - std::chrono::hours(1);
        settings.host_name = "mx.here.test";
        told.recipient.address = "gone@there.test";
        told.outcome.status = {5, 1, 1};
        told.outcome.code = 550;
        told.outcome.words = "550 5.1.1 no such user";
        told.outcome.from_remote = true;
        told.outcome.host = "mx.there.test";
        told.outcome.address = "192.0.2.1";
        told.last_attempt = noon;
    }
    std::optional<Report> make() {
        Request request;
        request.envelope = std::make_shared<Envelope>(envelope);
        request.recipients = others;
        request.recipients.push_back(told);
        request.message = message;
        boost::asio::io_context io(1);
        std::optional<Report> out;
        base::SeededRandom random(1);
        boost::asio::co_spawn(io, make_report(std::move(request), settings, noon, &random),
                              [&](std::exception_ptr broken, std::optional<Report> report) {
                                  if (broken) std::rethrow_exception(broken);
                                  out = std::move(report);
                              });
        io.run();
        return out;
    }
    Envelope envelope;
    Settings settings;
    Told told;
    std::vector<Told> others;
    std::shared_ptr<TextMessage> message =
        std::make_shared<TextMessage>("Message-ID: <1@here.test>\r\nSubject: hello\r\n\r\nthe body\r\n");
};

bool has(const std::string& text, std::string_view what) { return text.find(what) != std::string::npos; }

/// No line is over 998 octets, ends otherwise than CRLF, or holds a NUL.
void expect_sound(const std::string& text) {
    std::size_t start = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        ASSERT_NE(text[i], '\0');
        if (text[i] == '\r') ASSERT_EQ(text.at(i + 1), '\n');
        if (text[i] != '\n') continue;
        ASSERT_EQ(text.at(i - 1), '\r');
        ASSERT_LE(i - start, 999U);
        start = i + 1;
    }
    ASSERT_EQ(start, text.size());
}

TEST(Dsn, AFailureWhole) {
    Reported r;
    const auto report = r.make();
    ASSERT_TRUE(report);
    EXPECT_EQ(report->to.address, "sender@here.test");
    EXPECT_EQ(report->envelope.sender, "");
    EXPECT_EQ(report->envelope.body, Body::seven_bit);
    const std::string& text = report->text;
    expect_sound(text);
    const std::string boundary = text.substr(text.find("boundary=\"") + 10, 34);
    std::string shown = text;
    for (auto at = shown.find(boundary); at != std::string::npos; at = shown.find(boundary))
        shown.replace(at, boundary.size(), "BOUNDARY");
    const auto id = shown.find("Message-ID: <") + 13;
    shown.replace(id, shown.find(".dsn@") - id, "ID");
    EXPECT_EQ(shown,
              "Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
              "From: Mail Delivery System <MAILER-DAEMON@mx.here.test>\r\n"
              "To: <sender@here.test>\r\n"
              "Subject: Undelivered mail\r\n"
              "Message-ID: <ID.dsn@mx.here.test>\r\n"
              "In-Reply-To: <1@here.test>\r\n"
              "References: <1@here.test>\r\n"
              "Auto-Submitted: auto-replied\r\n"
              "MIME-Version: 1.0\r\n"
              "Content-Type: multipart/report; report-type=delivery-status;\r\n"
              "    boundary=\"BOUNDARY\"\r\n"
              "\r\n"
              "--BOUNDARY\r\n"
              "Content-Type: text/plain; charset=us-ascii\r\n"
              "\r\n"
              "This is the mail system at mx.here.test.\r\n"
              "\r\n"
              "Your message could not be delivered to:\r\n"
              "\r\n"
              "    <gone@there.test>\r\n"
              "        mx.there.test [192.0.2.1] said: 550 5.1.1 no such user\r\n"
              "\r\n"
              "\r\n"
              "--BOUNDARY\r\n"
              "Content-Type: message/delivery-status\r\n"
              "\r\n"
              "Reporting-MTA: dns; mx.here.test\r\n"
              "Arrival-Date: Sun, 22 Nov 2026 11:00:00 +0000\r\n"
              "X-Barid-Queue-Id: Q1\r\n"
              "\r\n"
              "Final-Recipient: rfc822; gone@there.test\r\n"
              "Action: failed\r\n"
              "Status: 5.1.1\r\n"
              "Remote-MTA: dns; mx.there.test\r\n"
              "Diagnostic-Code: smtp; 550 5.1.1 no such user\r\n"
              "Last-Attempt-Date: Sun, 22 Nov 2026 12:00:00 +0000\r\n"
              "\r\n"
              "--BOUNDARY\r\n"
              "Content-Type: message/rfc822\r\n"
              "\r\n"
              "Message-ID: <1@here.test>\r\n"
              "Subject: hello\r\n"
              "\r\n"
              "the body\r\n"
              "\r\n"
              "--BOUNDARY--\r\n");
}

TEST(Dsn, WhoWantsWhat) {
    // RFC 3461 section 4.1 and 6.2.
    const Settings settings{.host_name = "h", .tell_delays = true};
    Envelope envelope;
    envelope.sender = "a@b";
    const auto wishes = [&](std::uint8_t notify) {
        Recipient recipient;
        recipient.notify = notify;
        std::string out;
        for (const Action action : {Action::failed, Action::delayed, Action::delivered, Action::relayed})
            out += wants(envelope, recipient, action, settings) ? "FDSR"[static_cast<int>(action)] : '-';
        return out;
    };
    EXPECT_EQ(wishes(notify_unset), "FD--");
    EXPECT_EQ(wishes(notify_never), "----");
    EXPECT_EQ(wishes(notify_success), "--SR");
    EXPECT_EQ(wishes(notify_failure), "F---");
    EXPECT_EQ(wishes(notify_delay), "-D--");
    EXPECT_EQ(wishes(notify_failure | notify_success | notify_delay), "FDSR");
    envelope.sender.clear();
    EXPECT_EQ(wishes(notify_failure | notify_success), "----") << "never to <>";
}

TEST(Dsn, NobodyToTell) {
    Reported r;
    r.told.recipient.notify = notify_never;
    EXPECT_FALSE(r.make());
    r.told.recipient.notify = notify_failure;
    r.envelope.sender.clear();
    EXPECT_FALSE(r.make());
}

TEST(Dsn, OriginalRecipientAndEnvelopeId) {
    Reported r;
    r.envelope.envid = "QQ314159";
    r.told.recipient.orcpt_type = "rfc822";
    r.told.recipient.orcpt_address = "first@there.test";
    const auto report = r.make();
    EXPECT_TRUE(has(report->text, "\r\nOriginal-Envelope-Id: QQ314159\r\n"));
    EXPECT_TRUE(has(report->text, "\r\nOriginal-Recipient: rfc822; first@there.test\r\n"));
    EXPECT_TRUE(has(report->text, "(you wrote to <first@there.test>)"));
}

TEST(Dsn, RetAndSizeDecideWhatReturns) {
    {
        Reported r;
        r.envelope.ret = Ret::headers;
        const auto report = r.make();
        EXPECT_TRUE(has(report->text, "Content-Type: text/rfc822-headers\r\n"));
        EXPECT_FALSE(has(report->text, "the body"));
    }
    {
        Reported r;
        r.message = std::make_shared<TextMessage>("Subject: big\r\n\r\n" + std::string(100'000, 'x'));
        r.envelope.ret = Ret::full;
        const auto report = r.make();
        EXPECT_TRUE(has(report->text, "Subject: big\r\n"));
        EXPECT_FALSE(has(report->text, "xxxx"));
        EXPECT_LE(r.message->octets_read, r.settings.header_bytes_max);
    }
    {
        Reported r;  // RFC 8689 section 5
        r.envelope.require_tls = true;
        const auto report = r.make();
        EXPECT_FALSE(has(report->text, "the body"));
        EXPECT_TRUE(report->envelope.require_tls);
    }
    {
        Reported r;  // a success returns the header alone
        r.envelope.ret = Ret::full;
        r.told.recipient.notify = notify_success;
        r.told.action = Action::relayed;
        r.told.outcome.status = {2, 0, 0};
        const auto report = r.make();
        EXPECT_TRUE(has(report->text, "Action: relayed\r\nStatus: 2.0.0\r\n"));
        EXPECT_TRUE(has(report->text, "Subject: Relayed mail\r\n"));
        EXPECT_FALSE(has(report->text, "the body"));
    }
    {
        Reported r;
        r.message = nullptr;
        EXPECT_FALSE(has(r.make()->text, "rfc822-headers"));
    }
}

TEST(Dsn, ADelaySaysUntilWhen) {
    Reported r;
    r.told.action = Action::delayed;
    r.told.outcome.status = {4, 4, 1};
    r.told.retry_until = noon + std::chrono::hours(29);
    const auto report = r.make();
    EXPECT_TRUE(has(report->text, "Action: delayed\r\nStatus: 4.4.1\r\n"));
    EXPECT_TRUE(has(report->text, "Will-Retry-Until: Mon, 23 Nov 2026 17:00:00 +0000\r\n"));
    EXPECT_TRUE(has(report->text, "Your message could not be delivered yet."));
}

TEST(Dsn, StrangersWordsStayInTheirPlace) {
    Reported r;
    r.told.outcome.words = "550 \r\nBcc: victim@x\r\n\r\n--=_ \x1b[0m \xff " + std::string(2'000, 'w');
    r.envelope.envid = "x\r\nStatus: 2.0.0";
    r.told.recipient.orcpt_type = "rfc822";
    r.told.recipient.orcpt_address = std::string("a\0b\r\nAction: delivered", 22);
    r.message =
        std::make_shared<TextMessage>(std::string("Message-ID: <a b>\nX: ") + std::string(5'000, 'l') + "\n" +
                                      std::string("N: \0\rz", 6) + "\n\nbody\n");
    const auto report = r.make();
    expect_sound(report->text);
    EXPECT_FALSE(has(report->text, "\nBcc:"));
    EXPECT_FALSE(has(report->text, "\nStatus: 2.0.0"));
    EXPECT_FALSE(has(report->text, "\nAction: delivered"));
    EXPECT_FALSE(has(report->text, "In-Reply-To")) << "not a message id";
    EXPECT_TRUE(has(report->text, "Status: 5.1.1"));
}

TEST(Dsn, WithUtf8) {
    // RFC 6533 section 4 to 6.
    Reported r;
    r.envelope.smtputf8 = true;
    r.envelope.sender = "j\xc3\xb6rg@here.test";
    r.told.recipient.address = "\xc3\xa9mile@there.test";
    r.told.outcome.words = "550 5.1.1 d\xc3\xa9sol\xc3\xa9";
    r.message = std::make_shared<TextMessage>("Subject: gr\xc3\xbc\xc3\x9f\r\n\r\nbody\r\n");
    const auto report = r.make();
    expect_sound(report->text);
    EXPECT_TRUE(report->envelope.smtputf8);
    EXPECT_EQ(report->envelope.body, Body::eight_bit);
    EXPECT_TRUE(has(report->text, "To: <j\xc3\xb6rg@here.test>\r\n"));
    EXPECT_TRUE(has(report->text,
                    "Content-Type: message/global-delivery-status\r\nContent-Transfer-Encoding: 8bit\r\n"));
    EXPECT_TRUE(has(report->text, "Final-Recipient: utf-8; \xc3\xa9mile@there.test\r\n"));
    EXPECT_TRUE(has(report->text, "Content-Type: message/global\r\n"));
}

TEST(Dsn, WithoutUtf8NothingIsEightBit) {
    Reported r;
    r.told.outcome.words = "550 5.1.1 d\xc3\xa9sol\xc3\xa9";
    const auto report = r.make();
    EXPECT_TRUE(has(report->text, "550 5.1.1 d?sol?"));
    EXPECT_EQ(report->envelope.body, Body::seven_bit);
}

TEST(Dsn, SeveralRecipientsInOneReport) {
    Reported r;
    Told other = r.told;
    other.recipient.address = "other@there.test";
    other.outcome.from_remote = false;
    other.outcome.host.clear();
    other.outcome.words = "no such domain: there.test";
    other.outcome.status = {5, 1, 2};
    r.others.push_back(other);
    const auto report = r.make();
    EXPECT_TRUE(has(report->text, "    <other@there.test>\r\n        no such domain: there.test\r\n"));
    EXPECT_TRUE(has(report->text, "Diagnostic-Code: x-barid; no such domain: there.test\r\n"));
    EXPECT_TRUE(has(report->text, "Final-Recipient: rfc822; gone@there.test"));
}

TEST(Dsn, LongWordsAreFolded) {
    std::string out;
    write_field(out, "Diagnostic-Code",
                "smtp; 550 " + std::string("many words that go on and on ") + "and on " +
                    std::string("until the line is full and more than that"),
                false);
    EXPECT_EQ(out,
              "Diagnostic-Code: smtp; 550 many words that go on and on and on until the\r\n"
              "    line is full and more than that\r\n");
}

}  // namespace
}  // namespace dsn_test
