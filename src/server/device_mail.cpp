#include "server/device_mail.hpp"

#include <algorithm>

#include <fmt/format.h>

#include "base/log.hpp"
#include "smtp/syntax/trace.hpp"

namespace server {

using boost::asio::awaitable;
using eas::Submitted;

namespace {

Submitted meaning_of(const store::Error& error) {
    switch (error.code()) {
        case store::Errc::none:
            return Submitted::loops;
        case store::Errc::over_quota:
        case store::Errc::no_space:
            return Submitted::full;
        case store::Errc::limit:
            return Submitted::too_large;
        default:
            return Submitted::failed;
    }
}

}  // namespace

/// All recipients or none: a device hears one answer for all, and its user is told by it.
awaitable<Submitted> DeviceMail::find_targets(const eas::Submission* submission, mta::Arrival* arrival) {
    for (const std::string& recipient : submission->recipients) {
        mta::RouteQuestion question;
        question.sender = submission->sender;
        question.recipient = recipient;
        question.trusted = true;
        mta::Resolved found = co_await parts_.agent.resolve(std::move(question));
        if (found.code != 0) co_return found.temporary() ? Submitted::failed : Submitted::no_such_user;
        const bool leaves =
            std::ranges::any_of(found.targets, [](const mta::Target& one) { return one.hop != nullptr; });
        if (leaves && !parts_.agent.sends()) co_return Submitted::not_relayed;
        mta::Arrival::To to;
        to.recipient.address = recipient;
        const bool one_mailbox = found.targets.size() == 1 && !found.targets.front().hop;
        if (one_mailbox) to.recipient.account = found.targets.front().account;
        to.targets = std::move(found.targets);
        arrival->recipients.push_back(std::move(to));
    }
    co_return Submitted::sent;
}

/// RFC 5321 section 4.4.
std::string DeviceMail::received_field(const eas::Submission& submission, store::QueueId id) const {
    std::string out;
    smtp::ReceivedFacts facts;
    const std::string number = fmt::format("{:x}", id.value);
    facts.address = submission.peer;
    facts.hostname = parts_.hostname;
    facts.with = submission.tls ? "HTTPS" : "HTTP";
    facts.id = number;
    facts.tls_version = submission.tls_version;
    facts.tls_cipher = submission.tls_cipher;
    facts.unix_seconds = base::unix_seconds(base::Clock::system().now());
    smtp::write_received(out, facts);
    return out;
}

awaitable<Submitted> DeviceMail::sign(const eas::Submission* submission, std::string* signature) {
    if (parts_.signing == nullptr) co_return Submitted::sent;
    auto fields = co_await parts_.signing->sign(submission->message);
    if (!fields) co_return meaning_of(fields.error());
    *signature = std::move(*fields);
    co_return Submitted::sent;
}

awaitable<Submitted> DeviceMail::submit(eas::Submission submission) {
    mta::Arrival arrival;
    arrival.id = parts_.agent.new_id();
    const Submitted found = co_await find_targets(&submission, &arrival);
    if (found != Submitted::sent) co_return found;
    const Submitted wanted = co_await ask_envelope(&submission);
    if (wanted != Submitted::sent) co_return wanted;
    // Before filters are asked: it comes again, and each asking costs them, and counts in what they count.
    std::string signature;
    Submitted known = co_await sign(&submission, &signature);
    if (known != Submitted::sent) co_return known;
    // Before filters, as at RCPT, and after signing: a key that cannot be read now, again and again, costs
    // the user nothing of what he may send. Nor does what others ask for: eas::IncomingMeetings has limits of
    // its own.
    const auto recipients = static_cast<std::uint32_t>(submission.recipients.size());
    if (!submission.is_answer && !parts_.sending.take(submission.account, recipients))
        co_return Submitted::limited;
    bool rewritten = false;
    const Submitted passed = co_await judge(&submission, &arrival, &rewritten);
    if (passed != Submitted::sent) co_return passed;
    if (arrival.recipients.empty() && arrival.refused.empty()) {
        note_end(submission, arrival, "discarded", arrival.verdict);
        co_return Submitted::sent;
    }
    if (rewritten) known = co_await sign(&submission, &signature);
    if (known != Submitted::sent) co_return known;
    arrival.fields = received_field(submission, arrival.id) + arrival.fields + signature;
    co_return co_await hand_over(&submission, std::move(arrival));
}

awaitable<Submitted> DeviceMail::hand_over(const eas::Submission* submission, mta::Arrival arrival) {
    const auto writer = parts_.store.new_message();
    const auto written = co_await writer->write(submission->message);
    if (!written) co_return meaning_of(written.error());
    auto content = co_await writer->finish();
    if (!content) co_return meaning_of(content.error());
    arrival.content = std::move(*content);
    arrival.account = submission->account;
    arrival.user = submission->user;
    arrival.peer = submission->peer;
    arrival.listener = submission->listener;
    arrival.envelope.sender = submission->sender;
    arrival.envelope.body = mta::Body::eight_bit;
    arrival.envelope.smtputf8 = submission->utf8;
    arrival.envelope.message_id = submission->message_id;
    arrival.envelope.arrived = base::Clock::system().now();
    const std::string id = fmt::format("{:x}", arrival.id.value);
    if (arrival.recipients.empty()) {
        mta::Arrival telling = arrival;
        const auto told = co_await parts_.agent.tell(std::move(telling));
        if (!told) co_return meaning_of(told.error());
        note_end(*submission, arrival, "discarded", arrival.verdict);
        co_return Submitted::sent;
    }
    const std::vector<mta::Taken> taken = co_await parts_.agent.take(std::move(arrival));
    Submitted out = Submitted::sent;
    std::size_t kept = 0;
    for (const mta::Taken& one : taken) {
        const bool refused = one.how == mta::Taken::How::refused;
        if (refused) out = meaning_of(one.error);
        kept += refused ? 0U : 1U;
    }
    // Who has it has it: a device that tried again would bring it twice.
    if (kept != 0 && out != Submitted::sent) {
        base::log::error("eas", "a message reached some of its recipients only",
                         {{"from", submission->sender}, {"recipients", taken.size()}, {"taken", kept}});
        out = Submitted::sent;
    }
    base::log::info("eas", out == Submitted::sent ? "accepted" : "refused",
                    {{"from", submission->sender},
                     {"recipients", taken.size()},
                     {"taken", kept},
                     {"bytes", submission->message.size()},
                     {"id", id},
                     {"ip", submission->peer}});
    co_return out;
}

}  // namespace server
