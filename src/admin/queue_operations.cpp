// The queue: list, show, lanes, retry, hold, release, bounce, remove. And the trace of messages.
#include <algorithm>
#include <array>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "admin/operations.hpp"
#include "base/ascii.hpp"
#include "base/log_broken.hpp"
#include "mta/queue_message.hpp"
#include "store/waiter.hpp"

namespace admin {
namespace {

using store::QueuedMessage;
using store::QueueId;

constexpr std::size_t page = 200;  // messages read at once
constexpr std::size_t listed_max = 10'000;

Fault no_queue() { return {"unavailable", "this server has no queue"}; }

std::string time_text(std::int64_t milliseconds) {
    if (milliseconds == 0 || milliseconds == store::Queue::never) return {};
    return iso_time(std::chrono::system_clock::time_point(std::chrono::milliseconds(milliseconds)));
}

const char* state_of(const QueuedMessage& message, const store::QueueProgress& progress) {
    switch (progress.state) {
        case store::QueueState::pending:
            return message.held ? "held" : "pending";
        case store::QueueState::deferred:
            return message.held ? "held" : "deferred";
        case store::QueueState::delivered:
            return "delivered";
        case store::QueueState::relayed:
            return "relayed";
        case store::QueueState::failed:
            break;
    }
    return "failed";
}

Json shown(const QueuedMessage& message) {
    Json recipients = Json::array();
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const store::QueueProgress& progress = message.progress[i];
        Json one = {{"address", message.recipients[i].address},
                    {"state", state_of(message, progress)},
                    {"lane", progress.lane},
                    {"attempts", progress.attempts}};
        if (is_open(progress.state)) one["next_attempt"] = time_text(progress.due);
        if (progress.last_attempt != 0) {
            one["last_attempt"] = time_text(progress.last_attempt);
            one["status"] = progress.status;
            one["code"] = progress.code;
            one["words"] = progress.words;
            one["host"] = progress.host;
            one["host_address"] = progress.address;
        }
        recipients.push_back(std::move(one));
    }
    const store::QueueEnvelope& envelope = message.envelope;
    return {
        {"id", mta::text_of(message.id)}, {"from", envelope.sender}, {"arrived", time_text(envelope.arrived)},
        {"bytes", envelope.size()},       {"held", message.held},    {"message_id", envelope.message_id},
        {"user", envelope.user},          {"peer", envelope.peer},   {"recipients", std::move(recipients)}};
}

bool holds(std::string_view text, std::string_view part) {
    return part.empty() || base::lowered(text).find(base::lowered(part)) != std::string::npos;
}

/// Which messages: every filter that is given must fit.
bool fits(const QueuedMessage& message, const Json& filters, std::int64_t now) {
    if (!holds(message.envelope.sender, text(filters, "from"))) return false;
    const std::string to = text(filters, "to"), lane = text(filters, "lane"), state = text(filters, "state");
    const std::string words = text(filters, "words");
    if (!text(filters, "message_id").empty() &&
        !holds(message.envelope.message_id, text(filters, "message_id")))
        return false;
    const auto older = static_cast<std::int64_t>(number(filters, "older")) * 1000;
    if (older != 0 && message.envelope.arrived > now - older) return false;
    for (std::size_t i = 0; i < message.recipients.size(); ++i) {
        const store::QueueProgress& progress = message.progress[i];
        if (holds(message.recipients[i].address, to) && holds(progress.lane, lane) &&
            holds(progress.words, words) && (state.empty() || state == state_of(message, progress)))
            return true;
    }
    return false;
}

bool has_filter(const Json& arguments) {
    for (const char* name : {"from", "to", "lane", "state", "words", "message_id"})
        if (!text(arguments, name).empty()) return true;
    return number(arguments, "older") != 0 || flag(arguments, "all");
}

/// The messages that `filters` name, at most `max`, from the one after `after` on.
awaitable<std::vector<QueuedMessage>> matching(ServicesPtr services, Json filters, std::size_t max) {
    std::vector<QueuedMessage> out;
    store::Queue& queue = services->agent->queue();
    QueueId after = mta::queue_id_of(text(filters, "after"));
    const std::int64_t now = base::unix_milliseconds(services->clock.now());
    for (bool more = true; more && out.size() < max;) {
        const std::vector<QueueId> ids = queue.ids(after, page);
        more = ids.size() == page;
        for (const QueueId id : ids) {
            after = id;
            auto message = co_await queue.read(id);
            if (message && fits(*message, filters, now)) out.push_back(std::move(*message));
            if (out.size() == max) break;
        }
    }
    co_return out;
}

awaitable<Reply> queue_list(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent == nullptr) co_return no_queue();
    const std::size_t max = std::min<std::size_t>(number(arguments, "max", 1'000), listed_max);
    const std::vector<QueuedMessage> found = co_await matching(services, arguments, max);
    Json out = Json::array();
    for (const QueuedMessage& message : found) out.push_back(shown(message));
    co_return out;
}

awaitable<Reply> queue_show(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent == nullptr) co_return no_queue();
    store::Queue& queue = services->agent->queue();
    const QueueId id = mta::queue_id_of(text(arguments, "queue_id"));
    const auto message = co_await queue.read(id);
    if (!message) co_return fault_of(message.error(), text(arguments, "queue_id"));
    Json out = shown(*message);
    constexpr std::size_t header_max = 64U << 10;
    const auto octets = co_await queue.octets(&message->envelope, 0, header_max);
    if (octets) {
        const auto end = octets->find("\r\n\r\n");
        out["header"] = octets->substr(0, end == std::string::npos ? octets->size() : end + 2);
    }
    mta::TraceQuery query;
    query.id = text(arguments, "queue_id");
    const std::vector<std::string> lines = co_await services->agent->trace().find(std::move(query));
    out["trace"] = Json::array();
    for (const std::string& line : lines) out["trace"].push_back(Json::parse(line, nullptr, false));
    co_return out;
}

awaitable<Reply> queue_lanes(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent == nullptr) co_return no_queue();
    Json lanes = Json::array();
    for (const store::QueueLane& lane : services->agent->queue().lanes(number(arguments, "max", 1'000))) {
        lanes.push_back({{"lane", lane.name},
                         {"messages", lane.messages},
                         {"busy", lane.busy},
                         {"busy_max", lane.busy_max},
                         {"next_attempt", time_text(lane.next_due)},
                         {"blocked_until", time_text(lane.blocked_until)}});
    }
    Json figures = Json::object();
    for (const auto& [name, value] : services->agent->queue().figures()) figures[name] = value;
    co_return Json{{"lanes", std::move(lanes)}, {"figures", std::move(figures)}};
}

enum class Do : std::uint8_t { retry, hold, release, bounce, remove };

awaitable<store::Result<void>> do_one(ServicesPtr services, QueueId id, Do what, std::string words) {
    switch (what) {
        case Do::retry:
            co_return co_await services->agent->retry(id);
        case Do::hold:
            co_return co_await services->agent->hold(id, true);
        case Do::release:
            co_return co_await services->agent->hold(id, false);
        case Do::bounce:
            co_return co_await services->agent->bounce(id, std::move(words));
        case Do::remove:
            break;
    }
    co_return co_await services->agent->remove(id);
}

/// Many messages at one time: their commits share their syncs. All of it on the caller's strand.
struct ManyActions {
    ServicesPtr services;
    std::vector<QueueId> ids;
    Do what = Do::retry;
    std::string words;
    std::vector<store::Error> failed;  // of ids; none: it is done
    std::size_t next = 0, running = 0;
    std::shared_ptr<store::Waiter> over = std::make_shared<store::Waiter>();
};

awaitable<void> do_some(std::shared_ptr<ManyActions> many) {
    while (many->next < many->ids.size()) {
        const std::size_t i = many->next++;
        const auto result = co_await do_one(many->services, many->ids[i], many->what, many->words);
        many->failed[i] = result ? store::Error() : result.error();
    }
}

awaitable<void> do_many(std::shared_ptr<ManyActions> many) {
    constexpr std::size_t at_one_time = 128;  // rows lie in 64 shards, each of which takes one at a time
    const auto executor = co_await boost::asio::this_coro::executor;
    many->failed.assign(many->ids.size(), store::Error(store::Errc::unavailable, "it came to no end"));
    many->running = std::min(at_one_time, many->ids.size());
    if (many->running == 0) co_return;
    for (std::size_t left = many->running; left != 0; --left)
        boost::asio::co_spawn(executor, do_some(many), [many](const std::exception_ptr& failed) {
            base::log::broken("admin", "queue", failed);
            if (--many->running == 0) many->over->wake();
        });
    std::shared_ptr<store::Waiter> over = many->over;
    co_await store::wait_for(std::move(over));
}

/// Of the ids that are given, or of all that the filters name.
awaitable<Reply> do_all(ServicesPtr services, Json arguments, Do what) {
    if (services->agent == nullptr) co_return no_queue();
    const auto many = std::make_shared<ManyActions>();
    many->services = services;
    many->what = what;
    many->words = text(arguments, "reason");
    std::vector<QueueId>& ids = many->ids;
    if (arguments.contains("ids"))
        for (const Json& one : arguments["ids"]) ids.push_back(mta::queue_id_of(one.get<std::string>()));
    if (ids.empty() && !has_filter(arguments))
        co_return Fault("usage", "name messages: ids, a filter, or all");
    if (ids.empty()) {
        const std::vector<QueuedMessage> found = co_await matching(services, arguments, listed_max);
        for (const QueuedMessage& message : found) ids.push_back(message.id);
    }
    co_await do_many(many);
    Json done = Json::array(), failed = Json::array();
    for (std::size_t i = 0; i < ids.size(); ++i) {
        if (many->failed[i].is(store::Errc::none))
            done.push_back(mta::text_of(ids[i]));
        else
            failed.push_back({{"id", mta::text_of(ids[i])}, {"why", many->failed[i].what()}});
    }
    co_return Json{{"done", std::move(done)}, {"failed", std::move(failed)}};
}

awaitable<Reply> queue_retry(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent != nullptr && flag(arguments, "all")) services->agent->queue().unblock_lanes();
    co_return co_await do_all(services, std::move(arguments), Do::retry);
}
awaitable<Reply> queue_hold(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), Do::hold);
}
awaitable<Reply> queue_release(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), Do::release);
}
awaitable<Reply> queue_bounce(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), Do::bounce);
}
awaitable<Reply> queue_remove(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), Do::remove);
}

Json parsed(const std::vector<std::string>& lines) {
    Json out = Json::array();
    for (const std::string& line : lines) {
        Json one = Json::parse(line, nullptr, false);
        if (!one.is_discarded()) out.push_back(std::move(one));
    }
    return out;
}

awaitable<Reply> trace_find(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->agent == nullptr) co_return no_queue();
    mta::TraceQuery query;
    query.id = text(arguments, "queue_id");
    query.address = text(arguments, "address");
    query.message_id = text(arguments, "message_id");
    query.since = static_cast<std::int64_t>(number(arguments, "since"));
    query.messages_max = std::clamp<std::size_t>(number(arguments, "max", 100), 1, 10'000);
    const std::vector<std::string> lines = co_await services->agent->trace().find(std::move(query));
    co_return parsed(lines);
}

/// Steps as they happen, as events, until the caller is gone.
awaitable<Reply> trace_follow(ServicesPtr services, Json arguments, CallerPtr caller) {
    if (services->agent == nullptr) co_return no_queue();
    const std::string address = base::lowered(text(arguments, "address")), id = text(arguments, "queue_id");
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    std::uint64_t number = services->agent->trace().last_number();
    for (unsigned quiet = 0;; ++quiet) {
        const auto [lines, last] = services->agent->trace().after(number);
        number = last;
        Json steps = Json::array();
        for (const std::string& line : lines) {
            if (!address.empty() && base::lowered(line).find(address) == std::string::npos) continue;
            Json step = Json::parse(line, nullptr, false);
            if (step.is_discarded() || (!id.empty() && step.value("id", "") != id)) continue;
            steps.push_back(std::move(step));
        }
        // Now and then without news, so that a caller who has gone is noticed.
        if (services->agent->stopping()) co_return Json::object();
        if (!steps.empty() || quiet % 5 == 4) {
            Json event = {{"event", "steps"}, {"steps", std::move(steps)}};
            const bool there = co_await caller->event(std::move(event));
            if (!there) co_return Json::object();
        }
        timer.expires_after(std::chrono::milliseconds(200));
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
}

constexpr const char* selection = "ids from to lane state words message_id older all after";
constexpr std::array table{
    Operation{"queue.list", "", "from to lane state words message_id older all after max", queue_list},
    Operation{"queue.show", "queue_id", "", queue_show},
    Operation{"queue.lanes", "", "max", queue_lanes},
    Operation{"queue.retry", "", selection, queue_retry},
    Operation{"queue.hold", "", selection, queue_hold},
    Operation{"queue.release", "", selection, queue_release},
    Operation{"queue.bounce", "", "ids from to lane state words message_id older all after reason",
              queue_bounce},
    Operation{"queue.remove", "", selection, queue_remove},
    Operation{"trace.find", "", "queue_id address message_id since max", trace_find},
    Operation{"trace.follow", "", "queue_id address", trace_follow},
};

}  // namespace

std::span<const Operation> queue_operations() { return table; }

}  // namespace admin
