// The quarantine: list, show, release, remove.
#include <algorithm>
#include <array>
#include <ctime>

#include <fmt/chrono.h>
#include <fmt/format.h>

#include "admin/operations.hpp"
#include "base/log.hpp"
#include "filter/quarantine.hpp"
#include "mta/queue_message.hpp"

namespace admin {
namespace {

using filter::Quarantined;

constexpr std::size_t header_shown_max = 64U << 10;
constexpr std::size_t body_shown_max = 16U << 10;

Fault none_here() { return {"unavailable", "this server has no quarantine"}; }

Json shown(const Quarantined& message) {
    return {{"id", message.id_text()},
            {"time", iso_time(std::chrono::system_clock::time_point(std::chrono::seconds(message.time)))},
            {"filter", message.filter},
            {"reason", message.reason},
            {"from", message.sender},
            {"recipients", message.recipients},
            {"header_from", message.from},
            {"subject", message.subject},
            {"message_id", message.message_id},
            {"client", message.client},
            {"user", message.account},
            {"queue_id", message.queue_id},
            {"bytes", message.size}};
}

awaitable<Reply> quarantine_list(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->quarantine == nullptr) co_return none_here();
    const std::string before = text(arguments, "before");
    const auto from = filter::parse_quarantine_id(before);
    if (!before.empty() && !from) co_return Fault("invalid", "no such id: " + before);
    const std::size_t most = std::clamp<std::size_t>(number(arguments, "max", 1'000), 1, 10'000);
    const auto all = co_await services->quarantine->list(from.value_or(0), most);
    if (!all) co_return fault_of(all.error(), "quarantine");
    Json out = Json::array();
    for (const Quarantined& one : *all) out.push_back(shown(one));
    co_return out;
}

awaitable<store::Result<Quarantined>> find(ServicesPtr services, std::string id) {
    const auto number = filter::parse_quarantine_id(id);
    if (!number) co_return store::Error(store::Errc::not_found, "no such message in the quarantine");
    co_return co_await services->quarantine->find(*number);
}

awaitable<Reply> quarantine_show(ServicesPtr services, Json arguments, CallerPtr) {
    if (services->quarantine == nullptr) co_return none_here();
    const std::string id = text(arguments, "quarantine_id");
    const auto found = co_await find(services, id);
    if (!found) co_return fault_of(found.error(), id);
    Json out = shown(*found);
    const filter::MessagePtr message = services->quarantine->message(*found);
    const auto octets = co_await message->read(0, header_shown_max + body_shown_max);
    if (!octets) co_return fault_of(octets.error(), id);
    const std::size_t end = octets->find("\r\n\r\n");
    out["header"] = octets->substr(0, end == std::string::npos ? header_shown_max : end + 2);
    out["body"] = end == std::string::npos ? std::string() : octets->substr(end + 4, body_shown_max);
    out["whole"] = message->size() <= octets->size() &&
                   octets->size() <= out["header"].get_ref<const std::string&>().size() + 2 +
                                         out["body"].get_ref<const std::string&>().size();
    co_return out;
}

/// The message as content that folders and the queue may take.
awaitable<store::Result<store::ContentPtr>> content_of(ServicesPtr services, filter::MessagePtr message) {
    const auto writer = services->store.new_message();
    std::uint64_t at = 0;
    while (at < message->size()) {
        auto piece = co_await message->read(at, filter::piece_bytes);
        if (!piece) co_return piece.error();
        if (piece->empty()) break;
        at += piece->size();
        const std::string_view octets = *piece;
        const auto written = co_await writer->write(octets);
        if (!written) co_return written.error();
    }
    auto content = co_await writer->finish();
    co_return content;
}

/// Empty: it is on its way, and no more in the quarantine. Else why not.
awaitable<std::string> release(ServicesPtr services, std::string id, std::vector<std::string> to) {
    const auto found = co_await find(services, id);
    if (!found) co_return std::string(found.error().what());
    mta::Arrival arrival;
    arrival.id = services->agent->new_id();
    const auto now = services->clock.now();
    arrival.envelope.sender = found->sender;
    arrival.envelope.arrived = now;
    arrival.envelope.body = mta::Body::eight_bit;
    arrival.envelope.message_id = found->message_id;
    arrival.peer = found->client;
    arrival.user = found->account;
    arrival.fields =
        fmt::format("Received: from quarantine ({}) by {} id {:x};\r\n\t{:%a, %d %b %Y %H:%M:%S} +0000\r\n",
                    found->id_text(), services->hostname, arrival.id.value,
                    fmt::gmtime(std::chrono::system_clock::to_time_t(now)));
    if (to.empty()) to = found->recipients;
    for (const std::string& recipient : to) {
        mta::RouteQuestion question;
        question.sender = found->sender;
        question.recipient = recipient;
        question.accepted = true;
        mta::Resolved where = co_await services->agent->resolve(std::move(question));
        if (where.code != 0) co_return recipient + ": " + where.words;
        mta::Arrival::To one;
        one.recipient.address = recipient;
        one.targets = std::move(where.targets);
        arrival.recipients.push_back(std::move(one));
    }
    auto content = co_await content_of(services, services->quarantine->message(*found));
    if (!content) co_return std::string(content.error().what());
    arrival.content = std::move(*content);
    const std::string as = mta::text_of(arrival.id);
    services->agent->trace().add(as, "release",
                                 {{"by", "operator"},
                                  {"quarantine", found->id_text()},
                                  {"filter", found->filter},
                                  {"came_as", found->queue_id}});
    if (!found->queue_id.empty())
        services->agent->trace().add(found->queue_id, "release", {{"by", "operator"}, {"as", as}});
    const std::vector<mta::Taken> taken = co_await services->agent->take(std::move(arrival));
    const auto refused = [](const mta::Taken& one) { return one.how == mta::Taken::How::refused; };
    if (std::ranges::any_of(taken, refused))
        co_return std::string("it was not taken: ") +
            std::string(std::ranges::find_if(taken, refused)->error.what());
    const auto removed = co_await services->quarantine->remove(found->id);
    if (!removed) base::log::warn("admin", "released, and still in the quarantine", {{"id", id}});
    co_return std::string();
}

awaitable<std::string> remove(ServicesPtr services, std::string id) {
    const auto found = co_await find(services, id);
    if (!found) co_return std::string(found.error().what());
    const auto removed = co_await services->quarantine->remove(found->id);
    if (!removed) co_return std::string(removed.error().what());
    co_return std::string();
}

std::vector<std::string> texts(const Json& arguments, const char* name) {
    const auto found = arguments.find(name);
    return found == arguments.end() ? std::vector<std::string>() : found->get<std::vector<std::string>>();
}

awaitable<Reply> do_all(ServicesPtr services, Json arguments, bool releases) {
    if (services->quarantine == nullptr) co_return none_here();
    if (releases && services->agent == nullptr) co_return Fault("unavailable", "this server has no queue");
    Json done = Json::array(), failed = Json::array();
    for (const std::string& id : texts(arguments, "ids")) {
        std::string why;
        std::vector<std::string> to = texts(arguments, "to_addresses");
        if (releases)
            why = co_await release(services, id, std::move(to));
        else
            why = co_await remove(services, id);
        if (why.empty())
            done.push_back(id);
        else
            failed.push_back({{"id", id}, {"why", why}});
    }
    co_return Json{{"done", std::move(done)}, {"failed", std::move(failed)}};
}

awaitable<Reply> quarantine_release(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), true);
}

awaitable<Reply> quarantine_remove(ServicesPtr services, Json arguments, CallerPtr) {
    co_return co_await do_all(services, std::move(arguments), false);
}

constexpr std::array table{
    Operation{"quarantine.list", "", "before max", quarantine_list},
    Operation{"quarantine.show", "quarantine_id", "", quarantine_show},
    Operation{"quarantine.release", "ids", "to_addresses", quarantine_release},
    Operation{"quarantine.remove", "ids", "", quarantine_remove},
};

}  // namespace

std::span<const Operation> quarantine_operations() { return table; }

}  // namespace admin
