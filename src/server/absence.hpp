// Absence: answers mail in the place of those who are out of office, as their devices or the operator have
// set it (MS-ASCMD section 2.2.3.118), within the bounds of RFC 3834. docs/mta.md says whom it answers.
#pragma once
#include <chrono>
#include <memory>
#include <string>
#include <vector>

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

struct AbsenceSettings {
    std::string hostname;         ///< under which results about senders are written
    bool answer_unproven = true;  ///< senders who may not have sent it; never those whose domain denies it
    /// Of one delivery, however many mailboxes it is for: who brought it waits.
    std::chrono::milliseconds time_max{3'000};
};

/// Outlives the agent.
class Absence final : public mta::DeliveryWatcher {
public:
    Absence(store::Store& store, directory::Directory& directory, AbsenceSettings settings)
        : store_(store),
          directory_(directory),
          settings_(std::move(settings)),
          devices_(store.engine()),
          answered_(store.engine()) {}

    /// By whom answers leave; before anything is delivered.
    void send_by(mta::Agent& agent) { agent_ = &agent; }
    boost::asio::awaitable<void> delivered(std::shared_ptr<const mta::DeliveredMail> mail) override;

private:
    template <class T>
    using awaitable = boost::asio::awaitable<T>;
    /// A message, as far as it was looked at for all its copies.
    struct Looked {
        std::shared_ptr<const mta::DeliveredMail> mail;
        std::chrono::steady_clock::time_point end;
        bool whole = false;   ///< what follows is known
        std::string why;      ///< nobody answers it; empty: one may
        bool proven = false;  ///< that it is from its sender
        std::string office;   ///< the post office of its sender's domain; empty: it is not ours
        std::string header;
        std::vector<std::string> named;  ///< by To and Cc
    };
    static bool is_late(const Looked& looked) { return std::chrono::steady_clock::now() >= looked.end; }
    awaitable<std::string> look(Looked* looked, const mta::DeliveredMail::Copy* copy);
    awaitable<void> look_after(Looked* looked, const mta::DeliveredMail::Copy* copy);
    /// Why there is no answer; empty: it is in the queue.
    awaitable<std::string> answer(Looked* looked, const mta::DeliveredMail::Copy* copy,
                                  const eas::OutOfOffice* oof);
    mta::Agent::OwnMessage compose(const std::string& header, const std::string& from, const std::string& to,
                                   const eas::OutOfOffice::Reply& reply);
    awaitable<store::Result<std::string>> read_header(const mta::DeliveredMail::Copy* copy);
    awaitable<store::Result<eas::OutOfOffice::Reply>> reply_for(const directory::Mailbox* mailbox,
                                                                const Looked* looked,
                                                                const eas::OutOfOffice* oof);
    awaitable<store::Result<bool>> is_contact(base::AccountId account, const Looked* looked);

    store::Store& store_;
    directory::Directory& directory_;
    const AbsenceSettings settings_;
    eas::DeviceStore devices_;
    eas::AnsweredSenders answered_;
    base::Clock& clock_ = base::Clock::system();
    base::Random& random_ = base::Random::system();
    mta::Agent* agent_ = nullptr;
};

}  // namespace server
