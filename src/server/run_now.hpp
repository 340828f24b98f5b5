// run_now: work of the start and of the end, run to its end before anybody is served, or after.
#pragma once
#include <exception>
#include <optional>
#include <utility>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log_broken.hpp"

namespace server {

/// Nothing: it threw, and the log has it. `io` outlives the engine: a thread of that may still be inside
/// post() when this returns.
template <class T>
std::optional<T> run_now(boost::asio::io_context& io, boost::asio::awaitable<T> work) {
    std::optional<T> out;
    io.restart();
    boost::asio::co_spawn(io, std::move(work), [&out](std::exception_ptr failed, T value) {
        base::log::broken("server", "start", failed);
        if (!failed) out.emplace(std::move(value));
    });
    io.run();
    return out;
}

}  // namespace server
