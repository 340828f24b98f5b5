// DeliveryWatch: one who looks at certain mail once it is in its mailbox, before its sender hears so. It
// chooses by the structure, which is at hand here and nowhere later; mta::DeliveryWatcher has the envelope.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "mime/tree.hpp"

namespace store {

class DeliveryWatch {
public:
    virtual ~DeliveryWatch() = default;
    /// Whether it looks at such a message. Asked of each delivery: quick.
    virtual bool wants(const mime::Tree& tree) const noexcept = 0;
    /// The message is durable, and the delivery stands whatever this does. Throws nothing.
    virtual boost::asio::awaitable<void> delivered(base::AccountId account, base::FolderId folder,
                                                   base::Uid uid) = 0;
};

class Store;
/// Of a store that make_store() has made: it is told of deliveries, and outlives them. Null: nobody is.
void watch_deliveries(Store& store, DeliveryWatch* watch);

}  // namespace store
