#include "mta/smtp_out/turnstile.hpp"

#include <algorithm>

#include <boost/asio/post.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace mta::smtp_out {
namespace asio = boost::asio;

std::optional<Turnstile::Turn> Turnstile::try_enter(const std::string& name, std::uint32_t most) {
    const std::lock_guard lock(mutex_);
    Gate& gate = gates_[name];
    gate.most = most;
    if (gate.inside >= most || !gate.waiting.empty()) return std::nullopt;
    ++gate.inside;
    return Turn(shared_from_this(), name);
}

asio::awaitable<std::optional<Turnstile::Turn>> Turnstile::enter(std::string name, std::uint32_t most,
                                                                 std::chrono::milliseconds patience,
                                                                 std::stop_token stop) {
    auto at_once = try_enter(name, most);
    if (at_once) co_return at_once;
    const asio::any_io_executor executor = co_await asio::this_coro::executor;
    const auto waiter = std::make_shared<Waiter>(executor);
    waiter->timer.expires_after(patience);
    {
        const std::lock_guard lock(mutex_);
        gates_[name].waiting.push_back(waiter);
    }
    const auto end = [waiter, executor] { asio::post(executor, [waiter] { waiter->timer.cancel(); }); };
    const std::stop_callback ended(stop, end);
    // A place that became free between the two locks above is given by the next who leaves; if nobody is left
    // to leave, this one goes in.
    bool empty = false;
    {
        const std::lock_guard lock(mutex_);
        Gate& gate = gates_[name];
        if (!waiter->granted && gate.inside < gate.most && gate.waiting.front() == waiter) {
            gate.waiting.pop_front();
            ++gate.inside;
            waiter->granted = empty = true;
        }
    }
    if (!empty) {
        boost::system::error_code ignored;  // cancelled: granted or stopped
        co_await waiter->timer.async_wait(asio::redirect_error(asio::use_awaitable, ignored));
    }
    const std::lock_guard lock(mutex_);
    if (waiter->granted) co_return Turn(shared_from_this(), std::move(name));
    Gate& gate = gates_[name];
    std::erase(gate.waiting, waiter);
    if (gate.inside == 0 && gate.waiting.empty()) gates_.erase(name);
    co_return std::nullopt;
}

std::size_t Turnstile::busy(const std::string& name) const {
    const std::lock_guard lock(mutex_);
    const auto gate = gates_.find(name);
    return gate == gates_.end() ? 0 : gate->second.inside + gate->second.waiting.size();
}

void Turnstile::leave(const std::string& name) {
    const std::lock_guard lock(mutex_);
    const auto found = gates_.find(name);
    if (found == gates_.end()) return;
    Gate& gate = found->second;
    --gate.inside;
    while (gate.inside < gate.most && !gate.waiting.empty()) {
        const std::shared_ptr<Waiter> next = std::move(gate.waiting.front());
        gate.waiting.pop_front();
        next->granted = true;
        ++gate.inside;
        asio::post(next->timer.get_executor(), [next] { next->timer.cancel(); });
    }
    if (gate.inside == 0 && gate.waiting.empty()) gates_.erase(found);
}

}  // namespace mta::smtp_out
