// MAIL and RCPT: RFC 5321 sections 4.1.1.2 and 4.1.1.3.
#include <algorithm>

#include "base/log.hpp"
#include "smtp/relay.hpp"
#include "smtp/session.hpp"

namespace smtp {

awaitable<Session::Next> Session::handle(cmd::Mail mail) {
    const Limits& limits = services_->limits;
    if (services_->policy.require_auth && !identity_) co_return fault(replies::auth_needed);
    if (const auto refusal = transaction_.refuse_mail()) co_return fault(*refusal);
    if (limits.transactions_max != 0 && transactions_ >= limits.transactions_max) {
        say(replies::too_many_transactions);
        co_return Next::close;
    }
    if (mail.parameters.size.value_or(0) > limits.message_bytes_max)
        co_return fault(replies::too_big);  // RFC 1870
    if (const auto unwanted = refuse_wishes(mail.parameters)) co_return fault(*unwanted);
    const auto refusal = co_await refuse_sender(mail.from);
    if (refusal && refusal->code() >= 500) co_return fault(*refusal);
    if (refusal) {
        say(*refusal);
        co_return Next::go_on;
    }
    const bool wanted = co_await passes_at_sender(mail.from.null ? std::string() : mail.from.address());
    if (!wanted) co_return Next::go_on;
    ++transactions_;
    transaction_.begin(mail.from, std::move(mail.parameters));
    registered_.set_state("MAIL");
    say(replies::sender_ok);
    co_return Next::go_on;
}

/// Parameters of extensions that were not offered to this client.
std::optional<Reply> Session::refuse_wishes(const MailParameters& parameters) const {
    if (!parameters.has_queue_parameters()) return std::nullopt;
    const Offers offered = offers();
    const bool may_require = services_->policy.role != Role::lmtp && services_->agent != nullptr;
    if (parameters.require_tls && !peer().tls && may_require) return replies::require_tls_needs_tls;
    if ((parameters.require_tls && !offered.require_tls) || (parameters.by && !offered.by) ||
        (parameters.priority && !offered.priority) ||
        ((parameters.hold_for || parameters.hold_until) && !offered.hold))
        return replies::unknown_parameter;
    return std::nullopt;
}

/// RFC 6409 section 6.1: users send under their own addresses. <> is theirs too: it sends read receipts (RFC
/// 8098).
awaitable<std::optional<Reply>> Session::refuse_sender(Path from) {
    if (!services_->policy.sender_must_be_owned || !identity_ || from.null) co_return std::nullopt;
    const auto owned = co_await services_->directory.owns(identity_->account, from.address());
    if (!owned) co_return replies::unavailable;
    if (!*owned) co_return replies::sender_not_owned;
    co_return std::nullopt;
}

awaitable<Session::Next> Session::handle(cmd::Rcpt rcpt) {
    if (const auto refusal = transaction_.refuse_rcpt()) co_return fault(*refusal);
    const Envelope& envelope = transaction_.envelope();
    if (rcpt.to.eight_bit && !envelope.parameters.smtputf8) co_return fault(replies::utf8_address);
    if (envelope.recipients.size() >= services_->limits.recipients_max) {  // RFC 5321 section 4.5.3.1.10
        say(replies::too_many_recipients);
        co_return Next::go_on;
    }
    Recipient recipient;
    const auto refusal = co_await refuse_recipient(rcpt.to, &recipient);
    if (refusal) {
        say(*refusal);
        if (refusal->code() >= 500) {  // counted apart: a list with dead addresses is no attack
            ++unknown_recipients_;
            error_ = true;
        }
        co_return Next::go_on;
    }
    const bool wanted = co_await passes_at_recipient(rcpt.to.address());
    if (!wanted) co_return Next::go_on;
    recipient.address = rcpt.to.address();
    recipient.parameters = std::move(rcpt.parameters);
    transaction_.add(std::move(recipient));
    say(replies::recipient_ok);
    co_return Next::go_on;
}

/// Nothing: *recipient knows whose mailbox it is, or where else it goes.
awaitable<std::optional<Reply>> Session::refuse_recipient(Path to, Recipient* recipient) {
    std::string address = to.address();
    if (to.domain.empty()) {  // <postmaster>, RFC 5321 section 4.5.1
        address = services_->postmaster.empty() ? "postmaster@" + services_->hostname : services_->postmaster;
    }
    if (services_->agent != nullptr) co_return co_await find_targets(std::move(address), recipient);
    const auto route = co_await services_->directory.route(std::move(address));
    if (!route) co_return replies::unavailable;
    switch (route->kind) {
        case directory::Route::Kind::mailbox:
            // In the store here nobody would look for it.
            if (services_->relay != nullptr && services_->relay->elsewhere(route->node)) {
                base::log::error("smtp", "the mailbox is on another node",
                                 {{"address", route->address}, {"node", route->node}});
                co_return replies::mailbox_elsewhere;
            }
            break;
        case directory::Route::Kind::unknown_mailbox:
            co_return replies::unknown_mailbox;
        case directory::Route::Kind::group:
            co_return replies::disabled_mailbox;
        case directory::Route::Kind::disabled:
            co_return replies::disabled_mailbox;
        case directory::Route::Kind::foreign:
            co_return refuse_foreign_recipient(identity_.has_value());
    }
    recipient->account = route->account;
    const bool full = co_await over_quota(route->account);
    if (full) co_return replies::over_quota;  // better here than as a bounce later
    co_return std::nullopt;
}

/// The agent's answer, in the words of this protocol.
awaitable<std::optional<Reply>> Session::find_targets(std::string address, Recipient* recipient) {
    mta::RouteQuestion question;
    question.sender = transaction_.envelope().sender;
    question.recipient = std::move(address);
    question.trusted = identity_ || (services_->policy.relay_from_loopback && peer().loopback);
    mta::Resolved found = co_await services_->agent->resolve(std::move(question));
    if (found.code != 0) {
        if (found.status == mta::Status{4, 4, 4}) co_return replies::mailbox_elsewhere;
        if (found.temporary()) co_return replies::directory_unavailable;
        if (found.status == mta::Status{5, 2, 1}) co_return replies::disabled_mailbox;
        if (found.status == mta::Status{5, 7, 1}) co_return replies::relaying_denied;
        if (found.status == mta::Status{5, 1, 2}) co_return replies::no_such_domain;
        if (found.status == mta::Status{5, 4, 6}) co_return replies::leads_to_too_many;
        co_return replies::unknown_mailbox;
    }
    const bool leaves =
        std::ranges::any_of(found.targets, [](const mta::Target& one) { return one.hop != nullptr; });
    if (leaves && !services_->agent->sends()) co_return refuse_foreign_recipient(identity_.has_value());
    const bool one_mailbox = found.targets.size() == 1 && !found.targets.front().hop;
    if (one_mailbox) {
        const bool full = co_await over_quota(found.targets.front().account);
        if (full) co_return replies::over_quota;
        recipient->account = found.targets.front().account;
    }
    if (identity_ && services_->sending != nullptr && !services_->sending->take(identity_->account))
        co_return replies::sending_limit;
    recipient->targets = std::move(found.targets);
    co_return std::nullopt;
}

/// As far as it can be known before the message: with what SIZE declared. Faults count as not full; the end
/// tells.
awaitable<bool> Session::over_quota(base::AccountId account) {
    const auto mailbox = co_await services_->directory.mailbox(account);
    if (!mailbox || mailbox->quota_bytes == 0) co_return false;
    const auto opened = co_await services_->store.account(account);
    if (!opened) co_return false;
    const std::uint64_t declared = transaction_.envelope().parameters.size.value_or(0);
    // No message is empty: a mailbox without any room is full whatever SIZE says.
    std::uint64_t size = std::max<std::uint64_t>(declared, 1);
    if (services_->recent->any()) {  // it was too large for this mailbox, by what was added to it
        const Fingerprint message = services_->recent->declared(transaction_.envelope().sender, declared);
        size = std::max(size, services_->recent->find(message, account, services_->clock.now()).value_or(0));
    }
    const auto room = co_await (*opened)->room_for(size, 1);
    co_return !room && room.error().is(store::Errc::over_quota);
}

}  // namespace smtp
