// discovery.show: what clients of an address are told of this server.
#include <array>

#include "admin/operations.hpp"

namespace admin {
namespace {

awaitable<Reply> discovery_show(ServicesPtr services, Json arguments, CallerPtr) {
    const std::string address = text(arguments, "address");
    const std::size_t at = address.rfind('@');
    if (at == std::string::npos || at == 0) co_return Fault("invalid", address + " is no address");
    const std::string name = address.substr(at + 1);
    const auto domain = co_await services->directory.find_domain(name);
    if (!domain) co_return fault_of(domain.error(), name);
    if (!services->client_settings) co_return Fault("unavailable", "no clients are served here");
    co_return services->client_settings(address);
}

constexpr std::array<Operation, 1> table{{
    {"discovery.show", "address", "", discovery_show},
}};

}  // namespace

std::span<const Operation> discovery_operations() { return table; }

}  // namespace admin
