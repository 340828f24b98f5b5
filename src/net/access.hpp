// AccessRules: who may connect to a listener: by address, network, and by the names of the client's address.
// Pure; names are looked up by the caller, and only where an address alone decides nothing.
#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/address.hpp"

namespace net {

enum class Access : std::uint8_t {
    allowed,
    denied,
    name_needed,  ///< decide again with the address's names
};

class AccessRules {
public:
    /// Empty text, or what is wrong with an entry. `deny` goes before `allow`; an empty `allow` allows
    /// everybody.
    std::string set(const std::vector<std::string>& allow, const std::vector<std::string>& deny);

    Access decide(const IpAddress& address) const;
    /// `names` are forward-confirmed (Resolver::names()). An address whose names cannot be found has none:
    /// what allows by name does not allow it, and what denies by name does not deny it, since whoever is
    /// master of an address can leave it without a name anyway.
    Access decide(const IpAddress& address, std::span<const std::string> names) const;

private:
    struct Side {
        std::vector<Network> networks;
        std::vector<std::string> names;  ///< "host.example", or ".example" for all below it
        std::string add(std::string_view entry);
        bool has(const IpAddress& address) const;
        bool has(std::span<const std::string> found) const;
    };
    Side allow_, deny_;
    bool restricted_ = false;  ///< `allow` is not empty
};

}  // namespace net
