// Reply: the tagged answer of a command, as its handler gives it to the session, and the one place where
// errors of the store and of the login become IMAP answers.
#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/authenticator.hpp"
#include "imap/syntax/response.hpp"
#include "store/error.hpp"

namespace imap {

/// Written by the session after the untagged updates of the command (RFC 9051 section 5.2), so that each
/// command has exactly one.
struct Reply {
    enum class Then : std::uint8_t {
        go_on,
        start_tls,
        start_compression,
        stop_compression,
        relay,  ///< the back end speaks from here on
        close,
        silent_close
    };
    Condition condition = Condition::ok;
    Then then = Then::go_on;
    std::string code;  ///< what goes into the brackets; empty: none
    std::string text;

    Reply(Condition how, std::string_view with_code, std::string_view says, Then next = Then::go_on)
        : condition(how), then(next), code(with_code), text(says) {}
};

inline Reply ok(std::string_view text, std::string_view code = {}) { return {Condition::ok, code, text}; }
inline Reply no(std::string_view code, std::string_view text) { return {Condition::no, code, text}; }
inline Reply bad(std::string_view text) { return {Condition::bad, {}, text}; }
/// The peer is gone or out of step: nothing more can be said.
inline Reply gone() { return {Condition::bye, {}, {}, Reply::Then::silent_close}; }

/// RFC 5530. `not_found` is said of the mailbox that the command names; where it is a destination, pass
/// `try_create`.
Reply reply_of(const store::Error& error, bool try_create = false);
Reply reply_of(auth::Failure failure);

}  // namespace imap
