// Ping: request as values, answer as WBXML. MS-ASCMD section 2.2.2.12.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "wbxml/document.hpp"

namespace eas {

namespace ping_status {
inline constexpr int no_changes = 1;
inline constexpr int changes = 2;
inline constexpr int missing = 3;
inline constexpr int malformed = 4;
inline constexpr int bad_interval = 5;
inline constexpr int too_many = 6;
inline constexpr int hierarchy_changed = 7;
inline constexpr int server_error = 8;
}  // namespace ping_status

struct PingLimits {
    std::uint32_t heartbeat_min = 1,
                  heartbeat_max = 3'540;  ///< seconds; who asks for less than a minute gets it
    std::size_t folders_max = 300;
};

struct PingRequest {
    std::optional<std::uint32_t> heartbeat;  ///< seconds, as asked for
    std::vector<std::string> folders;
    bool malformed = false;
};
PingRequest parse_ping(wbxml::Element root, const PingLimits& limits = {});

struct PingAnswer {
    int status = ping_status::no_changes;
    std::vector<std::string> folders;  ///< that changed
    std::uint32_t heartbeat = 0;       ///< with bad_interval: what would be taken
    std::uint32_t folders_max = 0;     ///< with too_many
};
std::string write_ping(const PingAnswer& answer);

}  // namespace eas
