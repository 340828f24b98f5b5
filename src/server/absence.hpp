// Absence: answers mail in the place of those who are out of office, as their devices or the operator have
// set it (MS-ASCMD section 2.2.3.118), within the bounds of RFC 3834. docs/mta.md says whom it answers.
#pragma once
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "directory/directory.hpp"
#include "eas/state/answered_senders.hpp"
#include "eas/state/device_store.hpp"
#include "mta/agent.hpp"
#include "mta/delivery_watcher.hpp"
#include "store/store.hpp"

namespace server {

/// Outlives the agent.
class Absence final : public mta::DeliveryWatcher {
public:
    Absence(store::Store& store, directory::Directory& directory)
        : store_(store), directory_(directory), devices_(store.engine()), answered_(store.engine()) {}

    /// By whom answers leave; before anything is delivered.
    void send_by(mta::Agent& agent) { agent_ = &agent; }
    boost::asio::awaitable<void> delivered(mta::DeliveredCopy copy) override;

private:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;
    /// Why there is no answer; empty: it is in the queue.
    awaitable<std::string> answer(const mta::DeliveredCopy* copy, const eas::OutOfOffice* oof);
    mta::Agent::OwnMessage compose(const std::string& header, const std::string& from, const std::string& to,
                                   const eas::OutOfOffice::Reply& reply);
    awaitable<store::Result<std::string>> read_header(const mta::DeliveredCopy* copy);
    awaitable<store::Result<eas::OutOfOffice::Reply>> reply_for(const directory::Mailbox* mailbox,
                                                                std::string sender,
                                                                const eas::OutOfOffice* oof);
    awaitable<store::Result<bool>> is_contact(base::AccountId account, std::string sender);

    store::Store& store_;
    directory::Directory& directory_;
    eas::DeviceStore devices_;
    eas::AnsweredSenders answered_;
    base::Clock& clock_ = base::Clock::system();
    base::Random& random_ = base::Random::system();
    mta::Agent* agent_ = nullptr;
};

}  // namespace server
