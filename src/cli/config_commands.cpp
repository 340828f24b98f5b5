// barid config check|show|explain: they read the file itself and need no server.
#include "cli/commands.hpp"

namespace cli {

void add_config_commands(CLI::App&, Context&) {}

}  // namespace cli
