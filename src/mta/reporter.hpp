// Reporter: composes delivery reports (RFC 3464). The agent decides who is told what; a reporter writes it
// down.
#pragma once
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "mta/connector.hpp"

namespace mta {

struct ReportLine {
    enum class Action : std::uint8_t { failed, delayed, delivered, relayed, expanded };
    Action action = Action::failed;
    Recipient recipient;
    Outcome outcome;
    base::SystemTime last_attempt{};
    std::optional<base::SystemTime> retry_until;  ///< of a delayed one
};

struct ReportRequest {
    std::shared_ptr<const Envelope> envelope;
    std::vector<ReportLine> lines;     ///< not empty, all for the sender of the envelope, who is not <>
    std::shared_ptr<Message> message;  ///< what the report is about
};

/// Thread-safe.
class Reporter {
public:
    virtual ~Reporter() = default;
    /// A whole message, addressed to the sender; its envelope sender will be <>. \errors as Message::read
    virtual awaitable<store::Result<std::string>> compose(ReportRequest request) = 0;
};

}  // namespace mta
