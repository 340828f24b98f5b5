// Owns a session for as long as its connection lives, and catches what it may not let through.
#include "imap/server.hpp"

#include <exception>

#include "imap/session.hpp"

namespace imap {

awaitable<void> serve(std::unique_ptr<net::Connection> connection, std::shared_ptr<const Services> services) {
    Session session(*connection, *services);
    std::string bug;
    try {
        co_await session.run();
    } catch (const std::exception& fault) {
        bug = std::string("exception: ") + fault.what();
    }
    // A bug in one session is not the others' end: it is logged with its command and costs this connection.
    if (!bug.empty()) co_await session.end_after_bug(std::move(bug));
    connection->close();  // ends its timers too
    session.log_end();
}

}  // namespace imap
