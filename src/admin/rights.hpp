// Access control lists as operators write them (RFC 4314): of public folders, and of those of mailboxes.
#pragma once
#include <string>

#include "admin/operations.hpp"
#include "store/acl.hpp"

namespace admin {

awaitable<std::string> name_of(ServicesPtr services, store::AclWho who);

/// The account of the office's public tree; null: there is none. `make`: then it is made.
awaitable<store::Result<store::AccountPtr>> commons_of(ServicesPtr services, std::string office, bool make);

/// Whose folder, and in which post office.
struct SharedFolder {
    store::AccountPtr owner;
    std::string office;
    store::FolderInfo folder;
};
/// `rights` replace what `who` had; without letters his entry goes.
awaitable<Reply> change_rights(ServicesPtr services, SharedFolder what, std::string who, std::string rights);

}  // namespace admin
