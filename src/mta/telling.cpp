// What has ended and is not told yet. A recipient whose sender cannot hear of its end, or need not be kept
// waiting for it, stays in the queue in a lane that is called after that end. It is offered to no host any
// more: an attempt of such a lane writes the report, and both go in one commit. docs/mta.md.
#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/log.hpp"
#include "base/result.hpp"
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

std::string telling_lane(ReportLine::Action end) {
    const auto lane = std::ranges::find(lanes, end, &Lane::end);
    if (lane == lanes.end()) throw base::Bug("no lane tells of such an end");
    return std::string(lane->name);
}

std::optional<ReportLine::Action> told_by(std::string_view lane) {
    const auto known = std::ranges::find(lanes, lane, &Lane::name);
    return known == lanes.end() ? std::nullopt : std::optional(known->end);
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
        if (end->second != Action::failed) now.lane = telling_lane(end->second);
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
