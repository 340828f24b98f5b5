// FilterJudge: the filters as the agent's judge of what comes in.
#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "filter/filters.hpp"
#include "mta/agent.hpp"
#include "mta/judge.hpp"

namespace server {

/// Of recipients that a filter has taken off, for good.
struct Refused {
    std::vector<mta::JudgeRefused> told;  ///< what the sender is told
    bool untold = false;                  ///< he should be told, but may be somebody else
};
/// Pure. `sender`, `hostname`: what was found out about the sender, and who writes so.
Refused refused_by(const filter::Verdict& verdict, const mta::JudgeFacts& facts,
                   const mta::SenderVerdict* sender, std::string_view hostname);

/// Thread-safe; what it refers to outlives it.
class FilterJudge final : public mta::Judge {
public:
    FilterJudge(filter::Filters& filters, mta::Agent& agent, std::string hostname)
        : filters_(filters), agent_(agent), hostname_(std::move(hostname)) {}

    boost::asio::awaitable<mta::JudgeRefusal> at_sender(mta::JudgeFacts facts) override;
    boost::asio::awaitable<mta::JudgeRefusal> at_recipient(mta::JudgeFacts facts,
                                                           std::string recipient) override;
    std::unique_ptr<mta::Judging> begin(mta::JudgeFacts facts) override;
    bool adds_recipients() const override { return filters_.adds_recipients(); }

private:
    friend class FilterJudging;
    std::shared_ptr<filter::Facts> facts_of(const mta::JudgeFacts& facts) const;

    filter::Filters& filters_;
    mta::Agent& agent_;
    const std::string hostname_;
};

}  // namespace server
