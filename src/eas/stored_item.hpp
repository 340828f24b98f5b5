// Items other than mail as they are read from a folder of the store.
#pragma once
#include <boost/asio/awaitable.hpp>

#include "pim/component.hpp"
#include "store/account.hpp"

namespace eas {

using boost::asio::awaitable;

/// \errors corrupt: its text cannot be read · as Folder::read
awaitable<store::Result<pim::Component>> read_stored_item(store::FolderPtr folder, store::Entry entry,
                                                          store::DetailPtr detail, store::FolderKind kind);

}  // namespace eas
