// COMPRESS: RFC 4978. UNAUTHENTICATE: RFC 8437.
#include "base/log.hpp"
#include "imap/notifier.hpp"
#include "imap/session.hpp"

namespace imap {

/// What follows the tagged OK is deflated: see Session::finish().
awaitable<Reply> Session::handle(cmd::Compress) {
    if (connection_.compressed()) co_return no(code::compression_active, "DEFLATE is active already");
    co_return Reply(Condition::ok, {}, "DEFLATE active", Reply::Then::start_compression);
}

/// There is no NO to this command (section 3): commands for the next user may be here already. What was said
/// with ID stays.
awaitable<Reply> Session::handle(cmd::Unauthenticate) {
    // Its front end knows whose connection this is, and would not hear of another's.
    if (course_.relayed) co_return bad("Not offered here");
    base::log::info("imap", "unauthenticate", {{"user", user_}, {"ip", connection_.peer().address}});
    deselect();
    condstore_ = qresync_ = rev2_ = utf8_ = uid_only_ = false;
    comparator_ = default_comparator;
    notifier_.reset();
    annotations_watch_.reset();
    account_.reset();
    user_.clear();
    registration_.set_user({});
    state_ = state_not_authenticated;
    framer_.set_limits(services_.limits.before_login);
    login_deadline_ = std::chrono::steady_clock::now() + services_.limits.login_max;
    // Section 4.1: the compression ends behind the OK.
    const auto then = connection_.compressed() ? Reply::Then::stop_compression : Reply::Then::go_on;
    co_return Reply(Condition::ok, {}, "Nobody is logged in now", then);
}

}  // namespace imap
