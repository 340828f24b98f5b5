// The admin socket's session: JSON lines in, JSON lines out. docs/admin-socket.md has the format.
#pragma once
#include <memory>

#include <boost/asio/awaitable.hpp>

#include "admin/operations.hpp"
#include "net/connection.hpp"

namespace admin {

struct AdminLimits {
    std::size_t line_bytes_max = 1 << 20;  ///< a list of addresses is the longest argument
    int nesting_max = 16;                  ///< arguments are lists of texts at the deepest
    std::chrono::minutes idle_max{60};     ///< an import that waits for its disk is not dead
};

awaitable<void> serve(std::unique_ptr<net::Connection> connection, ServicesPtr services, AdminLimits limits);

}  // namespace admin
