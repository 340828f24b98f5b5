// USER, PASS, APOP, AUTH, STLS: who the client is. RFC 1939 section 7, RFC 5034, RFC 2595 section 4.
#include <utility>

#include "base/base64.hpp"
#include "base/log.hpp"
#include "net/rest.hpp"
#include "pop3/session.hpp"

namespace pop3 {

auth::Client Session::client() const {
    const net::PeerInfo& peer = connection_->peer();
    auth::Client out;
    out.protocol = "pop3";
    out.address = peer.address;
    out.listener = peer.listener;
    out.loopback = peer.loopback;
    out.tls = peer.tls;
    out.front_end = peer.front_end;
    out.certificate_identity = peer.tls_client_subject;
    // The exchange that asks is a local of this session's coroutine.
    out.channel_binding = [this](std::string_view type) { return connection_->channel_binding(type); };
    out.pause = net::rest_of(connection_.get());
    return out;
}

awaitable<Session::Next> Session::handle(cmd::User command) {
    if (services_->authenticator.plain_text_refused(client())) {
        error("[AUTH] plain text logins need TLS: use STLS");
        co_return Next::go_on;
    }
    user_ = std::move(command.name);
    ok("password, please");  // the same for names that do not exist
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Pass command) {
    if (!user_) {
        error("USER first");
        co_return Next::go_on;
    }
    std::string name = std::move(*user_);
    user_.reset();
    base::Secret password = std::move(command.password);
    line_.assign(line_.size(), '\0');  // the password in clear
    auth::Client who = client();
    auth::Outcome outcome =
        co_await services_->authenticator.login(std::move(name), std::move(password), std::move(who));
    co_return co_await enter(std::move(outcome));
}

awaitable<Session::Next> Session::handle(cmd::Apop command) {
    if (timestamp_.empty()) {
        error("APOP is not offered");
        co_return Next::go_on;
    }
    auth::Client who = client();
    auth::Outcome outcome = co_await services_->authenticator.apop(std::move(command.user), timestamp_,
                                                                   std::move(command.digest), std::move(who));
    co_return co_await enter(std::move(outcome));
}

void Session::list_mechanisms() {
    for (const std::string& name : services_->authenticator.mechanisms(client())) line(name);
}

awaitable<Session::Next> Session::handle(cmd::Auth command) {
    if (command.mechanism.empty()) {  // older than RFC 5034, still asked by some clients
        ok("mechanisms");
        list_mechanisms();
        line(".");
        co_return Next::go_on;
    }
    auth::Client who = client();
    std::unique_ptr<auth::Exchange> exchange =
        services_->authenticator.start(command.mechanism, std::move(who));
    if (exchange == nullptr) {
        error("[AUTH] mechanism not available");
        co_return Next::go_on;
    }
    co_return co_await exchange_to_end(std::move(exchange), std::move(command.initial));
}

/// "+" SP base64 CRLF, and the client's line                RFC 5034 section 4
awaitable<std::optional<std::string>> Session::challenge(std::string octets) {
    line("+ " + base::base64_encode(octets));
    const bool got = co_await read_line(services_->limits.auth_line_max);
    if (!got) co_return std::nullopt;
    if (line_too_long_) line_ = "*";  // cannot be an answer: the exchange ends
    co_return line_;
}

awaitable<Session::Next> Session::exchange_to_end(std::unique_ptr<auth::Exchange> exchange,
                                                  std::optional<std::string> initial) {
    if (initial && !exchange->client_first()) {
        error("this mechanism has no initial response");  // RFC 4422 section 3
        co_return Next::go_on;
    }
    std::string response;
    bool must_ask = !initial && exchange->client_first();
    if (initial) response = std::move(*initial);
    std::string ask;
    auth::Outcome outcome;
    for (;;) {
        if (must_ask) {
            const auto answer = co_await challenge(std::move(ask));
            if (!answer) co_return Next::close;
            if (*answer == "*") co_return refused(auth::Failure::cancelled);
            auto decoded = base::base64_decode(*answer);
            if (!decoded) co_return refused(auth::Failure::malformed);
            response = std::move(*decoded);
        }
        outcome = co_await exchange->step(std::move(response));
        if (outcome.kind != auth::Outcome::Kind::challenge) break;
        must_ask = true;
        ask = std::move(outcome.challenge);
    }
    if (outcome.kind == auth::Outcome::Kind::success && outcome.has_final_data) {
        // +OK has no place for it: it goes as a challenge, answered by an empty line (RFC 5034 section 4).
        std::string last = std::move(outcome.challenge);
        const auto answer = co_await challenge(std::move(last));
        if (!answer) co_return Next::close;
        if (!answer->empty()) co_return refused(auth::Failure::cancelled);
    }
    co_return co_await enter(std::move(outcome));
}

/// One text for a wrong password, an unknown user and a disabled mailbox: nothing to find names by.
Session::Next Session::refused(auth::Failure failure) {
    switch (failure) {
        case auth::Failure::credentials:
        case auth::Failure::disabled:
            error("[AUTH] login failed");
            break;  // RFC 3206
        case auth::Failure::mechanism:
            error("[AUTH] not allowed here");
            break;
        case auth::Failure::malformed:
            error("bad authentication exchange");
            break;
        case auth::Failure::cancelled:
            error("authentication cancelled");
            return Next::go_on;
        case auth::Failure::temporary:
            error("[SYS/TEMP] cannot check logins now, try again later");
            break;
        case auth::Failure::too_many:
            error("[SYS/TEMP] too many failed logins, try again later");
            break;
    }
    if (++login_failures_ < services_->limits.login_failures_max) return Next::go_on;
    return Next::close;
}

awaitable<Session::Next> Session::enter(auth::Outcome outcome) {
    if (outcome.kind != auth::Outcome::Kind::success) co_return refused(outcome.failure);
    // The place is taken before anything is awaited, and given back when the maildrop does not open.
    if (!registered_.claim_user(outcome.identity.name, services_->limits.per_user)) {
        error("[IN-USE] too many sessions of this user");  // RFC 2449 section 8.1.2
        co_return Next::go_on;
    }
    if (services_->relay != nullptr && services_->relay->elsewhere(outcome.identity.node)) {
        auth::Identity identity = std::move(outcome.identity);
        co_return co_await lead_on(std::move(identity));
    }
    if (!services_->login_times->enter(outcome.identity.account, std::chrono::steady_clock::now())) {
        registered_.set_user({});
        error("[LOGIN-DELAY] minimum time between logins not over");  // RFC 2449 section 8.1.1
        co_return Next::go_on;
    }
    auth::Identity identity = std::move(outcome.identity);
    co_return co_await open_maildrop(std::move(identity));
}

awaitable<Session::Next> Session::open_maildrop(auth::Identity identity) {
    store::FolderPtr inbox;
    const auto account = co_await services_->store.account(identity.account);
    if (account) {
        const store::FolderTreePtr tree = (*account)->folders();
        const store::FolderInfo* info = tree->find("INBOX");
        if (info != nullptr) {
            const auto folder = co_await (*account)->open(info->id);
            if (folder) inbox = *folder;
        }
    }
    if (inbox == nullptr) {
        registered_.set_user({});
        error("[SYS/TEMP] mailbox not available now, try again later");
        co_return Next::go_on;
    }
    maildrop_.emplace(std::move(inbox));
    state_ = State::transaction;
    bad_commands_ = 0;
    identity_ = identity.name;
    registered_.set_folder("INBOX");
    base::log::info("pop3", "login",
                    {{"user", identity_},
                     {"mechanism", identity.mechanism},
                     {"ip", connection_->peer().address},
                     {"tls", connection_->peer().tls}});
    ok("maildrop has " + std::to_string(maildrop_->count()) + " messages (" +
       std::to_string(maildrop_->octets()) + " octets)");
    co_return Next::go_on;
}

awaitable<Session::Next> Session::handle(cmd::Stls) {
    if (!connection_->can_start_tls()) {
        error(connection_->peer().tls ? "TLS is on already" : "TLS is not available");
        co_return Next::go_on;
    }
    if (utf8_) {  // RFC 6856 section 2.1
        error("not after UTF8");
        co_return Next::go_on;
    }
    ok("begin TLS negotiation");
    const bool sent = co_await connection_->flush();
    if (!sent) co_return Next::close;
    // RFC 2595 section 4: what was said before is forgotten; octets behind the command are thrown away.
    user_.reset();
    framer_ = base::LineFramer();
    const bool good = co_await connection_->start_tls();
    if (!good) co_return Next::close;
    registered_.set_tls(connection_->peer().tls_version);
    co_return Next::go_on;
}

}  // namespace pop3
