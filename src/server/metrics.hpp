// Figures of the server for programs that gather them: Prometheus' text format, version 0.0.4. Pure.
#pragma once
#include <nlohmann/json.hpp>
#include <string>

namespace server {

/// The numbers of `barid status`, by their path: "barid_connections_open 17"; sessions by their protocol.
std::string metrics_text(const nlohmann::json& status);

}  // namespace server
