// Policies: what a device must obey, the EASProvisionDoc of MS-ASPROV section 2.2.2.27. Settings are names
// and texts; what is not set has the value that demands nothing. Pure.
#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "wbxml/encoder.hpp"

namespace eas {

/// By the names of MS-ASPROV, and two of the server's own: AllowNonProvisionableDevices, for those that
/// cannot obey or do not ask, and AllowExternalDeviceManagement, for those that obey somebody else.
using PolicySettings = std::map<std::string, std::string, std::less<>>;

struct PolicySetting {
    enum class Kind : std::uint8_t { number, list, own };
    std::string_view name;
    Kind kind = Kind::number;
    std::int64_t least = 0, most = 1;
    std::string_view otherwise = "1";  ///< what demands nothing; empty: an empty element
    wbxml::Tag tag{};
};
/// In the order in which devices get them.
std::span<const PolicySetting> policy_settings();
/// Null: there is none of this name.
const PolicySetting* find_policy_setting(std::string_view name);
/// Why the value cannot be; empty: it can. A list has an entry a line.
std::string policy_fault(const PolicySetting& setting, std::string_view value);

bool allows(const PolicySettings& settings, std::string_view own_setting);
/// Changes when what devices must obey does; 0: nothing is demanded.
std::uint64_t policy_hash(const PolicySettings& settings);
/// The EASProvisionDoc. All settings are named, since some devices keep the former value of what is absent.
void write_policy(wbxml::Encoder& to, const PolicySettings& settings);

inline constexpr std::string_view allow_non_provisionable = "AllowNonProvisionableDevices";
inline constexpr std::string_view allow_external_management = "AllowExternalDeviceManagement";

}  // namespace eas
