// What the HTTP listeners serve: how clients find their settings, and whether the server is well.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "directory/directory.hpp"
#include "http/server.hpp"
#include "net/server.hpp"

namespace server {

/// What the routes refer to; all of it outlives the sessions.
struct WebParts {
    directory::Directory& directory;
    net::Server& server;
    std::string hostname;
    std::vector<net::ListenerConfig> listeners;  ///< whose addresses clients are told
};

std::shared_ptr<const http::Services> make_web_services(WebParts parts);

}  // namespace server
