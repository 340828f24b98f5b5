// Exchange: one request and its answer, as a handler sees them. A handle by value, good until the handler
// returns.
#pragma once
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "http/response_writer.hpp"
#include "net/connection.hpp"
#include "net/session_registry.hpp"

namespace http {

using boost::asio::awaitable;
class Session;

/// A part of a request's body.
struct BodyPiece {
    enum class State : std::uint8_t {
        more,    ///< `octets` is not empty
        end,     ///< with or without octets
        failed,  ///< the peer is gone, too slow or wrote nonsense: return, there is nobody to answer
    };
    State state = State::failed;
    std::string octets;
};

struct Body {
    enum class State : std::uint8_t { whole, too_large, no_room, failed };
    State state = State::failed;
    std::string octets;
};

using BodyCheck = std::function<bool(std::size_t octets)>;

class Exchange {
public:
    explicit Exchange(Session& session) : session_(&session) {}

    std::string_view method() const;
    std::string_view target() const;  ///< as sent: path and query, without scheme and host
    std::string_view path() const;    ///< as sent, before the first '?'
    std::string_view query() const;   ///< behind it
    /// The first field of this name, in any case; empty: none.
    std::string_view field(std::string_view name) const;
    /// Of the Host field, lower case, without port.
    std::string host() const;
    const net::PeerInfo& peer() const;
    /// Who the connection is for, in `barid session list`. One connection may carry requests of several
    /// users.
    net::SessionRegistry::Handle& registered();

    /// The next part of the body; after the last one, `end` again. 100 Continue is sent where it is awaited.
    awaitable<BodyPiece> read_piece();
    /// All of the body. `too_large`: answer 413; what is left is thrown away. `no_room`: answer 503; `room`,
    /// if there is one, is asked before so many octets more are kept.
    awaitable<Body> read_body(std::size_t octets_max, BodyCheck room);
    awaitable<Body> read_body(std::size_t octets_max);

    /// An answer whose body is at hand; false: the peer is gone. Exactly one of respond() and begin(), once.
    awaitable<bool> respond(ResponseHead head, std::string body);
    awaitable<bool> respond(unsigned status);  ///< without a body
    /// An answer in pieces: begin(), write() as often as need be, end(). A handler that returns without end()
    /// has the connection closed, so that nobody takes the part for the whole.
    void begin(ResponseHead head, std::optional<std::uint64_t> length);
    awaitable<bool> write(std::string_view octets);  ///< the caller awaits at once; waits for a slow peer
    awaitable<bool> end();
    bool responded() const;

    /// For answers that wait: until an event, the peer's end, or the time has passed. What the peer sends
    /// meanwhile is kept for later.
    awaitable<net::Wake> wait(std::chrono::milliseconds patience);
    /// For answers that wait long: from here on method, target and fields are empty. Does nothing while the
    /// body was not read whole.
    void forget_request();
    std::shared_ptr<net::Waker> waker();
    /// Of the server's end and of a kick the session knows too: this answer is the connection's last.
    std::uint32_t take_events();

private:
    Session* session_;
};

/// GET or HEAD.
bool is_get(const Exchange& exchange);
/// 405, and the methods that there are: "GET, HEAD".
awaitable<void> refuse_method(Exchange exchange, std::string allowed);
/// False: it is neither GET nor HEAD, and answered.
awaitable<bool> only_get(Exchange exchange);

/// Runs on the connection's strand; another request of the connection comes after it has returned.
using Handler = std::function<awaitable<void>(Exchange)>;

}  // namespace http
