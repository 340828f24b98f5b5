// FilterJudge: the filters as the agent's judge of what comes in.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "filter/filters.hpp"
#include "mta/agent.hpp"
#include "mta/judge.hpp"
#include "mta/reporter.hpp"

namespace server {

/// Thread-safe; what it refers to outlives it.
class FilterJudge final : public mta::Judge {
public:
    FilterJudge(filter::Filters& filters, mta::Agent& agent, mta::Reporter& reporter, std::string hostname)
        : filters_(filters), agent_(agent), reporter_(reporter), hostname_(std::move(hostname)) {}

    boost::asio::awaitable<mta::JudgeRefusal> at_sender(mta::JudgeFacts facts) override;
    boost::asio::awaitable<mta::JudgeRefusal> at_recipient(mta::JudgeFacts facts,
                                                           std::string recipient) override;
    std::unique_ptr<mta::Judging> begin(mta::JudgeFacts facts) override;
    bool adds_recipients() const override { return filters_.adds_recipients(); }

private:
    friend class FilterJudging;
    std::shared_ptr<filter::Facts> facts_of(const mta::JudgeFacts& facts) const;
    boost::asio::awaitable<void> tell_refused(std::shared_ptr<const mta::Envelope> envelope,
                                              std::vector<mta::ReportLine> lines,
                                              std::shared_ptr<mta::Message> message);

    filter::Filters& filters_;
    mta::Agent& agent_;
    mta::Reporter& reporter_;
    const std::string hostname_;
};

}  // namespace server
