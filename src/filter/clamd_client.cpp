#include "filter/clamd_client.hpp"

#include <algorithm>

namespace filter {
namespace {

clamd::Answer failed(std::string why) {
    clamd::Answer out;
    out.kind = clamd::Answer::Kind::failed;
    out.text = std::move(why);
    return out;
}

/// What clamd says, before the deadline.
awaitable<clamd::Answer> read_answer(net::Client* client, SteadyTime deadline) {
    bool closed = false;
    for (;;) {
        clamd::Answer answer = clamd::parse(client->input(), closed);
        if (answer.kind != clamd::Answer::Kind::incomplete) co_return answer;
        const net::Wake woken = co_await client->wait(until(deadline));
        if (woken == net::Wake::deadline) co_return failed("no answer in time");
        if (woken == net::Wake::event) co_return failed("cancelled");
        closed = woken == net::Wake::closed;
    }
}

}  // namespace

awaitable<clamd::Answer> ClamdClient::scan(MessagePtr message) const {
    const auto now = std::chrono::steady_clock::now();
    const SteadyTime deadline = now + settings_.time_max;
    Endpoint endpoint = settings_.endpoint;
    const SteadyTime soon = now + std::min(settings_.connect_max, settings_.time_max);
    auto connected = co_await connect_to(resolver_, std::move(endpoint), soon);
    if (!connected) co_return failed(connected.error().what());
    const std::unique_ptr<net::Client> client = std::move(*connected);
    client->output() += clamd::command;
    std::uint64_t at = 0;
    bool taken = true;
    while (taken && at < message->size()) {
        auto piece = co_await message->read(at, piece_bytes);
        if (!piece || piece->empty()) co_return failed("the message cannot be read");
        at += piece->size();
        clamd::append_piece(client->output(), *piece);
        taken = co_await client->flush();
        if (until(deadline).count() == 0) co_return failed("not taken in time");
    }
    if (taken) {
        clamd::append_piece(client->output(), {});
        taken = co_await client->flush();
    }
    // clamd says what it does not like and hangs up; what it said may be here all the same.
    const SteadyTime last =
        taken ? deadline : std::min(deadline, std::chrono::steady_clock::now() + std::chrono::seconds(1));
    clamd::Answer answer = co_await read_answer(client.get(), last);
    client->close();
    // Who has not taken the whole message cannot have found it clean.
    if (!taken && answer.kind == clamd::Answer::Kind::clean) co_return failed("connection closed");
    co_return answer;
}

}  // namespace filter
