// The two long-running programs of `barid`.
#pragma once
#include "cli/run.hpp"
#include "config/config.hpp"
#include "mta/route.hpp"

namespace server {

/// What [mta] and the [[node]]s say of routing; settings that cannot be read are left out, `examine` tells of
/// them.
mta::RouteSettings routes_from(const config::Config& config);
/// Empty, or what is wrong with "domain=smart host".
std::string parse_domain_host(std::string_view text, mta::SmartHost& out);
/// Production: from a configuration file. Runs until SIGTERM or SIGINT; SIGHUP reloads certificates and log
/// levels.
int serve(const cli::ServeOptions& options);
/// A demo on 127.0.0.1 with everything made up: accounts, mail, certificate.
int dev(const cli::DevOptions& options);
/// For `barid config check`: certificates, keys, addresses and networks that the server could not start with.
std::vector<config::Problem> examine(const config::Config& config);

}  // namespace server
