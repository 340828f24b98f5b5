// Outgoing mail of ActiveSync: handed to the agent as submission hands it over.
#pragma once
#include <string>

#include "base/clock.hpp"
#include "eas/outgoing.hpp"
#include "mta/agent.hpp"
#include "mta/sending_limits.hpp"
#include "store/store.hpp"

namespace server {

class DeviceMail final : public eas::Outgoing {
public:
    /// `signing` null: nothing is signed.
    DeviceMail(store::Store& store, mta::Agent& agent, mta::SendingLimits& sending, mta::Signing* signing,
               std::string hostname)
        : store_(store),
          agent_(agent),
          sending_(sending),
          signing_(signing),
          hostname_(std::move(hostname)) {}
    boost::asio::awaitable<eas::Submitted> submit(eas::Submission submission) override;

private:
    boost::asio::awaitable<eas::Submitted> find_targets(const eas::Submission* submission,
                                                        mta::Arrival* arrival);
    std::string received_field(const eas::Submission& submission, store::QueueId id) const;

    store::Store& store_;
    mta::Agent& agent_;
    mta::SendingLimits& sending_;
    mta::Signing* signing_;
    const std::string hostname_;
};

}  // namespace server
