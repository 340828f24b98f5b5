// What phones send is looked at by the filters like every other submission.
#include <algorithm>
#include <utility>

#include "base/ascii.hpp"
#include "mailauth/message.hpp"
#include "mta/judged.hpp"
#include "server/device_mail.hpp"

namespace server {

using boost::asio::awaitable;
using eas::Submitted;

namespace {

Submitted meaning_of(std::uint16_t code) {
    if (code == 0) return Submitted::sent;
    return code < 500 ? Submitted::failed : Submitted::refused;
}

mta::JudgeFacts facts_of(const eas::Submission& submission) {
    mta::JudgeFacts out;
    out.sender = submission.sender;
    out.ip = submission.peer;
    out.listener = submission.listener;
    out.tls_version = submission.tls_version;
    out.tls_cipher = submission.tls_cipher;
    out.account = submission.account;
    out.user = submission.user;
    return out;
}

}  // namespace

awaitable<Submitted> DeviceMail::ask_envelope(const eas::Submission* submission) {
    if (parts_.judge == nullptr) co_return Submitted::sent;
    mta::JudgeFacts facts = facts_of(*submission);
    const mta::JudgeRefusal sender = co_await parts_.judge->at_sender(facts);
    if (sender.code != 0) co_return meaning_of(sender.code);
    for (const std::string& recipient : submission->recipients) {
        const mta::JudgeRefusal refusal = co_await parts_.judge->at_recipient(facts, recipient);
        if (refusal.code != 0) co_return meaning_of(refusal.code);
    }
    co_return Submitted::sent;
}

/// Leaves in both what the filters have made of the message. Without recipients: it is dropped, and whom a
/// filter refused before that is told of.
awaitable<Submitted> DeviceMail::judge(eas::Submission* submission, mta::Arrival* arrival, bool* rewritten) {
    if (parts_.judge == nullptr) co_return Submitted::sent;
    mta::JudgeFacts facts = facts_of(*submission);
    facts.id = arrival->id;
    facts.recipients = submission->recipients;
    const std::unique_ptr<mta::Judging> judging = parts_.judge->begin(std::move(facts));
    if (!judging) co_return Submitted::sent;
    const std::size_t body = mailauth::body_offset(submission->message);
    std::string header = submission->message.substr(0, body);
    co_await judging->header(std::move(header));
    co_await judging->body(std::string_view(submission->message).substr(body));
    mta::Judgement found = co_await judging->finish(nullptr);
    mta::trace_filters(parts_.agent.trace(), arrival->id, found.steps);
    arrival->refused_from = submission->sender;
    using Action = mta::Judgement::Action;
    if (found.action == Action::refuse) {
        note_end(*submission, *arrival, "refused", found.why.empty() ? found.words : found.why);
        co_return meaning_of(found.code);
    }
    if (found.action == Action::discard) arrival->recipients.clear();
    arrival->junk = found.action == Action::junk;
    arrival->held = found.action == Action::quarantine;
    arrival->fields = std::move(found.fields);
    arrival->verdict = std::move(found.why);
    for (const mta::JudgeRefused& one : found.refused) arrival->refused.push_back(mta::taken_away(one));
    if (found.sender) submission->sender = std::move(*found.sender);
    if (found.recipients && found.action != Action::discard) {
        const bool known = co_await set_recipients(std::move(*found.recipients), submission, arrival);
        if (!known) co_return Submitted::failed;
        if (arrival->recipients.empty() && !arrival->refused.empty()) {
            const mta::Arrival::Refused& first = arrival->refused.front();
            note_end(*submission, *arrival, "refused",
                     "filters: " + first.recipient.address + ": " + first.words);
            co_return Submitted::refused;
        }
    }
    if (!found.rewritten) co_return Submitted::sent;
    auto text = co_await found.rewritten->read(0, found.rewritten->size());
    if (!text || text->size() != found.rewritten->size()) co_return Submitted::failed;
    submission->message = std::move(*text);
    *rewritten = true;
    co_return Submitted::sent;
}

/// As a filter names them: those of the message, and new ones. False: the directory does not answer.
awaitable<bool> DeviceMail::set_recipients(std::vector<std::string> addresses,
                                           const eas::Submission* submission, mta::Arrival* arrival) {
    std::vector<mta::Arrival::To> out;
    for (const std::string& address : addresses) {
        const auto known = std::ranges::find_if(arrival->recipients, [&address](const mta::Arrival::To& one) {
            return base::equals_nocase(one.recipient.address, address);
        });
        if (known != arrival->recipients.end()) {
            out.push_back(*known);
            continue;
        }
        auto added = co_await mta::added_by_filter(&parts_.agent, submission->sender, address);
        if (!added) co_return false;
        if (!added->targets.empty()) out.push_back(std::move(*added));
    }
    arrival->recipients = std::move(out);
    co_return true;
}

/// `event`: "refused" or "discarded".
void DeviceMail::note_end(const eas::Submission& submission, const mta::Arrival& arrival,
                          std::string_view event, std::string_view why) const {
    mta::EndedMail mail;
    mail.sender = arrival.refused_from;
    mail.recipients.assign(submission.recipients.begin(), submission.recipients.end());
    mail.peer = submission.peer;
    mail.message_id = submission.message_id;
    mta::trace_end(parts_.agent.trace(), arrival.id, event, mail, why);
}

}  // namespace server
