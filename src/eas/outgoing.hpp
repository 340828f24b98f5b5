// Outgoing: how a message that a device sends gets on its way. The server puts its own submission there.
#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"

namespace eas {

using boost::asio::awaitable;

struct Submission {
    base::AccountId account;  ///< whose device it is
    std::string sender;       ///< of the envelope: an address that the account owns
    std::vector<std::string> recipients;
    std::string message;  ///< whole, CRLF line ends, without Bcc
    bool utf8 = false;    ///< an address or the header has letters beyond ASCII: RFC 6531
    std::string message_id;
    std::string user;      ///< for logs and traces
    std::string listener;  ///< its name
    std::string peer;      ///< numeric address of the device
    bool tls = false;
    std::string tls_version, tls_cipher;
    /// A program's, to what somebody else asks: it counts in nothing that the user may send.
    bool is_answer = false;
};

enum class Submitted : std::uint8_t {
    sent,          ///< taken for every recipient, durably
    no_such_user,  ///< a recipient is ours and does not exist: nobody got it
    not_relayed,   ///< a recipient is elsewhere, and mail there is not taken: nobody got it
    full,          ///< a mailbox or the disk: nobody got it
    too_large,
    loops,
    refused,  ///< a filter does not want it: nobody got it
    limited,  ///< the account has sent too much
    failed,   ///< try again later
};

class Outgoing {
public:
    virtual ~Outgoing() = default;
    virtual awaitable<Submitted> submit(Submission submission) = 0;
};

}  // namespace eas
