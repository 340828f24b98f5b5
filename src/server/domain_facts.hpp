// What this server knows of itself that DNS must say too.
#pragma once
#include <string>
#include <vector>

#include "mta/domain_records.hpp"
#include "net/server.hpp"

namespace server {

/// Services by their ports, the digest of the key on port 25, whether settings and the policy are served.
mta::DomainFacts domain_facts(const std::vector<net::ListenerConfig>& listeners,
                              const std::string& sts_policy, const std::string& hostname);

}  // namespace server
