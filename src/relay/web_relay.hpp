// WebRelay: leads HTTP requests whose user's mailbox is elsewhere to the server that has it: ActiveSync in
// front-end mode. docs/front-end.md.
#pragma once
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "auth/authenticator.hpp"
#include "http/exchange.hpp"

namespace relay {

/// RFC 9110's scheme of Authorization by which a front end opens a user's mailbox at a Barid: base64 of what
/// SASL PLAIN would say, with the secret that both share.
constexpr std::string_view web_scheme = "Barid-Relay";

/// An HTTP request whose user was found here, by name and password.
struct WebRequest {
    auth::Identity identity;
};

/// Thread-safe.
class WebRelay {
public:
    virtual ~WebRelay() = default;
    /// A node's mailboxes are on another server than this one.
    virtual bool elsewhere(const std::string& node) const = 0;
    /// Passes a request on to the node's web server and its answer back; answers 503 where that cannot be,
    /// and logs why. Nothing of the request's body must have been read.
    virtual boost::asio::awaitable<void> forward(http::Exchange exchange, WebRequest request) = 0;
};

}  // namespace relay
