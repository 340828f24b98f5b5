// notify_supervisor: tells systemd, or whoever set NOTIFY_SOCKET, how the process is.
#pragma once
#include <string_view>

namespace server {

/// sd_notify's protocol: "READY=1", "STOPPING=1", "STATUS=…". Nothing happens without a supervisor.
void notify_supervisor(std::string_view state) noexcept;

}  // namespace server
