// barid serve: from a configuration file.
#include "server/programs.hpp"
namespace server { int serve(const cli::ServeOptions&) { return 2; } }
