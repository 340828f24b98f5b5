// Front-end mode: the user's mailbox is on another server, which the rest of the connection belongs to.
#include "relay/relay.hpp"

#include "base/ascii.hpp"
#include "base/log.hpp"
#include "imap/session.hpp"

namespace imap {
namespace {

/// Who is logged out by UNAUTHENTICATE would be at the back end, which knows only its own users.
std::string told_capabilities(std::string_view list) {
    std::string out;
    while (!list.empty()) {
        const std::size_t end = std::min(list.find(' '), list.size());
        const std::string_view word = list.substr(0, end);
        list.remove_prefix(std::min(end + 1, list.size()));
        if (word.empty() || base::equals_nocase(word, "UNAUTHENTICATE")) continue;
        if (!out.empty()) out += ' ';
        out += word;
    }
    return out;
}

}  // namespace

bool Session::is_elsewhere(const auth::Identity& identity) const {
    return services_.relay != nullptr && services_.relay->elsewhere(identity.node);
}

/// Logs in at the back end; the session's last reply.
awaitable<Reply> Session::lead_on(auth::Identity identity) {
    if (!registration_.claim_user(user_, services_.limits.per_user)) {
        base::log::warn("imap", "too many sessions", {{"user", user_}, {"ip", connection_.peer().address}});
        user_.clear();
        co_return no(code::limit, "Too many connections of this user");  // RFC 5530 section 3
    }
    registration_.set_node(identity.node);
    relay::Request request;
    request.protocol = relay::Protocol::imap;
    request.identity = std::move(identity);
    request.session = std::to_string(registration_.id().value);
    request.hops = course_.hops;
    auto opened = co_await services_.relay->open(&connection_, std::move(request));
    if (!opened) {
        registration_.set_node({});
        registration_.set_user({});
        user_.clear();
        const relay::Failure failure = opened.error().failure();
        if (failure.kind == relay::Failure::Kind::refused) co_return reply_of(auth::Failure::credentials);
        if (!failure.code.empty()) co_return no(failure.code, "The server of this mailbox takes no more now");
        co_return no(code::unavailable, "The server of this mailbox does not answer, try again later");
    }
    course_.tunnel = std::move(*opened);
    login_deadline_.reset();
    const std::string capabilities = told_capabilities(course_.tunnel->answer());
    Reply reply = ok("Logged in", capabilities.empty() ? std::string() : code::capability(capabilities));
    reply.then = Reply::Then::relay;
    co_return reply;
}

/// Until one of both ends closes. Nothing is said at the end: it may be the middle of a literal.
awaitable<void> Session::carry() {
    registration_.set_state("relayed");
    const auto idle_max = services_.limits.inactivity_max + services_.limits.relayed_grace;
    const net::PumpEnd end = co_await course_.tunnel->carry(&connection_, &registration_, idle_max);
    base::log::info("imap", "relay ends",
                    {{"user", user_}, {"node", course_.tunnel->node()}, {"why", net::text_of(end)}});
    course_.tunnel.reset();
}

}  // namespace imap
