// What only shows when settings are seen together, by subject. Pure; files are looked at by the caller.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "config/config.hpp"

namespace config {

/// A fault of one key. A type of its own: where the key is written is the caller's to know.
struct Finding {
    std::string_view key;
    std::string text;
    bool warning = false;
};

/// A fault of one table of several.
struct ItemFinding {
    std::size_t item = 0;
    std::string text;
};
std::vector<ItemFinding> check_discovery(const std::vector<Discovery>& tables);

std::vector<Finding> check_oauth(const Config::Oauth& oauth);
std::vector<Finding> check_auth(const Config::Auth& auth);
/// Keys are those of the listener: "listener.allow".
std::vector<Finding> check_access(const Listener& listener);
/// Keys are those of the node: "node.tls".
std::vector<Finding> check_node(const Node& node, const Config& config);

}  // namespace config
