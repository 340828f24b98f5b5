#include "eas/syntax/policy.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <vector>

#include <fmt/format.h>

#include "base/fingerprint.hpp"
#include "wbxml/tags.hpp"

namespace eas {
namespace {

namespace tags = wbxml::provision;
using Kind = PolicySetting::Kind;

constexpr std::int64_t any = std::numeric_limits<std::int32_t>::max();
constexpr std::size_t list_max = 200, entry_bytes_max = 260;  // what an operator lists; a path of Windows
constexpr std::size_t sha1_octets = 20;

constexpr PolicySetting yes_or_no(std::string_view name, std::string_view otherwise, wbxml::Tag tag) {
    return {name, Kind::number, 0, 1, otherwise, tag};
}
constexpr PolicySetting number(std::string_view name, std::int64_t least, std::int64_t most,
                               std::string_view otherwise, wbxml::Tag tag) {
    return {name, Kind::number, least, most, otherwise, tag};
}

/// MS-ASPROV sections 2.2.2.1 to 2.2.2.54.
constexpr std::array table{
    yes_or_no("DevicePasswordEnabled", "0", tags::device_password_enabled),
    yes_or_no("AlphanumericDevicePasswordRequired", "0", tags::alphanumeric_device_password_required),
    yes_or_no("PasswordRecoveryEnabled", "0", tags::password_recovery_enabled),
    yes_or_no("RequireStorageCardEncryption", "0", tags::require_storage_card_encryption),
    yes_or_no("AttachmentsEnabled", "1", tags::attachments_enabled),
    number("MinDevicePasswordLength", 1, 16, "", tags::min_device_password_length),
    number("MaxInactivityTimeDeviceLock", 1, any, "", tags::max_inactivity_time_device_lock),
    number("MaxDevicePasswordFailedAttempts", 4, 16, "", tags::max_device_password_failed_attempts),
    number("MaxAttachmentSize", 0, any, "", tags::max_attachment_size),
    yes_or_no("AllowSimpleDevicePassword", "1", tags::allow_simple_device_password),
    number("DevicePasswordExpiration", 0, any, "", tags::device_password_expiration),
    number("DevicePasswordHistory", 0, any, "0", tags::device_password_history),
    yes_or_no("AllowStorageCard", "1", tags::allow_storage_card),
    yes_or_no("AllowCamera", "1", tags::allow_camera),
    yes_or_no("RequireDeviceEncryption", "0", tags::require_device_encryption),
    yes_or_no("AllowUnsignedApplications", "1", tags::allow_unsigned_applications),
    yes_or_no("AllowUnsignedInstallationPackages", "1", tags::allow_unsigned_installation_packages),
    number("MinDevicePasswordComplexCharacters", 1, 4, "1", tags::min_device_password_complex_characters),
    yes_or_no("AllowWiFi", "1", tags::allow_wi_fi),
    yes_or_no("AllowTextMessaging", "1", tags::allow_text_messaging),
    yes_or_no("AllowPOPIMAPEmail", "1", tags::allow_popimap_email),
    number("AllowBluetooth", 0, 2, "2", tags::allow_bluetooth),
    yes_or_no("AllowIrDA", "1", tags::allow_ir_da),
    yes_or_no("RequireManualSyncWhenRoaming", "0", tags::require_manual_sync_when_roaming),
    yes_or_no("AllowDesktopSync", "1", tags::allow_desktop_sync),
    number("MaxCalendarAgeFilter", 0, 7, "0", tags::max_calendar_age_filter),
    yes_or_no("AllowHTMLEmail", "1", tags::allow_html_email),
    number("MaxEmailAgeFilter", 0, 5, "0", tags::max_email_age_filter),
    number("MaxEmailBodyTruncationSize", -1, any, "-1", tags::max_email_body_truncation_size),
    number("MaxEmailHTMLBodyTruncationSize", -1, any, "-1", tags::max_email_html_body_truncation_size),
    yes_or_no("RequireSignedSMIMEMessages", "0", tags::require_signed_smime_messages),
    yes_or_no("RequireEncryptedSMIMEMessages", "0", tags::require_encrypted_smime_messages),
    number("RequireSignedSMIMEAlgorithm", 0, 1, "0", tags::require_signed_smime_algorithm),
    number("RequireEncryptionSMIMEAlgorithm", 0, 4, "0", tags::require_encryption_smime_algorithm),
    number("AllowSMIMEEncryptionAlgorithmNegotiation", 0, 2, "2",
           tags::allow_smime_encryption_algorithm_negotiation),
    yes_or_no("AllowSMIMESoftCerts", "1", tags::allow_smime_soft_certs),
    yes_or_no("AllowBrowser", "1", tags::allow_browser),
    yes_or_no("AllowConsumerEmail", "1", tags::allow_consumer_email),
    yes_or_no("AllowRemoteDesktop", "1", tags::allow_remote_desktop),
    yes_or_no("AllowInternetSharing", "1", tags::allow_internet_sharing),
    PolicySetting{"UnapprovedInROMApplicationList", Kind::list, 0, 0, "",
                  tags::unapproved_in_rom_application_list},
    PolicySetting{"ApprovedApplicationList", Kind::list, 0, 0, "", tags::approved_application_list},
    PolicySetting{allow_non_provisionable, Kind::own, 0, 1, "0", {}},
    PolicySetting{allow_external_management, Kind::own, 0, 1, "0", {}},
};

std::vector<std::string_view> lines_of(std::string_view text) {
    std::vector<std::string_view> out;
    while (!text.empty()) {
        const std::string_view line = text.substr(0, text.find('\n'));
        text.remove_prefix(std::min(line.size() + 1, text.size()));
        if (!line.empty()) out.push_back(line);
    }
    return out;
}

bool is_sha1(std::string_view text) {
    return text.size() == 2 * sha1_octets && std::ranges::all_of(text, [](char c) {
               return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
           });
}

std::string list_fault(const PolicySetting& setting, std::string_view value) {
    const auto entries = lines_of(value);
    if (entries.size() > list_max) return fmt::format("has at most {} entries", list_max);
    for (const std::string_view entry : entries) {
        const bool printable = std::ranges::all_of(entry, [](char c) { return c >= ' ' && c != 0x7F; });
        if (entry.size() > entry_bytes_max || !printable) return "an entry is too long, or no name";
        if (setting.tag == tags::approved_application_list && !is_sha1(entry))
            return "an entry is not a SHA-1 in 40 hex digits";
    }
    return {};
}

}  // namespace

std::span<const PolicySetting> policy_settings() { return table; }

const PolicySetting* find_policy_setting(std::string_view name) {
    const auto at = std::ranges::find(table, name, &PolicySetting::name);
    return at == table.end() ? nullptr : &*at;
}

std::string policy_fault(const PolicySetting& setting, std::string_view value) {
    if (setting.kind == Kind::list) return list_fault(setting, value);
    std::int64_t given = 0;
    const auto [end, failed] = std::from_chars(value.data(), value.data() + value.size(), given);
    const bool is_number = failed == std::errc() && end == value.data() + value.size() && !value.empty();
    // Section 2.2.2.30 leaves out the filters that calendars have not.
    const bool gap = setting.tag == tags::max_calendar_age_filter && given > 0 && given < 4;
    if (is_number && given >= setting.least && given <= setting.most && !gap) return {};
    if (gap) return "is 0, or 4 to 7";
    return fmt::format("is a whole number from {} to {}", setting.least, setting.most);
}

bool allows(const PolicySettings& settings, std::string_view own_setting) {
    const auto at = settings.find(own_setting);
    return at != settings.end() && at->second == "1";
}

std::uint64_t policy_hash(const PolicySettings& settings) {
    std::uint64_t out = 0;
    for (const auto& [name, value] : settings) {
        const PolicySetting* known = find_policy_setting(name);
        if (known == nullptr || known->kind == Kind::own || value == known->otherwise) continue;
        out = base::fingerprint(value, base::fingerprint("=", base::fingerprint(name, out + 1)));
    }
    return out;
}

void write_policy(wbxml::Encoder& to, const PolicySettings& settings) {
    to.open(tags::eas_provision_doc);
    for (const PolicySetting& setting : table) {
        if (setting.kind == Kind::own) continue;
        const auto at = settings.find(setting.name);
        const std::string_view value =
            at == settings.end() ? setting.otherwise : std::string_view(at->second);
        if (value.empty()) {
            to.empty(setting.tag);
        } else if (setting.kind == Kind::number) {
            to.text(setting.tag, value);
        } else {
            const bool approved = setting.tag == tags::approved_application_list;
            to.open(setting.tag);
            for (const std::string_view entry : lines_of(value))
                to.text(approved ? tags::hash : tags::application_name, entry);
            to.close();
        }
    }
    to.close();
}

}  // namespace eas
