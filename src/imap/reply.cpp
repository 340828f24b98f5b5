// RFC 5530: what went wrong, in words that clients can act on.
#include "imap/reply.hpp"

namespace imap {

Reply reply_of(const store::Error& error, bool try_create) {
    using store::Errc;
    switch (error.code()) {
        case Errc::not_found:
            return no(try_create ? code::try_create : code::nonexistent, "No such mailbox");
        case Errc::exists:
            return no(code::already_exists, "Mailbox already exists");
        case Errc::over_quota:
            return no(code::over_quota, "Quota exceeded");
        case Errc::limit:
            return no(code::limit, error.what().empty() ? "Limit reached" : error.what());
        case Errc::denied:
            return no(code::cannot, error.what().empty() ? "Not allowed" : error.what());
        case Errc::invalid:
            return no(code::cannot, error.what().empty() ? "Not possible" : error.what());
        case Errc::no_space:
            return no(code::unavailable, "No space left, try again later");
        case Errc::corrupt:
            return no(code::server_bug, "The mail store has a fault here; it was logged");
        case Errc::none:
        case Errc::conflict:
        case Errc::unknown:
        case Errc::unavailable:
            break;
    }
    return no(code::unavailable, "The mail store does not answer, try again later");
}

Reply reply_of(auth::Failure failure) {
    using auth::Failure;
    switch (failure) {
        case Failure::credentials:
        case Failure::disabled:
            break;  // the same words for both: no oracle
        case Failure::mechanism:
            return no(code::privacy_required, "Not without TLS, or no such mechanism");
        case Failure::malformed:
            return bad("Malformed SASL response");
        case Failure::cancelled:
            return bad("Authentication cancelled");
        case Failure::temporary:
            return no(code::unavailable, "Login is not possible now, try again later");
        case Failure::too_many:
            return no(code::unavailable, "Too many failed logins, try again later");
    }
    return no(code::authentication_failed, "Authentication failed");
}

}  // namespace imap
