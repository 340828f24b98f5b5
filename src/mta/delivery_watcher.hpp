// DeliveryWatcher: one who wants to know what mailboxes here have got, to answer in their users' place.
// It has what only the agent knows: the envelope and our own fields, once for all copies of a message.
// store::DeliveryWatch has what only the store has in memory then, the structure: most mail needs no reading.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"

namespace mta {

/// A message that is durable in folders of mailboxes.
struct DeliveredMail {
    struct Copy {
        base::AccountId account;
        base::FolderId folder;
        base::Uid uid;
    };
    std::vector<Copy> copies;  ///< one a mailbox
    std::string sender;        ///< of the envelope; empty: <>
    std::string fields;        ///< that were written here in front of it: Received, Authentication-Results
    std::string trace_id;
    bool submitted = false;  ///< by one who logged in
    bool junk = false;
};

class DeliveryWatcher {
public:
    virtual ~DeliveryWatcher() = default;
    /// Once for all copies that a delivery has made. After the commit, before who brought the message is
    /// answered: to be quick, however many there are. What fails here is the watcher's to log. The same copy
    /// may come twice after a crash.
    virtual boost::asio::awaitable<void> delivered(std::shared_ptr<const DeliveredMail> mail) = 0;
};

}  // namespace mta
