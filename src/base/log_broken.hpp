// The last word about work that nobody waits for.
#pragma once
#include <exception>
#include <string_view>

namespace base::log {

/// Logs the exception that ended background work; nothing where it ended by itself. An exception that gets
/// this far is a bug.
void broken(std::string_view module, std::string_view what, const std::exception_ptr& failed);

}  // namespace base::log
