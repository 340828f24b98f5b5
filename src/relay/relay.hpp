// Relay: leads who has logged in here, and whose mailbox is elsewhere, to the server that has it. Front-end
// mode: docs/front-end.md.
#pragma once
#include <functional>
#include <memory>
#include <string>

#include <boost/asio/awaitable.hpp>

#include "auth/authenticator.hpp"
#include "base/result.hpp"
#include "net/connection.hpp"
#include "net/pump.hpp"
#include "relay/dialogue/dialogue.hpp"

namespace relay {

using boost::asio::awaitable;

/// A client whose login this server has taken.
struct Request {
    Protocol protocol = Protocol::imap;
    auth::Identity identity;
    std::string session;      ///< its number here
    std::string client_name;  ///< of EHLO
    unsigned hops = hops_initial;

    /// As many servers may relay a connection one after the other. Each says one less to the next.
    static constexpr unsigned hops_initial = 5;
};

/// A connection to the back end, logged in.
class Tunnel {
public:
    virtual ~Tunnel() = default;
    /// Dialogue::answer()
    virtual const std::string& answer() const = 0;
    virtual const std::string& node() const = 0;
    /// The rest of the connection, until one of both ends has had enough. Output must be flushed, and nothing
    /// is told at the end: it may be the middle of a word.
    virtual awaitable<net::PumpEnd> carry(net::Connection* client, net::SessionRegistry::Handle* session,
                                          std::chrono::milliseconds idle_max) = 0;
};

/// What a session knows of its way.
struct Course {
    bool relayed = false;  ///< a front end has led the user here
    unsigned hops = Request::hops_initial;
    std::unique_ptr<Tunnel> tunnel;  ///< to the back end that has the mailbox
};

class OpenError {
public:
    OpenError() = default;
    explicit OpenError(Failure failure) : failure_(std::move(failure)) {}
    const Failure& failure() const { return failure_; }

private:
    Failure failure_;
};
using Opened = base::Result<std::unique_ptr<Tunnel>, OpenError>;

/// Thread-safe.
class Relay {
public:
    virtual ~Relay() = default;
    /// A node's mailboxes are on another server than this one.
    virtual bool elsewhere(const std::string& node) const = 0;
    /// Reaches the back end and logs in there; logs what went wrong. Ends early when `client` is kicked or
    /// the server stops. \errors see Failure::Kind
    virtual awaitable<Opened> open(net::Connection* client, Request request) = 0;
};

}  // namespace relay
