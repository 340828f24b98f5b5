// What clients of a domain are told of this server: by its listeners, and by [[discovery]].
#pragma once
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "discovery/settings.hpp"
#include "server/web_services.hpp"

namespace server {

/// `domain` in lower case; it is one of ours.
discovery::Settings client_settings(const WebParts& parts, std::string_view domain);

/// The same as `barid discovery` shows it: services, URLs, and the code of the profile's URL as lines of
/// text.
nlohmann::json shown_settings(const WebParts& parts, const std::string& address);

}  // namespace server
