#include "base/log_broken.hpp"

#include "base/log.hpp"

namespace base::log {

void broken(std::string_view module, std::string_view what, const std::exception_ptr& failed) {
    if (!failed) return;
    try {
        std::rethrow_exception(failed);
    } catch (const std::exception& bug) {
        error(module, "background work broke", {{"work", what}, {"error", bug.what()}});
    } catch (...) {
        error(module, "background work broke", {{"work", what}, {"error", "an unknown exception"}});
    }
}

}  // namespace base::log
