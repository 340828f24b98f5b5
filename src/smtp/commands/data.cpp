// DATA and BDAT: RFC 5321 section 4.1.1.4, RFC 3030 section 2.
#include <algorithm>

#include "smtp/session.hpp"

namespace smtp {

IntakeRules Session::intake_rules() const {
    const Limits& limits = services_->limits;
    const Policy& policy = services_->policy;
    IntakeRules rules;
    rules.message_bytes_max = limits.message_bytes_max;
    rules.header_bytes_max = limits.header_bytes_max;
    rules.received_fields_max = limits.received_fields_max;
    rules.one_from_field = policy.one_from_field;
    rules.header.remove_bcc = policy.remove_bcc;
    if (policy.role == Role::inbound) rules.own_ids = {services_->hostname};
    return rules;
}

/// `dots`: by DATA. BINARYMIME is kept octet for octet; every other text is held to the policy on stray
/// octets.
awaitable<void> Session::begin_message(bool dots) {
    const Policy& policy = services_->policy;
    TextPolicy text = peer().loopback ? policy.text_from_loopback : policy.text;
    if (transaction_.envelope().parameters.body == Body::binary)
        text = {Stray::keep, Stray::keep, Stray::keep};
    co_await begin_watch();
    intake_.emplace(services_->store, intake_rules(), static_cast<IntakeWatcher*>(this));
    decoder_.emplace(text, dots);
    // Only what may fail in part, or did so before, costs a hash.
    const std::vector<Recipient>& recipients = transaction_.envelope().recipients;
    const auto other = [&](const Recipient& recipient) {
        return recipient.account != recipients.front().account;
    };
    if (!lmtp() && (std::ranges::any_of(recipients, other) || services_->recent->any()))
        intake_->hash_with(services_->recent->message_from(transaction_.envelope().sender));
}

awaitable<Session::Next> Session::handle(cmd::Data) {
    if (const auto refusal = transaction_.refuse_data()) co_return fault(*refusal);
    co_await begin_message(true);
    registered_.set_state("DATA");
    say(replies::start_data);
    const bool whole = co_await read_message();
    if (!whole) co_return Next::close;  // nothing of it is kept
    co_return co_await finish_message();
}

/// Reads up to the dot line. False: the session is over before it came.
awaitable<bool> Session::read_message() {
    const SteadyTime last = std::chrono::steady_clock::now() + services_->limits.message_wait;
    receiving_ = true;
    bool end = false;
    while (!end) {
        const std::string_view input = connection_->input();
        std::size_t used = 0;
        while (used < input.size() && !end) {
            const DataDecoder::Piece piece = decoder_->next(input.substr(used));
            used += piece.consumed;
            end = piece.end;
            if (!piece.text.empty()) co_await intake_->write(piece.text);
        }
        connection_->consume(used);
        if (end) break;
        const SteadyTime soon = std::chrono::steady_clock::now() + patience(services_->limits.data_wait);
        const bool filled = co_await fill(std::min(soon, last));
        if (!filled) break;
    }
    receiving_ = false;
    co_return end;
}

awaitable<Session::Next> Session::handle(cmd::Bdat bdat) {
    // The chunk follows whatever we think of it, and must never be read as commands (threats rows 6 and 9).
    std::optional<Reply> refusal = transaction_.refuse_bdat();
    if (hello_.empty())
        refusal = replies::hello_first;
    else if (tls_missing())
        refusal = replies::tls_needed;
    else if (services_->policy.require_auth && !identity_)
        refusal = replies::auth_needed;
    if (bdat.size > 2 * services_->limits.message_bytes_max) {  // not worth reading
        say(refusal ? *refusal : replies::too_big);
        co_return Next::close;
    }
    if (!refusal && !intake_) co_await begin_message(false);
    registered_.set_state("BDAT");
    const bool whole = co_await read_chunk(bdat.size, !refusal);
    if (!whole) co_return Next::close;
    if (refusal) co_return fault(*refusal);
    transaction_.take_chunk();
    if (bdat.last) {
        const std::string_view rest = decoder_->finish();
        if (!rest.empty()) co_await intake_->write(rest);
        co_return co_await finish_message();
    }
    if (intake_->refusal()) {
        const Reply reply = *intake_->refusal();
        transaction_.fail_chunks();
        intake_.reset();
        co_return fault(reply);
    }
    say(replies::chunk_ok);
    co_return Next::go_on;
}

/// Reads exactly `octets`, into the message or, without `keep`, into nothing. False: they did not come.
awaitable<bool> Session::read_chunk(std::uint64_t octets, bool keep) {
    const SteadyTime last = std::chrono::steady_clock::now() + services_->limits.message_wait;
    receiving_ = true;
    while (octets > 0) {
        const std::string_view input = connection_->input();
        const std::string_view chunk = input.substr(0, std::min<std::uint64_t>(octets, input.size()));
        for (std::size_t used = 0; keep && used < chunk.size();) {
            const DataDecoder::Piece piece = decoder_->next(chunk.substr(used));
            used += piece.consumed;
            if (!piece.text.empty()) co_await intake_->write(piece.text);
        }
        octets -= chunk.size();
        connection_->consume(chunk.size());
        if (octets == 0) break;
        const SteadyTime soon = std::chrono::steady_clock::now() + patience(services_->limits.data_wait);
        const bool filled = co_await fill(std::min(soon, last));
        if (!filled) break;
    }
    receiving_ = false;
    co_return octets == 0;
}

/// Where the chunk ends cannot be known, so what follows cannot be told from commands.
awaitable<Session::Next> Session::handle(cmd::BdatUncountable) {
    say(replies::bdat_syntax);
    co_return Next::close;
}

}  // namespace smtp
