// What a client asks of autodiscover: the address and the schema of the answer. MS-OXDSCLI section 2.2.3.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace discovery {

struct AutodiscoverRequest {
    enum class Schema : std::uint8_t { outlook, mobilesync, other };
    std::string address;  ///< of a mailbox, with '@'
    Schema schema = Schema::other;
};

constexpr std::size_t autodiscover_bytes_max = 16'384;  ///< requests have 400

/// \errors nullopt: no XML, too much of it, or no address in it
std::optional<AutodiscoverRequest> parse_autodiscover(std::string_view xml);

/// The value of a key of a query ("Email=a%40b&Protocol=ActiveSync"), decoded; the key in any case. Empty:
/// none.
std::string query_value(std::string_view query, std::string_view key);

}  // namespace discovery
