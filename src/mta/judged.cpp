#include "mta/judged.hpp"

#include <utility>

#include "base/log.hpp"
#include "directory/directory.hpp"
#include "mta/queue_message.hpp"

namespace mta {
namespace {

constexpr std::size_t recipients_bytes_max = 500;  // about, of a line of the trace

}  // namespace

void trace_filters(Trace& trace, store::QueueId id, const std::vector<JudgeStep>& steps) {
    for (const JudgeStep& step : steps)
        trace.add(text_of(id), "filter",
                  {{"filter", step.filter}, {"outcome", step.outcome}, {"detail", step.detail}});
}

void trace_end(Trace& trace, store::QueueId id, std::string_view event, const EndedMail& mail,
               std::string_view why) {
    std::string to;
    for (const std::string_view recipient : mail.recipients) {
        if (to.size() > recipients_bytes_max) break;
        if (!to.empty()) to += ", ";
        to += recipient;
    }
    trace.add(text_of(id), event,
              {{"from", mail.sender.empty() ? "<>" : mail.sender},
               {"to", to},
               {"peer", mail.peer},
               {"message_id", mail.message_id},
               {"why", why}});
}

Arrival::Refused taken_away(const JudgeRefused& one) {
    Arrival::Refused out;
    out.recipient.address = one.address;
    out.status = one.status;
    out.words = one.words;
    return out;
}

awaitable<std::optional<Arrival::To>> added_by_filter(Agent* agent, std::string sender, std::string address) {
    Arrival::To out;
    out.added = true;
    out.recipient.address = directory::canonical_address(address);
    RouteQuestion question;
    question.sender = std::move(sender);
    question.recipient = out.recipient.address;
    question.trusted = true;  // the operator's filters may send anywhere
    Resolved found = co_await agent->resolve(std::move(question));
    if (found.temporary()) co_return std::nullopt;
    if (found.code == 0) out.targets = std::move(found.targets);
    if (out.targets.empty())
        base::log::warn("mta", "a filter names a recipient that is none",
                        {{"address", address}, {"why", found.words}});
    co_return out;
}

}  // namespace mta
