#include "mta/agent.hpp"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "base/log_broken.hpp"
#include "mta/agent_state.hpp"
#include "mta/post_office.hpp"

namespace mta {
namespace asio = boost::asio;
namespace {

constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::milliseconds look_again{60'000};  // a clock that was set is noticed
/// What is due within it goes along: recipients of one message need not come apart.
constexpr std::int64_t soon_ms = 5'000;

/// For a connector that has to change the message.
void add_signer(Job& job, const store::QueueEnvelope& envelope, const AgentParts& parts) {
    std::string bare = without_signatures(envelope.prefix);
    if (bare.size() == envelope.prefix.size()) return;
    const bool ours = envelope.prefix.find("DKIM-Signature:") != std::string::npos;
    store::QueueEnvelope changed = envelope;
    changed.prefix = std::move(bare);
    job.unsigned_message = std::make_shared<QueueMessage>(parts.queue, std::move(changed));
    if (ours && parts.signing != nullptr) job.signer = parts.signing->signer();
}

}  // namespace

void Agent::State::wake() {
    const std::lock_guard lock(mutex);
    if (std::exchange(woken, true) || !strand) return;
    asio::post(*strand, [self = shared_from_this()] {
        if (self->timer != nullptr) self->timer->cancel();
    });
}

Agent::Agent(AgentParts parts, AgentSettings settings)
    : parts_(parts),
      settings_(settings),
      post_office_(std::make_unique<PostOffice>(parts.store, parts.queue, parts.watchers)),
      state_(std::make_shared<State>(*this)) {}

Agent::~Agent() { parts_.queue.on_change({}); }

std::int64_t Agent::now() const { return base::unix_milliseconds(parts_.clock.now()); }
double Agent::chance() { return static_cast<double>(parts_.random.number() >> 11) * 0x1p-53; }

void Agent::start(asio::any_io_executor executor) {
    const asio::any_io_executor strand = asio::make_strand(executor);
    {
        const std::lock_guard lock(state_->mutex);
        if (state_->stopping) return;
        state_->strand = strand;
        state_->pool = executor;
        state_->started = true;
    }
    std::weak_ptr<State> weak = state_;
    parts_.queue.on_change([weak] {
        if (const auto state = weak.lock()) state->wake();
    });
    asio::co_spawn(strand, run(state_), [state = state_](const std::exception_ptr& failed) {
        base::log::broken("mta", "agent", failed);
        state->over->wake();
    });
}

void Agent::stop() {
    {
        const std::lock_guard lock(state_->mutex);
        state_->stopping = true;
        if (!state_->started) state_->over->wake();
    }
    state_->stop.request_stop();
    state_->wake();
}

bool Agent::stopping() const { return state_->stop.stop_requested(); }

bool Agent::idle() const { return state_->over->woken(); }

awaitable<void> Agent::stopped() {
    std::shared_ptr<store::Waiter> over = state_->over;
    co_await store::wait_for(std::move(over));
}

/// False: all is over.
bool Agent::begin_due(const std::shared_ptr<State>& state, std::int64_t now) {
    Agent& agent = state->agent;
    for (;;) {
        asio::any_io_executor own;
        {
            const std::lock_guard lock(state->mutex);
            state->woken = false;
            if (state->stopping && state->active == 0) return false;
            if (state->stopping || state->active >= agent.settings_.attempts_max) return true;
            own = asio::make_strand(*state->pool);
        }
        auto due = agent.parts_.queue.take(now);
        if (!due) return true;
        {
            const std::lock_guard lock(state->mutex);
            ++state->active;
        }
        asio::co_spawn(own, attempt_one(state, std::move(*due)), [state](const std::exception_ptr& failed) {
            base::log::broken("mta", "attempt", failed);
            {
                const std::lock_guard lock(state->mutex);
                --state->active;
            }
            state->wake();
        });
    }
}

/// Until the next is due; 0: something has changed meanwhile.
std::chrono::milliseconds Agent::time_to_sleep(State& state, std::int64_t now) {
    const std::int64_t next = state.agent.parts_.queue.next_due();
    const std::lock_guard lock(state.mutex);
    if (state.woken) return std::chrono::milliseconds(0);
    const bool full = state.stopping || state.active >= state.agent.settings_.attempts_max;
    if (full || next == store::Queue::never) return look_again;
    return std::clamp(std::chrono::milliseconds(next - now), std::chrono::milliseconds(1), look_again);
}

/// Begins what is due as long as there is room, then sleeps until the next is, or something changes.
awaitable<void> Agent::run(std::shared_ptr<State> state) {
    /// However run() ends, nobody uses the executors after it.
    struct Leave {
        State& state;
        ~Leave() {
            const std::lock_guard lock(state.mutex);
            state.timer = nullptr;
            state.strand.reset();
            state.pool.reset();
        }
    };
    const auto strand = co_await asio::this_coro::executor;
    asio::steady_timer timer(strand);
    const Leave leave{*state};
    state->timer = &timer;
    for (;;) {
        const std::int64_t now = state->agent.now();
        if (!begin_due(state, now)) co_return;
        const std::chrono::milliseconds time = time_to_sleep(*state, now);
        if (time.count() == 0) continue;
        timer.expires_after(time);
        co_await timer.async_wait(no_throw);
    }
}

/// The message stands in its lane again however the attempt ends.
awaitable<void> Agent::attempt_one(std::shared_ptr<State> state, store::Queue::Due due) {
    struct GiveBack {
        store::Queue& queue;
        store::Queue::Due due;
        ~GiveBack() { queue.give_back(due); }
    };
    const GiveBack give_back{state->agent.parts_.queue, due};
    co_await state->agent.attempt(std::move(due));
}

awaitable<void> Agent::pause(std::chrono::milliseconds time) {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor, time);
    for (auto left = time; left.count() > 0 && !state_->stop.stop_requested();) {
        const auto step = std::min(left, std::chrono::milliseconds(200));
        timer.expires_after(step);
        co_await timer.async_wait(no_throw);
        left -= step;
    }
}

/// As long as the store does not answer, nothing else can be done either. A damaged message is left alone: a
/// restart, after whatever mends it, finds it again.
awaitable<store::Result<store::QueuedMessage>> Agent::read(store::QueueId id) {
    std::chrono::milliseconds time{500};
    for (;;) {
        auto known = co_await parts_.queue.read(id);
        if (known || known.error().is(store::Errc::not_found)) co_return known;
        const bool damaged = known.error().is(store::Errc::corrupt);
        base::log::error("mta", "a queued message cannot be read",
                         {{"id", text_of(id)}, {"why", known.error().what()}});
        if (damaged) time = std::chrono::hours(24);
        co_await pause(time);
        if (state_->stop.stop_requested()) co_return known;
        time = std::min(time * 2, std::chrono::milliseconds(30'000));
    }
}

awaitable<void> Agent::attempt(store::Queue::Due due) {
    auto known = co_await read(due.id);
    if (!known || known->held) co_return;
    Round round;
    round.due = std::move(due);
    round.message = std::move(*known);
    round.now = now();
    round.chance = chance();
    round.envelope = std::make_shared<const Envelope>(from_queue(round.message.id, round.message.envelope));
    round.octets = std::make_shared<QueueMessage>(parts_.queue, round.message.envelope);
    for (std::size_t i = 0; i < round.message.progress.size(); ++i) {
        const store::QueueProgress& one = round.message.progress[i];
        if (is_open(one.state) && one.lane == round.due.lane && one.due <= round.now + soon_ms)
            round.places.push_back(i);
    }
    if (const auto end = told_by(round.due.lane)) {
        round.tells = true;
        for (const std::size_t place : round.places) recall(round, place, *end);
    } else {
        co_await find_way(&round);
        if (!round.places.empty()) co_await try_now(&round);
    }
    co_await settle_all(&round);
    if (round.tells && !round.untold) parts_.queue.lane_good(round.due.lane);
}

/// Settings and directory may have changed since the recipients came here: some move to other lanes, some
/// have nowhere to go any more. What stays in `places` goes by `hop`.
awaitable<void> Agent::find_way(Round* round) {
    std::vector<std::size_t> stay;
    for (const std::size_t place : round->places) {
        store::QueueRecipient& who = round->message.recipients[place];
        const auto& by = round->envelope->deliver_by;
        if (by && !by->notify_only && by->deadline <= parts_.clock.now()) {
            Outcome late;
            late.fate = Fate::failed;
            late.status = {5, 4, 7};
            late.words = "The time that the sender gave it is over";
            trace_outcome(*round, place, late);
            note(*round, place, late);
            continue;
        }
        RouteQuestion question;
        question.sender = round->envelope->sender;
        question.recipient = who.address;
        question.trusted = static_cast<bool>(round->message.envelope.account);
        question.accepted = true;
        const RouteDecision decision = co_await parts_.router.route(std::move(question));
        std::shared_ptr<const NextHop> hop = decision.hop;
        const bool reports =
            round->due.lane == reports_hop()->key() && parts_.router.reads_reports(who.address);
        if (decision.kind == RouteDecision::Kind::mailbox ||
            (decision.kind == RouteDecision::Kind::expand && who.account))
            hop = post_office_hop();
        if (reports) hop = reports_hop();
        if (!hop) {
            Outcome nowhere;
            nowhere.fate = decision.kind == RouteDecision::Kind::refuse && decision.code >= 500
                               ? Fate::failed
                               : Fate::deferred;
            nowhere.status = decision.status ? decision.status : Status{4, 3, 5};
            nowhere.words = decision.words.empty() ? "The address stands for others now" : decision.words;
            trace_outcome(*round, place, nowhere);
            note(*round, place, nowhere);
            continue;
        }
        if (decision.account) who.account = decision.account;
        const std::string key = hop->key();
        if (key == round->due.lane) {
            round->hop = std::move(hop);
            stay.push_back(place);
            continue;
        }
        store::QueueProgress moved = round->message.progress[place];
        moved.lane = key;
        moved.due = round->now;
        round->updates.emplace_back(place, std::move(moved));
    }
    round->places = std::move(stay);
}

awaitable<void> Agent::try_now(Round* round) {
    Connector* connector = parts_.remote;
    if (round->hop->kind == NextHop::Kind::post_office) connector = post_office_.get();
    if (round->hop->kind == NextHop::Kind::reports) connector = parts_.reports;
    Attempt result;
    if (connector == nullptr) {
        result.outcomes.resize(round->places.size());
        for (Outcome& outcome : result.outcomes) {
            outcome.status = {4, 3, 5};
            outcome.words = "This server does not send to other hosts";
        }
    } else {
        Job job;
        job.envelope = round->envelope;
        for (const std::size_t place : round->places)
            job.recipients.push_back(from_queue(round->message.recipients[place]));
        job.message = round->octets;
        job.next_hop = round->hop;
        job.stop = state_->stop.get_token();
        add_signer(job, round->message.envelope, parts_);
        result = co_await connector->deliver(std::move(job));
    }
    round->now = now();
    round->down = result.destination_down;
    round->retry_after = result.retry_after;
    trace_attempt(*round, result);
    const bool stopped = state_->stop.stop_requested();
    for (std::size_t i = 0; i < round->places.size(); ++i) {
        const Outcome& outcome = result.outcomes[i];
        // Cut short by our own end, not by anybody's fault: it is as if nothing had been tried.
        if (stopped && outcome.fate == Fate::deferred && outcome.status == Status{4, 3, 2} &&
            !outcome.from_remote)
            continue;
        note(*round, round->places[i], outcome);
    }
    if (stopped) co_return;
    if (round->down) {
        const std::uint32_t failures = parts_.queue.lane_failures(round->due.lane) + 1;
        const auto time = std::max(next_interval(settings_.retry, failures, round->chance),
                                   std::chrono::milliseconds(round->retry_after));
        parts_.queue.lane_blocked(round->due.lane, round->now + time.count());
    } else {
        parts_.queue.lane_good(round->due.lane);
    }
}

/// What an outcome makes of a recipient, and whether the sender hears of it.
void Agent::note(Round& round, std::size_t place, const Outcome& outcome) {
    store::QueueProgress now = round.message.progress[place];
    Recipient who = from_queue(round.message.recipients[place]);
    ++now.attempts;
    now.last_attempt = round.now;
    now.code = outcome.code;
    now.status = outcome.status.text();
    now.words = outcome.words.substr(0, parts_.queue.limits().words_bytes_max);
    now.host = outcome.host;
    now.address = outcome.address;
    now.from_remote = outcome.from_remote;
    ReportLine line;
    line.recipient = who;
    line.outcome = outcome;
    line.last_attempt = parts_.clock.now();
    switch (outcome.fate) {
        case Fate::deferred:
            note_deferred(round, place, now, outcome);
            break;
        case Fate::failed:
            now.state = store::QueueState::failed;
            line.action = ReportLine::Action::failed;
            break;
        case Fate::delivered:
            now.state = store::QueueState::delivered;
            line.action = ReportLine::Action::delivered;
            break;
        case Fate::relayed:
            now.state = store::QueueState::relayed;
            line.action = ReportLine::Action::relayed;
            break;
    }
    if (!is_open(now.state) && outcome.fate != Fate::deferred &&
        wants_report(line.action, who.notify, outcome.dsn_passed_on))
        note_report(round, place, std::move(line));
    round.updates.emplace_back(place, std::move(now));
}

/// Again later, unless that was long enough.
void Agent::note_deferred(Round& round, std::size_t place, store::QueueProgress& now,
                          const Outcome& outcome) {
    const RetryRules& rules = settings_.retry;
    const Recipient who = from_queue(round.message.recipients[place]);
    const std::int64_t age =
        round.now - std::max(round.message.envelope.arrived, round.message.envelope.hold_until);
    const std::int64_t give_up = std::chrono::milliseconds(rules.give_up).count();
    ReportLine line;
    line.recipient = who;
    line.outcome = outcome;
    line.last_attempt = parts_.clock.now();
    if (age >= give_up) {
        now.state = store::QueueState::failed;
        now.status = "4.4.7";
        now.words = ("Given up; at last: " + outcome.words).substr(0, parts_.queue.limits().words_bytes_max);
        line.action = ReportLine::Action::failed;
        line.outcome.fate = Fate::failed;
        line.outcome.status = {4, 4, 7};
        if (wants_report(line.action, who.notify, false)) note_report(round, place, std::move(line));
        return;
    }
    const auto interval = std::max(next_interval(rules, now.attempts, round.chance),
                                   std::chrono::milliseconds(round.retry_after));
    now.state = store::QueueState::deferred;
    // The last try is at the end of its time, not after it.
    const std::int64_t end = round.now - age + give_up;
    now.due = std::min(round.now + interval.count(), std::max(end, round.now + 1'000));
    const std::int64_t tell = std::chrono::milliseconds(rules.tell_delay).count();
    if (tell == 0 || age < tell || now.delay_told) return;
    now.delay_told = true;
    line.action = ReportLine::Action::delayed;
    line.retry_until = base::SystemTime(std::chrono::milliseconds(end));
    if (wants_report(line.action, who.notify, false)) note_report(round, place, std::move(line));
}

}  // namespace mta
