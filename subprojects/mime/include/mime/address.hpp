// Address lists of RFC 5322 section 3.4, obsolete forms and real-life faults included.
#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace mime {

struct Address {
    enum class Kind : std::uint8_t { mailbox, group_start, group_end };
    Kind kind = Kind::mailbox;
    std::string name;     ///< display name or group name, raw: quotes off, encoded words as they are
    std::string route;    ///< obs-route "@a,@b", nearly always empty
    std::string mailbox;  ///< local part, quotes off
    std::string host;     ///< empty: the text had none
    bool operator==(const Address&) const = default;
};

/// Never fails: what is no address comes as a mailbox without host. Stops after \p addresses_max.
std::vector<Address> parse_addresses(std::string_view value, std::size_t addresses_max = 10'000);

}  // namespace mime
