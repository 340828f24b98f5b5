// STARTTLS: RFC 9051 section 6.2.1.
#include "imap/session.hpp"

namespace imap {

/// The handshake itself follows the tagged OK: see Session::finish().
awaitable<Reply> Session::handle(cmd::StartTls) {
    if (!connection_.can_start_tls())
        co_return bad(connection_.peer().tls ? "TLS is already on" : "TLS is not offered here");
    co_return Reply(Condition::ok, {}, "Begin TLS negotiation now", Reply::Then::start_tls);
}

}  // namespace imap
