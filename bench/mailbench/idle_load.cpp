// Push: connections sit in IDLE while messages are delivered; a latency is from the 250 to "* n EXISTS".
#include <mutex>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "mailbench/load.hpp"

namespace mailbench {
namespace {

/// When the 250 of a user's last message came; written by the deliverer, read by that user's connections.
struct Board {
    std::mutex mutex;
    std::vector<Clock::time_point> answered, told;
};
Board& board() {
    static Board instance;
    return instance;
}

}  // namespace

bool waits_for_push(const Options& options) {
    return options.protocol == "idle" ||
           (options.protocol == "eas" && (options.deliver_port != 0 || options.mix == "PING"));
}

void note_push(const RunPtr& run, std::uint32_t user, bool push) {
    Board& shared = board();
    const std::scoped_lock lock(shared.mutex);
    if (shared.answered.size() <= run->options.users) {
        shared.answered.resize(run->options.users + 1);
        shared.told.resize(run->options.users + 1);
    }
    const auto now = Clock::now();
    (push ? shared.told : shared.answered)[user] = now;
    auto& answered = shared.answered[user];
    auto& told = shared.told[user];
    if (answered == Clock::time_point{} || told == Clock::time_point{}) return;
    run->statistics.add("PUSH", told > answered ? told - answered : Clock::duration{}, true);
    answered = told = {};
}

awaitable<void> idle_connection(RunPtr run, std::uint32_t number, boost::asio::io_context* context) {
    Wire wire(*context);
    const std::uint32_t user = 1 + number % run->options.users;
    const bool first = number < run->options.users;  // only one connection of each user is measured
    bool up = co_await wire.connect(run->options.host, run->options.port);
    if (up) up = co_await wire.read_line();
    const std::string commands =
        fmt::format("a LOGIN {} {}\r\n", run->options.user(user), run->options.password);
    if (up) up = co_await wire.send(commands);
    while (up && !wire.line().starts_with("a ")) up = co_await wire.read_line();
    if (up) up = co_await wire.send("b SELECT INBOX\r\n");
    while (up && !wire.line().starts_with("b ")) up = co_await wire.read_line();
    if (up) up = co_await wire.send("c IDLE\r\n");
    while (up && !wire.line().starts_with("+")) up = co_await wire.read_line();
    if (!up) {
        run->statistics.error("CONNECT", wire.line());
        co_return;
    }
    ++run->ready;
    while (up && !run->stopping) {
        up = co_await wire.read_line();
        if (up && first && wire.line().ends_with(" EXISTS")) note_push(run, user, true);
    }
}

awaitable<void> idle_deliverer(RunPtr run, boost::asio::io_context* context) {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer timer(executor);
    while (run->ready < run->options.connections && Clock::now() < run->end) {
        timer.expires_after(std::chrono::milliseconds(20));
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (run->options.deliver_port == 0) co_return;
    Wire wire(*context);
    bool up = co_await wire.connect(run->options.host, run->options.deliver_port);
    if (up) up = co_await wire.read_line();
    if (up) up = co_await wire.send("LHLO load.test\r\n");
    while (up && !wire.line().starts_with("250 ")) up = co_await wire.read_line();
    const double gap = run->options.rate > 0 ? 1 / run->options.rate : 0.02;
    for (std::uint32_t count = 0; up && !run->over(); ++count) {
        const std::uint32_t user = 1 + count % std::min(run->options.users, run->options.connections);
        up = co_await wire.send(
            fmt::format("MAIL FROM:<load@load.test>\r\nRCPT TO:<{}>\r\nDATA\r\n", run->options.user(user)));
        for (int i = 0; up && i < 3; ++i) up = co_await wire.read_line();
        if (up) up = co_await wire.send("Subject: push\r\n\r\nhello\r\n.\r\n");
        if (up) up = co_await wire.read_line();
        if (up) note_push(run, user, false);
        timer.expires_after(std::chrono::duration_cast<Clock::duration>(std::chrono::duration<double>(gap)));
        co_await timer.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    }
    if (!up) run->statistics.error("DELIVER", wire.line());
}

}  // namespace mailbench
