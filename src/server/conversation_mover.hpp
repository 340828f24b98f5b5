// ConversationMover: mail of conversations that their user has set to be moved always goes where he said
// (MS-ASCON section 3.2.5.3.2), whatever brings it.
#pragma once
#include <memory>

#include "base/clock.hpp"
#include "eas/state/moved_conversations.hpp"
#include "mta/delivery_watcher.hpp"
#include "store/store.hpp"

namespace server {

/// Outlives the agent. The last of the watchers: to those before it the copy is where it was delivered.
class ConversationMover final : public mta::DeliveryWatcher {
public:
    explicit ConversationMover(store::Store& store) : store_(store), moved_(store.engine()) {}

    boost::asio::awaitable<void> delivered(std::shared_ptr<const mta::DeliveredMail> mail) override;

private:
    boost::asio::awaitable<store::Result<void>> move(const mta::DeliveredMail::Copy* copy);

    store::Store& store_;
    eas::MovedConversations moved_;
    base::Clock& clock_ = base::Clock::system();
};

}  // namespace server
