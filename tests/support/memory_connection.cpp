// The server's end of a memory connection: the same promises as a socket's, without time and without the
// kernel.
#include "support/memory_connection.hpp"

#include <algorithm>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace support {
namespace asio = boost::asio;

namespace {

class MemoryWaker final : public net::Waker {
public:
    explicit MemoryWaker(std::weak_ptr<MemoryState> state) : state_(std::move(state)) {}

    void wake(std::uint32_t events) noexcept override {
        const auto state = state_.lock();
        if (!state) return;
        {
            const std::lock_guard lock(state->mutex);
            state->events |= events;
            if (std::exchange(state->posted, true)) return;
        }
        asio::post(state->executor, [state] {
            {
                const std::lock_guard lock(state->mutex);
                state->posted = false;
            }
            state->signal.cancel();
        });
    }

private:
    std::weak_ptr<MemoryState> state_;
};

class MemoryConnection final : public net::Connection {
public:
    explicit MemoryConnection(std::shared_ptr<MemoryState> state) : state_(std::move(state)) {}
    ~MemoryConnection() override { MemoryConnection::close(); }

    const net::PeerInfo& peer() const override { return state_->options.peer; }
    asio::any_io_executor executor() override { return state_->executor; }
    std::shared_ptr<net::Waker> waker() override { return std::make_shared<MemoryWaker>(state_); }

    asio::awaitable<net::Wake> wait(std::chrono::milliseconds patience) override {
        MemoryState& state = *state_;
        state.deadline = state.now + patience;
        for (;;) {
            if (!state.arrived.empty() && take_arrived()) co_return net::Wake::octets;
            if (has_events()) co_return net::Wake::event;
            if (state.client_closed || state.server_closed) co_return net::Wake::closed;
            if (state.now >= state.deadline) co_return net::Wake::deadline;
            state.waiting = true;
            state.signal.expires_at(asio::steady_timer::time_point::max());
            co_await state.signal.async_wait(asio::as_tuple(asio::use_awaitable));
            state.waiting = false;
        }
    }

    std::string_view input() const override {
        return std::string_view(state_->input).substr(state_->consumed);
    }
    void consume(std::size_t octets) override { state_->consumed += octets; }

    std::uint32_t take_events() noexcept override {
        const std::lock_guard lock(state_->mutex);
        return std::exchange(state_->events, 0U);
    }

    std::string& output() override { return state_->output; }

    asio::awaitable<bool> flush() override {
        MemoryState& state = *state_;
        if (state.output.empty()) co_return !state.server_closed;
        state.output_bytes_max = std::max(state.output_bytes_max, state.output.size());
        ++state.flushes;
        while (state.held && !state.client_closed) {
            state.drained.expires_at(asio::steady_timer::time_point::max());
            co_await state.drained.async_wait(asio::as_tuple(asio::use_awaitable));
        }
        const std::size_t limit = state.options.flush_fails_after;
        const bool fails = limit != 0 && state.flushes > limit;
        if (fails || state.client_closed || state.server_closed) {
            state.output.clear();
            co_return false;
        }
        state.octets_out += state.output.size();
        state.sent += state.zipped ? state.zipped->carry(state.output) : state.output;
        state.output.clear();
        co_return true;
    }

    asio::awaitable<bool> start_tls() override {
        state_->input.clear();
        state_->consumed = 0;
        state_->arrived.clear();  // CVE-2011-0411: what came in plain text stays outside
        if (state_->options.tls_fails) co_return false;
        state_->options.peer.tls = true;
        state_->options.peer.tls_version = "TLSv1.3";
        state_->options.peer.tls_cipher = "TLS_AES_128_GCM_SHA256";
        co_return true;
    }
    bool can_start_tls() const override {
        return state_->options.can_start_tls && !state_->options.peer.tls && !state_->compressed;
    }
    void start_compression() override {
        state_->compressed = true;
        const int flush = state_->options.deflate_flush;
        if (flush != 0) state_->zipped = std::make_unique<Zipped>(flush);
    }
    void stop_compression() override {
        state_->compressed = false;
        state_->zipped.reset();
    }
    bool compressed() const override { return state_->compressed; }
    std::string channel_binding(std::string_view) const override {
        return state_->options.peer.tls ? state_->options.channel_binding : std::string();
    }

    void pass_events_to(std::shared_ptr<net::Waker>) override {
    }  // nothing here waits for another connection alone
    void close() noexcept override {
        state_->server_closed = true;
        state_->signal.cancel();
    }
    std::uint64_t octets_in() const override { return state_->octets_in; }
    std::uint64_t octets_out() const override { return state_->octets_out; }

private:
    /// False: what came is no whole octet of plain text yet.
    bool take_arrived() {
        MemoryState& state = *state_;
        state.octets_in += state.arrived.size();
        std::string octets = std::exchange(state.arrived, {});
        if (state.zipped) octets = state.zipped->unpack(octets);
        state.input.erase(0, std::exchange(state.consumed, 0U));
        state.input += octets;
        return !octets.empty();
    }

    bool has_events() const {
        const std::lock_guard lock(state_->mutex);
        return state_->events != 0;
    }

    std::shared_ptr<MemoryState> state_;
};

}  // namespace

std::string MemoryPeer::packed(std::string_view octets) const {
    return state_->zipped ? state_->zipped->pack(octets) : std::string(octets);
}

void MemoryPeer::send(std::string_view octets) {
    state_->arrived += octets;
    state_->signal.cancel();
}

void MemoryPeer::close() {
    state_->client_closed = true;
    state_->signal.cancel();
    state_->drained.cancel();
}

void MemoryPeer::advance(std::chrono::milliseconds by) {
    state_->now += by;
    state_->signal.cancel();
}

void MemoryPeer::hold(bool yes) {
    state_->held = yes;
    state_->drained.cancel();
}

std::shared_ptr<net::Waker> MemoryPeer::waker() const { return std::make_shared<MemoryWaker>(state_); }

MemoryPair make_memory_pair(asio::io_context& io, MemoryOptions options) {
    auto state = std::make_shared<MemoryState>(io, std::move(options));
    return MemoryPair{std::make_unique<MemoryConnection>(state), MemoryPeer(state)};
}

}  // namespace support
