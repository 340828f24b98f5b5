// Failure: why a host, or one transaction with it, came to nothing.
#pragma once
#include <string>
#include <string_view>

#include "mta/envelope.hpp"
#include "mta/smtp_out/syntax/reply.hpp"

namespace mta::smtp_out {

struct Failure {
    Fate fate = Fate::deferred;
    Status status;
    std::uint16_t code = 0;
    std::string words;
    bool from_remote = false;
    std::string_view stage;  ///< static text, for the trace

    /// In our own words, about the connection or what we demand of the host.
    static Failure ours(std::string_view stage, Status status, std::string_view words) {
        Failure out;
        out.fate = status.klass == 5 ? Fate::failed : Fate::deferred;
        out.status = status;
        out.words = printable(words, ReplyLimits::words_kept);
        out.stage = stage;
        return out;
    }
    /// As the server has answered: 4xx is deferred, 5xx failed, all else breaks the protocol and is deferred.
    static Failure of(std::string_view stage, const Reply& reply) {
        Failure out;
        out.code = reply.code;
        out.words = reply.words();
        out.from_remote = true;
        out.stage = stage;
        out.fate = reply.permanent() ? Fate::failed : Fate::deferred;
        if (reply.permanent() || reply.temporary()) {
            out.status = reply.status_or(0, 0);
        } else {
            out.status = {4, 5, 0};
        }
        return out;
    }
    /// The host is not to be used; that is not the message's fault. Another host, or later.
    Failure as_deferred() && {
        fate = Fate::deferred;
        if (status.klass != 4) status.klass = 4;
        return std::move(*this);
    }
};

}  // namespace mta::smtp_out
