// Extensions: what a server offers in its answer to EHLO. RFC 5321 section 4.1.1.1 and the RFCs of each.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "mta/smtp_out/syntax/reply.hpp"

namespace mta::smtp_out {

struct Extensions {
    std::string greeting_name;  ///< the server's own word for itself; printable
    bool pipelining = false;    ///< RFC 2920
    bool eight_bit = false;     ///< 8BITMIME, RFC 6152
    bool binary = false;        ///< BINARYMIME, RFC 3030; only of use with `chunking`
    bool chunking = false;
    bool smtputf8 = false;             ///< RFC 6531
    bool dsn = false;                  ///< RFC 3461
    bool start_tls = false;            ///< RFC 3207
    bool enhanced = false;             ///< ENHANCEDSTATUSCODES, RFC 2034
    bool require_tls = false;          ///< REQUIRETLS, RFC 8689; believed over TLS only
    bool mt_priority = false;          ///< RFC 6710
    bool deliver_by = false;           ///< RFC 2852
    std::uint32_t deliver_by_min = 0;  ///< seconds
    bool future_release = false;       ///< RFC 4865
    std::uint64_t hold_max = 0;        ///< seconds
    bool size = false;                 ///< RFC 1870
    std::uint64_t size_max = 0;        ///< 0: not said
    std::uint32_t rcpt_max = 0;        ///< LIMITS RCPTMAX, RFC 9422; 0: not said
    std::uint32_t mail_max = 0;
    std::uint32_t rcpt_domain_max = 0;
    std::vector<std::string> auth;  ///< upper case; RFC 4954 section 3
};

/// Of a positive reply to EHLO. What is malformed is as if it were not there.
Extensions read_extensions(const Reply& reply);

}  // namespace mta::smtp_out
