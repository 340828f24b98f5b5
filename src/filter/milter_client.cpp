#include "filter/milter_client.hpp"

#include <algorithm>

namespace filter {
namespace {

milter::Facts facts_of(const Facts& facts, const Draft& draft) {
    milter::Facts out;
    out.host_name = facts.host_name;
    out.client_name = facts.client_name;
    if (facts.client) out.client_address = facts.client->text();
    out.client_port = facts.client_port;
    out.helo = facts.helo;
    out.sender = facts.sender;
    out.recipients = facts.recipients;
    out.queue_id = facts.queue_id;
    out.account = facts.account;
    out.auth_method = facts.auth_method;
    out.tls_version = facts.tls_version;
    out.tls_cipher = facts.tls_cipher;
    for (const Draft::Field& field : draft.fields())
        if (!field.name.empty()) out.fields.emplace_back(field.name, std::string(field.value()));
    return out;
}

}  // namespace

/// One conversation; a local variable of pass().
class MilterClient::Talk {
public:
    Talk(const MilterSettings& settings, boost::asio::thread_pool& pool, std::unique_ptr<net::Client> client,
         milter::Facts facts, MessagePtr body, SteadyTime deadline)
        : settings_(settings),
          client_(std::move(client)),
          dialogue_(std::move(facts), settings.limits),
          body_(std::move(body)),
          new_body_(std::make_shared<Spool>(pool, settings.folder)),
          deadline_(deadline) {}

    awaitable<Outcome> run() {
        dialogue_.start(client_->output());
        while (dialogue_.step() != milter::MilterDialogue::Step::done) {
            if (dialogue_.step() == milter::MilterDialogue::Step::body)
                co_await say_body();
            else
                co_await hear();
        }
        co_await client_->flush();  // the goodbye; whether it is heard is all one
        client_->close();
        Outcome out;
        out.result = std::move(dialogue_.result());
        if (out.result.body_replaced) out.new_body = new_body_;
        co_return out;
    }

private:
    awaitable<void> say_body() {
        auto piece = co_await body_->read(at_, milter::Limits::body_piece_bytes);
        if (!piece) {
            dialogue_.fail("the message cannot be read");
            co_return;
        }
        at_ += piece->size();
        dialogue_.body(*piece, client_->output());
        if (client_->output().size() < piece_bytes) co_return;
        const bool taken = co_await client_->flush();
        if (!taken) dialogue_.fail("connection closed");
    }

    awaitable<void> hear() {
        const bool taken = co_await client_->flush();
        SteadyTime soon = std::min(deadline_, std::chrono::steady_clock::now() + settings_.answer_max);
        // What it said before it hung up counts.
        while (dialogue_.step() == milter::MilterDialogue::Step::reading) {
            const std::size_t before = client_->output().size();
            dialogue_.take(client_->input(), client_->output());
            const std::size_t consumed = dialogue_.consumed();
            client_->consume(consumed);
            co_await keep_new_body();
            if (dialogue_.progressed())
                soon = std::min(deadline_, std::chrono::steady_clock::now() + settings_.answer_max);
            if (client_->output().size() != before) co_return;  // something is to be said
            if (dialogue_.step() != milter::MilterDialogue::Step::reading) co_return;  // nonsense ends it
            if (consumed != 0) continue;
            const net::Wake woken = co_await client_->wait(until(soon));
            if (woken == net::Wake::octets) continue;
            dialogue_.fail(woken == net::Wake::deadline ? "no answer in time"
                           : taken                      ? "connection closed"
                                                        : "not taken in time");
        }
    }

    awaitable<void> keep_new_body() {
        const std::string piece = dialogue_.take_new_body();
        if (piece.empty()) co_return;
        const auto kept = co_await new_body_->write(piece);
        if (!kept) dialogue_.fail("a new body cannot be kept");
    }

    const MilterSettings& settings_;
    const std::unique_ptr<net::Client> client_;
    milter::MilterDialogue dialogue_;
    const MessagePtr body_;
    const std::shared_ptr<Spool> new_body_;
    const SteadyTime deadline_;
    std::uint64_t at_ = 0;
};

awaitable<MilterClient::Outcome> MilterClient::pass(FactsPtr facts,
                                                    std::shared_ptr<const Draft> draft) const {
    const auto now = std::chrono::steady_clock::now();
    Endpoint endpoint = settings_.endpoint;
    const SteadyTime soon = now + settings_.connect_max;
    auto connected = co_await connect_to(resolver_, std::move(endpoint), soon);
    if (!connected) {
        Outcome out;
        out.result.why = connected.error().what();
        co_return out;
    }
    Talk talk(settings_, pool_, std::move(*connected), facts_of(*facts, *draft), draft->body(),
              now + settings_.message_max);
    Outcome out = co_await talk.run();
    co_return out;
}

}  // namespace filter
