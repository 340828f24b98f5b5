// The pump: tries without waiting, then waits for whichever of the four things that can happen on two sockets
// would let it go on. One coroutine, since a stream has but one; the waits are handlers that wake it.
#include "net/pump.hpp"

#include <algorithm>
#include <memory>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/assert.hpp"
#include "base/result.hpp"
#include "net/stream.hpp"

namespace net {
namespace asio = boost::asio;
namespace {
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
using Clock = std::chrono::steady_clock;
}  // namespace

const char* text_of(PumpEnd end) {
    switch (end) {
        case PumpEnd::closed:
            return "closed";
        case PumpEnd::idle:
            return "idle for too long";
        case PumpEnd::stalled:
            return "octets not taken in time";
        case PumpEnd::kicked:
            return "by an operator";
        case PumpEnd::shutdown:
            return "server is stopping";
    }
    return "";
}

/// Runs on the strand of both streams. A local of pump(), which closes nothing: its waits may outlive it, and
/// know only Shared.
class Pump {
public:
    Pump(Stream& near, Stream& far, SessionRegistry::Handle& session, PumpLimits limits)
        : limits_(limits),
          session_(session),
          near_(near),
          far_(far),
          up_(near, far),
          down_(far, near),
          shared_(std::make_shared<Shared>(near.socket_.get_executor())) {}

    asio::awaitable<PumpEnd> run() {
        up_.last = down_.last = Clock::now();
        for (;;) {
            const bool moved = step();
            if (over()) co_return PumpEnd::closed;
            if (near_.is_aborted()) co_return PumpEnd::shutdown;
            const std::uint32_t events = near_.take_events();
            if ((events & event_kicked) != 0) co_return PumpEnd::kicked;
            draining_ |= (events & event_shutdown) != 0;
            const bool near_turn = near_.must_yield();
            const bool far_turn = far_.must_yield();
            if (near_turn || far_turn) {
                const asio::any_io_executor self = near_.socket_.get_executor();
                co_await asio::post(self, asio::use_awaitable);
                continue;
            }
            if (moved && may_read()) continue;
            const auto [at, why] = deadline();
            if (Clock::now() >= at) co_return why;
            co_await sleep(at);
        }
    }

    ~Pump() { shared_->deadline.cancel(); }

private:
    /// One direction.
    struct Half {
        Half(Stream& source, Stream& sink) : from(source), to(sink) {}
        Stream& from;
        Stream& to;
        bool readable = true;    // a receive may give something
        bool blocked = false;    // `to` takes nothing now
        bool ended = false;      // `from` will say no more
        bool shut = false;       // and `to` was told
        bool broken = false;     // `to` takes nothing ever
        Clock::time_point last;  // something moved
        bool over() const { return shut || broken; }
    };

    /// What the handlers of waits know. Shared by them and the pump, whichever comes last.
    struct Shared {
        explicit Shared(const asio::any_io_executor& executor) : wake(executor), deadline(executor) {
            wake.expires_at(Clock::time_point::max());
        }
        asio::steady_timer wake;      // cancelled to wake the pump; never fires
        asio::steady_timer deadline;  // one, re-armed only when it fires early
        Clock::time_point armed_for = Clock::time_point::max();
        // Waited for.
        bool near_read = false, near_write = false, near_error = false, far_read = false, far_write = false;
        bool near_can = false, far_can = false;  // became readable
    };

    /// Moves what can be moved without waiting. True: something did.
    bool step() {
        if (std::exchange(shared_->near_can, false)) up_.readable = true;
        if (std::exchange(shared_->far_can, false)) down_.readable = true;
        const bool said = move(up_);
        if (said) session_.set_state("relayed");
        const bool answered = move(down_);
        return said || answered;
    }

    bool move(Half& half) {
        if (half.over()) return false;
        bool moved = false;
        for (;;) {
            const std::size_t held = half.from.input_.size() + half.to.output_.size();
            const Stream::Step sent = send(half);
            moved |= half.from.input_.size() + half.to.output_.size() != held;
            half.blocked = sent == Stream::Step::blocked;
            half.broken = sent == Stream::Step::failed;
            if (sent != Stream::Step::done) break;
            if (half.ended) {
                half.shut = shut(half.to);
                half.blocked = !half.shut;
                break;
            }
            if (!half.readable || half.from.since_sleep_ >= Stream::turn_units) break;
            const Stream::Step got = half.from.receive();
            half.ended = got == Stream::Step::failed;
            half.readable = half.from.more_likely_ || half.from.has_unread();
            moved |= got != Stream::Step::blocked;
            if (got == Stream::Step::blocked) break;
        }
        if (moved) half.last = Clock::now();
        return moved;
    }

    /// All that was read and not yet sent. Straight from the input, unless what sends it needs it copied.
    static Stream::Step send(Half& half) {
        Stream& from = half.from;
        Stream& to = half.to;
        if (to.compressed()) {
            if (to.output_.empty()) {
                to.output().append(from.input_.view());
                from.input_.release();
            }
            return to.send_output();
        }
        std::string_view rest = from.input_.view();
        const std::size_t held = rest.size();
        const Stream::Step step = to.send_through(rest);
        to.octets_out_ += held - rest.size();
        from.input_.consume(held - rest.size());
        return step;
    }

    /// Tells `to` that no more will come. False: it cannot be told yet.
    static bool shut(Stream& to) {
        if (to.tls_) {
            if (!to.tls_->said_goodbye()) to.tls_->shutdown();
            if (to.send_ciphertext() == Stream::Step::blocked) return false;
        }
        ::shutdown(to.descriptor(), SHUT_WR);
        return true;
    }

    /// A server that says no more is gone; a client may only have said its last word.
    bool over() const { return down_.over() || (up_.broken && !down_.blocked); }

    bool may_read() const {
        return (up_.readable && !up_.blocked && !up_.ended) ||
               (down_.readable && !down_.blocked && !down_.ended);
    }

    std::pair<Clock::time_point, PumpEnd> deadline() const {
        const Clock::time_point last = std::max(up_.last, down_.last);
        std::pair<Clock::time_point, PumpEnd> out{last + limits_.idle_max, PumpEnd::idle};
        const auto sooner = [&](Clock::time_point at, PumpEnd why) {
            if (at < out.first) out = {at, why};
        };
        if (up_.shut) sooner(last + limits_.half_closed_max, PumpEnd::idle);
        if (up_.blocked) sooner(up_.last + limits_.stall_max, PumpEnd::stalled);
        if (down_.blocked) sooner(down_.last + limits_.stall_max, PumpEnd::stalled);
        if (draining_) sooner(last + limits_.drain_quiet, PumpEnd::shutdown);
        return out;
    }

    void arm(Stream& stream, Stream::Socket::wait_type what, bool Shared::* waited, bool Shared::* can) {
        if (*shared_.*waited) return;
        (*shared_).*waited = true;
        stream.socket_.async_wait(what, [shared = shared_, waited, can](boost::system::error_code) {
            (*shared).*waited = false;
            if (can != nullptr) (*shared).*can = true;
            shared->wake.cancel();
        });
    }

    void arm_deadline(Clock::time_point at) {
        if (at >= shared_->armed_for) return;
        shared_->armed_for = at;
        shared_->deadline.expires_at(at);
        shared_->deadline.async_wait([shared = shared_](boost::system::error_code cancelled) {
            if (cancelled) return;
            shared->armed_for = Clock::time_point::max();
            shared->wake.cancel();
        });
    }

    asio::awaitable<void> sleep(Clock::time_point until) {
        near_.prepare_for_sleep();
        far_.prepare_for_sleep();
        near_.since_sleep_ = far_.since_sleep_ = 0;
        // Also where nothing is to be read: a wait that events can break off must be there.
        if (!up_.ended && !up_.blocked)
            arm(near_, Stream::Socket::wait_read, &Shared::near_read, &Shared::near_can);
        if (!down_.ended && !down_.blocked)
            arm(far_, Stream::Socket::wait_read, &Shared::far_read, &Shared::far_can);
        if (up_.blocked) arm(far_, Stream::Socket::wait_write, &Shared::far_write, nullptr);
        if (down_.blocked) arm(near_, Stream::Socket::wait_write, &Shared::near_write, nullptr);
        if (!shared_->near_read && !shared_->near_write)
            arm(near_, Stream::Socket::wait_error, &Shared::near_error, nullptr);
        arm_deadline(until);
        near_.sleeping_ = true;  // nudge() cancels its waits, which wakes us
        co_await shared_->wake.async_wait(no_throw);
        near_.sleeping_ = false;
    }

    const PumpLimits limits_;
    SessionRegistry::Handle& session_;
    Stream& near_;
    Stream& far_;
    Half up_, down_;
    std::shared_ptr<Shared> shared_;
    bool draining_ = false;
};

/// The one who may look into a client.
class PumpAccess {
public:
    static Stream* stream(Client& client) { return client.stream_.get(); }
};

namespace {
asio::awaitable<PumpEnd> run_pump(Stream* near, Stream* far, SessionRegistry::Handle* session,
                                  PumpLimits limits) {
    Pump pump(*near, *far, *session, limits);
    co_return co_await pump.run();
}
}  // namespace

asio::awaitable<PumpEnd> pump(Connection* near, Client* far, SessionRegistry::Handle* session,
                              PumpLimits limits) {
    Stream* const stream = near->stream();
    BASE_ASSERT(stream != nullptr);
    return run_pump(stream, PumpAccess::stream(*far), session, limits);
}

}  // namespace net
