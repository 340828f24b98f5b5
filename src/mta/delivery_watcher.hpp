// DeliveryWatcher: one who wants to know what a mailbox here has got, to answer in its user's place.
#pragma once
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"

namespace mta {

/// A message that is durable in a folder of a mailbox.
struct DeliveredCopy {
    base::AccountId account;
    base::FolderId folder;
    base::Uid uid;
    std::string sender;  ///< of the envelope; empty: <>
    std::string trace_id;
    bool junk = false;
};

class DeliveryWatcher {
public:
    virtual ~DeliveryWatcher() = default;
    /// After the commit, before who brought the message is answered: to be quick. What fails here is the
    /// watcher's to log. The same copy may come twice after a crash.
    virtual boost::asio::awaitable<void> delivered(DeliveredCopy copy) = 0;
};

}  // namespace mta
