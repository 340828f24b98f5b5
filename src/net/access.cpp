#include "net/access.hpp"

#include <algorithm>

#include "base/ascii.hpp"

namespace net {
namespace {

bool is_name(std::string_view name) {
    if (name.starts_with('.')) name.remove_prefix(1);
    if (name.empty() || name.size() > 253 || name.ends_with('.')) return false;
    // Labels of digits alone would be an address that is none ("192.0.2", "192.0.2.300").
    const bool letters = std::ranges::any_of(name, [](char c) {
        const char low = base::to_lower(c);
        return low >= 'a' && low <= 'z';
    });
    return letters && name.find("..") == std::string_view::npos && std::ranges::all_of(name, [](char c) {
               const char low = base::to_lower(c);
               return (low >= 'a' && low <= 'z') || (low >= '0' && low <= '9') || low == '-' || low == '.' ||
                      low == '_';
           });
}

}  // namespace

std::string AccessRules::Side::add(std::string_view entry) {
    if (const auto network = Network::parse(entry)) {
        networks.push_back(*network);
    } else if (is_name(entry)) {
        names.push_back(base::lowered(entry));
    } else {
        return "not an address, a network or a name: " + std::string(entry);
    }
    return {};
}

bool AccessRules::Side::has(const IpAddress& address) const {
    return std::ranges::any_of(networks, [&](const Network& network) { return network.contains(address); });
}

bool AccessRules::Side::has(std::span<const std::string> found) const {
    const auto matches = [&](const std::string& rule) {
        return std::ranges::any_of(found, [&](const std::string& name) {
            return rule.starts_with('.') ? name.ends_with(rule) : name == rule;
        });
    };
    return std::ranges::any_of(names, matches);
}

std::string AccessRules::set(const std::vector<std::string>& allow, const std::vector<std::string>& deny) {
    restricted_ = !allow.empty();
    for (const std::string& entry : allow) {
        if (std::string wrong = allow_.add(entry); !wrong.empty()) return wrong;
    }
    for (const std::string& entry : deny) {
        if (std::string wrong = deny_.add(entry); !wrong.empty()) return wrong;
    }
    return {};
}

Access AccessRules::decide(const IpAddress& address) const {
    if (deny_.has(address)) return Access::denied;
    if (!deny_.names.empty()) return Access::name_needed;
    if (!restricted_ || allow_.has(address)) return Access::allowed;
    return allow_.names.empty() ? Access::denied : Access::name_needed;
}

Access AccessRules::decide(const IpAddress& address, std::span<const std::string> names) const {
    if (deny_.has(address) || deny_.has(names)) return Access::denied;
    const bool allowed = !restricted_ || allow_.has(address) || allow_.has(names);
    return allowed ? Access::allowed : Access::denied;
}

}  // namespace net
