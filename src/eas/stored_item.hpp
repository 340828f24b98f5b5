// Items other than mail as they are read from a folder of the store, and as they are put there.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "pim/component.hpp"
#include "store/account.hpp"
#include "store/store.hpp"

namespace eas {

using boost::asio::awaitable;

/// \errors corrupt: its text cannot be read · as Folder::read
awaitable<store::Result<pim::Component>> read_stored_item(store::FolderPtr folder, store::Entry entry,
                                                          store::DetailPtr detail, store::FolderKind kind);

/// Ready for a folder. \errors limit: it would not be read again · as MessageWriter
awaitable<store::Result<store::Incoming>> make_stored_item(store::Store* store, store::FolderKind kind,
                                                           const pim::Component* item, std::int64_t now);

/// Of an item's row, which says which UID it has without reading it: item_message_id(). Empty: none.
std::string_view message_id_of(const store::Detail& detail);

}  // namespace eas
