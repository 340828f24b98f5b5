// gzip and zip of strangers, unpacked in pieces with a bound on what comes out.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

namespace mailauth {

/// Gives what is in \p packed (gzip, the first file of a zip, or neither: itself) to \p sink piece by piece;
/// false from the sink ends it. What went wrong, or empty.
std::string unpack(std::string_view packed, std::size_t octets_max,
                   const std::function<bool(std::string_view)>& sink);

}  // namespace mailauth
