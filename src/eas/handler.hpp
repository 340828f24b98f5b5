// The route of ActiveSync on HTTP listeners.
#pragma once
#include "eas/services.hpp"
#include "http/router.hpp"

namespace eas {

/// Adds /Microsoft-Server-ActiveSync, in any case. `services` outlives the sessions.
void add_routes(http::Router& router, ServicesPtr services);

}  // namespace eas
