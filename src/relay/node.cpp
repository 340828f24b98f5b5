#include "relay/node.hpp"

#include <fmt/format.h>

namespace relay {

std::string secret_fault(const std::string& file, const base::Secret& secret) {
    if (file.empty() || secret.reveal().size() >= secret_octets_min) return {};
    return fmt::format("the secret in '{}' has fewer than {} octets: try 'openssl rand -hex 32'", file,
                       secret_octets_min);
}

}  // namespace relay
