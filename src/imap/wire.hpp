// Wire: the connection as a session uses it: waiting, writing, giving way, ending. The part of Session that
// knows no command.
#pragma once
#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "imap/progress.hpp"
#include "imap/services.hpp"

namespace imap {

using boost::asio::awaitable;

class Wire {
protected:
    Wire(net::Connection& connection, const Services& services);
    ~Wire() = default;

    awaitable<bool> wait_for_octets(std::chrono::seconds patience);
    awaitable<net::Wake> wait_once(std::chrono::milliseconds patience);
    bool take_events();
    bool wants_breath() const { return connection_.output().size() >= net::Connection::output_large_bytes; }
    awaitable<bool> breathe(bool give_way_too = false);
    awaitable<bool> give_way();
    Progress begin_progress() const;
    void say_bye(std::string_view code, std::string_view text);
    std::string& out() { return connection_.output(); }

    net::Connection& connection_;
    const Services& services_;
    net::SessionRegistry::Handle registration_;
    /// Of one who has not logged in: in all, not since the last octet.
    std::optional<std::chrono::steady_clock::time_point> login_deadline_;
    bool ending_ = false;  // BYE was said

private:
    unsigned flushes_ = 0;  // large ones
};

}  // namespace imap
