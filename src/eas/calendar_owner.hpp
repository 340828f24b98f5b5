// Whose calendar it is: the addresses by which events name the one whom a mailbox belongs to.
#pragma once
#include <string>

#include <boost/asio/awaitable.hpp>

#include "base/ids.hpp"
#include "directory/directory.hpp"
#include "pim/itip/people.hpp"

namespace eas {

using boost::asio::awaitable;

/// `login`, an address too, is the first of them; empty: the primary one is. Of a mailbox that cannot be
/// looked up no more than that. `directory` outlives it.
awaitable<pim::itip::Owner> calendar_owner(directory::Directory* directory, base::AccountId account,
                                           std::string login);

}  // namespace eas
