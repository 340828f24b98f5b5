// Process: what looks at mail before it is taken, and the quarantine.
#include <thread>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.hpp"
#include "filter/filters.hpp"
#include "server/filter_judge.hpp"
#include "server/mail_out.hpp"
#include "server/process.hpp"

namespace server {
namespace asio = boost::asio;

/// Before anybody is served, since nobody may be judged by half of what is known.
std::string Process::open_filters() {
    filter::Parts parts{server_->resolver(), *engine_, store_->ids()};
    settings_.filters.folder = settings_.data.string();
    filters_ = std::make_unique<filter::Filters>(parts, settings_.filters);
    if (const std::string fault = filters_->fault(); !fault.empty()) return "rspamd.ca_file: " + fault;
    judge_ = std::make_unique<FilterJudge>(*filters_, *agent_, settings_.hostname);
    std::string wrong;
    asio::io_context io;
    asio::co_spawn(io, filters_->open(), [&](std::exception_ptr failed, const store::Result<void>& opened) {
        if (failed || !opened) wrong = "the quarantine cannot be read";
    });
    std::thread helper([&io] { io.run(); });
    io.run();
    helper.join();
    return wrong;
}

asio::awaitable<void> Process::tend_filters() {
    const auto executor = co_await asio::this_coro::executor;
    asio::steady_timer timer(executor);
    for (;;) {
        timer.expires_after(std::chrono::seconds(10));
        const auto [failed] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
        if (failed) co_return;
        co_await filters_->tend();
    }
}

}  // namespace server
