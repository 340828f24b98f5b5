// LOGIN: RFC 9051 section 6.2.3, and what follows every successful login.
#include "base/log.hpp"
#include "imap/session.hpp"

namespace imap {

awaitable<Reply> Session::handle(cmd::Login login) {
    if (services_.authenticator.plain_text_refused(client()))
        co_return no(code::privacy_required, "LOGIN needs TLS here");
    user_ = login.user;
    auth::Client who = client();
    auth::Outcome outcome = co_await services_.authenticator.login(std::move(login.user),
                                                                   std::move(login.password), std::move(who));
    co_return co_await logged_in(std::move(outcome));
}

/// Opens the account of who logged in, or says why nobody did. One line in the log either way.
awaitable<Reply> Session::logged_in(auth::Outcome outcome) {
    if (outcome.kind != auth::Outcome::Kind::success) {
        base::log::warn("imap", "login failed",
                        {{"user", user_},
                         {"ip", connection_.peer().address},
                         {"reason", static_cast<int>(outcome.failure)},
                         {"tls", connection_.peer().tls}});
        user_.clear();
        co_return reply_of(outcome.failure);
    }
    user_ = outcome.identity.name;
    if (is_elsewhere(outcome.identity)) co_return co_await lead_on(std::move(outcome.identity));
    auto opened = co_await services_.store.account(outcome.identity.account);
    if (!opened) {
        base::log::error("imap", "account", {{"user", user_}, {"what", opened.error().what()}});
        if (opened.error().is(store::Errc::not_found))
            co_return no(code::contact_admin, "This mailbox has no mail store");
        co_return reply_of(opened.error());
    }
    if (!registration_.claim_user(user_, services_.limits.per_user)) {
        base::log::warn("imap", "too many sessions", {{"user", user_}, {"ip", connection_.peer().address}});
        user_.clear();
        co_return no(code::limit, "Too many connections of this user");  // RFC 5530 section 3
    }
    account_ = std::move(*opened);
    state_ = state_authenticated;
    course_.relayed = outcome.identity.relayed;
    login_deadline_.reset();
    framer_.set_limits(services_.limits.after_login);
    base::log::info("imap", "login",
                    {{"user", user_},
                     {"ip", connection_.peer().address},
                     {"mechanism", outcome.identity.mechanism},
                     {"tls", connection_.peer().tls}});
    // All that is there after login, so that no client has to ask: imap.md quirk 28.
    co_return ok("Logged in", code::capability(capabilities()));
}

}  // namespace imap
