// TlsReporter: is told how each attempt at TLS with a mail host went, for the reports of RFC 8460.
#pragma once
#include <string>

#include "mta/smtp_out/session.hpp"

namespace mta::smtp_out {

/// Thread-safe; does not block.
class TlsReporter {
public:
    virtual ~TlsReporter() = default;
    /// `domain`: of the recipients. `helo`: the host's word for itself; `words`: what went wrong.
    struct Seen {
        std::string domain;
        Host host;
        net::IpAddress address, source;
        TlsTrouble trouble = TlsTrouble::none;
        std::string greeting_name, words;
    };
    virtual void saw(const Seen& seen) = 0;
};

}  // namespace mta::smtp_out
