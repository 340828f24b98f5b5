// Outgoing mail of ActiveSync: handed to the agent as submission hands it over.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "eas/outgoing.hpp"
#include "mta/agent.hpp"
#include "mta/judge.hpp"
#include "mta/sending_limits.hpp"
#include "store/store.hpp"

namespace server {

struct DeviceMailParts {
    store::Store& store;
    mta::Agent& agent;
    mta::SendingLimits& sending;
    mta::Signing* signing = nullptr;  ///< null: nothing is signed
    mta::Judge* judge = nullptr;      ///< null: nothing is looked at
    std::string hostname;
};

class DeviceMail final : public eas::Outgoing {
public:
    explicit DeviceMail(DeviceMailParts parts) : parts_(std::move(parts)) {}
    boost::asio::awaitable<eas::Submitted> submit(eas::Submission submission) override;

private:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;
    awaitable<eas::Submitted> find_targets(const eas::Submission* submission, mta::Arrival* arrival);
    awaitable<eas::Submitted> sign(const eas::Submission* submission, std::string* signature);
    awaitable<eas::Submitted> hand_over(const eas::Submission* submission, mta::Arrival arrival);
    std::string received_field(const eas::Submission& submission, store::QueueId id) const;

    // device_mail_filters.cpp
    awaitable<eas::Submitted> ask_envelope(const eas::Submission* submission);
    awaitable<eas::Submitted> judge(eas::Submission* submission, mta::Arrival* arrival, bool* rewritten);
    awaitable<bool> set_recipients(std::vector<std::string> addresses, const eas::Submission* submission,
                                   mta::Arrival* arrival);
    void note_end(const eas::Submission& submission, const mta::Arrival& arrival, std::string_view event,
                  std::string_view why) const;

    const DeviceMailParts parts_;
};

}  // namespace server
