// The two long-running programs of `barid`.
#pragma once
#include "cli/run.hpp"

namespace server {

/// Production: from a configuration file. Runs until SIGTERM or SIGINT; SIGHUP reloads certificates and log
/// levels.
int serve(const cli::ServeOptions& options);
/// A demo on 127.0.0.1 with everything made up: accounts, mail, certificate.
int dev(const cli::DevOptions& options);

}  // namespace server
