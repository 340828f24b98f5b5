// What the server says that it can do, from what is configured and present on this connection.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

namespace imap {

struct CapabilityFacts {
    bool logged_in = false;
    bool can_start_tls = false;
    bool plain_text_refused = false;      ///< LOGIN is refused for want of TLS
    std::vector<std::string> mechanisms;  ///< of SASL, best first
    bool shares = false;                  ///< there is a directory of people to share with
    bool relayed = false;                 ///< a front end has led the user here
    std::uint64_t append_bytes_max = 0;
    std::uint32_t command_messages_max = 0, saved_messages_max = 0;  ///< RFC 9738; 0: no limit
};

/// "IMAP4rev1 IMAP4rev2 …": the text of CAPABILITY, of the greeting and of the tagged OK of a login (imap.md
/// quirk 28).
std::string capability_line(const CapabilityFacts& facts);

}  // namespace imap
