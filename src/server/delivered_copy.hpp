// A copy that a delivery has made, as its watchers find it: the mailbox, the folder, and the entry in it.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "mta/delivery_watcher.hpp"
#include "store/store.hpp"

namespace server {

struct DeliveredCopy {
    store::AccountPtr account;
    store::FolderPtr folder;
    store::Entry entry;
};

/// \errors not_found: it is gone already
boost::asio::awaitable<store::Result<DeliveredCopy>> find_copy(store::Store* store,
                                                               mta::DeliveredMail::Copy copy);

}  // namespace server
