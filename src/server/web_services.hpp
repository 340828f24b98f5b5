// What the HTTP listeners serve: ActiveSync, how clients find their settings, and whether the server is well.
#pragma once
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "admin/operations.hpp"
#include "config/config.hpp"
#include "directory/directory.hpp"
#include "discovery/profile_signers.hpp"
#include "eas/services.hpp"
#include "http/server.hpp"
#include "net/address.hpp"
#include "net/server.hpp"

namespace server {

/// What the routes refer to; all of it outlives the sessions.
struct WebParts {
    directory::Directory& directory;
    net::Server& server;
    std::string hostname;
    std::vector<net::ListenerConfig> listeners;  ///< whose addresses clients are told
    std::string sts_policy = "none";             ///< "testing", "enforce": of mail to our domains
    std::set<std::string> activesync;            ///< listeners that serve it, by name
    eas::ServicesPtr eas;                        ///< of all that do
    std::vector<config::Discovery> discovery;    ///< what clients are told instead, by domain
    const discovery::ProfileSigners* signers = nullptr;
    std::vector<net::Network> metrics_from;  ///< who may read /metrics
    admin::ServicesPtr admin;                ///< what they are read from
};

/// Of one listener.
std::shared_ptr<const http::Services> make_web_services(WebParts parts, const std::string& listener);

/// RFC 8461 section 3.2.
std::string sts_policy_text(const std::string& mode, const std::string& hostname);
/// Another one for each policy; section 3.1.
std::string sts_policy_id(const std::string& text);

}  // namespace server
