// The addresses of this machine, for knowing itself among the mail hosts that DNS names (RFC 5321
// section 5.1).
#pragma once
#include <string>
#include <vector>

namespace server {

/// Numeric, of all interfaces that are up, loopback too. What is behind an address translation is not among
/// them: there the host name tells.
std::vector<std::string> own_addresses();

}  // namespace server
