// ConversationMover: mail of conversations that their user has set to be moved always goes where he said
// (MS-ASCON section 3.2.5.3.2), whatever brings it.
#pragma once
#include <chrono>
#include <memory>

#include "base/clock.hpp"
#include "eas/state/moved_conversations.hpp"
#include "mta/delivery_watcher.hpp"
#include "store/store.hpp"

namespace server {

/// Outlives the agent. The last of the watchers: to those before it the copy is where it was delivered.
/// Nothing of it begins when `time_max` of a delivery has gone: who brought the message waits. What is not
/// moved by then stays where people look, and the log says so.
class ConversationMover final : public mta::DeliveryWatcher {
public:
    explicit ConversationMover(store::Store& store,
                               std::chrono::milliseconds time_max = std::chrono::seconds(3))
        : store_(store), moved_(store.engine()), time_max_(time_max) {}

    boost::asio::awaitable<void> delivered(std::shared_ptr<const mta::DeliveredMail> mail) override;

private:
    using Time = std::chrono::steady_clock::time_point;
    boost::asio::awaitable<store::Result<void>> move(const mta::DeliveredMail::Copy* copy, Time end);

    store::Store& store_;
    eas::MovedConversations moved_;
    const std::chrono::milliseconds time_max_;
    base::Clock& clock_ = base::Clock::system();
};

}  // namespace server
