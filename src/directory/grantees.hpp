// Whom an entry of an access control list is about, by a name as people write it: of IMAP (RFC 4314) and of
// the operator.
#pragma once
#include <string>

#include "directory/directory.hpp"
#include "store/acl.hpp"

namespace directory {

/// "anyone", "authenticated", or somebody of the post office: an address or login name of his, or his
/// mailbox's name; with "-" before it the entry takes rights away (RFC 4314 section 2).
/// \errors not_found; invalid: of another post office, or no name; unavailable
awaitable<store::Result<store::AclWho>> grantee_of(Directory* directory, std::string office,
                                                   std::string text);
/// The one spelling that all answers use: the first address, or the name where there is none.
/// \errors not_found: the account is gone; unavailable
awaitable<store::Result<std::string>> name_of(Directory* directory, store::AclWho who);

}  // namespace directory
