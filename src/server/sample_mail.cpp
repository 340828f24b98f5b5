#include "server/sample_mail.hpp"

#include <array>
#include <vector>

#include <fmt/format.h>

namespace server {
namespace {

using boost::asio::awaitable;

struct Sample {
    const char* from;
    const char* subject;
    const char* type;  ///< Content-Type, empty: text/plain
    const char* body;
    int hours_ago;
    bool seen, flagged;
};

constexpr const char* plain = "text/plain; charset=utf-8";

constexpr std::array<Sample, 8> samples{{
    {"Barid <postmaster@example.test>", "Welcome to Barid", plain,
     "This mailbox lives in a demo server.\r\n\r\nSend it something and watch it arrive:\r\n"
     "  swaks --server 127.0.0.1:10025 --to demo@example.test\r\n\r\nEvery client that speaks IMAP or POP3 "
     "can read it.\r\n",
     0, false, true},
    {"Anna <anna@example.test>", "Lunch on Thursday?", plain,
     "At the place by the river, half past twelve.\r\n", 3, false, false},
    {"=?utf-8?Q?J=C3=BCrgen_M=C3=BCller?= <juergen@example.test>",
     "=?utf-8?Q?Gr=C3=BC=C3=9Fe_aus_K=C3=B6ln?=", plain,
     "Sch\xc3\xb6ne Gr\xc3\xbc\xc3\x9f"
     "e, und bis bald!\r\n",
     20, true, false},
    {"=?utf-8?B?5bGx55Sw5aSq6YOO?= <taro@example.test>", "=?utf-8?B?5Lya6K2w44Gu44GK55+l44KJ44Gb?=", plain,
     "\xe4\xbc\x9a\xe8\xad\xb0\xe3\x81\xaf\xe9\x87\x91\xe6\x9b\x9c\xe6\x97\xa5\xe3\x81\xa7\xe3\x81\x99\xe3"
     "\x80\x82\r\n",
     26, true, false},
    {"News <news@example.test>", "The week in mail", "multipart/alternative; boundary=\"=_alt\"",
     "--=_alt\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe week in mail, without pictures.\r\n"
     "--=_alt\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<h1>The week in mail</h1><p>With <b>bold</b> "
     "words.</p>\r\n"
     "--=_alt--\r\n",
     48, false, false},
    {"Accounts <accounts@example.test>", "Invoice 2026-117", "multipart/mixed; boundary=\"=_mix\"",
     "--=_mix\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nThe invoice is attached.\r\n"
     "--=_mix\r\nContent-Type: text/csv; charset=utf-8; name=\"invoice.csv\"\r\nContent-Disposition: "
     "attachment;"
     " filename=\"invoice.csv\"\r\nContent-Transfer-Encoding: "
     "base64\r\n\r\naXRlbSxwcmljZQ0Kc3RhbXAsMS4wMA0K\r\n--=_mix--\r\n",
     72, true, true},
    {"Barid <list@example.test>", "[barid] Digest, 2 messages", "multipart/digest; boundary=\"=_dig\"",
     "--=_dig\r\n\r\nFrom: a@example.test\r\nSubject: first\r\n\r\nOne.\r\n"
     "--=_dig\r\n\r\nFrom: b@example.test\r\nSubject: second\r\n\r\nTwo.\r\n--=_dig--\r\n",
     90, false, false},
    {"Anna <anna@example.test>", "Re: Lunch on Thursday?", plain, "Or Friday?\r\n", 1, false, false},
}};

std::string octets_of(const Sample& sample, const std::string& address, std::int64_t when,
                      std::size_t number) {
    const std::time_t seconds = static_cast<std::time_t>(when);
    std::tm utc{};
    gmtime_r(&seconds, &utc);
    std::array<char, 64> date{};
    std::strftime(date.data(), date.size(), "%a, %d %b %Y %H:%M:%S +0000", &utc);
    return fmt::format(
        "From: {}\r\nTo: <{}>\r\nSubject: {}\r\nDate: {}\r\nMessage-ID: <sample-{}@example.test>\r\n"
        "MIME-Version: 1.0\r\nContent-Type: {}\r\n\r\n{}",
        sample.from, address, sample.subject, date.data(), number, sample.type, sample.body);
}

}  // namespace

awaitable<std::string> deliver_sample_mail(directory::Directory* directory, store::Store* store,
                                           std::string address) {
    auto login = co_await directory->login(address);
    if (!login) co_return std::string(login.error().what());
    auto account = co_await store->account(login->mailbox.account);
    if (!account) co_return std::string(account.error().what());
    const auto tree = (*account)->folders();
    auto inbox = co_await (*account)->open(tree->find("INBOX")->id);
    if (!inbox) co_return std::string(inbox.error().what());
    const std::int64_t now = base::unix_seconds(base::Clock::system().now());
    std::vector<store::Incoming> messages;
    for (std::size_t i = 0; i < samples.size(); ++i) {
        const Sample& sample = samples[samples.size() - 1 - i];
        auto writer = store->new_message();
        const std::int64_t when = now - sample.hours_ago * 3600;
        const std::string octets = octets_of(sample, address, when, i);
        auto written = co_await writer->write(octets);
        if (!written) co_return std::string(written.error().what());
        auto content = co_await writer->finish();
        if (!content) co_return std::string(content.error().what());
        store::Incoming incoming(std::move(*content));
        incoming.internal_date = when;
        if (sample.seen) incoming.flags.system |= store::SystemFlag::seen;
        if (sample.flagged) incoming.flags.system |= store::SystemFlag::flagged;
        messages.push_back(std::move(incoming));
    }
    auto appended = co_await (*inbox)->append(std::move(messages));
    if (!appended) co_return std::string(appended.error().what());
    co_return std::string();
}

}  // namespace server
