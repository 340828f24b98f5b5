// GlobalObjId: what devices up to 14.1 know a meeting by, and its UID. MS-ASEMAIL sections 2.2.2.37 and
// 3.1.4.7. Pure.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace eas {

/// The octets; `occurrence` is a moment in local time, of an exception.
std::string global_object_id(std::string_view uid, std::optional<std::int64_t> occurrence);
/// The UID that stands in it; empty: it is no GlobalObjId.
std::string uid_of_global_object(std::string_view octets);

}  // namespace eas
