// Mail for the demo's first account, so that a client has something to show.
#pragma once
#include <string>

#include <boost/asio/awaitable.hpp>

#include "directory/directory.hpp"
#include "store/store.hpp"

namespace server {

/// A welcome and some mail of every shape: plain, HTML, attachment, other scripts, flags. Empty text or what
/// is wrong.
boost::asio::awaitable<std::string> deliver_sample_mail(directory::Directory* directory, store::Store* store,
                                                        std::string address);

}  // namespace server
