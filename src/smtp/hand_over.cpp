// The end of a message on a server with an agent: it decides what is delivered at once and what waits.
#include <algorithm>

#include <fmt/format.h>

#include "mta/judged.hpp"
#include "smtp/session.hpp"

namespace smtp {

mta::Envelope Session::agent_envelope() const {
    const Envelope& said = transaction_.envelope();
    mta::Envelope out;
    out.sender = said.sender;
    out.envid = said.parameters.envid;
    out.ret = static_cast<mta::Ret>(said.parameters.ret);
    out.body = static_cast<mta::Body>(said.parameters.body);
    out.smtputf8 = said.parameters.smtputf8;
    // RFC 4954 section 5: only of who is trusted to know.
    if (identity_) out.submitter = said.parameters.auth.value_or(std::string());
    out.require_tls = said.parameters.require_tls;
    out.priority = said.parameters.priority;
    const auto now = services_->clock.now();
    if (said.parameters.hold_for) out.hold_until = now + std::chrono::seconds(*said.parameters.hold_for);
    if (said.parameters.hold_until) {
        const auto wanted = base::SystemTime(std::chrono::seconds(*said.parameters.hold_until));
        out.hold_until = std::min(wanted, now + std::chrono::seconds(ParameterLimits::hold_max));
    }
    if (said.parameters.by) {
        mta::DeliverBy by;
        by.deadline = now + std::chrono::seconds(said.parameters.by->seconds);
        by.notify_only = said.parameters.by->notify_only;
        by.trace = said.parameters.by->trace;
        out.deliver_by = by;
    }
    out.message_id = intake_->header().message_id;
    out.tls_optional = intake_->header().tls_not_required;
    out.arrived = services_->clock.now();
    return out;
}

mta::Arrival Session::new_arrival() {
    mta::Arrival arrival;
    arrival.id = watch_.id;
    arrival.envelope = agent_envelope();
    if (identity_) {
        arrival.account = identity_->account;
        arrival.user = identity_->name;
    }
    arrival.peer = peer().address;
    arrival.hello = hello_;
    arrival.listener = peer().listener;
    arrival.content = intake_->content();
    arrival.fields = common_fields(fmt::format("{:x}", arrival.id.value));
    for (const std::string_view before : intake_->header().delivered_to)
        arrival.delivered_to.emplace_back(before);
    arrival.seal = watch_.seal;
    // An added recipient is nobody's to try again but ours.
    arrival.answer_each = lmtp() && watch_.asked.empty();
    arrival.refused = std::move(watch_.refused);
    arrival.refused_from = watch_.refused_from;
    arrival.junk = watch_.junk;
    arrival.held = watch_.held;
    arrival.verdict = watch_.check ? watch_.sender.text() : std::string();
    if (!watch_.why.empty()) arrival.verdict += (arrival.verdict.empty() ? "" : "; ") + watch_.why;
    for (const Recipient& recipient : transaction_.envelope().recipients) {
        mta::Arrival::To to;
        to.recipient.address = recipient.address;
        to.recipient.notify = recipient.parameters.notify;
        to.recipient.orcpt_type = recipient.parameters.orcpt_type;
        to.recipient.orcpt_address = recipient.parameters.orcpt_address;
        to.recipient.account = recipient.account;
        to.targets = recipient.targets;
        to.added = recipient.added;
        arrival.recipients.push_back(std::move(to));
    }
    return arrival;
}

/// Nobody gets it; who was refused before that is told of all the same.
awaitable<std::vector<Session::Outcome>> Session::drop() {
    Outcome outcome;
    outcome.reply = replies::ok;
    outcome.queued = watch_.id;
    mta::Arrival arrival = new_arrival();
    const auto told = co_await services_->agent->tell(std::move(arrival));
    if (!told) outcome.reply = reply_for(told.error());
    if (told) note_end("discarded", watch_.why);
    co_return std::vector<Outcome>(transaction_.envelope().recipients.size(), outcome);
}

/// One outcome for each recipient, in order.
awaitable<std::vector<Session::Outcome>> Session::hand_over() {
    mta::trace_filters(services_->agent->trace(), watch_.id, watch_.steps);
    if (watch_.dropped) co_return co_await drop();
    mta::Arrival arrival = new_arrival();
    const std::vector<mta::Taken> taken = co_await services_->agent->take(std::move(arrival));
    std::vector<Outcome> outcomes(taken.size());
    for (std::size_t i = 0; i < taken.size(); ++i) {
        switch (taken[i].how) {
            case mta::Taken::How::delivered:
                outcomes[i].reply = replies::ok;
                outcomes[i].id = taken[i].id;
                break;
            case mta::Taken::How::queued:
                outcomes[i].reply = replies::ok;
                outcomes[i].queued = watch_.id;
                break;
            case mta::Taken::How::refused:
                outcomes[i].reply = taken[i].error.is(store::Errc::none) ? replies::mail_loop_here
                                                                         : reply_for(taken[i].error);
                break;
        }
    }
    co_return outcomes;
}

}  // namespace smtp
