// What has ended and is not told yet. A recipient whose sender cannot hear of its end, or need not be kept
// waiting for it, stays in the queue in a lane that is called after that end. It is offered to no host any
// more: an attempt of such a lane writes the report, and both go in one commit. docs/mta.md.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "mta/agent_state.hpp"

namespace mta {
namespace {

using Action = ReportLine::Action;

struct Lane {
    Action end;
    std::string_view name;
};
constexpr std::array lanes{Lane{Action::failed, "tell:failed"}, Lane{Action::delivered, "tell:delivered"},
                           Lane{Action::relayed, "tell:relayed"}, Lane{Action::expanded, "tell:expanded"}};

store::QueueState state_after(Action end) {
    if (end == Action::failed) return store::QueueState::failed;
    return end == Action::relayed ? store::QueueState::relayed : store::QueueState::delivered;
}

Fate fate_of(Action end) {
    if (end == Action::failed) return Fate::failed;
    return end == Action::relayed ? Fate::relayed : Fate::delivered;
}

}  // namespace

std::string telling_lane(ReportLine::Action end, std::string_view sender) {
    const auto lane = std::ranges::find(lanes, end, &Lane::end);
    if (lane == lanes.end()) throw base::Bug("no lane tells of such an end");
    return std::string(lane->name) + ':' + base::lowered(base::domain_of(sender));
}

std::optional<ReportLine::Action> told_by(std::string_view lane) {
    for (const Lane& one : lanes) {
        if (!lane.starts_with(one.name)) continue;
        const std::string_view rest = lane.substr(one.name.size());
        if (rest.empty() || rest.front() == ':') return one.end;  // without a domain: of an older build
    }
    return std::nullopt;
}

/// What the sender is to hear, as recipients that have ended. Its reports are written from the queue:
/// whatever keeps them from it keeps nobody waiting.
std::vector<store::NewQueued> Agent::to_be_told(const Local& local) const {
    const Arrival& arrival = *local.arrival;
    const auto tells = [&](const Arrival::To& to) { return tells_success(arrival, to.recipient); };
    if (arrival.refused.empty() && std::ranges::none_of(arrival.recipients, tells)) return {};
    store::QueueProgress progress;
    progress.state = store::QueueState::deferred;
    progress.due = progress.last_attempt = now();
    store::NewQueued refused = new_entry(arrival);
    refused.envelope.sender = arrival.refused_from;
    progress.lane = telling_lane(Action::failed, arrival.refused_from);
    for (const Arrival::Refused& one : arrival.refused) {
        refused.recipients.push_back(to_queue(one.recipient));
        progress.status = one.status.text();
        progress.words = one.words.substr(0, parts_.queue.limits().words_bytes_max);
        refused.progress.push_back(progress);
    }
    store::NewQueued expanded = new_entry(arrival);
    progress.lane = telling_lane(Action::expanded, arrival.envelope.sender);
    progress.status = "2.1.5";
    progress.words = "It goes to the addresses that this one stands for";
    if (arrival.envelope.hold_until) progress.due = base::unix_milliseconds(*arrival.envelope.hold_until);
    for (const Arrival::To& to : arrival.recipients) {
        if (!stands_for_others(to) || !tells(to)) continue;
        if (std::ranges::none_of(to.targets,
                                 [&](const Target& target) { return target.hop || local.waits_for(target); }))
            continue;
        expanded.recipients.push_back(to_queue(to.recipient));
        expanded.progress.push_back(progress);
    }
    std::vector<store::NewQueued> out;
    refused.held = false;  // nobody holds what was not taken
    refused.envelope.hold_until = 0;
    for (store::NewQueued* const whole : {&refused, &expanded}) {
        for (store::NewQueued& part : in_parts(std::move(*whole), parts_.queue.limits().recipients_max)) {
            part.id = parts_.queue.new_id();
            out.push_back(std::move(part));
        }
    }
    return out;
}

std::vector<store::QueueId> ids_of(const std::vector<store::NewQueued>& entries) {
    std::vector<store::QueueId> out;
    for (const store::NewQueued& one : entries) out.push_back(one.id);
    return out;
}

/// Entries that tell have numbers of their own: trace and log lead to them from the message's.
void Agent::trace_telling(const Arrival& arrival, const std::vector<store::QueueId>& told) {
    const std::string about = text_of(arrival.id);
    for (const Arrival::Refused& one : arrival.refused)
        parts_.trace.add(about, "refused",
                         {{"to", one.recipient.address}, {"status", one.status.text()}, {"why", one.words}});
    for (const store::QueueId one : told) {
        const std::string id = text_of(one);
        parts_.trace.add(id, "tell", {{"about", about}});
        base::log::info("mta", "the sender of a message is to hear of it", {{"id", about}, {"as", id}});
    }
}

awaitable<store::Result<void>> Agent::tell(Arrival arrival) {
    Local local;
    local.arrival = &arrival;
    arrival.recipients.clear();
    arrival.envelope.ret = Ret::headers;  // a filter has kept back the rest, and may have had a reason
    std::vector<store::NewQueued> telling = to_be_told(local);
    if (telling.empty()) co_return store::Result<void>();
    const std::vector<store::QueueId> told = ids_of(telling);
    const auto queued = co_await parts_.queue.accept(std::move(telling));
    if (!queued) co_return queued.error();
    trace_telling(arrival, told);
    co_return store::Result<void>();
}

void Agent::note_report(Round& round, std::size_t place, ReportLine line) {
    round.reports.push_back(std::move(line));
    round.reported.push_back(place);
}

/// What is known of an end from the row of its recipient.
void Agent::recall(Round& round, std::size_t place, ReportLine::Action end) {
    store::QueueProgress now = round.message.progress[place];
    ReportLine line;
    line.action = end;
    line.recipient = from_queue(round.message.recipients[place]);
    line.outcome.fate = fate_of(end);
    line.outcome.status = status_of(now.status);
    line.outcome.code = now.code;
    line.outcome.words = now.words;
    line.outcome.from_remote = now.from_remote;
    line.outcome.host = now.host;
    line.outcome.address = now.address;
    line.last_attempt = base::SystemTime(std::chrono::milliseconds(now.last_attempt));
    now.state = state_after(end);
    ++now.attempts;
    if (wants_report(end, line.recipient.notify, false)) note_report(round, place, std::move(line));
    round.updates.emplace_back(place, std::move(now));
}

/// No recipient ends whose end the sender does not hear of. What has failed is tried again, and told then;
/// what was sent is not, and waits to be told alone. That ends when it should have ended long ago: some
/// causes do not pass, and no host that has refused a message is offered it for ever.
void Agent::leave_untold(Round& round, const store::Error& why) {
    round.untold = true;
    const std::int64_t since = std::max(round.message.envelope.arrived, round.message.envelope.hold_until);
    const bool last = round.now - since >= std::chrono::milliseconds(settings_.retry.untold_end()).count();
    std::map<std::size_t, Action> ends;
    for (std::size_t i = 0; i < round.reported.size(); ++i)
        if (round.reports[i].action != Action::delayed)
            ends.emplace(round.reported[i], round.reports[i].action);
    for (store::QueueUpdate& update : round.updates) {
        const store::QueueProgress& before = round.message.progress[update.recipient];
        store::QueueProgress& now = update.progress;
        now.delay_told = before.delay_told;
        const auto end = ends.find(update.recipient);
        if (end == ends.end() || last) continue;
        if (end->second != Action::failed) now.lane = telling_lane(end->second, round.envelope->sender);
        now.state = store::QueueState::deferred;
        now.due = round.now + next_interval(settings_.retry, now.attempts, round.chance).count();
    }
    const bool dropped = last && !ends.empty();
    if (dropped)
        base::log::error("mta", "recipients have ended, and their sender never heard of it",
                         {{"id", text_of(round.message.id)}, {"why", why.what()}});
    parts_.trace.add(
        text_of(round.message.id), "unreported",
        {{"to", round.envelope->sender}, {"why", why.what()}, {"then", dropped ? "never" : "again later"}});
}

}  // namespace mta
