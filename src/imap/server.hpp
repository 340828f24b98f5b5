// The entry point: serves one IMAP connection from greeting to close.
#pragma once
#include <memory>

#include "imap/services.hpp"
#include "net/connection.hpp"

namespace imap {

/// RFC 9051 and RFC 3501. Owns the connection; returns when the session is over. Throws nothing: a bug in a
/// handler is logged with its command and ends this one connection.
boost::asio::awaitable<void> serve(std::unique_ptr<net::Connection> connection,
                                   std::shared_ptr<const Services> services);

}  // namespace imap
