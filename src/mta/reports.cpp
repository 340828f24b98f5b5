// The end of an attempt: reports to the sender, one commit, the trace; and what an operator may do to a
// message.
#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/log.hpp"
#include "mta/agent_state.hpp"
#include "mta/post_office.hpp"
#include "store/queue_claim.hpp"

namespace mta {
namespace {

constexpr store::Error under_way(store::Errc::conflict, "an attempt is under way");
/// Nothing of it was kept. Of every other error the queue says so (Queue::update()).
bool surely_not_kept(const store::Error& error) { return !error.is(store::Errc::unknown); }

/// Of a report, before its recipients wait with it. Those who wait for nothing else come again in their time,
/// and make way for others meanwhile.
unsigned tries_max(bool tells) { return tells ? 1 : 4; }

}  // namespace

bool wants_report(ReportLine::Action action, std::uint8_t notify, bool passed_on) {
    if ((notify & notify_never) != 0) return false;
    switch (action) {
        case ReportLine::Action::failed:
            return notify == notify_unset || (notify & notify_failure) != 0;
        case ReportLine::Action::delayed:
            return notify == notify_unset || (notify & notify_delay) != 0;
        case ReportLine::Action::relayed:
            return (notify & notify_success) != 0 && !passed_on;
        default:
            return (notify & notify_success) != 0;
    }
}

/// Messages for the queue: to the sender from <>. None when nobody can be told: a report of a report is never
/// sent (RFC 5321 section 6.1). \errors temporary ones: he cannot be told now
awaitable<store::Result<std::vector<store::NewQueued>>> Agent::report(
    std::shared_ptr<const Envelope> envelope, std::vector<ReportLine> lines, std::shared_ptr<Message> message,
    std::string about) {
    std::vector<store::NewQueued> out;
    if (lines.empty() || parts_.reporter == nullptr) co_return out;
    if (envelope->sender.empty()) {
        parts_.trace.add(about, "unreported", {{"why", "the sender is <>"}});
        co_return out;
    }
    RouteQuestion question;
    question.recipient = envelope->sender;
    question.trusted = true;
    Resolved where = co_await parts_.router.resolve(std::move(question));
    if (where.temporary())
        co_return store::Error(store::Errc::unavailable, "where its sender is cannot be told now");
    if (where.code != 0 || where.targets.empty()) {
        parts_.trace.add(about, "unreported", {{"to", envelope->sender}, {"why", where.words}});
        co_return out;
    }
    ReportRequest request;
    request.envelope = envelope;
    request.lines = std::move(lines);
    request.message = std::move(message);
    auto made = co_await write_report(std::move(request), std::move(where));
    if (made || made.error().temporary()) co_return made;
    base::log::error("mta", "a report cannot be written", {{"about", about}, {"why", made.error().what()}});
    parts_.trace.add(about, "unreported", {{"to", envelope->sender}, {"why", made.error().what()}});
    co_return out;
}

awaitable<store::Result<std::vector<store::NewQueued>>> Agent::write_report(ReportRequest request,
                                                                            Resolved where) {
    auto text = co_await parts_.reporter->compose(std::move(request));
    if (!text) co_return text.error();
    co_return co_await compose_own(std::string(), std::move(*text), std::move(where));
}

/// In several entries, with one blob, where the address stands for more than one holds.
awaitable<store::Result<std::vector<store::NewQueued>>> Agent::compose_own(std::string sender,
                                                                           std::string text, Resolved where) {
    store::NewQueued made;
    if (parts_.signing != nullptr) {
        auto fields = co_await parts_.signing->sign(text);
        if (!fields && !sender.empty()) co_return fields.error();
        // A report that comes without a signature is better than none.
        if (fields) made.envelope.prefix = std::move(*fields);
    }
    const auto writer = parts_.store.new_message();
    const auto written = co_await writer->write(text);
    if (!written) co_return written.error();
    auto content = co_await writer->finish();
    if (!content) co_return content.error();
    made.content = std::move(*content);
    made.envelope.sender = std::move(sender);
    made.envelope.arrived = now();
    for (const Target& target : where.targets) {
        Recipient recipient;
        recipient.address = target.address;
        recipient.account = target.hop ? base::AccountId() : target.account;
        recipient.notify = notify_never;
        made.recipients.push_back(to_queue(recipient));
        store::QueueProgress progress;
        progress.lane = (target.hop ? *target.hop : *post_office_hop()).key();
        progress.due = now();
        made.progress.push_back(std::move(progress));
    }
    std::vector<store::NewQueued> parts = in_parts(std::move(made), parts_.queue.limits().recipients_max);
    for (store::NewQueued& part : parts) part.id = new_id();
    co_return parts;
}

awaitable<store::Result<void>> Agent::send_own(std::string sender, std::string to, std::string text) {
    std::vector<OwnMessage> one(1);
    one.front().sender = std::move(sender);
    one.front().to = std::move(to);
    one.front().text = std::move(text);
    const auto sent = co_await send_own_with(std::move(one), std::vector<store::engine::Patch>());
    if (!sent) co_return sent.error();
    if (*sent == 0) co_return store::Error(store::Errc::invalid, "nobody takes mail for it");
    co_return store::Result<void>();
}

awaitable<store::Result<std::size_t>> Agent::send_own_with(std::vector<OwnMessage> messages,
                                                           std::vector<store::engine::Patch> along) {
    std::vector<store::NewQueued> entries;
    std::vector<std::size_t> places;  // of the message of each entry
    std::size_t taken = 0;
    store::Error not_now;
    for (std::size_t i = 0; i < messages.size(); ++i) {
        RouteQuestion question;
        question.sender = messages[i].sender;
        question.recipient = messages[i].to;
        question.trusted = true;
        Resolved where = co_await parts_.router.resolve(std::move(question));
        if (where.temporary())
            not_now = store::Error(store::Errc::unavailable, "where it goes cannot be told now");
        if (where.code != 0 || where.targets.empty()) continue;
        auto made = co_await compose_own(messages[i].sender, std::move(messages[i].text), std::move(where));
        if (!made) {
            not_now = made.error();
            continue;
        }
        for (store::NewQueued& part : *made) {
            entries.push_back(std::move(part));
            places.push_back(i);
        }
        ++taken;
    }
    if (entries.empty() && !not_now.is(store::Errc::none)) co_return not_now;
    if (entries.empty() && along.empty()) co_return std::size_t{0};
    const auto queued = co_await parts_.queue.accept(std::move(entries), std::move(along));
    if (!queued) co_return queued.error();
    for (std::size_t i = 0; i < queued->size(); ++i) {
        const OwnMessage& one = messages[places[i]];
        parts_.trace.add(
            text_of((*queued)[i]), "accept",
            {{"from", one.sender.empty() ? "<>" : one.sender}, {"to", one.to}, {"by", "server"}});
    }
    co_return taken;
}

/// What became of the recipients, and the reports about it, in one commit.
awaitable<store::Result<void>> Agent::keep(const Round* round, std::vector<store::NewQueued> reports) {
    const std::vector<store::QueueId> reported = ids_of(reports);
    std::vector<store::QueueUpdate> updates = round->updates;
    const auto done = co_await parts_.queue.update(round->message.id, std::move(updates), std::move(reports));
    if (!done) co_return done.error();
    const std::string id = text_of(round->message.id);
    for (const store::QueueId one : reported) {
        const std::string report = text_of(one);
        parts_.trace.add(id, "report", {{"to", round->envelope->sender}, {"report", report}});
        parts_.trace.add(report, "accept",
                         {{"from", "<>"}, {"to", round->envelope->sender}, {"by", "server"}, {"about", id}});
    }
    if (*done) parts_.trace.add(id, "done", {});
    co_return store::Result<void>();
}

/// Until it is kept the message is not tried again: what was sent must not be sent twice because a disk was
/// full for a minute. Reports need more room than rows: where a nearly full disk takes these alone, it goes
/// on without them.
awaitable<void> Agent::settle_all(Round* round) {
    if (round->updates.empty()) co_return;
    std::vector<store::NewQueued> reports = co_await report_settled(round);
    std::chrono::milliseconds time = settings_.settle_pause;
    bool maybe_kept = false;
    for (unsigned tries = 1;; ++tries) {
        std::vector<store::NewQueued> again = reports;
        const auto kept = co_await keep(round, std::move(again));
        if (kept || kept.error().is(store::Errc::not_found)) co_return;
        base::log::error("mta", "what became of a message cannot be kept",
                         {{"id", text_of(round->message.id)}, {"why", kept.error().what()}});
        maybe_kept |= !surely_not_kept(kept.error());
        const bool stopping = state_->stop.stop_requested();
        if (!reports.empty() && !maybe_kept && (tries >= tries_max(round->tells) || stopping)) {
            leave_untold(*round, kept.error());
            reports.clear();
            continue;
        }
        if (stopping) co_return;
        co_await pause(time);
        time = std::min(time * 2, std::chrono::milliseconds(30'000));
    }
}

/// Who cannot be told at once may be in a moment. What takes longer is not waited for: a smart host whose
/// secret is sealed would fill the agent with attempts that are over.
awaitable<std::vector<store::NewQueued>> Agent::report_settled(Round* round) {
    const std::string id = text_of(round->message.id);
    std::chrono::milliseconds time = settings_.settle_pause;
    for (unsigned tries = 1;; ++tries) {
        auto reports = co_await report(round->envelope, round->reports, round->octets, id);
        if (reports) co_return std::move(*reports);
        base::log::error("mta", "a report cannot be written now",
                         {{"about", id}, {"why", reports.error().what()}});
        if (tries == tries_max(round->tells) || state_->stop.stop_requested()) {
            leave_untold(*round, reports.error());
            co_return std::vector<store::NewQueued>();
        }
        co_await pause(time);
        time *= 2;
    }
}

void Agent::trace_outcome(const Round& round, std::size_t place, const Outcome& outcome) {
    const char* event = outcome.fate == Fate::deferred    ? "deferred"
                        : outcome.fate == Fate::failed    ? "failed"
                        : outcome.fate == Fate::delivered ? "delivered"
                                                          : "relayed";
    const std::string attempts = std::to_string(round.message.progress[place].attempts + 1);
    parts_.trace.add(text_of(round.message.id), event,
                     {{"to", round.message.recipients[place].address},
                      {"lane", round.due.lane},
                      {"attempt", attempts},
                      {"status", outcome.status.text()},
                      {"code", outcome.code == 0 ? std::string() : std::to_string(outcome.code)},
                      {"words", outcome.words},
                      {"host", outcome.host}});
}

void Agent::trace_attempt(const Round& round, const Attempt& attempt) {
    const std::string id = text_of(round.message.id);
    for (const HostTried& host : attempt.hosts) {
        parts_.trace.add(id, "host",
                         {{"host", host.host},
                          {"address", host.address},
                          {"stage", host.stage},
                          {"code", host.code == 0 ? std::string() : std::to_string(host.code)},
                          {"words", host.words},
                          {"tls", host.tls.text()}});
    }
    for (std::size_t i = 0; i < round.places.size(); ++i)
        trace_outcome(round, round.places[i], attempt.outcomes[i]);
}

// What an operator does to a message: it is claimed before it is read, so that no attempt begins meanwhile.

awaitable<store::Result<void>> Agent::retry(store::QueueId id) {
    const store::QueueClaim claim(parts_.queue, id);
    if (!claim) co_return under_way;
    const auto known = co_await parts_.queue.read(id);
    if (!known) co_return known.error();
    std::vector<store::QueueUpdate> updates;
    for (std::size_t i = 0; i < known->progress.size(); ++i) {
        if (!is_open(known->progress[i].state)) continue;
        parts_.queue.lane_good(known->progress[i].lane);  // the operator knows more than its last failure
        updates.emplace_back(i, known->progress[i]);
        updates.back().progress.due = now();
    }
    const auto done = co_await parts_.queue.update(id, std::move(updates), std::vector<store::NewQueued>());
    if (!done) co_return done.error();
    parts_.trace.add(text_of(id), "retry", {{"by", "operator"}});
    co_return store::Result<void>();
}

awaitable<store::Result<void>> Agent::bounce(store::QueueId id, std::string words) {
    const store::QueueClaim claim(parts_.queue, id);
    if (!claim) co_return under_way;
    auto known = co_await parts_.queue.read(id);
    if (!known) co_return known.error();
    Round round;
    round.message = std::move(*known);
    round.now = now();
    round.envelope = std::make_shared<const Envelope>(from_queue(id, round.message.envelope));
    round.octets = std::make_shared<QueueMessage>(parts_.queue, round.message.envelope);
    Outcome returned;
    returned.fate = Fate::failed;
    returned.status = {5, 7, 1};
    returned.words = words.empty() ? "Returned by the operator" : std::move(words);
    for (std::size_t i = 0; i < round.message.progress.size(); ++i) {
        if (!is_open(round.message.progress[i].state)) continue;
        const auto end = told_by(round.message.progress[i].lane);
        if (end) recall(round, i, *end);
        if (!end) note(round, i, returned);
    }
    // Nothing has been sent, so nothing is lost by an end in the middle: the operator hears of it.
    const std::string about = text_of(id);
    auto reports = co_await report(round.envelope, round.reports, round.octets, about);
    if (!reports) co_return reports.error();
    const auto kept = co_await keep(&round, std::move(*reports));
    if (kept) parts_.trace.add(about, "bounce", {{"by", "operator"}, {"words", returned.words}});
    co_return kept;
}

awaitable<store::Result<void>> Agent::remove(store::QueueId id) {
    const store::QueueClaim claim(parts_.queue, id);
    if (!claim) co_return under_way;
    const auto known = co_await parts_.queue.read(id);
    if (!known && !known.error().is(store::Errc::corrupt)) co_return known.error();
    parts_.trace.add(text_of(id), "remove", {{"by", "operator"}});
    co_return co_await parts_.queue.remove(id);
}

awaitable<store::Result<void>> Agent::hold(store::QueueId id, bool held) {
    parts_.trace.add(text_of(id), held ? "hold" : "release", {{"by", "operator"}});
    co_return co_await parts_.queue.hold(id, held);
}

}  // namespace mta
