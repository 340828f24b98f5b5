// share(): one change of an access control list with all that follows from it.
#pragma once
#include "store/store.hpp"

namespace store {

struct ShareRequest {
    AccountPtr owner;
    base::FolderId folder;
    AclEntry entry;
    AclChange change = AclChange::replace;
    AccountPtr commons;  ///< of the owner's post office: knows who shares with everybody
};

/// Who gains by it finds the owner among his sharers (FolderTree::sharers): that is written first, so that a
/// crash between leaves one who looks in vain, never a shared folder that nobody finds. What nobody gains by
/// any more is taken back last. \errors not_found: folder or grantee; limit, invalid: no commons
boost::asio::awaitable<Result<AclPtr>> share(Store* store, ShareRequest request);

}  // namespace store
