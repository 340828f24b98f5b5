// What parts a multipart that this server writes: RFC 2046 section 5.1.1.
#pragma once
#include <string>

#include "base/random.hpp"

namespace eas {

/// Its parts are copied as strangers wrote them, without a look at what is in them: none can hold what nobody
/// can foresee.
inline std::string new_boundary(base::Random& random) { return "=_" + random.hex(16); }

}  // namespace eas
