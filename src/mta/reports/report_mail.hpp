// Aggregate reports as mail, and the addresses they go to. Pure.
#pragma once
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/random.hpp"
#include "mailauth/report.hpp"

namespace mta::reports {

/// "mailto:reports@example.com!10m", RFC 9989 section 4.7 (rua=).
struct Destination {
    std::string address;
    std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max();  ///< of the report, packed
};
/// \errors nullopt: no mail address
std::optional<Destination> parse_destination(std::string_view uri);

/// RFC 9990 section 3.5: one report, packed, as the attachment of a mail. `packed` is its gzip.
std::string aggregate_mail(const mailauth::AggregateReport& report, std::string_view packed,
                           const std::string& host_name, const std::string& to, base::SystemTime now,
                           base::Random& random);

}  // namespace mta::reports
