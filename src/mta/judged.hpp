// What those who bring messages in do alike with what filters say of them: SMTP's sessions, and mail that
// devices send. What is to be answered is theirs.
#pragma once
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mta/agent.hpp"
#include "mta/judge.hpp"

namespace mta {

/// The steps of the filters, as `barid trace` shows them.
void trace_filters(Trace& trace, store::QueueId id, const std::vector<JudgeStep>& steps);

/// By what `barid trace` finds a message that got no further.
struct EndedMail {
    std::string_view sender;  ///< empty: <>
    std::vector<std::string_view> recipients;
    std::string_view peer, message_id;
};
/// \param event "refused" or "discarded"
void trace_end(Trace& trace, store::QueueId id, std::string_view event, const EndedMail& mail,
               std::string_view why);

/// Whom a filter has taken away. How the sender wants to hear of it is the caller's to say.
Arrival::Refused taken_away(const JudgeRefused& one);

/// Somebody whom a filter names and the sender did not. Without targets: nobody takes mail for him, and the
/// log says so. Nothing: the directory does not answer.
awaitable<std::optional<Arrival::To>> added_by_filter(Agent* agent, std::string sender, std::string address);

}  // namespace mta
