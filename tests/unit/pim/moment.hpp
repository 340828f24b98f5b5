// A moment as tests write it.
#pragma once
#include <cstdint>
#include <string_view>

#include "pim/date_time.hpp"

namespace pim {

/// "20261122T130501Z"; of what is local its seconds as if that were in UTC.
inline std::int64_t at(std::string_view text) { return parse_date_time(text).value().seconds; }

}  // namespace pim
