#include "net/stream.hpp"

#include <algorithm>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/result.hpp"

namespace net {
namespace asio = boost::asio;
namespace {
constexpr auto no_throw = asio::as_tuple(asio::use_awaitable);
/// A longer patience is this one: time points must not overflow.
constexpr std::chrono::hours patience_max{24 * 365};
/// A compressed connection that says nothing for so long keeps its past packed.
constexpr std::chrono::seconds settle_time{10};

Stream::SteadyTime after(std::chrono::milliseconds patience) {
    const auto bounded =
        std::clamp<std::chrono::milliseconds>(patience, std::chrono::milliseconds(0), patience_max);
    return std::chrono::steady_clock::now() + bounded;
}
}  // namespace

// ---- Link: what other threads may hold ----

void Stream::Link::wake(std::uint32_t events) noexcept {
    const std::uint32_t before = events_.fetch_or(events, std::memory_order_acq_rel);
    if ((before & events) == events) return;  // whoever set them has posted
    post_nudge();
    std::shared_ptr<Waker> follower;
    {
        const std::lock_guard lock(mutex_);
        follower = follower_;
    }
    if (follower) follower->wake(events);
}

void Stream::Link::abort() noexcept {
    if (aborted_.exchange(true, std::memory_order_acq_rel)) return;
    post_nudge();
    std::shared_ptr<Waker> follower;
    {
        const std::lock_guard lock(mutex_);
        follower = follower_;
    }
    if (follower) follower->wake(event_shutdown);
}

void Stream::Link::follow(std::shared_ptr<Waker> other) {
    {
        const std::lock_guard lock(mutex_);
        follower_ = other;
    }
    std::uint32_t pending = events_.load(std::memory_order_acquire);
    if (aborted_.load(std::memory_order_acquire)) pending |= event_shutdown;
    if (other && pending != 0) other->wake(pending);
}

void Stream::Link::post_nudge() noexcept {
    const std::lock_guard lock(mutex_);
    if (stream_ == nullptr) return;
    auto nudge = [self = shared_from_this()] {
        if (self->stream_ != nullptr) self->stream_->nudge();
    };
    asio::post(stream_->timer_.get_executor(), std::move(nudge));
}

// ---- Stream ----

Stream::Stream(Socket socket, std::chrono::milliseconds output_stall_max)
    : socket_(std::move(socket)),
      timer_(socket_.get_executor()),
      link_(std::make_shared<Link>(*this)),
      output_stall_max_(output_stall_max) {}

Stream::~Stream() {
    close();
    const std::lock_guard lock(link_->mutex_);
    link_->stream_ = nullptr;
}

std::string& Stream::output() {
    if (output_.empty() && output_.capacity() < 1000) output_ = borrow_output();
    return output_;
}

void Stream::release_output() {
    if (output_.empty() && output_.capacity() >= 1000) return_output(output_);
}

/// What a sleeping stream does not need goes back to the thread.
void Stream::prepare_for_sleep() {
    release_output();
    input_.shrink();
    if (zip_) zip_->inflater.park();
}

bool Stream::has_unread() const {
    return (tls_ && tls_->has_input()) || (zip_ && zip_->inflater.has_input());
}

void Stream::nudge() {
    if (!sleeping_) return;  // the next wait looks before it sleeps
    const std::uint32_t events = link_->events_.load(std::memory_order_acquire);
    const bool aborted = link_->aborted_.load(std::memory_order_acquire);
    // New mail does not break a write off; an operator who ends the session does.
    if (aborted || (writing_ ? (events & event_kicked) != 0 : events != 0)) socket_.cancel();
}

void Stream::arm(SteadyTime at) {
    armed_for_ = at;
    timer_.expires_at(at);
    timer_.async_wait([link = link_](boost::system::error_code ec) {
        if (!ec && link->stream_ != nullptr) link->stream_->timer_fired();
    });
}

void Stream::timer_fired() {
    armed_for_ = SteadyTime::max();
    if (!sleeping_) return;                                                   // the next sleep arms it
    if (std::chrono::steady_clock::now() < deadline_) return arm(deadline_);  // moved on meanwhile
    expired_ = true;
    socket_.cancel();
}

void Stream::begin_sleep(SteadyTime deadline) {
    deadline_ = deadline;
    if (deadline < armed_for_) arm(deadline);
    expired_ = false;
    since_sleep_ = 0;
    sleeping_ = true;
}

Stream::Sleep Stream::end_sleep(bool ready) {
    sleeping_ = false;
    if (broken_ || link_->aborted_.load(std::memory_order_acquire)) {
        gone_ = broken_ = true;
        return Sleep::closed;
    }
    if (ready) return Sleep::ready;
    if (expired_) return Sleep::deadline;  // first: a write sleeps on with events pending, but not for ever
    return has_event(~0U) ? Sleep::event : Sleep::closed;
}

bool Stream::has_event(std::uint32_t events) const {
    return (link_->events_.load(std::memory_order_acquire) & events) != 0;
}

bool Stream::must_yield() {
    if (since_sleep_ < turn_units) return false;
    since_sleep_ = 0;
    return true;
}

asio::awaitable<boost::system::error_code> Stream::connect(Socket::endpoint_type to,
                                                           std::chrono::milliseconds patience) {
    begin_sleep(after(patience));
    const auto [ec] = co_await socket_.async_connect(to, no_throw);
    const Sleep woken = end_sleep(!ec);
    if (woken == Sleep::deadline) co_return boost::asio::error::timed_out;
    if (woken == Sleep::event) co_return boost::asio::error::operation_aborted;
    co_return ec;
}

asio::awaitable<Wake> Stream::wait(std::chrono::milliseconds patience) {
    if (must_yield()) {
        const asio::any_io_executor self = socket_.get_executor();
        co_await asio::post(self, asio::use_awaitable);
    }
    if (link_->aborted_.load(std::memory_order_acquire)) gone_ = broken_ = true;
    if (gone_ || broken_) co_return Wake::closed;
    if (has_event(~0U)) {
        // Events without end must not keep the client from being heard: from the second in a row on it is
        // looked for.
        if (!std::exchange(event_told_, true)) co_return Wake::event;
        if (std::exchange(unannounced_, false) && !input_.empty()) co_return Wake::octets;
        const Step step = receive();
        if (step == Step::failed) gone_ = true;
        if (step == Step::done || gone_) event_told_ = false;
        if (gone_) co_return Wake::closed;
        co_return step == Step::done ? Wake::octets : Wake::event;
    }
    event_told_ = false;
    if (std::exchange(unannounced_, false) && !input_.empty()) co_return Wake::octets;
    const SteadyTime deadline = after(patience);
    // A receive before the sleep is worth it only where the last one has left something.
    bool look = more_likely_ || has_unread();
    for (;;) {
        if (look) {
            const Step step = receive();
            if (step == Step::done) co_return Wake::octets;
            if (step == Step::failed) {
                gone_ = true;
                co_return Wake::closed;
            }
            if (zip_ && zip_->inflater.has_input()) {  // its turn is over, its octets are not
                since_sleep_ = 0;
                const asio::any_io_executor self = socket_.get_executor();
                co_await asio::post(self, asio::use_awaitable);
                if (link_->aborted_.load(std::memory_order_acquire)) gone_ = broken_ = true;
                if (gone_) co_return Wake::closed;
                if (has_event(~0U)) co_return Wake::event;
                if (std::chrono::steady_clock::now() >= deadline) co_return Wake::deadline;
                continue;
            }
        }
        prepare_for_sleep();
        const bool settling = zip_ && zip_->inflater.can_pack();
        const SteadyTime settled = std::chrono::steady_clock::now() + settle_time;
        begin_sleep(settling ? std::min(deadline, settled) : deadline);
        const auto [ec] = co_await socket_.async_wait(Socket::wait_read, no_throw);
        switch (end_sleep(!ec)) {
            case Sleep::ready:
                break;
            case Sleep::event:
                co_return Wake::event;
            case Sleep::deadline:
                if (!settling || deadline <= settled) co_return Wake::deadline;
                zip_->inflater.pack();
                look = false;
                continue;
            case Sleep::closed:
                gone_ = true;
                co_return Wake::closed;
        }
        look = true;
    }
}

asio::awaitable<bool> Stream::flush() {
    if (link_->aborted_.load(std::memory_order_acquire)) broken_ = true;
    writing_ = true;
    Step step = broken_ ? Step::failed : send_output();
    while (step == Step::blocked) {
        if (has_event(event_kicked)) {  // before the sleep too: nudge() finds sleepers only
            step = Step::failed;
            break;
        }
        begin_sleep(after(output_stall_max_));
        const auto [ec] = co_await socket_.async_wait(Socket::wait_write, no_throw);
        const Sleep woken = end_sleep(!ec);
        if (woken == Sleep::event) continue;
        step = woken == Sleep::ready ? send_output() : Step::failed;
    }
    writing_ = false;
    if (step == Step::failed) {
        gone_ = broken_ = true;
        output_.clear();
        sent_ = 0;
        co_return false;
    }
    if (output_.capacity() > output_kept_bytes) output_ = std::string();
    if (must_yield()) {
        const asio::any_io_executor self = socket_.get_executor();
        co_await asio::post(self, asio::use_awaitable);
    }
    co_return true;
}

asio::awaitable<bool> Stream::pause(std::uint32_t event, SteadyTime deadline) {
    prepare_for_sleep();
    for (;;) {
        if (link_->aborted_.load(std::memory_order_acquire)) gone_ = broken_ = true;
        if (gone_ || broken_ || has_event(event_kicked | event_shutdown)) co_return false;
        if ((link_->events_.fetch_and(~event, std::memory_order_acq_rel) & event) != 0) co_return true;
        begin_sleep(deadline);
        // A reset ends it; what the peer sends, and its end, wait in the kernel.
        const auto direction = event == 0 ? Socket::wait_read : Socket::wait_error;
        const auto [ec] = co_await socket_.async_wait(direction, no_throw);
        const Sleep woken = end_sleep(!ec);
        if (woken != Sleep::event) co_return event == 0 && woken == Sleep::ready;
    }
}

asio::awaitable<bool> Stream::handshake(std::unique_ptr<TlsStream> tls, SteadyTime deadline) {
    if (gone_ || broken_) co_return false;
    tls_ = std::move(tls);
    TlsStream::Status status = tls_->handshake(input_.view());
    input_.release();
    for (;;) {
        const Step step = send_ciphertext();
        if (step == Step::failed) break;
        if (step == Step::done && status == TlsStream::Status::done) co_return true;
        if (step == Step::done && status != TlsStream::Status::want_input) break;
        if (has_event(event_kicked | event_shutdown)) break;
        begin_sleep(deadline);
        const auto direction = step == Step::blocked ? Socket::wait_write : Socket::wait_read;
        const auto [ec] = co_await socket_.async_wait(direction, no_throw);
        const Sleep woken = end_sleep(!ec);
        if (woken == Sleep::deadline || woken == Sleep::closed) break;
        if (woken == Sleep::event || step == Step::blocked) continue;
        const auto room = receive_scratch();
        const ssize_t n = ::recv(socket_.native_handle(), room.data(), room.size(), MSG_DONTWAIT);
        if (n < 0 && (errno == EAGAIN || errno == EINTR)) continue;
        if (n <= 0) break;
        status = tls_->handshake({room.data(), static_cast<std::size_t>(n)});
    }
    gone_ = broken_ = true;
    co_return false;
}

}  // namespace net
