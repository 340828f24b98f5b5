// Provision: a device asks for its policy, acknowledges it, or acknowledges that it has wiped itself.
// MS-ASPROV section 2.2.2.
#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eas/syntax/policy.hpp"
#include "wbxml/document.hpp"

namespace eas {

/// What a device tells of itself: MS-ASCMD section 2.2.3.45.
struct DeviceInformation {
    std::string model, imei, friendly_name, os, os_language, phone_number, mobile_operator, user_agent;
    bool operator==(const DeviceInformation&) const = default;
};
/// A Settings:DeviceInformation element; nothing: there is none, or no Set in it.
std::optional<DeviceInformation> parse_device_information(wbxml::Element element);

struct ProvisionRequest {
    std::optional<DeviceInformation> information;
    bool asks_policy = false;  ///< phase one
    bool known_type = false;   ///< of the policy: MS-EAS-Provisioning-WBXML
    std::string_view policy_type;
    std::string_view policy_key;      ///< phase two: the temporary one
    std::optional<int> acknowledged;  ///< phase two: 1 all of it, 2 in part, 3 not, 4 managed otherwise
    std::optional<int> wiped;         ///< 1: done
    bool malformed = false;
};
ProvisionRequest parse_provision(wbxml::Element root);

/// Wipe: all of the device, or this account alone (16.1).
enum class Wipe : std::uint8_t { none, device, account };

struct ProvisionAnswer {
    int status = 1;
    bool with_information = false;  ///< the device told of itself: it hears Status 1
    bool with_policy = false;
    std::string policy_type;
    int policy_status = 1;
    std::string policy_key;                    ///< empty: none
    const PolicySettings* document = nullptr;  ///< phase one; null: none
    Wipe wipe = Wipe::none;
};
std::string write_provision(const ProvisionAnswer& answer);

}  // namespace eas
