// The two long-running programs of `barid`.
#pragma once
#include "cli/run.hpp"

namespace server {

/// Production: from a configuration file. Runs until SIGTERM or SIGINT; SIGHUP reloads certificates and log
/// levels.
int serve(const cli::ServeOptions& options);
/// A demo on 127.0.0.1 with everything made up: accounts, mail, certificate.
int dev(const cli::DevOptions& options);
/// For `barid config check`: certificates, keys, addresses and networks that the server could not start with.
std::vector<config::Problem> examine(const config::Config& config);

}  // namespace server
