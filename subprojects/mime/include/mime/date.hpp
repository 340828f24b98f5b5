// Date: fields (RFC 5322 sections 3.3 and 4.3) with the faults that mail programs make.
#pragma once
#include <cstdint>
#include <optional>
#include <string_view>

namespace mime {

struct Date {
    std::int64_t seconds = 0;       ///< since 1970, UTC
    std::int32_t zone_minutes = 0;  ///< east of UTC
    bool operator==(const Date&) const = default;
};

std::optional<Date> parse_date(std::string_view value);

}  // namespace mime
