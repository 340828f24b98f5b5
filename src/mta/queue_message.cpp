#include "mta/queue_message.hpp"

#include <charconv>

#include <fmt/format.h>

namespace mta {
namespace {

std::int64_t ms(base::SystemTime time) { return base::unix_milliseconds(time); }
base::SystemTime time_of(std::int64_t milliseconds) {
    return base::SystemTime(std::chrono::milliseconds(milliseconds));
}

}  // namespace

store::QueueEnvelope to_queue(const Envelope& envelope) {
    store::QueueEnvelope out;
    out.sender = envelope.sender;
    out.envid = envelope.envid;
    out.ret = static_cast<std::uint8_t>(envelope.ret);
    out.body = static_cast<std::uint8_t>(envelope.body);
    out.smtputf8 = envelope.smtputf8;
    out.require_tls = envelope.require_tls;
    out.tls_optional = envelope.tls_optional;
    if (envelope.deliver_by) {
        out.deliver_by = ms(envelope.deliver_by->deadline);
        out.deliver_by_notify = envelope.deliver_by->notify_only;
        out.deliver_by_trace = envelope.deliver_by->trace;
    }
    if (envelope.priority) {
        out.has_priority = true;
        out.priority = static_cast<std::int8_t>(*envelope.priority);
    }
    if (envelope.hold_until) out.hold_until = ms(*envelope.hold_until);
    out.submitter = envelope.submitter;
    out.message_id = envelope.message_id;
    out.arrived = ms(envelope.arrived);
    return out;
}

Envelope from_queue(store::QueueId id, const store::QueueEnvelope& envelope) {
    Envelope out;
    out.sender = envelope.sender;
    out.envid = envelope.envid;
    out.ret = static_cast<Ret>(envelope.ret);
    out.body = static_cast<Body>(envelope.body);
    out.smtputf8 = envelope.smtputf8;
    out.require_tls = envelope.require_tls;
    out.tls_optional = envelope.tls_optional;
    if (envelope.deliver_by != 0) {
        DeliverBy by;
        by.deadline = time_of(envelope.deliver_by);
        by.notify_only = envelope.deliver_by_notify;
        by.trace = envelope.deliver_by_trace;
        out.deliver_by = by;
    }
    if (envelope.has_priority) out.priority = envelope.priority;
    if (envelope.hold_until != 0) out.hold_until = time_of(envelope.hold_until);
    out.submitter = envelope.submitter;
    out.message_id = envelope.message_id;
    out.queue_id = text_of(id);
    out.arrived = time_of(envelope.arrived);
    return out;
}

store::QueueRecipient to_queue(const Recipient& recipient) {
    store::QueueRecipient out;
    out.address = recipient.address;
    out.notify = recipient.notify;
    out.orcpt_type = recipient.orcpt_type;
    out.orcpt_address = recipient.orcpt_address;
    out.account = recipient.account;
    return out;
}

Recipient from_queue(const store::QueueRecipient& recipient) {
    Recipient out;
    out.address = recipient.address;
    out.notify = recipient.notify;
    out.orcpt_type = recipient.orcpt_type;
    out.orcpt_address = recipient.orcpt_address;
    out.account = recipient.account;
    return out;
}

std::string text_of(store::QueueId id) { return fmt::format("{:x}", id.value); }

store::QueueId queue_id_of(std::string_view text) {
    std::uint64_t number = 0;
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number, 16);
    if (error != std::errc() || end != text.data() + text.size()) return {};
    return store::QueueId(number);
}

Status status_of(std::string_view text) {
    Status out;
    std::uint16_t* const parts[] = {&out.klass, &out.subject, &out.detail};
    const char* at = text.data();
    const char* const end = at + text.size();
    for (std::uint16_t* part : parts) {
        const auto read = std::from_chars(at, end, *part);
        if (read.ec != std::errc()) return {};
        at = read.ptr == end ? end : read.ptr + 1;
    }
    return out;
}

}  // namespace mta
