#include "support/fake_relay.hpp"

namespace support {
namespace {

class FakeTunnel final : public relay::Tunnel {
public:
    FakeTunnel(std::string answer, std::string node) : answer_(std::move(answer)), node_(std::move(node)) {}
    const std::string& answer() const override { return answer_; }
    const std::string& node() const override { return node_; }

    relay::awaitable<net::PumpEnd> carry(net::Connection* client, net::SessionRegistry::Handle*,
                                         std::chrono::milliseconds idle_max) override {
        for (;;) {
            for (std::size_t end = 0; (end = client->input().find("\r\n")) != std::string_view::npos;) {
                const std::string line(client->input().substr(0, end));
                client->consume(end + 2);
                client->output() += "relayed: " + line + "\r\n";
                if (line != "bye") continue;
                co_await client->flush();
                co_return net::PumpEnd::closed;
            }
            const bool sent = co_await client->flush();
            if (!sent) co_return net::PumpEnd::closed;
            const net::Wake woken = co_await client->wait(idle_max);
            if (woken == net::Wake::deadline) co_return net::PumpEnd::idle;
            if (woken == net::Wake::event) co_return net::PumpEnd::shutdown;
            if (woken == net::Wake::closed) co_return net::PumpEnd::closed;
        }
    }

private:
    const std::string answer_, node_;
};

relay::Opened failed(relay::Failure::Kind kind, std::string code) {
    relay::Failure failure;
    failure.kind = kind;
    failure.why = "the transcript says so";
    failure.code = std::move(code);
    return relay::OpenError(std::move(failure));
}

}  // namespace

relay::awaitable<relay::Opened> FakeRelay::open(net::Connection*, relay::Request request) {
    using Kind = relay::Failure::Kind;
    if (request.identity.relayed || request.hops <= 1) co_return failed(Kind::unavailable, {});
    if (how_ == "down") co_return failed(Kind::unavailable, {});
    if (how_ == "refused") co_return failed(Kind::refused, {});
    if (how_ != "up") co_return failed(Kind::unavailable, how_);
    std::unique_ptr<relay::Tunnel> tunnel = std::make_unique<FakeTunnel>(answer_, request.identity.node);
    co_return tunnel;
}

}  // namespace support
